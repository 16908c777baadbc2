//! Classes of code points and sets of literals, as decision nodes over bytes.
//!
//! Both are built bottom-up, so that equal parts are one node: a class is the minimal automaton of
//! its UTF-8 encodings, a set of literals the minimal acyclic automaton of the set.

use super::row::{self, Transition};
use super::{ExprId, Exprs};
use crate::ranges::merged;

/// The bits that every continuation byte has.
pub(super) const CONTINUATION: u8 = 0x80;

/// First and last code point, first byte's fixed bits, and number of continuation bytes of each
/// length of encoding; the three-byte one has a hole for the surrogates.
pub(super) const ENCODINGS: [(u32, u32, u8, u32); 5] = [
    (0, 0x7F, 0x00, 0),
    (0x80, 0x7FF, 0xC0, 1),
    (0x800, 0xD7FF, 0xE0, 2),
    (0xE000, 0xFFFF, 0xE0, 2),
    (0x1_0000, 0x10_FFFF, 0xF0, 3),
];

/// Classes of more ranges than this are remembered.
const LARGE_CLASS: usize = 16;

impl Exprs {
    /// One code point of any of the inclusive ranges; surrogates are no code points. Linear in the
    /// number of ranges where they are sorted.
    pub fn class(&mut self, ranges: &[(u32, u32)]) -> ExprId {
        let sorted = ranges.windows(2).all(|pair| pair[0].1 < pair[1].0);
        if !sorted || ranges.iter().any(|range| range.0 > range.1) {
            return self.class(&sort(ranges));
        }
        let large = ranges.len() > LARGE_CLASS;
        if let (true, Some(&known)) = (large, self.class_ids.get(ranges)) {
            return known;
        }
        let mut arms = Vec::new();
        for (first, last, mark, continuations) in ENCODINGS {
            let within: Vec<(u32, u32)> = ranges
                .iter()
                .map(|&(low, high)| (low.max(first), high.min(last)))
                .filter(|&(low, high)| low <= high)
                .collect();
            self.class_arms(&within, mark, continuations, &mut arms);
        }
        let class = self.switch(arms);
        if large {
            self.class_ids.insert(ranges.into(), class);
        }
        class
    }

    /// Adds the arms of sorted code points that differ only from this byte on. `mark` are the
    /// byte's fixed bits.
    fn class_arms(
        &mut self,
        ranges: &[(u32, u32)],
        mark: u8,
        continuations: u32,
        arms: &mut Vec<Transition>,
    ) {
        let bits = 6 * continuations;
        let size = 1 << bits;
        let free = if mark == CONTINUATION { 0x3F } else { 0x7F };
        let byte = |code: u32| mark | ((code >> bits) & free) as u8;
        let mut from = 0;
        for (at, &(low, high)) in ranges.iter().enumerate() {
            let mut low = low.max(from);
            while low <= high {
                let first = low & !(size - 1);
                let (end, target) = if low == first && high - low >= size - 1 {
                    (((high + 1) & !(size - 1)) - 1, self.any_continuation(continuations))
                } else {
                    let last = first | (size - 1);
                    let count = ranges[at..].partition_point(|range| range.0 <= last);
                    let inner: Vec<(u32, u32)> = ranges[at..at + count]
                        .iter()
                        .map(|range| (range.0.max(low), range.1.min(last)))
                        .collect();
                    let mut tails = Vec::new();
                    self.class_arms(&inner, CONTINUATION, continuations - 1, &mut tails);
                    (last, self.switch(tails))
                };
                row::push(arms, byte(low), byte(end), target);
                from = end + 1;
                low = from;
            }
        }
    }

    /// That many continuation bytes.
    fn any_continuation(&mut self, count: u32) -> ExprId {
        (0..count).fold(ExprId::EMPTY, |target, _| {
            self.switch(vec![Transition { low: CONTINUATION, high: 0xBF, target }])
        })
    }

    /// Any one code point.
    pub fn any_char(&mut self) -> ExprId {
        self.class(&[(0, 0x10_FFFF)])
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

/// The ranges in order, without overlaps.
fn sort(ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    merged(ranges.iter().copied().filter(|&(low, high)| low <= high).collect(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_its_code_points() {
        let edges = [0, 1, 0x41, 0x7E, 0x7F, 0x80, 0xBF, 0xC0, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF]
            .into_iter()
            .chain([0xD800, 0xDFFF, 0xE000, 0xFFFF, 0x1_0000, 0x3_FFFF, 0x4_0000, 0x10_FFFF]);
        let edges: Vec<u32> = edges.collect();
        let mut exprs = Exprs::new();
        let mut seed = 1u64;
        for _ in 0..300 {
            let mut pick = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                edges[(seed >> 33) as usize % edges.len()]
            };
            let ranges: Vec<(u32, u32)> = (0..4).map(|_| (pick(), pick())).collect();
            let class = exprs.class(&ranges);
            let near = edges.iter().flat_map(|&edge| [edge.saturating_sub(1), edge, edge + 1]);
            for char in near.filter_map(char::from_u32) {
                let code = u32::from(char);
                let wanted = ranges.iter().any(|range| range.0 <= code && code <= range.1);
                let bytes = char.to_string().into_bytes();
                assert_eq!(exprs.matches(class, &bytes), Ok(wanted), "{code:x} in {ranges:x?}");
            }
        }
    }

    #[test]
    fn equal_classes_are_one_node_and_small() {
        let mut exprs = Exprs::new();
        let any = exprs.any_char();
        assert_eq!(exprs.class(&[(0x800, 0x10_FFFF), (0, 0x900)]), any);
        assert!(exprs.len() < 16, "{}", exprs.len());
        assert_eq!(exprs.matches(any, b"\xED\xA0\x80"), Ok(false));
        assert_eq!(exprs.matches(any, b"\xC0\x80"), Ok(false));
        assert_eq!(exprs.matches(any, b"\xF4\x90\x80\x80"), Ok(false));
    }
}
