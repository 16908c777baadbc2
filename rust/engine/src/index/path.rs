//! A path: one text's way through an index, token by token.
//!
//! States are numbers within one generation of an index. When that has been let go of (see
//! [`super::generation`]), the path settles in the present one by going through its tokens again.

use std::sync::Arc;

use super::generation::Generation;
use super::Inner;
use crate::automaton::StateId;
use crate::error::{Error, Result};

/// A state, and whether the text may end there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub state: StateId,
    pub accepting: bool,
}

/// A state of a certain generation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot(u64, StateId);

/// One text's way through an [`super::Index`].
#[derive(Clone)]
pub(crate) struct Path {
    pub(super) generation: Arc<Generation>,
    /// Whether the states are of that generation, and not of one before it.
    settled: bool,
    here: Place,
    /// What the place at hand was called before the path was settled anew.
    before: Option<Spot>,
    /// The tokens taken, each with the place before it.
    taken: Vec<(Place, u32)>,
}

impl Path {
    /// A path at the start of a generation.
    pub(super) fn new(generation: Arc<Generation>) -> Self {
        let here = generation.start;
        Path { generation, settled: true, here, before: None, taken: Vec::new() }
    }

    /// How many tokens have been taken.
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether the text so far is a whole sentence.
    pub fn is_accepting(&self) -> bool {
        self.here.accepting
    }

    /// Whether a call has only to look up what is known, unless it is about a place that is new:
    /// the tokens need not be read again first.
    pub fn is_settled(&self) -> bool {
        self.settled && !self.generation.is_gone()
    }

    /// What tells the place at hand from others.
    pub fn spot(&self) -> Spot {
        Spot(self.generation.number, self.here.state)
    }

    /// Whether the place at hand is the one that was called `spot`.
    #[inline]
    pub fn is_at(&self, spot: Spot) -> bool {
        spot == self.spot() || self.before == Some(spot)
    }

    /// Looks up something at the state at hand, if that can be done without reading tokens again and
    /// nobody is at work on what is known.
    pub(super) fn known<T>(&self, look: impl FnOnce(&Inner, StateId) -> Option<T>) -> Option<T> {
        let known = self.settled.then(|| self.generation.at_rest())??;
        look(known.as_ref()?, self.here.state)
    }

    /// The state at hand; the path is settled.
    pub fn state(&self) -> StateId {
        self.here.state
    }

    /// Takes a token that leads to `next`.
    pub(super) fn take(&mut self, token: u32, next: Place) {
        self.taken.push((self.here, token));
        self.here = next;
        self.before = None;
    }

    /// Takes back the last `count` tokens; there are so many.
    pub fn take_back(&mut self, count: usize) {
        let kept = self.taken.len() - count;
        if let Some(&(place, _)) = self.taken.get(kept) {
            self.here = place;
            self.before = None;
        }
        self.taken.truncate(kept);
    }

    /// Goes on in another generation; the path has to be settled there.
    pub(super) fn move_to(&mut self, generation: Arc<Generation>) {
        if self.settled {
            self.before = Some(self.spot());
        }
        self.generation = generation;
        self.settled = false;
    }

    /// Goes through the tokens again where that has to be done.
    ///
    /// # Errors
    /// As for [`crate::automaton::Automaton::step`]; nothing changes.
    pub(super) fn settle(&mut self, inner: &mut Inner) -> Result<()> {
        if self.settled {
            return Ok(());
        }
        let vocabulary = inner.vocabulary.clone();
        let mut here = inner.place(inner.automaton.start());
        let mut places = Vec::with_capacity(self.taken.len());
        for &(_, token) in &self.taken {
            // Each token may take as long as it might the first time.
            inner.automaton.exprs().start_clock();
            places.push(here);
            let state = inner.automaton.run(here.state, vocabulary.token(token))?;
            if state == StateId::DEAD {
                return Err(Error::limit("the text so far could not be read again"));
            }
            here = inner.place(state);
        }
        inner.automaton.exprs().start_clock();
        self.taken.iter_mut().zip(places).for_each(|(taken, place)| taken.0 = place);
        self.here = here;
        self.settled = true;
        Ok(())
    }
}
