//! Slices: sets of tokens that many states take as a whole.
//!
//! A slice is a class of code points. A state that can be continued by every text over the class
//! allows every token that is (the start of) such a text; those are set by copying one mask, and
//! only the trie of the remaining tokens is walked. A state that takes such texts up to a length
//! (`maxLength`) allows the class's tokens up to that length.

use std::sync::OnceLock;

use regex_syntax::utf8::Utf8Sequences;

use super::trie::Trie;

/// The classes, as inclusive ranges of code points, in the order in which they are tried.
///
/// The first two are what JSON strings and free text are made of; the others what patterns and
/// identifiers usually are.
pub(super) const CLASSES: &[&[(u32, u32)]] = &[
    &[(0x00, 0x09), (0x0B, 0x7F), (0x80, 0xD7FF), (0xE000, 0x10_FFFF)],
    &[(0x20, 0x21), (0x23, 0x5B), (0x5D, 0x7F), (0x80, 0xD7FF), (0xE000, 0x10_FFFF)],
    &[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)],
    &[(0x61, 0x7A)],
];

/// One class with its tokens.
pub struct Slice {
    /// The class.
    pub class: &'static [(u32, u32)],
    /// Bit `i` is set when token `i` is the start of a text over the class.
    mask: Box<[u32]>,
    /// The same tokens by how many code points they begin.
    by_length: Vec<Vec<u32>>,
    /// At `n - 1`, once asked for: the mask of those that begin at most `n` code points.
    up_to: Vec<OnceLock<Box<[u32]>>>,
    /// All other tokens.
    pub rest: Trie,
}

impl Slice {
    /// The mask of the tokens that are the start of a text over the class of at most `length` code
    /// points; `u32::MAX` for any length.
    pub fn mask(&self, length: u32) -> &[u32] {
        let length = length as usize;
        if length == 0 || length >= self.by_length.len() {
            return &self.mask;
        }
        self.up_to[length - 1].get_or_init(|| {
            let mut mask = vec![0u32; self.mask.len()];
            for &id in self.by_length[..=length].iter().flatten() {
                mask[id as usize / 32] |= 1 << (id % 32);
            }
            mask.into()
        })
    }

    pub(super) fn memory(&self) -> usize {
        let masks = 1 + self.up_to.iter().filter(|mask| mask.get().is_some()).count();
        let tokens: usize = self.by_length.iter().map(Vec::len).sum();
        masks * self.mask.len() * 4 + tokens * 4 + self.rest.memory()
    }
}

/// Sorts the tokens `order` (ids sorted by their bytes) into every slice.
pub(super) fn build<'a>(
    order: &[u32],
    text: impl Fn(u32) -> &'a [u8] + Copy,
    size: usize,
) -> Vec<Slice> {
    CLASSES.iter().map(|class| one(class, order, text, size)).collect()
}

fn one<'a>(
    class: &'static [(u32, u32)],
    order: &[u32],
    text: impl Fn(u32) -> &'a [u8] + Copy,
    size: usize,
) -> Slice {
    let automaton = ClassAutomaton::new(class);
    let mut mask = vec![0u32; size.div_ceil(32)];
    let mut rest = Vec::new();
    let mut by_length: Vec<Vec<u32>> = Vec::new();
    for &id in order {
        if automaton.is_prefix(text(id)) {
            mask[id as usize / 32] |= 1 << (id % 32);
            let length = text(id).iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
            if by_length.len() <= length {
                by_length.resize_with(length + 1, Vec::new);
            }
            by_length[length].push(id);
        } else {
            rest.push(id);
        }
    }
    let up_to = by_length.iter().map(|_| OnceLock::new()).collect();
    Slice { class, mask: mask.into(), by_length, up_to, rest: Trie::new(&rest, text) }
}

/// The texts over a class and their prefixes, as a table over bytes.
struct ClassAutomaton {
    /// `next[state][byte]`; state 0 is dead, state 1 is between code points.
    next: Vec<[u8; 256]>,
}

impl ClassAutomaton {
    fn new(class: &[(u32, u32)]) -> Self {
        let mut next = vec![[0u8; 256], [0u8; 256]];
        for &(low, high) in class {
            let (Some(low), Some(high)) = (char::from_u32(low), char::from_u32(high)) else {
                continue;
            };
            for sequence in Utf8Sequences::new(low, high) {
                let ranges = sequence.as_slice();
                let mut state = 1usize;
                for (at, range) in ranges.iter().enumerate() {
                    let last = at + 1 == ranges.len();
                    // Sequences of one class either agree on a range of bytes or are disjoint
                    // there, except that ASCII never shares; a target made once serves the range.
                    let target = match next[state][range.start as usize] {
                        0 if last => 1,
                        0 => {
                            next.push([0u8; 256]);
                            next.len() as u8 - 1
                        }
                        known => known,
                    };
                    for byte in range.start..=range.end {
                        if next[state][byte as usize] == 0 {
                            next[state][byte as usize] = target;
                        }
                    }
                    state = target as usize;
                }
            }
        }
        ClassAutomaton { next }
    }

    fn is_prefix(&self, bytes: &[u8]) -> bool {
        let mut state = 1usize;
        bytes.iter().all(|&byte| {
            state = self.next[state][byte as usize] as usize;
            state != 0
        })
    }
}
