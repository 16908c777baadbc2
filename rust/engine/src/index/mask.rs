//! Masks: which tokens may come next, kept once for all states that allow the same ones.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// One set of allowed tokens. Few tokens are kept as a list: clearing a row and setting those bits
/// is quicker than copying one, and takes next to no memory.
#[derive(PartialEq, Eq, Hash, Debug)]
pub enum Mask {
    /// Ascending token ids.
    Sparse(Box<[u32]>),
    /// Bit `i % 32` of word `i / 32` is set when token `i` is allowed.
    Dense(Box<[u32]>),
    /// A dense mask and a few more tokens, ascending.
    Extended(Arc<Mask>, Box<[u32]>),
}

impl Mask {
    /// Up to one bit in 64 words, a list is the better form.
    pub(super) fn from_words(words: &[u32]) -> Self {
        let count: usize = words.iter().map(|word| word.count_ones() as usize).sum();
        if count * 64 > words.len() * 32 / 4 {
            return Mask::Dense(words.into());
        }
        let mut ids = Vec::with_capacity(count);
        for (at, &word) in words.iter().enumerate() {
            let mut word = word;
            while word != 0 {
                ids.push(at as u32 * 32 + word.trailing_zeros());
                word &= word - 1;
            }
        }
        Mask::Sparse(ids.into())
    }

    pub(super) fn from_ids(mut ids: Vec<u32>) -> Self {
        ids.sort_unstable();
        ids.dedup();
        Mask::Sparse(ids.into())
    }

    /// The mask with some more tokens.
    pub(super) fn extended(base: &Arc<Mask>, mut more: Vec<u32>) -> Self {
        match &**base {
            Mask::Sparse(ids) => {
                more.extend_from_slice(ids);
                Mask::from_ids(more)
            }
            Mask::Dense(_) => {
                more.sort_unstable();
                more.dedup();
                Mask::Extended(base.clone(), more.into())
            }
            Mask::Extended(base, ids) => {
                more.extend_from_slice(ids);
                Mask::extended(base, more)
            }
        }
    }

    /// Writes the mask over `row`; words past the mask's own are cleared.
    pub fn write(&self, row: &mut [u32]) {
        match self {
            Mask::Extended(base, ids) => {
                base.write(row);
                set(row, ids);
            }
            Mask::Dense(words) => {
                let (head, tail) = row.split_at_mut(words.len().min(row.len()));
                head.copy_from_slice(&words[..head.len()]);
                tail.fill(0);
            }
            Mask::Sparse(ids) => {
                row.fill(0);
                set(row, ids);
            }
        }
    }

    /// Sets the mask's bits in `row`, which is as long as the mask.
    pub(super) fn add_to(&self, row: &mut [u32]) {
        match self {
            Mask::Extended(base, ids) => {
                base.add_to(row);
                set(row, ids);
            }
            Mask::Dense(words) => row.iter_mut().zip(words).for_each(|(to, &word)| *to |= word),
            Mask::Sparse(ids) => set(row, ids),
        }
    }

    /// Whether `token` is allowed.
    pub fn contains(&self, token: u32) -> bool {
        match self {
            Mask::Sparse(ids) => ids.binary_search(&token).is_ok(),
            Mask::Extended(base, ids) => ids.binary_search(&token).is_ok() || base.contains(token),
            Mask::Dense(words) => {
                words.get(token as usize / 32).is_some_and(|word| word >> (token % 32) & 1 == 1)
            }
        }
    }

    pub(super) fn memory(&self) -> usize {
        match self {
            Mask::Sparse(words) | Mask::Dense(words) | Mask::Extended(_, words) => {
                words.len() * 4 + 48
            }
        }
    }
}

/// Sets some bits.
pub(super) fn set(row: &mut [u32], ids: &[u32]) {
    for &id in ids {
        if let Some(word) = row.get_mut(id as usize / 32) {
            *word |= 1 << (id % 32);
        }
    }
}

/// Clears some bits.
pub(super) fn clear(row: &mut [u32], ids: &[u32]) {
    for &id in ids {
        if let Some(word) = row.get_mut(id as usize / 32) {
            *word &= !(1 << (id % 32));
        }
    }
}

/// Masks by content.
#[derive(Default)]
pub(super) struct Masks {
    table: HashTable<Arc<Mask>>,
}

impl Masks {
    pub fn intern(&mut self, mask: Mask) -> Arc<Mask> {
        let hash = hash_of(&mask);
        if let Some(known) = self.table.find(hash, |known| **known == mask) {
            return known.clone();
        }
        let mask = Arc::new(mask);
        self.table.insert_unique(hash, mask.clone(), |mask| hash_of(mask));
        mask
    }
}

fn hash_of(mask: &Mask) -> u64 {
    let hasher = BuildHasherDefault::<FxHasher>::default();
    match mask {
        // A sample of a long mask tells nearly all of them apart; equality is checked in full.
        Mask::Dense(words) => {
            let sample: Vec<u32> = words.iter().step_by(words.len() / 64 + 1).copied().collect();
            hasher.hash_one(sample)
        }
        Mask::Sparse(ids) => hasher.hash_one(ids),
        Mask::Extended(base, ids) => hasher.hash_one((Arc::as_ptr(base), ids)),
    }
}
