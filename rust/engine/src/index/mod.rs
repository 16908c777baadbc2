//! An index: one constraint compiled for one vocabulary.
//!
//! Immutable to its users and shared by threads and requests; inside, states and masks are made
//! when first asked for and then kept, behind one lock that is held for a look-up, or for the walk
//! of a state not seen before.
//!
//! - [`budget`]: which tokens leave enough room to come to the end.
//! - [`mask`]: masks, interned by content.
//! - [`walk`]: what the tokens of a vocabulary lead to from a state.
//! - [`horizon`]: the part of that which many states share.
//! - [`fill`]: the mask of a state.

mod budget;
mod fill;
mod horizon;
mod mask;
mod walk;

use std::sync::{Arc, Mutex, MutexGuard};

use rustc_hash::FxHashMap;

use budget::Budgets;
pub(crate) use budget::Limit;
pub use budget::Minimum;
use fill::Sure;
use horizon::{Horizon, Kept};
pub use mask::Mask;
use mask::Masks;

use crate::automaton::{Automaton, StateId};
use crate::error::Result;
use crate::grammar::{Expander, Grammar};
use crate::vocabulary::Vocabulary;

/// One constraint compiled for one vocabulary. Clones share everything.
#[derive(Clone)]
pub struct Index {
    inner: Arc<Mutex<Inner>>,
    vocabulary: Arc<Vocabulary>,
    start: StateId,
}

pub(crate) struct Inner {
    automaton: Automaton,
    vocabulary: Arc<Vocabulary>,
    masks: Masks,
    masks_of: Vec<Option<Arc<Mask>>>,
    /// By states with shallow stacks; see [`fill`].
    sure: FxHashMap<StateId, Arc<Sure>>,
    budgets: Budgets,
    horizons: FxHashMap<(StateId, u32), Arc<Horizon>>,
    /// Those of all indexes on the vocabulary.
    kept: Arc<Kept>,
    scratch: Vec<u32>,
}

impl Index {
    /// The index of a grammar for a vocabulary. Nothing is walked yet.
    ///
    /// # Errors
    /// What the grammar's start reports; see [`Automaton::new`].
    pub fn new(
        grammar: Grammar,
        expander: Option<Box<dyn Expander>>,
        vocabulary: Arc<Vocabulary>,
    ) -> Result<Self> {
        let automaton = Automaton::new(grammar, expander)?;
        let start = automaton.start();
        let inner = Inner {
            automaton,
            vocabulary: vocabulary.clone(),
            masks: Masks::default(),
            masks_of: Vec::new(),
            sure: FxHashMap::default(),
            budgets: Budgets::default(),
            horizons: FxHashMap::default(),
            kept: vocabulary.companion(),
            scratch: vec![0; vocabulary.words()],
        };
        Ok(Index { inner: Arc::new(Mutex::new(inner)), vocabulary, start })
    }

    /// The vocabulary this was compiled for.
    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// The state before anything is written.
    pub fn start(&self) -> StateId {
        self.start
    }

    /// Whether `text` is in the language.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn accepts(&self, text: &[u8]) -> Result<bool> {
        let mut inner = self.lock();
        let state = inner.automaton.run(self.start, text)?;
        Ok(inner.automaton.is_accepting(state))
    }

    /// Whether `text` can be completed to a text in the language.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn accepts_prefix(&self, text: &[u8]) -> Result<bool> {
        Ok(self.lock().automaton.run(self.start, text)? != StateId::DEAD)
    }

    /// The tokens that `state` allows, and whether the text may end there.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn mask(&self, state: StateId) -> Result<(Arc<Mask>, bool)> {
        let mut inner = self.lock();
        let mask = inner.mask(state)?;
        Ok((mask, inner.automaton.is_accepting(state)))
    }

    /// The tokens that `state` allows and whether the text may end there, if they have been asked
    /// for before and nobody is at work on the index.
    pub(crate) fn known_mask(&self, state: StateId) -> Option<(Arc<Mask>, bool)> {
        let inner = self.inner.try_lock().ok()?;
        let mask = inner.masks_of.get(state.index())?.clone()?;
        Some((mask, inner.automaton.is_accepting(state)))
    }

    /// The state after the bytes of a token.
    pub(crate) fn advance(&self, state: StateId, token: u32) -> Result<StateId> {
        self.lock().automaton.run(state, self.vocabulary.token(token))
    }

    /// Whether the text may end in `state`.
    pub fn is_accepting(&self, state: StateId) -> bool {
        self.lock().automaton.is_accepting(state)
    }

    /// What must come next as long as there is only one way, at most `limit` bytes of it.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn forced_bytes(&self, state: StateId, limit: usize) -> Result<Vec<u8>> {
        let mut inner = self.lock();
        let (mut state, mut bytes) = (state, Vec::new());
        while bytes.len() < limit {
            let Some(byte) = inner.automaton.forced_byte(state)? else { break };
            bytes.push(byte);
            state = inner.automaton.step(state, byte)?;
        }
        Ok(bytes)
    }

    /// An estimate of what the index holds now, in bytes, without its vocabulary.
    pub fn memory(&self) -> usize {
        let inner = self.lock();
        inner.automaton.memory()
            + inner.masks.memory()
            + inner.budgets.memory()
            + inner.masks_of.len() * size_of::<Option<Arc<Mask>>>()
            + inner.horizons.len() * 32
            + inner.sure.values().map(|sure| sure.memory() + 32).sum::<usize>()
            + inner.scratch.len() * 4
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Work is only ever added, so what a panicking thread left behind is still sound.
        let mut inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        inner.automaton.exprs().start_clock();
        inner
    }
}
