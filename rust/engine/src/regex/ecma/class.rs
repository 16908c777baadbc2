//! Classes in brackets.

use super::Parser;
use crate::error::Result;
use crate::regex::ast::Node;
use crate::regex::code_set::{CodeSet, Range};

/// One member of a class.
pub(super) enum Member {
    Char(u32),
    Class(CodeSet),
}

const HYPHEN: u32 = 0x2D;

impl Parser<'_> {
    /// The rest of a class whose `[` stands at `position`.
    pub(super) fn class(&mut self, position: usize) -> Result<Node> {
        let negated = self.source.eat("^");
        let mut ranges: Vec<Range> = Vec::new();
        let mut classes = CodeSet::NONE;
        while !self.source.eat("]") {
            let start = self.source.at();
            let low = self.member(position)?;
            let range = self.source.eat("-");
            if !range || self.source.peek() == Some(']') {
                add(low, &mut ranges, &mut classes);
                if range {
                    ranges.push((HYPHEN, HYPHEN));
                }
                continue;
            }
            match (low, self.member(position)?) {
                (Member::Char(low), Member::Char(high)) if low <= high => ranges.push((low, high)),
                (Member::Char(_), Member::Char(_)) => {
                    return Err(self.source.error(start, "this range of characters is backwards"));
                }
                (low, high) => {
                    // No range after all, in Annex B: the hyphen is one more member.
                    add(low, &mut ranges, &mut classes);
                    add(high, &mut ranges, &mut classes);
                    ranges.push((HYPHEN, HYPHEN));
                }
            }
        }
        let set = self.folded(CodeSet::new(ranges).union(&classes));
        Ok(Node::class(if negated { set.complement() } else { set }))
    }

    fn member(&mut self, class: usize) -> Result<Member> {
        let position = self.source.at();
        match self.source.next() {
            None => Err(self.source.error(class, "missing ] for this class")),
            Some('\\') if self.source.eat("b") => Ok(Member::Char(0x08)),
            Some('\\') => self.member_escape(position),
            Some(char) => Ok(Member::Char(u32::from(char))),
        }
    }
}

fn add(member: Member, ranges: &mut Vec<Range>, classes: &mut CodeSet) {
    match member {
        Member::Char(code) => ranges.push((code, code)),
        Member::Class(set) => *classes = classes.union(&set),
    }
}
