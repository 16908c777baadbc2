//! Slices: sets of tokens that many states take as a whole.
//!
//! A slice is a class of code points. A state that can be continued by every text over the class
//! allows every token that is (the start of) such a text; those are set by copying one mask, and
//! only the trie of the remaining tokens is walked. A state that takes such texts up to a length
//! (`maxLength`) allows the class's tokens up to that length.

use super::classes::{self, ClassSet, Place};
use super::trie::Trie;

/// The sets of code points, as inclusive ranges, in the order in which they are tried: what free
/// text and what JSON strings are made of.
const RANGES: &[&[(u32, u32)]] = &[
    &[(0x00, 0x09), (0x0B, 0x7F), (0x80, 0xD7FF), (0xE000, 0x10_FFFF)],
    // Without what ends a line for ECMA-262: then it is what `.` of a `pattern` is made of too.
    &[
        (0x20, 0x21),
        (0x23, 0x5B),
        (0x5D, 0x7F),
        (0x80, 0x2027),
        (0x202A, 0xD7FF),
        (0xE000, 0x10_FFFF),
    ],
];

/// One set of code points with its tokens.
pub struct Slice {
    /// The code points, as inclusive ranges.
    pub ranges: &'static [(u32, u32)],
    /// The same as classes.
    pub classes: ClassSet,
    /// Bit `i` is set when token `i` is the start of a text over the class.
    mask: Box<[u32]>,
    /// The same tokens by how many code points they begin.
    by_length: Vec<Vec<u32>>,
    /// All other tokens.
    pub rest: Trie,
}

impl Slice {
    /// Writes the mask of the tokens that are the start of a text over the class, of at most
    /// `length` code points if there is such a bound.
    pub fn write(&self, length: Option<u32>, mask: &mut [u32]) {
        let all = self.by_length.len() - 1;
        let length = length.map_or(all, |length| all.min(length as usize));
        let (within, beyond) = self.by_length.split_at(length + 1);
        // By what is less.
        let few = within.iter().map(Vec::len).sum::<usize>();
        let many = beyond.iter().map(Vec::len).sum::<usize>();
        if few < many {
            mask.fill(0);
            within.iter().flatten().for_each(|&id| mask[id as usize / 32] |= 1 << (id % 32));
        } else {
            mask.copy_from_slice(&self.mask);
            beyond.iter().flatten().for_each(|&id| mask[id as usize / 32] &= !(1 << (id % 32)));
        }
    }

    /// The tokens that are the start of a text over the class.
    pub fn tokens(&self) -> impl Iterator<Item = u32> + '_ {
        self.by_length.iter().flatten().copied()
    }

    pub(super) fn memory(&self) -> usize {
        let tokens: usize = self.by_length.iter().map(Vec::len).sum();
        self.mask.len() * 4 + tokens * 4 + self.rest.memory()
    }
}

/// Sorts the tokens `order` (ids sorted by their bytes) into every slice.
pub(super) fn build<'a>(
    order: &[u32],
    text: impl Fn(u32) -> &'a [u8] + Copy,
    size: usize,
) -> Vec<Slice> {
    let over: Vec<(u32, ClassSet, u32)> = order
        .iter()
        .map(|&id| {
            let (mut place, mut classes, mut chars) = (Place::Whole, 0, 0);
            for &byte in text(id) {
                let (next, class) = place.step(byte);
                place = next;
                classes |= class;
                chars += u32::from(class != 0);
            }
            if place != Place::Whole {
                (classes, chars) = (classes | place.unfinished(), chars + 1);
            }
            (id, classes, chars)
        })
        .collect();
    RANGES.iter().map(|ranges| one(ranges, &over, text, size)).collect()
}

fn one<'a>(
    ranges: &'static [(u32, u32)],
    over: &[(u32, ClassSet, u32)],
    text: impl Fn(u32) -> &'a [u8] + Copy,
    size: usize,
) -> Slice {
    let classes = classes::of_ranges(ranges);
    let mut mask = vec![0u32; size.div_ceil(32)];
    let mut rest = Vec::new();
    let mut by_length: Vec<Vec<u32>> = vec![Vec::new()];
    for &(id, of_token, chars) in over {
        if of_token & !classes == 0 {
            mask[id as usize / 32] |= 1 << (id % 32);
            let length = chars as usize;
            if by_length.len() <= length {
                by_length.resize_with(length + 1, Vec::new);
            }
            by_length[length].push(id);
        } else {
            rest.push(id);
        }
    }
    let rest = Trie::new(&rest, text);
    Slice { ranges, classes, mask: mask.into(), by_length, rest }
}
