//! The mask of a state.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::horizon::{set_of, Horizon, Source, Tokens};
use super::mask::{clear, set, Mask};
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
    /// By states in which terminals have ended at a hole, the bytes that may come next there.
    open: FxHashMap<StateId, Box<[bool; 256]>>,
}

/// What is known of all states whose stacks are alike at the top.
pub(super) struct Sure {
    /// Tokens that all of them allow.
    mask: Arc<Mask>,
    /// Other tokens that some of them may allow, sorted by their bytes.
    unclear: Box<[u32]>,
}

impl Visitor for Allowed {
    const ASKS_HORIZONS: bool = true;

    fn reach(&mut self, inner: &mut Inner, state: StateId, tokens: &[u32]) -> Result<()> {
        let known = inner.automaton.goes_on(state);
        if known { &mut self.tokens } else { &mut self.unclear }.extend_from_slice(tokens);
        Ok(())
    }

    fn stay(&mut self, _: &mut Inner, _: StateId, trie: &Trie, nodes: (u32, u32)) -> Result<()> {
        self.tokens.extend_from_slice(trie.tokens_within(nodes));
        Ok(())
    }

    fn end(&mut self, inner: &mut Inner, trie: &Trie, node: u32, state: StateId) -> Result<()> {
        if inner.automaton.ended_count(state) == 0 {
            return Ok(());
        }
        let open = match self.open.entry(state) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(inner.open_at_hole(state)?),
        };
        for child in trie.children_by(node, open) {
            self.unclear.extend_from_slice(trie.tokens_within((child, trie.edge(child).1)));
        }
        Ok(())
    }

    fn within(&mut self, inner: &mut Inner, state: StateId, horizon: &Horizon) -> Result<()> {
        if let Source::OpenSlice(number) = horizon.source {
            match inner.open_slice(state, number)? {
                Some(mask) => self.masks.push(mask),
                None => self.unclear.extend(inner.vocabulary.slices()[number].tokens()),
            }
        }
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
        if let Some(mask) = self.masks_of.get(state.index()) {
            return Ok(mask.clone());
        }
        let mask = self.find_mask(state)?;
        self.masks_of.set(state.index(), mask.clone());
        Ok(mask)
    }

    fn find_mask(&mut self, state: StateId) -> Result<Arc<Mask>> {
        let shallow = self.automaton.shallow(state)?;
        let sure = self.sure(shallow)?;
        if sure.unclear.is_empty() {
            return Ok(sure.mask.clone());
        }
        let tokens = self.readable(state, &sure.unclear)?;
        let mask = self.all_of(vec![sure.mask.clone()], tokens);
        Ok(mask)
    }

    /// Those of some tokens, sorted by their bytes, that can be read from a state.
    fn readable(&mut self, state: StateId, tokens: &[u32]) -> Result<Vec<u32>> {
        let vocabulary = self.vocabulary.clone();
        let mut readable = Vec::new();
        // Where the bytes of the token before led, as far as they led anywhere.
        let (mut path, mut before) = (vec![state], &[][..]);
        for &token in tokens {
            let bytes = vocabulary.token(token);
            let shared = before.iter().zip(bytes).take_while(|(one, other)| one == other).count();
            path.truncate(shared + 1);
            while path.len() <= bytes.len() && path[path.len() - 1] != StateId::DEAD {
                path.push(self.automaton.step(path[path.len() - 1], bytes[path.len() - 1])?);
            }
            if path[path.len() - 1] != StateId::DEAD {
                readable.push(token);
            }
            before = bytes;
        }
        Ok(readable)
    }

    /// The bytes that may come next where terminals of a state have ended at a hole.
    fn open_at_hole(&mut self, state: StateId) -> Result<Box<[bool; 256]>> {
        let Some(ended) = self.automaton.ended(state)? else { return Ok(Box::new([false; 256])) };
        Ok(Box::new(set_of(&self.automaton.after_ended(ended)?.open)))
    }

    /// What a state with shallow stacks tells of every state that is like it.
    fn sure(&mut self, shallow: StateId) -> Result<Arc<Sure>> {
        if let Some(known) = self.sure.get(&shallow) {
            return Ok(known.clone());
        }
        let mut allowed = Allowed::default();
        self.collect(shallow, ROOT, &mut allowed)?;
        let Allowed { masks, tokens, mut unclear, .. } = allowed;
        let mask = self.all_of(masks, tokens);
        unclear.retain(|&token| !mask.contains(token));
        let sorted = self.vocabulary.trie().tokens();
        unclear.iter_mut().for_each(|token| *token = self.vocabulary.rank(*token));
        unclear.sort_unstable();
        unclear.dedup();
        unclear.iter_mut().for_each(|rank| *rank = sorted[*rank as usize]);
        let sure = Arc::new(Sure { mask, unclear: unclear.into() });
        self.sure.insert(shallow, sure.clone());
        Ok(sure)
    }

    /// The mask of all tokens of some masks and of some more.
    fn all_of(&mut self, mut masks: Vec<Arc<Mask>>, tokens: Vec<u32>) -> Arc<Mask> {
        masks.sort_unstable_by_key(Arc::as_ptr);
        masks.dedup_by(|a, b| Arc::ptr_eq(a, b));
        let Some(mask) = masks.pop() else {
            let mask = self.mask_of(tokens);
            return self.masks.intern(mask);
        };
        if masks.is_empty() && tokens.len() < FEW_TOKENS {
            if tokens.is_empty() {
                return mask;
            }
            let mask = Mask::extended(&mask, tokens);
            return self.masks.intern(mask);
        }
        mask.write(&mut self.scratch);
        masks.iter().for_each(|mask| mask.add_to(&mut self.scratch));
        set(&mut self.scratch, &tokens);
        let mask = Mask::from_words(&self.scratch);
        self.masks.intern(mask)
    }

    fn mask_of(&mut self, tokens: Vec<u32>) -> Mask {
        if tokens.len() < FEW_TOKENS {
            return Mask::from_ids(tokens);
        }
        self.scratch.fill(0);
        set(&mut self.scratch, &tokens);
        Mask::from_words(&self.scratch)
    }

    /// The mask of what was found in a source, as sorted ranges of nodes below one, and of what the
    /// source leaves out.
    pub(super) fn mask_of_found(
        &mut self,
        source: Source,
        node: u32,
        found: &[(u32, u32)],
    ) -> Mask {
        let vocabulary = self.vocabulary.clone();
        let trie = source.trie(&vocabulary);
        let count = found.iter().map(|&nodes| trie.tokens_within(nodes).len()).sum::<usize>();
        let most = node == ROOT && count > trie.tokens().len() / 2;
        match source {
            Source::All | Source::Slice(_, None) if most => {
                // By what is not among them, which is less.
                vocabulary.write_text(&mut self.scratch);
                let mut from = 0;
                let end = trie.child_range(node).1;
                for &(first, next) in found.iter().chain(&[(end, end)]) {
                    clear(&mut self.scratch, trie.tokens_within((from, first)));
                    from = next;
                }
                return Mask::from_words(&self.scratch);
            }
            Source::All | Source::OpenSlice(_) if count < FEW_TOKENS => {
                let tokens = found.iter().flat_map(|&nodes| trie.tokens_within(nodes));
                return Mask::from_ids(tokens.copied().collect());
            }
            Source::All | Source::OpenSlice(_) => self.scratch.fill(0),
            Source::Slice(slice, length) => {
                vocabulary.slices()[slice].write(length, &mut self.scratch);
            }
        }
        for &nodes in found {
            set(&mut self.scratch, trie.tokens_within(nodes));
        }
        Mask::from_words(&self.scratch)
    }
}
