//! Classes in brackets.

use super::escape::Escape;
use super::Parser;
use crate::error::Result;
use crate::regex::ast::Node;
use crate::regex::code_set::{CodeSet, Range};
use crate::regex::python_case;

impl Parser<'_> {
    /// The rest of a class whose `[` stands at `position`.
    pub(super) fn class(&mut self, position: usize) -> Result<Node> {
        let negated = self.source.eat("^");
        let mut ranges: Vec<Range> = Vec::new();
        let mut categories = CodeSet::NONE;
        let mut add = |member: Escape, ranges: &mut Vec<Range>| match member {
            Escape::Char(code) => ranges.push((code, code)),
            Escape::Class(set) => categories = categories.union(&set),
        };
        let mut members = 0;
        loop {
            let start = self.source.at();
            let member = match self.source.next() {
                None => return Err(self.unterminated(position)),
                Some(']') if members > 0 => break,
                Some(char) => self.member(char, start)?,
            };
            members += 1;
            if !self.source.eat("-") {
                add(member, &mut ranges);
                continue;
            }
            let end_at = self.source.at();
            let end = match self.source.next() {
                None => return Err(self.unterminated(position)),
                Some(']') => {
                    add(member, &mut ranges);
                    ranges.push((0x2D, 0x2D));
                    break;
                }
                Some(char) => self.member(char, end_at)?,
            };
            match (member, end) {
                (Escape::Char(low), Escape::Char(high)) if low <= high => ranges.push((low, high)),
                (Escape::Char(_), Escape::Char(_)) => {
                    return Err(self.source.error(start, "this range of characters is backwards"));
                }
                _ => {
                    let message = "a class of characters cannot be the end of a range";
                    return Err(self.source.error(start, message));
                }
            }
        }
        let set = self.members(&ranges, categories);
        Ok(Node::class(if negated { set.complement() } else { set }))
    }

    fn members(&self, ranges: &[Range], categories: CodeSet) -> CodeSet {
        if !self.flags.ignore_case {
            return CodeSet::new(ranges.to_vec()).union(&categories);
        }
        let first = ranges.first();
        let alone = first.is_some_and(|&(low, high)| low == high)
            && ranges.iter().all(|range| Some(range) == first)
            && categories.is_none();
        python_case::ignore_case(ranges, &categories, self.flags.ascii, alone)
    }

    fn member(&mut self, char: char, position: usize) -> Result<Escape> {
        match char {
            '\\' => self.class_escape(position),
            _ => Ok(Escape::Char(u32::from(char))),
        }
    }

    fn unterminated(&self, position: usize) -> crate::error::Error {
        self.source.error(position, "missing ] for this class")
    }
}
