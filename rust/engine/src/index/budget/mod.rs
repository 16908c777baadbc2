//! Budgets: which tokens leave enough room to come to the end.
//!
//! A guide may be given a number of tokens within which its text must be whole. The rule is: a
//! token is allowed when some text that completes what it leads to fits into the tokens left. For
//! that every state has a *cost*, a number of tokens that certainly completes it: there is a way
//! that takes so many, known token by token, and the states along it cost one less each. Hence
//! whoever is at a state whose cost fits always has a token whose cost fits too, and the mask is
//! never empty. Costs that have been given out only become smaller.
//!
//! - Far from the end one number per state decides: from so many tokens on, whichever token comes
//!   is fine ([`room`]). It is counted in bytes, which is quick and never too small as long as each
//!   byte is a token.
//! - Nearer, the states that the tokens of a state lead to are costed one by one ([`costs`]), each
//!   by writing down a text that completes it and cutting it into as few tokens as it goes
//!   ([`way`]). All numbers of tokens left that allow the same tokens share one mask.
//! - Whether a budget is too small to begin with is found by a search over the tokens themselves
//!   ([`minimum`]), since a refusal should be right.
//!
//! All of it has little time, since a mask that comes late holds up whoever waits for it. What has
//! not been looked at in time is not known to fit and hence not allowed, so that what is left is
//! fewer tokens to choose from, of which the way on is always one.

mod costs;
mod minimum;
mod reach;
mod room;
mod way;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Index, Inner, Mask, Path, Stay};
use crate::automaton::{Distances, Outline, StateId};
use crate::error::{Error, Result};
use crate::expr::ENDLESS;
use crate::vocabulary::Vocabulary;
use costs::Costs;
pub use minimum::Minimum;
use reach::Walks;
use way::{Spelling, Way};

/// How many sets of stop tokens that are text one index keeps budgets for.
const STOP_SETS: usize = 8;
/// How many states may be made to look ahead, some hundred bytes each: they stay in the index. Past
/// that only ways known before are taken.
const STATE_LIMIT: usize = 200_000;
/// How much the masks near the end may take, in bytes, before they are let go.
const MASK_MEMORY: usize = 32 << 20;

/// What an index knows of budgets, for guides with the same stop tokens.
pub(super) struct Budget {
    distances: Distances,
    spelling: Spelling,
    /// The best way known from a state to the end.
    ways: FxHashMap<StateId, Way>,
    /// States from which a way has been looked for.
    tried: FxHashSet<StateId>,
    /// Of states that differ in captured texts alone, the first met.
    alike: FxHashMap<Outline, StateId>,
    rooms: FxHashMap<StateId, Room>,
    walks: Walks,
    costs: FxHashMap<StateId, Arc<Costs>>,
    costs_memory: usize,
    /// What a search from the start found.
    minimum: Option<Minimum>,
    /// How many states of the automaton were made on the way.
    made: usize,
}

/// From how many tokens left on a state allows all its tokens.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    pub tokens: u32,
    /// Counted by the ways that were found; else by bytes, or likely enough.
    pub by_ways: bool,
}

/// What was found; none if the time did not suffice, or another limit was in the way.
fn in_time<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::Limit { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Budget {
    fn new(vocabulary: &Vocabulary, stop: &[u32]) -> Self {
        let spelling = Spelling::new(vocabulary, stop);
        Budget {
            distances: Distances::new(*spelling.single_bytes()),
            spelling,
            ways: FxHashMap::default(),
            tried: FxHashSet::default(),
            alike: FxHashMap::default(),
            rooms: FxHashMap::default(),
            walks: Walks::default(),
            costs: FxHashMap::default(),
            costs_memory: 0,
            minimum: None,
            made: 0,
        }
    }
}

/// The budgets of an index, by the stop tokens that are text otherwise: no way may use these.
#[derive(Default)]
pub(super) struct Budgets {
    by_stop: FxHashMap<Arc<[u32]>, Box<Budget>>,
}

/// What a number of tokens left means for the tokens of a state.
pub(crate) enum Limit {
    /// All tokens of the state leave enough room.
    Nothing,
    /// These do.
    Tokens(Arc<Mask>),
}

impl Inner {
    /// Calls `ask` with the budget for these stop tokens, taken out of the index meanwhile.
    fn with_budget<T>(
        &mut self,
        stop: &Arc<[u32]>,
        ask: impl FnOnce(&mut Inner, &mut Budget) -> Result<T>,
    ) -> Result<T> {
        let mut budget = match self.budgets.by_stop.remove(stop) {
            Some(budget) => budget,
            None if self.budgets.by_stop.len() >= STOP_SETS => {
                let message = "too many different sets of stop tokens that are text";
                return Err(Error::limit(message));
            }
            None => Box::new(Budget::new(&self.vocabulary, stop)),
        };
        let before = self.automaton.state_count();
        let answer = ask(self, &mut budget);
        budget.made += self.automaton.state_count() - before;
        self.budgets.by_stop.insert(stop.clone(), budget);
        answer
    }

    /// Whether `token`, which leads from `state` to `next`, may be taken with `left` tokens left:
    /// the mask allows it, or did before it was let go.
    pub(crate) fn leaves_room(
        &mut self,
        (state, token, next): (StateId, u32, StateId),
        left: u32,
        stop: &Arc<[u32]>,
    ) -> Result<bool> {
        self.with_budget(stop, |inner, budget| {
            Ok(match budget.limit(inner, state, left)? {
                Limit::Nothing => true,
                Limit::Tokens(mask) => mask.contains(token) || budget.fits(inner, next, left)?,
            })
        })
    }
}

impl Index {
    /// From how many tokens left on a path may go on as if they were endless, and what keeps the
    /// ways to the end by which that was counted; if that is known and nobody is at work on what is
    /// known. `stop`: the stop tokens that are text otherwise, ascending.
    pub(crate) fn known_room(&self, path: &Path, stop: &Arc<[u32]>) -> Option<(u32, Option<Stay>)> {
        path.known(|inner, state| {
            let room = inner.budgets.by_stop.get(stop)?.rooms.get(&state)?;
            Some((room.tokens, room.by_ways.then(|| inner.stay.clone())))
        })
    }

    /// The tokens that a path allows with `left` tokens left, this one included; and what keeps the
    /// ways to the end that were found.
    pub(crate) fn limit(
        &self,
        path: &mut Path,
        left: u32,
        stop: &Arc<[u32]>,
    ) -> Result<(Limit, Stay)> {
        self.at(path, |inner, path| {
            let limit =
                inner.with_budget(stop, |inner, budget| budget.limit(inner, path.state(), left))?;
            Ok((limit, inner.stay.clone()))
        })
    }

    /// How many tokens the shortest text takes, stop token apart; `enough`: stop looking when so
    /// many are found to do. `stop` are the ids that end the text. Up to two tenths of a second for
    /// a text of many tokens.
    ///
    /// # Errors
    /// As for [`crate::automaton::Automaton::step`].
    pub fn minimum_tokens(&self, stop: &[u32], enough: u32) -> Result<Minimum> {
        let stop = self.text_stops(stop);
        self.minimum(&mut self.path(), &stop, enough).map(|(minimum, _)| minimum)
    }

    /// The same for a text that is at work, from its start on; and what keeps the ways to the end
    /// that were found.
    pub(crate) fn minimum(
        &self,
        path: &mut Path,
        stop: &Arc<[u32]>,
        enough: u32,
    ) -> Result<(Minimum, Stay)> {
        self.at(path, |inner, _| {
            let start = inner.automaton.start();
            let minimum =
                inner.with_budget(stop, |inner, budget| budget.minimum(inner, start, enough))?;
            Ok((minimum, inner.stay.clone()))
        })
    }

    /// Those of the stop tokens that are text otherwise, ascending.
    pub(crate) fn text_stops(&self, stop: &[u32]) -> Arc<[u32]> {
        let text = |id: &u32| !self.vocabulary().token(*id).is_empty();
        let mut stop: Vec<u32> = stop.iter().copied().filter(text).collect();
        stop.sort_unstable();
        stop.into()
    }
}

impl Budget {
    /// A number of tokens that certainly completes `state`; [`ENDLESS`] if none is known. One that
    /// is at most `enough` is not looked into further.
    fn cost(&mut self, inner: &mut Inner, state: StateId, enough: u32) -> Result<u32> {
        if inner.automaton.is_accepting(state) {
            return Ok(0);
        }
        let known = self.known_cost(inner, state)?;
        if known <= enough {
            return Ok(known);
        }
        if !self.tried.contains(&state) && !self.is_spent() {
            if !self.follow_alike(inner, state)? {
                self.find_way(inner, state)?;
            }
            self.tried.insert(state);
        }
        self.known_cost(inner, state)
    }

    /// Whether as many states have been made to look ahead as one index can have for that.
    fn is_spent(&self) -> bool {
        self.made > STATE_LIMIT
    }

    /// How many tokens the best way takes that has been found so far; [`ENDLESS`] without one.
    fn known_way(&self, state: StateId) -> u32 {
        self.ways.get(&state).map_or(ENDLESS, |way| way.tokens)
    }

    fn known_cost(&mut self, inner: &mut Inner, state: StateId) -> Result<u32> {
        let tokens = self.known_way(state);
        Ok(tokens.min(self.distances.state(&mut inner.automaton, state)?.certain))
    }
}
