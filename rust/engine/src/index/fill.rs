//! The mask of a state.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::horizon::{Horizon, Source, Tokens};
use super::mask::Mask;
use super::walk::Visitor;
use super::Inner;
use crate::automaton::StateId;
use crate::error::Result;
use crate::vocabulary::trie::{Trie, ROOT};

/// Up to this many tokens a mask is made as a list.
const FEW_TOKENS: usize = 512;

/// What a state allows, as far as it has been found.
#[derive(Default)]
struct Allowed {
    masks: Vec<Arc<Mask>>,
    tokens: Vec<u32>,
    /// Tokens that only the whole state can tell about.
    unclear: Vec<u32>,
}

impl Visitor for Allowed {
    const ASKS_HORIZONS: bool = true;

    fn reach(&mut self, _: &mut Inner, _: StateId, tokens: &[u32]) -> Result<()> {
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    fn stay(&mut self, _: &mut Inner, _: StateId, tokens: &[u32]) -> Result<()> {
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    fn within(&mut self, _: &mut Inner, _: StateId, horizon: &Horizon) -> Result<()> {
        match &horizon.tokens {
            Tokens::Mask(mask) => self.masks.push(mask.clone()),
            Tokens::List(tokens) => self.tokens.extend_from_slice(tokens),
        }
        Ok(())
    }

    fn defer(&mut self, _: &mut Inner, trie: &Trie, node: u32, _: StateId) -> Result<()> {
        self.unclear.extend_from_slice(trie.tokens_at(node));
        self.unclear.extend_from_slice(trie.tokens_within(trie.child_range(node)));
        Ok(())
    }

    fn mark(&self) -> (usize, usize) {
        (self.tokens.len(), self.unclear.len())
    }

    fn take_back(&mut self, mark: (usize, usize), tokens: &FxHashSet<u32>) {
        drop_from(&mut self.tokens, mark.0, tokens);
        drop_from(&mut self.unclear, mark.1, tokens);
    }
}

/// Drops the tokens of a set that come at `from` or later.
fn drop_from(tokens: &mut Vec<u32>, from: usize, set: &FxHashSet<u32>) {
    let mut at = 0;
    tokens.retain(|token| {
        at += 1;
        at <= from || !set.contains(token)
    });
}

impl Inner {
    /// The tokens `state` allows.
    pub(super) fn mask(&mut self, state: StateId) -> Result<Arc<Mask>> {
        if self.masks_of.len() <= state.index() {
            self.masks_of.resize(state.index() + 1, None);
        }
        if let Some(mask) = &self.masks_of[state.index()] {
            return Ok(mask.clone());
        }
        let mask = self.find_mask(state)?;
        self.masks_of[state.index()] = Some(mask.clone());
        Ok(mask)
    }

    fn find_mask(&mut self, state: StateId) -> Result<Arc<Mask>> {
        let vocabulary = self.vocabulary.clone();
        let mut allowed = Allowed::default();
        self.collect(state, ROOT, &mut allowed)?;
        let Allowed { mut masks, mut tokens, unclear } = allowed;
        for token in unclear {
            if self.automaton.run(state, vocabulary.token(token))? != StateId::DEAD {
                tokens.push(token);
            }
        }
        let Some(mut mask) = masks.pop() else {
            let mask = self.mask_of(Source::All, tokens);
            return Ok(self.masks.intern(mask));
        };
        for more in masks {
            mask = self.either(mask, &more);
        }
        if tokens.is_empty() {
            return Ok(mask);
        }
        let mask = Mask::extended(&mask, tokens);
        Ok(self.masks.intern(mask))
    }

    fn either(&mut self, a: Arc<Mask>, b: &Arc<Mask>) -> Arc<Mask> {
        if Arc::ptr_eq(&a, b) {
            return a;
        }
        let mut words = vec![0; self.vocabulary.words()];
        a.write(&mut words);
        b.write(&mut self.scratch);
        for (word, &more) in words.iter_mut().zip(&self.scratch) {
            *word |= more;
        }
        self.masks.intern(Mask::from_words(&words))
    }

    /// The mask of what was found in a source, and of what the source leaves out.
    pub(super) fn mask_of(&mut self, source: Source, found: Vec<u32>) -> Mask {
        match source {
            Source::All if found.len() < FEW_TOKENS => return Mask::from_ids(found),
            Source::All => self.scratch.fill(0),
            Source::Slice(slice, length) => {
                self.scratch.copy_from_slice(self.vocabulary.slices()[slice].mask(length));
            }
        }
        for token in found {
            self.scratch[token as usize / 32] |= 1 << (token % 32);
        }
        Mask::from_words(&self.scratch)
    }
}
