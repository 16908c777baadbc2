//! A notation for the grammars of the formats, close to the ABNF of their RFCs.

use super::Extent;
use crate::expr::{ExprId, Exprs, UNBOUNDED};
use crate::regex::{self, Encoding};

/// Builds expressions in one encoding.
pub(super) struct Build<'a> {
    pub exprs: &'a mut Exprs,
    pub encoding: Encoding,
    pub extent: Extent,
}

impl Build<'_> {
    /// Exactly this text.
    pub fn text(&mut self, text: &str) -> ExprId {
        regex::literal(self.exprs, text, self.encoding)
    }

    /// One of the code points: `a-z` is a range, a hyphen at the end is itself.
    pub fn one_of(&mut self, set: &str) -> ExprId {
        let ranges = ranges(set);
        self.class(&ranges)
    }

    /// One code point of any of the inclusive ranges.
    pub fn class(&mut self, ranges: &[(u32, u32)]) -> ExprId {
        regex::class(self.exprs, ranges, self.encoding)
    }

    /// One after another.
    pub fn seq(&mut self, parts: &[ExprId]) -> ExprId {
        self.exprs.concat(parts)
    }

    /// Any of them.
    pub fn any(&mut self, parts: &[ExprId]) -> ExprId {
        self.exprs.or(parts.to_vec())
    }

    /// Between `min` and `max` times.
    pub fn repeat(&mut self, body: ExprId, min: u32, max: u32) -> ExprId {
        self.exprs.repeat(body, min, max)
    }

    /// Any number of times.
    pub fn star(&mut self, body: ExprId) -> ExprId {
        self.exprs.star(body)
    }

    /// At least once.
    pub fn plus(&mut self, body: ExprId) -> ExprId {
        self.exprs.repeat(body, 1, UNBOUNDED)
    }

    /// Once or not at all.
    pub fn opt(&mut self, body: ExprId) -> ExprId {
        self.exprs.optional(body)
    }

    /// Digits, at least `min`; `most` of them if they are written, else any number.
    pub fn digits(&mut self, min: u32, most: u32) -> ExprId {
        let digit = self.one_of("0-9");
        let most = match self.extent {
            Extent::Written => most,
            Extent::All => UNBOUNDED,
        };
        self.exprs.repeat(digit, min, most)
    }
}

/// The ranges of a set such as `a-z0-9_-`.
pub(super) fn ranges(set: &str) -> Vec<(u32, u32)> {
    let chars: Vec<char> = set.chars().collect();
    let mut ranges = Vec::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        let low = chars[at] as u32;
        match chars.get(at + 1..at + 3) {
            Some(&['-', high]) => {
                ranges.push((low, high as u32));
                at += 3;
            }
            _ => {
                ranges.push((low, low));
                at += 1;
            }
        }
    }
    ranges
}
