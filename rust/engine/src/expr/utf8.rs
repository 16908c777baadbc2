//! Classes of code points and sets of literals, as decision nodes over bytes.
//!
//! Both are built bottom-up, so that equal parts are one node: a class is the minimal automaton of
//! its UTF-8 encodings, a set of literals the minimal acyclic automaton of the set.

use regex_syntax::utf8::{Utf8Sequence, Utf8Sequences};

use super::row::{self, Transition};
use super::{ExprId, Exprs};

impl Exprs {
    /// One code point of any of the inclusive ranges; surrogates are no code points.
    pub fn class(&mut self, ranges: &[(u32, u32)]) -> ExprId {
        let mut ranges: Vec<(u32, u32)> =
            ranges.iter().copied().filter(|&(low, high)| low <= high).collect();
        ranges.sort_unstable();
        ranges.dedup_by(|next, kept| {
            let touches = next.0 <= kept.1.saturating_add(1);
            if touches {
                kept.1 = kept.1.max(next.1);
            }
            touches
        });
        let mut sequences: Vec<Vec<(u8, u8)>> = Vec::new();
        for (low, high) in ranges {
            for (low, high) in [(low, high.min(0xD7FF)), (low.max(0xE000), high.min(0x10_FFFF))] {
                let (Some(low), Some(high)) = (char::from_u32(low), char::from_u32(high)) else {
                    continue;
                };
                if low <= high {
                    sequences.extend(Utf8Sequences::new(low, high).map(|s| byte_ranges(&s)));
                }
            }
        }
        self.class_node(&sequences)
    }

    /// Any one code point.
    pub fn any_char(&mut self) -> ExprId {
        self.class(&[(0, 0x10_FFFF)])
    }

    /// The node of sequences that are sorted and, position by position, equal or disjoint after
    /// splitting; `Utf8Sequences` yields them in order.
    fn class_node(&mut self, sequences: &[Vec<(u8, u8)>]) -> ExprId {
        let mut parts = Vec::new();
        for sequence in sequences {
            let tail = sequence.iter().rev().fold(ExprId::EMPTY, |target, &(low, high)| {
                self.switch(vec![Transition { low, high, target }])
            });
            parts.push(tail);
        }
        self.merge_switches(parts)
    }

    /// The union of switches as one switch, merging below shared bytes.
    fn merge_switches(&mut self, mut parts: Vec<ExprId>) -> ExprId {
        parts.sort_unstable();
        parts.dedup();
        if parts.len() <= 1 || parts.contains(&ExprId::EMPTY) {
            return parts.first().copied().unwrap_or(ExprId::NEVER);
        }
        let rows: Vec<Vec<Transition>> = parts.iter().map(|&part| self.arms(part)).collect();
        let slices: Vec<&[Transition]> = rows.iter().map(Vec::as_slice).collect();
        let mut cuts = Vec::new();
        row::segments(&slices, |low, high| cuts.push((low, high)));
        let mut merged = Vec::new();
        // Rows are sorted and mostly disjoint: index them by where they start.
        let mut order: Vec<(u8, u8, ExprId)> =
            rows.iter().flatten().map(|arm| (arm.low, arm.high, arm.target)).collect();
        order.sort_unstable();
        let mut next = 0;
        let mut open: Vec<(u8, ExprId)> = Vec::new();
        for (low, high) in cuts {
            open.retain(|&(end, _)| end >= low);
            while next < order.len() && order[next].0 <= low {
                open.push((order[next].1, order[next].2));
                next += 1;
            }
            if !open.is_empty() {
                let targets = open.iter().map(|&(_, target)| target).collect();
                let target = self.merge_switches(targets);
                row::push(&mut merged, low, high, target);
            }
        }
        self.switch(merged)
    }

    fn arms(&self, switch: ExprId) -> Vec<Transition> {
        match self.node(switch) {
            super::Expr::Switch(arms) => arms.to_vec(),
            _ => Vec::new(),
        }
    }

    /// Any of the literals.
    pub fn literal_set<B: AsRef<[u8]>>(&mut self, literals: impl IntoIterator<Item = B>) -> ExprId {
        let mut literals: Vec<Vec<u8>> =
            literals.into_iter().map(|literal| literal.as_ref().to_vec()).collect();
        literals.sort_unstable();
        literals.dedup();
        self.literal_trie(&literals, 0)
    }

    /// The sorted literals, which agree on their first `depth` bytes.
    fn literal_trie(&mut self, literals: &[Vec<u8>], depth: usize) -> ExprId {
        let (ends, rest) = match literals.first() {
            None => return ExprId::NEVER,
            Some(first) if first.len() == depth => (true, &literals[1..]),
            Some(_) => (false, literals),
        };
        if let ([only], false) = (rest, ends) {
            return self.literal(&only[depth..]);
        }
        let mut arms = Vec::new();
        let mut at = 0;
        while at < rest.len() {
            let byte = rest[at][depth];
            let len = rest[at..].partition_point(|literal| literal[depth] == byte);
            // One level of recursion per byte on which literals still agree.
            let target = stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
                self.literal_trie(&rest[at..at + len], depth + 1)
            });
            row::push(&mut arms, byte, byte, target);
            at += len;
        }
        let longer = self.switch(arms);
        if ends {
            self.or(vec![ExprId::EMPTY, longer])
        } else {
            longer
        }
    }
}

fn byte_ranges(sequence: &Utf8Sequence) -> Vec<(u8, u8)> {
    sequence.as_slice().iter().map(|range| (range.start, range.end)).collect()
}
