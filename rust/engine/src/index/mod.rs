//! An index: one constraint compiled for one vocabulary.
//!
//! Immutable to its users and shared by threads and requests; inside, states and masks are made
//! when first asked for and then kept within a limit of memory, behind a lock that is held for a
//! look-up, or for the walk of a state not seen before.
//!
//! - [`budget`]: which tokens leave enough room to come to the end.
//! - [`mask`]: masks, interned by content.
//! - [`walk`]: what the tokens of a vocabulary lead to from a state.
//! - [`horizon`]: the part of that which many states share.
//! - [`fill`]: the mask of a state.
//! - [`path`]: one text's way through an index.
//! - [`generation`]: what is let go of when an index holds too much.

mod budget;
mod fill;
mod generation;
mod horizon;
mod mask;
mod path;
mod walk;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use budget::Budgets;
pub(crate) use budget::Limit;
pub use budget::Minimum;
use fill::Sure;
use generation::Generations;
pub(crate) use generation::Stay;
pub use generation::MEMORY_LIMIT;
use horizon::{Horizon, Kept};
pub use mask::Mask;
use mask::Masks;
use path::Place;
pub(crate) use path::{Path, Spot};

use crate::automaton::{Automaton, StateId};
use crate::error::Result;
use crate::grammar::{Expander, Grammar};
use crate::pages::Pages;
use crate::vocabulary::Vocabulary;

/// One constraint compiled for one vocabulary. Clones share everything.
#[derive(Clone)]
pub struct Index {
    generations: Arc<Generations>,
    vocabulary: Arc<Vocabulary>,
    warnings: Arc<[String]>,
}

pub(crate) struct Inner {
    automaton: Automaton,
    vocabulary: Arc<Vocabulary>,
    masks: Masks,
    masks_of: Pages<Arc<Mask>>,
    /// By states with shallow stacks; see [`fill`].
    sure: FxHashMap<StateId, Arc<Sure>>,
    budgets: Budgets,
    horizons: FxHashMap<(StateId, u32), Arc<Horizon>>,
    /// Those of all indexes on the vocabulary.
    kept: Arc<Kept>,
    /// How many bytes of them are held here.
    shared: usize,
    /// How many bytes of what was allocated count as theirs, since this was last asked.
    lent: isize,
    stay: Stay,
    scratch: Vec<u32>,
}

impl Index {
    /// The index of a grammar for a vocabulary. Nothing is walked yet. `source` makes the grammar:
    /// now, and again each time that all that was found out has been let go of.
    ///
    /// # Errors
    /// As for the source, and what the grammar's start reports; see [`Automaton::new`].
    pub fn new<S>(source: S, vocabulary: Arc<Vocabulary>) -> Result<Self>
    where
        S: Fn() -> Result<(Grammar, Option<Box<dyn Expander>>)> + Send + Sync + 'static,
    {
        let (generations, warnings) = Generations::new(Box::new(source), vocabulary.clone())?;
        Ok(Index { generations: Arc::new(generations), vocabulary, warnings: warnings.into() })
    }

    /// What the user should be told though the constraint works.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The vocabulary this was compiled for.
    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// A path at the start.
    pub(crate) fn path(&self) -> Path {
        Path::new(self.generations.present())
    }

    /// Whether `text` is in the language.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn accepts(&self, text: &[u8]) -> Result<bool> {
        self.generations.at(&mut self.path(), |inner, path| {
            let state = inner.automaton.run(path.state(), text)?;
            Ok(inner.automaton.is_accepting(state))
        })
    }

    /// Whether `text` can be completed to a text in the language.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn accepts_prefix(&self, text: &[u8]) -> Result<bool> {
        self.generations.at(&mut self.path(), |inner, path| {
            Ok(inner.automaton.run(path.state(), text)? != StateId::DEAD)
        })
    }

    /// The tokens that may come next on a path.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub(crate) fn mask(&self, path: &mut Path) -> Result<Arc<Mask>> {
        self.generations.at(path, |inner, path| inner.mask(path.state()))
    }

    /// The same, if it has been asked for before and nobody is at work on what is known.
    pub(crate) fn known_mask(&self, path: &Path) -> Option<Arc<Mask>> {
        path.known(|inner, state| inner.masks_of.get(state.index()).cloned())
    }

    /// Whether where a token leads has been asked for before, and nobody is at work on what is known.
    pub(crate) fn knows(&self, path: &Path, token: u32) -> bool {
        self.known_next(path, token).is_some()
    }

    #[inline]
    fn known_next(&self, path: &Path, token: u32) -> Option<Place> {
        let bytes = self.vocabulary.token(token);
        path.known(|inner, state| Some(inner.place(inner.automaton.known(state, bytes)?)))
    }

    /// Goes on along a path by a token. `false`, and nothing changes, if it is not allowed.
    ///
    /// # Errors
    /// As for [`Automaton::step`]; nothing changes.
    pub(crate) fn advance(&self, path: &mut Path, token: u32) -> Result<bool> {
        // Nearly always it is known, and then there is nothing to account for.
        let next = match self.known_next(path, token) {
            Some(next) => next,
            None => self.generations.at(path, |inner, path| {
                let bytes = self.vocabulary.token(token);
                let next = inner.automaton.run(path.state(), bytes)?;
                Ok(inner.place(next))
            })?,
        };
        if next.state == StateId::DEAD {
            return Ok(false);
        }
        path.take(token, next);
        Ok(true)
    }

    /// Does something with what is known at a path.
    ///
    /// # Errors
    /// What it reports, and as for [`Automaton::step`].
    pub(crate) fn at<T>(
        &self,
        path: &mut Path,
        work: impl FnOnce(&mut Inner, &Path) -> Result<T>,
    ) -> Result<T> {
        self.generations.at(path, work)
    }

    /// What must come next as long as there is only one way, at most `limit` bytes of it.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub(crate) fn forced_bytes(&self, path: &mut Path, limit: usize) -> Result<Vec<u8>> {
        // Made here, since what is made at work is taken to stay in the index.
        let mut bytes = Vec::with_capacity(limit);
        self.generations.at(path, |inner, path| {
            let mut state = path.state();
            while bytes.len() < limit {
                let Some(byte) = inner.automaton.forced_byte(state)? else { break };
                bytes.push(byte);
                state = inner.automaton.step(state, byte)?;
            }
            Ok(())
        })?;
        Ok(bytes)
    }

    /// What it holds in bytes, without its vocabulary.
    pub fn memory(&self) -> usize {
        self.generations.memory()
    }

    /// How many bytes it may hold; see [`generation`] and [`MEMORY_LIMIT`].
    pub fn memory_limit(&self) -> usize {
        self.generations.limit()
    }

    /// Sets how many bytes it may hold, without its vocabulary. The less, the more often it lets go
    /// of what it has to find out again.
    pub fn set_memory_limit(&self, bytes: usize) {
        self.generations.set_limit(bytes);
    }

    /// How many times it has begun anew.
    pub fn generation(&self) -> u64 {
        self.generations.past()
    }
}

impl Inner {
    fn new(automaton: Automaton, vocabulary: Arc<Vocabulary>) -> Self {
        Inner {
            automaton,
            masks: Masks::default(),
            masks_of: Pages::default(),
            sure: FxHashMap::default(),
            budgets: Budgets::default(),
            horizons: FxHashMap::default(),
            kept: vocabulary.companion(),
            shared: 0,
            lent: 0,
            stay: Stay::default(),
            scratch: vec![0; vocabulary.words()],
            vocabulary,
        }
    }

    fn place(&self, state: StateId) -> Place {
        Place { state, accepting: self.automaton.is_accepting(state) }
    }

    /// Whether the text may end in a state.
    pub(crate) fn is_accepting(&self, state: StateId) -> bool {
        self.automaton.is_accepting(state)
    }

    /// The state after the bytes of a token, for which there is as much time as for a call.
    pub(crate) fn after(&mut self, state: StateId, token: u32) -> Result<StateId> {
        self.automaton.exprs().start_clock();
        let vocabulary = self.vocabulary.clone();
        self.automaton.run(state, vocabulary.token(token))
    }
}
