//! Far from the end: from how many tokens left on every token of a state is fine.
//!
//! Counted in bytes, over all states that a token can lead to: the walk is that of the mask. Tokens
//! that stay inside a terminal in progress are bounded by the most that is ever left of it.

use std::time::Duration;

use rustc_hash::FxHashSet;

use super::{in_time, Budget, Room};
use crate::automaton::{Distances, StateId};
use crate::error::Result;
use crate::expr::ENDLESS;
use crate::index::horizon::Horizon;
use crate::index::walk::Visitor;
use crate::index::Inner;
use crate::vocabulary::trie::{Trie, ROOT};

/// By how many bytes a text may be longer because it must be none of some exceptions, as far as a
/// mask far from the end goes.
const EXCEPTION_MARGIN: u32 = 64;

/// How long the tokens of one state may be looked at, in the processor's time.
const ROOM_TIME: Duration = Duration::from_millis(10);
/// Where that did not suffice, or no bytes can be counted: how many tokens more than the shortest
/// text's count as room. To cost the tokens of each state far from the end would take too long.
const UNKNOWN_ROOM: u32 = 128;

impl Budget {
    pub(super) fn room(&mut self, inner: &mut Inner, state: StateId) -> Result<u32> {
        if let Some(known) = self.rooms.get(&state) {
            return Ok(known.tokens);
        }
        inner.automaton.exprs().limit_time(ROOM_TIME);
        let tokens = match in_time(self.most_bytes(inner, state))?.unwrap_or(ENDLESS) {
            ENDLESS => match in_time(self.known_cost(inner, state))?.unwrap_or(ENDLESS) {
                ENDLESS => UNKNOWN_ROOM,
                tokens => tokens.saturating_add(UNKNOWN_ROOM),
            },
            most => most.saturating_add(1),
        };
        self.rooms.insert(state, Room { tokens, by_ways: false });
        Ok(tokens)
    }

    /// The most bytes that a state which a token of `state` leads to can need.
    fn most_bytes(&mut self, inner: &mut Inner, state: StateId) -> Result<u32> {
        let mut most = Most {
            bytes: 0,
            unclear: Vec::new(),
            last: StateId::DEAD,
            distances: &mut self.distances,
        };
        inner.collect(state, ROOT, &mut most)?;
        let Most { mut bytes, unclear, distances, .. } = most;
        let vocabulary = inner.vocabulary.clone();
        for token in unclear {
            let reached = inner.automaton.run(state, vocabulary.token(token))?;
            if reached != StateId::DEAD {
                bytes = bytes.max(distances.state(&mut inner.automaton, reached)?.certain);
            }
        }
        Ok(bytes)
    }
}

/// The most that is needed where the tokens seen so far lead.
struct Most<'a> {
    bytes: u32,
    /// Tokens that only the whole state can tell about.
    unclear: Vec<u32>,
    /// The state asked about last.
    last: StateId,
    distances: &'a mut Distances,
}

impl Most<'_> {
    fn needs(&mut self, inner: &Inner, state: StateId, bytes: u32) {
        let margin = if inner.automaton.is_loose(state) { EXCEPTION_MARGIN } else { 0 };
        self.bytes = self.bytes.max(bytes.saturating_add(margin));
    }

    /// Somewhere inside a terminal of `state`.
    fn inside(&mut self, inner: &mut Inner, state: StateId) -> Result<()> {
        let state = inner.automaton.opened(state)?;
        let bytes = self.distances.inside(&mut inner.automaton, state)?;
        self.needs(inner, state, bytes);
        Ok(())
    }
}

impl Visitor for Most<'_> {
    const ASKS_HORIZONS: bool = true;

    fn reach(&mut self, inner: &mut Inner, state: StateId, _: &[u32]) -> Result<()> {
        if state != self.last && self.bytes != ENDLESS {
            let bytes = self.distances.state(&mut inner.automaton, state)?.certain;
            self.needs(inner, state, bytes);
            self.last = state;
        }
        Ok(())
    }

    fn stay(&mut self, inner: &mut Inner, state: StateId, _: &Trie, _: (u32, u32)) -> Result<()> {
        self.inside(inner, state)
    }

    fn within(&mut self, inner: &mut Inner, state: StateId, _: &Horizon) -> Result<()> {
        self.inside(inner, state)
    }

    fn defer(&mut self, _: &mut Inner, trie: &Trie, node: u32, _: StateId) -> Result<()> {
        self.unclear.extend_from_slice(trie.tokens_at(node));
        self.unclear.extend_from_slice(trie.tokens_within(trie.child_range(node)));
        Ok(())
    }

    fn mark(&self) -> (usize, usize) {
        (0, 0)
    }

    fn take_back(&mut self, _: (usize, usize), _: &FxHashSet<u32>) {}
}
