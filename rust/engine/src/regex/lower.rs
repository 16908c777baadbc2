//! From the syntax tree to an expression over bytes.

use super::ast::{deep, Kind, Look, Node, Repeat};
use super::code_set::CodeSet;
use super::cursor::error_at;
use super::edges::Neighbour;
use super::encoding::{any_char, class, push_char, Encoding};
use super::{atomic, behind, zero_width};
use crate::error::Result;
use crate::expr::{ExprId, Exprs};

/// The texts of the tree as a whole, written in `encoding`.
pub(super) fn lower(
    exprs: &mut Exprs,
    pattern: &str,
    tree: &Node,
    encoding: Encoding,
) -> Result<ExprId> {
    let tree = atomic::eliminate(pattern, tree)?;
    let place = Place { before: Neighbour::EDGE, after: Neighbour::EDGE, to_place: None };
    Lower { exprs, pattern, encoding }.node(&tree, &place)
}

/// The UTF-8 texts of a tree without look-around and atomic groups.
pub(super) fn plain(exprs: &mut Exprs, tree: &Node) -> Result<ExprId> {
    lower(exprs, "", tree, Encoding::Utf8)
}

/// The UTF-8 texts of a look-ahead's body: nothing is known of what stands before it, and nothing of
/// what follows. Must not have look-behind.
pub(super) fn before_anything(exprs: &mut Exprs, pattern: &str, body: &Node) -> Result<ExprId> {
    let place = Place { before: Neighbour::UNKNOWN, after: Neighbour::UNKNOWN, to_place: None };
    Lower { exprs, pattern, encoding: Encoding::Utf8 }.node(body, &place)
}

struct Lower<'e, 'p> {
    exprs: &'e mut Exprs,
    pattern: &'p str,
    encoding: Encoding,
}

/// Where a node stands. Only look-around asks.
#[derive(Clone)]
struct Place {
    before: Neighbour,
    after: Neighbour,
    /// Inside a look-behind: how many code points are sure to follow before its place.
    to_place: Option<u32>,
}

impl Lower<'_, '_> {
    fn node(&mut self, node: &Node, place: &Place) -> Result<ExprId> {
        match node.kind() {
            Kind::Empty | Kind::Mark(_) => Ok(ExprId::EMPTY),
            Kind::Class(set) => Ok(class(self.exprs, set.ranges(), self.encoding)),
            _ => deep(|| self.inner(node, place)),
        }
    }

    fn inner(&mut self, node: &Node, place: &Place) -> Result<ExprId> {
        match node.kind() {
            Kind::Concat(items) if node.facts.looks => {
                let places = places(items, place);
                self.concat(items, |at| &places[at])
            }
            Kind::Concat(items) => self.concat(items, |_| place),
            Kind::Alt(items) => self.alt(items, place),
            Kind::Repeat(repeat) => self.repeat(repeat, place),
            Kind::Look(look) if look.behind => self.look_behind(look, place),
            Kind::Look(look) => self.look_ahead(look, place),
            Kind::Atomic { body, .. } => {
                let body = atomic::eliminate(self.pattern, &Node::atomic(body.clone(), 0))?;
                self.node(&body, place)
            }
            Kind::Empty | Kind::Class(_) | Kind::Mark(_) => self.node(node, place),
        }
    }

    fn concat<'a>(
        &mut self,
        items: &[Node],
        place_of: impl Fn(usize) -> &'a Place,
    ) -> Result<ExprId> {
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if let Some(char) = only_char(item) {
                push_char(&mut literal, char, self.encoding);
                continue;
            }
            if !literal.is_empty() {
                parts.push(self.exprs.literal(&literal));
                literal.clear();
            }
            parts.push(self.node(item, place_of(at))?);
        }
        parts.push(self.exprs.literal(&literal));
        Ok(self.exprs.concat(&parts))
    }

    fn alt(&mut self, items: &[Node], place: &Place) -> Result<ExprId> {
        let mut parts = Vec::new();
        let mut ranges = Vec::new();
        let mut literals = Vec::new();
        for item in items {
            match item.kind() {
                Kind::Class(set) => ranges.extend_from_slice(set.ranges()),
                Kind::Concat(chars) if chars.iter().all(|char| only_char(char).is_some()) => {
                    let mut literal = Vec::new();
                    for char in chars.iter().filter_map(only_char) {
                        push_char(&mut literal, char, self.encoding);
                    }
                    literals.push(literal);
                }
                _ => parts.push(self.node(item, place)?),
            }
        }
        let set = CodeSet::new(ranges);
        parts.push(class(self.exprs, set.ranges(), self.encoding));
        parts.push(self.exprs.literal_set(literals));
        Ok(self.exprs.or(parts))
    }

    fn repeat(&mut self, repeat: &Repeat, place: &Place) -> Result<ExprId> {
        let Repeat { ref body, min, max, .. } = *repeat;
        if max == 0 {
            return Ok(ExprId::EMPTY);
        }
        if !body.facts.looks || max == 1 {
            let body = self.node(body, place)?;
            return Ok(self.exprs.repeat(body, min, max));
        }
        if body.facts.min == 0 {
            let node = zero_width::rewrite(self.pattern, repeat)?;
            return self.node(&node, place);
        }
        let place = Place {
            before: place.before.or_round(body, false),
            after: place.after.or_round(body, true),
            to_place: place.to_place,
        };
        let body = self.node(body, &place)?;
        Ok(self.exprs.repeat(body, min, max))
    }

    fn look_ahead(&mut self, look: &Look, place: &Place) -> Result<ExprId> {
        if let Some(found) = place.after.finds(&look.body, true) {
            return Ok(condition(found != look.negated));
        }
        let reach = look.body.facts.reach;
        if place.to_place.is_some_and(|to_place| reach.is_none_or(|reach| reach > to_place)) {
            let message = "a look-ahead inside a look-behind cannot look past it";
            return Err(error_at(self.pattern, look.position, message));
        }
        let inside =
            Place { before: place.before.clone(), after: Neighbour::UNKNOWN, to_place: None };
        let body = self.node(&look.body, &inside)?;
        Ok(match body {
            ExprId::NEVER => condition(look.negated),
            ExprId::EMPTY | ExprId::ALL => condition(!look.negated),
            _ => self.exprs.look_ahead(body, look.negated),
        })
    }

    fn look_behind(&mut self, look: &Look, place: &Place) -> Result<ExprId> {
        if let Some(found) = place.before.finds(&look.body, false) {
            return Ok(condition(found != look.negated));
        }
        let Some(parts) = behind::split(&look.body) else {
            let message = "this look-behind is too complex";
            return Err(error_at(self.pattern, look.position, message));
        };
        let inside =
            Place { before: Neighbour::UNKNOWN, after: place.after.clone(), to_place: Some(0) };
        let mut ways = Vec::new();
        for part in parts {
            // All of it holds or, negated, one does not.
            let before = self.node(&part.before, &inside)?;
            let mut all = vec![self.text_before(before, look.negated)];
            for here in part.here {
                let here = match look.negated {
                    true => Node::ahead(here, true, look.position),
                    false => here,
                };
                all.push(self.node(&here, place)?);
            }
            ways.push(match look.negated {
                true => self.exprs.or(all),
                false => self.exprs.concat(&all),
            });
        }
        Ok(match look.negated {
            true => self.exprs.concat(&ways),
            false => self.exprs.or(ways),
        })
    }

    /// A place before which the text ends with `body`.
    fn text_before(&mut self, body: ExprId, negated: bool) -> ExprId {
        match (body, self.encoding) {
            (ExprId::NEVER, _) => condition(negated),
            (ExprId::EMPTY, _) => condition(!negated),
            (_, Encoding::Utf8) => self.exprs.look_behind(body, negated),
            (_, Encoding::JsonString) => {
                // Not any bytes may come before, for an escape must not be cut in two: whole code
                // points from the string's opening quote on, or from where the text starts.
                let quote = self.exprs.literal(b"\"");
                let opened = self.exprs.concat2(ExprId::ALL, quote);
                let start = self.exprs.or(vec![ExprId::EMPTY, opened]);
                let any = any_char(self.exprs, self.encoding);
                let chars = self.exprs.star(any);
                let whole = self.exprs.concat(&[start, chars, body]);
                self.exprs.text_before(whole, negated)
            }
        }
    }
}

fn condition(holds: bool) -> ExprId {
    if holds {
        ExprId::EMPTY
    } else {
        ExprId::NEVER
    }
}

/// The only code point the node matches.
fn only_char(node: &Node) -> Option<char> {
    match node.kind() {
        Kind::Class(set) => set.only().and_then(char::from_u32),
        _ => None,
    }
}

/// Where each item of a sequence stands.
fn places(items: &[Node], place: &Place) -> Vec<Place> {
    let mut places = Vec::with_capacity(items.len());
    let mut before = place.before.clone();
    for item in items {
        places.push(Place { before: before.clone(), ..place.clone() });
        before = before.beyond(item, false);
    }
    let mut after = place.after.clone();
    let mut to_place = place.to_place;
    for (item, place) in items.iter().zip(&mut places).rev() {
        place.after = after.clone();
        place.to_place = to_place;
        after = after.beyond(item, true);
        to_place = to_place.map(|chars| chars.saturating_add(item.facts.min));
    }
    places
}
