//! Everything that opens with a parenthesis.

use super::{Flags, Item, Parser};
use crate::error::Result;
use crate::regex::ast::Node;

impl Parser<'_> {
    /// A group whose `(` stands at `position`; none for flags of the whole pattern.
    pub(super) fn group(&mut self, depth: usize, position: usize) -> Result<Option<Item>> {
        if !self.source.eat("?") {
            return self.body(depth, position).map(Item::whole).map(Some);
        }
        for (opening, behind, negated) in
            [("=", false, false), ("!", false, true), ("<=", true, false), ("<!", true, true)]
        {
            if self.source.eat(opening) {
                let body = self.body(depth, position)?;
                let node = match behind {
                    true => Node::behind(body, negated, position),
                    false => Node::ahead(body, negated, position),
                };
                // Annex B lets look-ahead be repeated.
                return Ok(Some(Item { node, quantifiable: !behind }));
            }
        }
        if self.source.eat("<") || self.source.eat("P<") {
            let name = self.source.take_until('>').unwrap_or_default();
            if name.is_empty() {
                return Err(self.source.error(position, "a group's name is missing"));
            }
            return self.body(depth, position).map(Item::whole).map(Some);
        }
        let outside = self.flags;
        let on = self.flag_letters();
        let off = if self.source.eat("-") { self.flag_letters() } else { String::new() };
        self.flags = Flags {
            ignore_case: (outside.ignore_case || on.contains('i')) && !off.contains('i'),
            multi_line: (outside.multi_line || on.contains('m')) && !off.contains('m'),
            dot_all: (outside.dot_all || on.contains('s')) && !off.contains('s'),
        };
        if self.source.eat(":") {
            let body = self.body(depth, position)?;
            self.flags = outside;
            return Ok(Some(Item::whole(body)));
        }
        if position == 0 && !on.is_empty() && off.is_empty() && self.source.eat(")") {
            return Ok(None);
        }
        Err(self.source.error(position, "this kind of group is not in ECMA-262"))
    }

    /// The rest of a group.
    fn body(&mut self, depth: usize, position: usize) -> Result<Node> {
        let body = self.alternation(depth + 1)?;
        if !self.source.eat(")") {
            return Err(self.source.error(position, "missing ) for this group"));
        }
        Ok(body)
    }

    fn flag_letters(&mut self) -> String {
        self.source.take_while(3, |char| matches!(char, 'i' | 'm' | 's'))
    }
}

impl Item {
    fn whole(node: Node) -> Self {
        Item { node, quantifiable: true }
    }
}
