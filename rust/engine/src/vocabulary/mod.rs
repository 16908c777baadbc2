//! A vocabulary: the bytes of every token id, arranged for walking.
//!
//! Built once per tokenizer and shared by every index. Besides the [`Trie`] of all tokens it holds
//! [`Slice`]s: sets of tokens that a permissive state (inside a JSON string, free text) takes as a
//! whole, so that only the rest has to be walked.

pub mod classes;
mod slice;
pub mod trie;

pub use slice::Slice;
pub use trie::Trie;

use std::any::Any;
use std::sync::{Arc, OnceLock};

use crate::error::{Error, Result};

/// The tokens of one tokenizer, for one size of the model's vocabulary.
pub struct Vocabulary {
    bytes: Vec<u8>,
    /// Token `i` is `bytes[offsets[i]..offsets[i + 1]]`; empty for an id that is never text.
    offsets: Vec<u32>,
    /// By token, its place among those that are text, sorted by their bytes.
    ranks: Vec<u32>,
    /// The mask of the tokens that are text.
    text: Box<[u32]>,
    eos: Vec<u32>,
    size: usize,
    trie: Trie,
    slices: Vec<Slice>,
    longest: usize,
    companion: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Vocabulary {
    /// `tokens[i]` is what token `i` writes; `None` (or nothing at all) for special, added and
    /// padding ids, which are never allowed as text. `eos` are the ids that end a text; they are
    /// never text either. `size` is the number of ids the model scores, at least `tokens.len()`.
    ///
    /// Takes time `O(n log n)` in the number of tokens: tens of milliseconds for 128k.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] when the sizes do not fit or no token has any text.
    pub fn new<'a>(
        tokens: impl Iterator<Item = Option<&'a [u8]>>,
        eos: &[u32],
        size: usize,
    ) -> Result<Self> {
        let refuse = |message: String| Err(Error::Vocabulary { message });
        let mut offsets = vec![0u32];
        let mut bytes = Vec::new();
        let mut longest = 0;
        for (id, token) in tokens.enumerate() {
            if !eos.contains(&(id as u32)) {
                let token = token.unwrap_or_default();
                longest = longest.max(token.len());
                bytes.extend_from_slice(token);
            }
            offsets.push(bytes.len() as u32);
        }
        let count = offsets.len() - 1;
        if size < count {
            return refuse(format!("size is {size}, but there are {count} tokens"));
        }
        if let Some(id) = eos.iter().find(|&&id| id as usize >= size) {
            return refuse(format!("eos id {id} is not below the size {size}"));
        }
        if longest == 0 {
            return refuse("no token has any text".to_owned());
        }
        let mut order: Vec<u32> = (0..count as u32)
            .filter(|&id| offsets[id as usize] < offsets[id as usize + 1])
            .collect();
        let text =
            |id: u32| &bytes[offsets[id as usize] as usize..offsets[id as usize + 1] as usize];
        trie::sort(&mut order, text);
        let trie = Trie::new(&order, text);
        let slices = slice::build(&order, text, size);
        let mut ranks = vec![u32::MAX; count];
        let mut of_text = vec![0; size.div_ceil(32)];
        for (rank, &id) in (0..).zip(&order) {
            ranks[id as usize] = rank;
            of_text[id as usize / 32] |= 1 << (id % 32);
        }
        let mut eos = eos.to_vec();
        eos.sort_unstable();
        eos.dedup();
        Ok(Vocabulary {
            trie,
            slices,
            longest,
            bytes,
            offsets,
            ranks,
            text: of_text.into(),
            eos,
            size,
            companion: OnceLock::new(),
        })
    }

    /// What a token writes; empty for an id that is never text or does not exist.
    pub fn token(&self, id: u32) -> &[u8] {
        match (self.offsets.get(id as usize), self.offsets.get(id as usize + 1)) {
            (Some(&start), Some(&end)) => &self.bytes[start as usize..end as usize],
            _ => &[],
        }
    }

    /// The place of a token among all that are text, sorted by their bytes.
    pub fn rank(&self, id: u32) -> u32 {
        self.ranks.get(id as usize).copied().unwrap_or(u32::MAX)
    }

    /// Writes the mask of all tokens that are text.
    pub(crate) fn write_text(&self, mask: &mut [u32]) {
        mask.copy_from_slice(&self.text);
    }

    /// The ids that end a text, ascending.
    pub fn eos(&self) -> &[u32] {
        &self.eos
    }

    /// The number of ids the model scores.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The number of 32-bit words in a mask.
    pub fn words(&self) -> usize {
        self.size.div_ceil(32)
    }

    /// The length of the longest token, in bytes.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// All tokens.
    pub fn trie(&self) -> &Trie {
        &self.trie
    }

    /// The slices, the largest first.
    pub fn slices(&self) -> &[Slice] {
        &self.slices
    }

    /// What a later stage keeps with the vocabulary, made when first asked for. There is one such
    /// thing; asked for as another type, it is a new one each time.
    pub(crate) fn companion<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        let known = self.companion.get_or_init(|| Arc::new(T::default())).clone();
        known.downcast().unwrap_or_default()
    }

    /// An estimate of the vocabulary's size in bytes.
    pub fn memory(&self) -> usize {
        let slices: usize = self.slices.iter().map(Slice::memory).sum();
        self.bytes.len()
            + (self.offsets.len() + self.ranks.len() + self.text.len()) * 4
            + self.trie.memory()
            + slices
    }
}
