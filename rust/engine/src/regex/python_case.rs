//! Python's IGNORECASE, which is neither Unicode's simple nor its full case folding.
//!
//! `re` compares the lower case of the text's character with the lower case of the pattern's,
//! and knows characters with different lower cases but the same upper case (`s` and `ſ`). A class
//! without any cased member is compared as it is. Beyond plane 0, a cased character in a class next
//! to others matches nothing there, not even itself, which is kept; that `re` makes such a class
//! of `(?i:𐐀|s)` too is not. The tables are made once per process from the
//! standard library's case mappings.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::code_set::{CodeSet, Range};
use super::tables;

const LAST_OF_PLANE_0: u32 = 0xFFFF;

/// Pairs of code points, sorted.
type Pairs = Vec<(u32, u32)>;

#[derive(Default)]
struct Cases {
    /// Code points that are not their own lower case, with it.
    lower: Pairs,
    /// The same pairs turned round.
    raised: Pairs,
    /// Code points that are not their own upper case, with it.
    upper: Pairs,
    /// A lower-case code point, and another lower-case one with the same upper case.
    equivalent: Pairs,
}

impl Cases {
    fn unicode() -> &'static Cases {
        static CASES: OnceLock<Cases> = OnceLock::new();
        CASES.get_or_init(|| Cases::of(&tables::python_cased()))
    }

    /// Case as the ASCII flag has it. (Python takes the upper cases from Unicode all the same.)
    fn ascii() -> &'static Cases {
        static CASES: OnceLock<Cases> = OnceLock::new();
        CASES.get_or_init(|| {
            let letters = Cases::of(&tables::ASCII_LETTERS);
            Cases { upper: Cases::unicode().upper.clone(), ..letters }
        })
    }

    /// The cases among the code points of a set.
    fn of(known: &CodeSet) -> Cases {
        let mut cases = Cases::default();
        let mut same_upper: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        let codes = known.ranges().iter().flat_map(|&(low, high)| low..=high);
        for char in codes.filter_map(char::from_u32) {
            let code = u32::from(char);
            // Where the mapping is of several characters, `re` looks at the first.
            let lower = char.to_lowercase().next().map_or(code, u32::from);
            let upper = char.to_uppercase().next().map_or(code, u32::from);
            if lower != code && known.contains(lower) {
                cases.lower.push((code, lower));
                cases.raised.push((lower, code));
            }
            if upper != code && known.contains(upper) {
                cases.upper.push((code, upper));
                if lower == code {
                    same_upper.entry(char.to_uppercase().collect()).or_default().push(code);
                }
            }
        }
        for group in same_upper.values() {
            for &one in group {
                let others = group.iter().filter(|&&other| other != one);
                cases.equivalent.extend(others.map(|&other| (one, other)));
            }
        }
        cases.raised.sort_unstable();
        cases.equivalent.sort_unstable();
        cases
    }

    fn are_in(&self, range: Range) -> bool {
        !within(&self.lower, range).is_empty() || !within(&self.upper, range).is_empty()
    }

    /// Adds the lower cases of a range's code points.
    fn lower_range(&self, (low, high): Range, to: &mut Vec<Range>) {
        let mut next = low;
        for &(code, lower) in within(&self.lower, (low, high)) {
            if code > next {
                to.push((next, code - 1));
            }
            to.push((lower, lower));
            next = code + 1;
        }
        if next <= high {
            to.push((next, high));
        }
    }

    /// The code points whose lower case is in `compared`.
    fn with_lower_case_in(&self, compared: &CodeSet) -> CodeSet {
        let mut added = Vec::new();
        let mut removed = Vec::new();
        for &range in compared.ranges() {
            added.extend(within(&self.raised, range).iter().map(|pair| (pair.1, pair.1)));
            let strays =
                within(&self.lower, range).iter().filter(|pair| !compared.contains(pair.1));
            removed.extend(strays.map(|pair| (pair.0, pair.0)));
        }
        let all = compared.union(&CodeSet::new(added));
        if removed.is_empty() {
            return all;
        }
        all.complement().union(&CodeSet::new(removed)).complement()
    }
}

/// The code points matched, ignoring case, by a class of `ranges` and of `categories` (`\w` and
/// the like), before a `^` turns it round. `alone` says that the class is one literal.
pub(super) fn ignore_case(
    ranges: &[Range],
    categories: &CodeSet,
    ascii: bool,
    alone: bool,
) -> CodeSet {
    let cases = if ascii { Cases::ascii() } else { Cases::unicode() };
    let cased = |range: Range| range.1 > LAST_OF_PLANE_0 || cases.are_in(range);
    if !ranges.iter().any(|&range| cased(range)) {
        return CodeSet::new(ranges.to_vec()).union(categories);
    }
    // What the lower case of the text's character is compared with.
    let mut compared: Vec<Range> = Vec::new();
    let mut by_upper: Vec<Range> = Vec::new();
    for &(low, high) in ranges {
        if low == high && low > LAST_OF_PLANE_0 && !alone {
            // `re` leaves such a member as it stands, even where that matches nothing.
            compared.push((low, high));
            continue;
        }
        cases.lower_range((low, high), &mut compared);
        if low != high && high > LAST_OF_PLANE_0 {
            // Such a range also holds what it holds the upper case of.
            compared.push((low.max(LAST_OF_PLANE_0 + 1), high));
            let uppers = cases.upper.iter().filter(|pair| low <= pair.1 && pair.1 <= high);
            by_upper.extend(uppers.map(|pair| (pair.0, pair.0)));
        }
    }
    let compared = CodeSet::new(compared);
    let equivalent = compared.ranges().iter().flat_map(|&range| within(&cases.equivalent, range));
    let equivalent = equivalent.map(|pair| (pair.1, pair.1)).collect();
    let compared =
        compared.union(&CodeSet::new(equivalent)).union(&CodeSet::new(by_upper)).union(categories);
    cases.with_lower_case_in(&compared)
}

/// The pairs whose first code point lies in the range.
fn within(pairs: &[(u32, u32)], (low, high): Range) -> &[(u32, u32)] {
    let start = pairs.partition_point(|pair| pair.0 < low);
    let end = pairs.partition_point(|pair| pair.0 <= high);
    &pairs[start..end]
}
