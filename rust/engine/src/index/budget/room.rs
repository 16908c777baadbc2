//! Far from the end: from how many tokens left on every token of a state is fine.
//!
//! Counted in bytes, over all states that a token can lead to. Tokens that stay inside a terminal
//! in progress are bounded by the most that is ever left of it; the others are walked, on the
//! state's horizon where that suffices, as for its mask.

use super::Budget;
use crate::automaton::StateId;
use crate::error::Result;
use crate::expr::ENDLESS;
use crate::index::Inner;
use crate::vocabulary::Trie;

impl Budget {
    pub(super) fn room(&mut self, inner: &mut Inner, state: StateId) -> Result<u32> {
        if let Some(&known) = self.rooms.get(&state) {
            return Ok(known);
        }
        let most = self.most_bytes(inner, state)?;
        let room = most.saturating_add(1);
        self.rooms.insert(state, room);
        Ok(room)
    }

    /// The most bytes that a state which a token of `state` leads to can need.
    fn most_bytes(&mut self, inner: &mut Inner, state: StateId) -> Result<u32> {
        let inside = self.distances.inside(&mut inner.automaton, state)?;
        if inside == ENDLESS {
            return Ok(ENDLESS);
        }
        let shared = inner.shared(state)?;
        let longest = inner.vocabulary.longest() as u32;
        let horizon = inner.horizon(state)?;
        let local = match self.horizons.get(&horizon) {
            Some(&known) => known,
            None => {
                let vocabulary = inner.vocabulary.clone();
                let trie = shared.trie(&vocabulary);
                let range = 0..trie.nodes().len();
                let most = self.most_reached(inner, trie, range, horizon)?;
                self.horizons.insert(horizon, most);
                most
            }
        };
        let beyond = self.distances.beyond(&mut inner.automaton, state, longest)?;
        let mut most = inside.max(local.saturating_add(beyond));
        let vocabulary = inner.vocabulary.clone();
        let trie = shared.trie(&vocabulary);
        for &node in shared.deferred() {
            let at = &trie.nodes()[node as usize];
            let path = &vocabulary.token(trie.first_token(node as usize))[..at.depth as usize];
            let reached = inner.automaton.run(state, path)?;
            if reached == StateId::DEAD {
                continue;
            }
            most = most.max(self.distances.state(&mut inner.automaton, reached)?.certain);
            let range = node as usize + 1..at.end as usize;
            most = most.max(self.most_reached(inner, trie, range, reached)?);
        }
        Ok(most)
    }

    /// The most bytes that a state needs which the tokens of a range of nodes lead to from `start`.
    fn most_reached(
        &mut self,
        inner: &mut Inner,
        trie: &Trie,
        range: std::ops::Range<usize>,
        start: StateId,
    ) -> Result<u32> {
        let nodes = trie.nodes();
        let mut most = 0;
        let mut at = range.start;
        let Some(base) = nodes.get(at).map(|node| node.depth as usize - 1) else {
            return Ok(0);
        };
        let mut path = vec![start];
        let mut last = StateId::DEAD;
        while at < range.end {
            let node = nodes[at];
            let depth = node.depth as usize - base;
            path.truncate(depth);
            let state = inner.automaton.step(path[depth - 1], node.byte)?;
            if matches!(state, StateId::DEAD | StateId::DEFERRED) {
                at = node.end as usize;
                continue;
            }
            if state != last && !trie.tokens_at(at).is_empty() {
                most = most.max(self.distances.state(&mut inner.automaton, state)?.certain);
                last = state;
            }
            path.push(state);
            at += 1;
        }
        Ok(most)
    }
}
