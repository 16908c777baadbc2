//! Sets of code points, as sorted, disjoint, inclusive ranges that do not touch.
//!
//! Surrogates count as code points here, as they do for Python's `re`; the encoding drops them.

use std::borrow::Cow;

use crate::ranges::merged;

/// Inclusive range of code points.
pub(super) type Range = (u32, u32);

/// The last code point.
pub(super) const LAST: u32 = 0x10_FFFF;

/// A set of code points.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CodeSet(Cow<'static, [Range]>);

impl CodeSet {
    pub const NONE: CodeSet = CodeSet(Cow::Borrowed(&[]));
    pub const ANY: CodeSet = CodeSet(Cow::Borrowed(&[(0, LAST)]));

    /// A set from ranges already in normal form.
    pub const fn from_sorted(ranges: &'static [Range]) -> Self {
        CodeSet(Cow::Borrowed(ranges))
    }

    /// A set from ranges in any order.
    pub fn new(ranges: Vec<Range>) -> Self {
        CodeSet(Cow::Owned(merged(ranges, 1)))
    }

    pub fn single(code: u32) -> Self {
        CodeSet(Cow::Owned(vec![(code, code)]))
    }

    pub fn ranges(&self) -> &[Range] {
        &self.0
    }

    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The only member, if there is just one.
    pub fn only(&self) -> Option<u32> {
        match *self.0 {
            [(low, high)] if low == high => Some(low),
            _ => None,
        }
    }

    pub fn contains(&self, code: u32) -> bool {
        let at = self.0.partition_point(|range| range.1 < code);
        self.0.get(at).is_some_and(|range| range.0 <= code)
    }

    pub fn union(&self, other: &CodeSet) -> CodeSet {
        if other.is_none() || self.0 == other.0 {
            return self.clone();
        }
        if self.is_none() {
            return other.clone();
        }
        CodeSet::new([&*self.0, &*other.0].concat())
    }

    pub fn complement(&self) -> CodeSet {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for &(low, high) in self.0.iter() {
            if low > next {
                gaps.push((next, low - 1));
            }
            next = high + 1;
        }
        if next <= LAST {
            gaps.push((next, LAST));
        }
        CodeSet(Cow::Owned(gaps))
    }

    pub fn is_disjoint(&self, other: &CodeSet) -> bool {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            if a.1 < b.0 {
                mine.next();
            } else if b.1 < a.0 {
                theirs.next();
            } else {
                return false;
            }
        }
        true
    }

    pub fn is_subset(&self, of: &CodeSet) -> bool {
        let mut wide = of.0.iter().peekable();
        self.0.iter().all(|range| {
            while wide.next_if(|outer| outer.1 < range.0).is_some() {}
            wide.peek().is_some_and(|outer| outer.0 <= range.0 && range.1 <= outer.1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::CodeSet;

    #[test]
    fn ranges_are_sorted_and_joined() {
        let set = CodeSet::new(vec![(5, 9), (1, 2), (3, 3), (7, 12), (20, 20)]);
        assert_eq!(set.ranges(), [(1, 3), (5, 12), (20, 20)]);
        assert_eq!(set.complement().complement(), set);
    }

    #[test]
    fn comparisons() {
        let set = CodeSet::new(vec![(5, 9), (20, 30)]);
        assert!(set.contains(5) && set.contains(30) && !set.contains(10) && !set.contains(31));
        assert!(CodeSet::new(vec![(6, 7), (30, 30)]).is_subset(&set));
        assert!(!CodeSet::new(vec![(6, 10)]).is_subset(&set));
        assert!(!CodeSet::new(vec![(40, 41)]).is_subset(&set));
        assert!(CodeSet::NONE.is_subset(&set) && CodeSet::NONE.is_disjoint(&set));
        assert!(set.is_disjoint(&CodeSet::new(vec![(0, 4), (10, 19), (31, 31)])));
        assert!(!set.is_disjoint(&CodeSet::new(vec![(0, 5)])));
        assert!(set.is_disjoint(&set.complement()));
    }
}
