//! The mask of a state, found by walking the vocabulary's trie.
//!
//! What a state allows is found in two parts. Its *horizon* (the top of its stack, captured texts
//! left open, counts clamped) is shared by many states, and is walked once: the tokens it allows,
//! and the places in the trie at which the answer needs what was cut off. For the state itself only
//! those places are left to walk.

use std::sync::Arc;

use super::mask::Mask;
use super::Inner;
use crate::automaton::StateId;
use crate::error::Result;
use crate::vocabulary::{Trie, Vocabulary};

/// How many frames of a stack the shared part sees. One is enough for what follows a terminal
/// directly; the few tokens that reach further are walked for each state.
const DEPTH: u32 = 1;

/// Which trie of a vocabulary a place is in.
#[derive(Clone, Copy)]
enum Source {
    All,
    /// What is left of a slice whose tokens up to a length are taken as a whole.
    Slice(usize, u32),
}

/// What the horizon of a state allows.
pub(super) struct Shared {
    source: Source,
    tokens: Arc<Mask>,
    /// Nodes of the trie at which the step needs the whole state.
    deferred: Box<[u32]>,
}

impl Shared {
    /// The trie whose tokens are walked.
    pub(super) fn trie<'a>(&self, vocabulary: &'a Vocabulary) -> &'a Trie {
        trie(vocabulary, self.source)
    }

    /// The nodes of that trie at which the step needs the whole state.
    pub(super) fn deferred(&self) -> &[u32] {
        &self.deferred
    }
}

fn trie(vocabulary: &Vocabulary, source: Source) -> &Trie {
    match source {
        Source::All => vocabulary.trie(),
        Source::Slice(slice, _) => &vocabulary.slices()[slice].rest,
    }
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
        let mask = self.compute(state)?;
        self.masks_of[state.index()] = Some(mask.clone());
        Ok(mask)
    }

    fn compute(&mut self, state: StateId) -> Result<Arc<Mask>> {
        let shared = self.shared(state)?;
        if shared.deferred.is_empty() {
            return Ok(shared.tokens.clone());
        }
        let vocabulary = self.vocabulary.clone();
        let trie = trie(&vocabulary, shared.source);
        let mut found = Vec::new();
        for &node in &shared.deferred {
            // The path to the node is the start of any token in its subtree.
            let at = &trie.nodes()[node as usize];
            let first = trie.first_token(node as usize);
            let path = &vocabulary.token(first)[..at.depth as usize];
            let reached = self.automaton.run(state, path)?;
            if reached != StateId::DEAD {
                found.extend_from_slice(trie.tokens_at(node as usize));
                self.walk(trie, node as usize + 1..at.end as usize, reached, &mut found, None)?;
            }
        }
        if found.is_empty() {
            return Ok(shared.tokens.clone());
        }
        let mask = match &*shared.tokens {
            Mask::Sparse(ids) if ids.len() + found.len() < 512 => {
                found.extend_from_slice(ids);
                Mask::from_ids(found)
            }
            tokens => {
                tokens.write(&mut self.scratch);
                for token in found {
                    self.scratch[token as usize / 32] |= 1 << (token % 32);
                }
                Mask::from_words(&self.scratch)
            }
        };
        Ok(self.masks.intern(mask))
    }

    /// The horizon of `state`.
    pub(super) fn horizon(&mut self, state: StateId) -> Result<StateId> {
        let longest = self.vocabulary.longest() as u32;
        self.automaton.horizon(state, DEPTH, longest)
    }

    /// What the horizon of `state` allows.
    pub(super) fn shared(&mut self, state: StateId) -> Result<Arc<Shared>> {
        let cut = self.horizon(state)?;
        if let Some(shared) = self.shared_of.get(&cut) {
            return Ok(shared.clone());
        }
        let vocabulary = self.vocabulary.clone();
        let source = self.source(cut)?;
        let trie = trie(&vocabulary, source);
        let mut found = Vec::new();
        let mut deferred = Vec::new();
        self.walk(trie, 0..trie.nodes().len(), cut, &mut found, Some(&mut deferred))?;
        let tokens = match source {
            Source::All if found.len() < 512 => Mask::from_ids(found),
            _ => {
                match source {
                    Source::All => self.scratch.fill(0),
                    Source::Slice(slice, length) => {
                        self.scratch.copy_from_slice(vocabulary.slices()[slice].mask(length));
                    }
                }
                for token in found {
                    self.scratch[token as usize / 32] |= 1 << (token % 32);
                }
                Mask::from_words(&self.scratch)
            }
        };
        let tokens = self.masks.intern(tokens);
        let shared = Arc::new(Shared { source, tokens, deferred: deferred.into() });
        self.shared_of.insert(cut, shared.clone());
        Ok(shared)
    }

    /// The first slice that the state takes as a whole, or up to a length.
    fn source(&mut self, state: StateId) -> Result<Source> {
        for slice in 0..self.vocabulary.slices().len() {
            let class = self.vocabulary.slices()[slice].class;
            if let Some(length) = self.automaton.takes(state, slice, class)? {
                return Ok(Source::Slice(slice, length));
            }
        }
        Ok(Source::All)
    }

    /// Collects the tokens of a range of nodes that `start` allows. Nodes whose step is deferred
    /// are collected apart, with their subtrees left out; without a list for them there are none.
    fn walk(
        &mut self,
        trie: &Trie,
        range: std::ops::Range<usize>,
        start: StateId,
        found: &mut Vec<u32>,
        mut deferred: Option<&mut Vec<u32>>,
    ) -> Result<()> {
        let nodes = trie.nodes();
        let mut at = range.start;
        let Some(base) = nodes.get(at).map(|node| node.depth as usize - 1) else {
            return Ok(());
        };
        let mut path = std::mem::take(&mut self.path);
        path.clear();
        path.push(start);
        while at < range.end {
            let node = nodes[at];
            let depth = node.depth as usize - base;
            path.truncate(depth);
            let state = self.automaton.step(path[depth - 1], node.byte)?;
            if state == StateId::DEAD {
                at = node.end as usize;
            } else if state == StateId::DEFERRED {
                if let Some(deferred) = deferred.as_deref_mut() {
                    deferred.push(at as u32);
                }
                at = node.end as usize;
            } else {
                found.extend_from_slice(trie.tokens_at(at));
                path.push(state);
                at += 1;
            }
        }
        self.path = path;
        Ok(())
    }
}
