//! Ways to the end: a text that completes a state, in as few tokens as it can be cut into.

use rustc_hash::FxHashSet;

use super::Budget;
use crate::automaton::StateId;
use crate::error::Result;
use crate::expr::ENDLESS;
use crate::index::Inner;
use crate::vocabulary::trie::ROOT;
use crate::vocabulary::Vocabulary;

/// The longest text that is written down, in bytes.
const LENGTH_LIMIT: usize = 16 * 1024;
/// After meeting a state with a known way, so many more bytes are cut anew: a token may reach
/// across.
const OVERLAP: usize = 16;
/// How many states a search may try when the likely text turns out to be none.
const SEARCH_LIMIT: usize = 1_000;

/// The next step from a state to the end.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// How many tokens it is to the end.
    pub tokens: u32,
    /// The next one.
    pub token: u32,
}

/// The tokens that begin a text, found byte by byte.
pub(super) struct Spelling {
    stop: Box<[u32]>,
    single_bytes: [bool; 256],
}

impl Spelling {
    pub fn new(vocabulary: &Vocabulary, stop: &[u32]) -> Self {
        let mut spelling = Spelling { stop: stop.into(), single_bytes: [false; 256] };
        for byte in 0..=255u8 {
            let mut single = false;
            spelling.beginnings(vocabulary, &[byte], |_, _| single = true);
            spelling.single_bytes[byte as usize] = single;
        }
        spelling
    }

    /// The bytes that are tokens.
    pub fn single_bytes(&self) -> &[bool; 256] {
        &self.single_bytes
    }

    /// Calls `found` with the length and the id of each token that `text` begins with; of equal
    /// ones the first.
    pub fn beginnings(
        &self,
        vocabulary: &Vocabulary,
        text: &[u8],
        mut found: impl FnMut(usize, u32),
    ) {
        let trie = vocabulary.trie();
        let mut node = ROOT;
        for (read, &byte) in text.iter().enumerate() {
            let Some(child) = trie.child(node, byte) else { return };
            let usable = trie.tokens_at(child).iter().find(|id| !self.is_stop(**id));
            if let Some(&token) = usable {
                found(read + 1, token);
            }
            node = child;
        }
    }

    /// Whether a token ends the text instead of being part of it.
    pub fn is_stop(&self, token: u32) -> bool {
        self.stop.contains(&token)
    }
}

impl Budget {
    /// Tries the way of a state that differs in captured texts alone. False if there is none, or it
    /// does not lead to the end from here.
    pub(super) fn follow_alike(&mut self, inner: &mut Inner, state: StateId) -> Result<bool> {
        let Some(outline) = self.distances.but_for_texts(&mut inner.automaton, state) else {
            return Ok(false);
        };
        let other = *self.alike.entry(outline).or_insert(state);
        if other == state {
            return Ok(false);
        }
        let (mut there, mut here) = (other, state);
        let mut steps = Vec::new();
        while !inner.automaton.is_accepting(there) {
            let Some(&way) = self.ways.get(&there) else { return Ok(false) };
            let bytes = inner.vocabulary.clone();
            let bytes = bytes.token(way.token);
            steps.push((here, way));
            there = inner.automaton.run(there, bytes)?;
            here = inner.automaton.run(here, bytes)?;
            if here == StateId::DEAD {
                return Ok(false);
            }
        }
        if !inner.automaton.is_accepting(here) {
            return Ok(false);
        }
        for (state, way) in steps {
            let known = self.ways.get(&state).map_or(ENDLESS, |known| known.tokens);
            if way.tokens < known {
                self.ways.insert(state, way);
            }
        }
        Ok(true)
    }

    /// Looks for a text that completes `state` and notes the way along it.
    pub(super) fn find_way(&mut self, inner: &mut Inner, state: StateId) -> Result<()> {
        let (text, states) = match self.likely_text(inner, state)? {
            Some(found) => found,
            None => match self.search_text(inner, state)? {
                Some(found) => found,
                None => return Ok(()),
            },
        };
        self.cut(inner, &text, &states);
        Ok(())
    }

    /// Notes the way along a text, cut into as few tokens as possible. `states[i]` is the state
    /// before byte `i`.
    fn cut(&mut self, inner: &Inner, text: &[u8], states: &[StateId]) {
        let mut best = vec![Way { tokens: ENDLESS, token: 0 }; states.len()];
        for at in (0..states.len()).rev() {
            if let Some(known) = self.ways.get(&states[at]) {
                best[at] = *known;
            }
            if inner.automaton.is_accepting(states[at]) {
                best[at].tokens = 0;
                continue;
            }
            let mut way = best[at];
            self.spelling.beginnings(&inner.vocabulary, &text[at..], |length, token| {
                let tokens = best[at + length].tokens.saturating_add(1);
                if tokens < way.tokens {
                    way = Way { tokens, token };
                }
            });
            best[at] = way;
            if way.tokens != ENDLESS {
                self.ways.insert(states[at], way);
            }
        }
    }

    /// The text that looks shortest at each byte, with the states on it, up to the end or some
    /// bytes past a state with a known way.
    fn likely_text(
        &mut self,
        inner: &mut Inner,
        start: StateId,
    ) -> Result<Option<(Vec<u8>, Vec<StateId>)>> {
        let mut text = Vec::new();
        let mut states = vec![start];
        let mut seen = FxHashSet::from_iter([start]);
        let mut known = 0;
        let mut state = start;
        while !inner.automaton.is_accepting(state) {
            known = if known > 0 || self.ways.contains_key(&state) { known + 1 } else { 0 };
            if known > OVERLAP && self.ways.contains_key(&state) {
                break;
            }
            let Some(byte) = self.distances.next_byte(&mut inner.automaton, state)? else {
                return Ok(None);
            };
            state = inner.automaton.step(state, byte)?;
            if state == StateId::DEAD || !seen.insert(state) || text.len() >= LENGTH_LIMIT {
                return Ok(None);
            }
            text.push(byte);
            states.push(state);
        }
        Ok(Some((text, states)))
    }

    /// The same by a search that goes on from what looks nearest to the end.
    fn search_text(
        &mut self,
        inner: &mut Inner,
        start: StateId,
    ) -> Result<Option<(Vec<u8>, Vec<StateId>)>> {
        // Each state with where it was reached from.
        let mut reached = vec![(start, 0, 0)];
        let mut seen = FxHashSet::from_iter([start]);
        let mut queue = std::collections::BinaryHeap::new();
        let mut at = 0;
        for _ in 0..SEARCH_LIMIT {
            let state = reached[at].0;
            if inner.automaton.is_accepting(state) {
                return Ok(Some(trace(&reached, at)));
            }
            let ranges: Vec<(u8, u8)> = inner.automaton.ranges(state)?.collect();
            for (low, high) in ranges {
                let usable = self.spelling.single_bytes();
                let Some(byte) = (low..=high).find(|byte| usable[*byte as usize]) else { continue };
                let next = inner.automaton.step(state, byte)?;
                if next == StateId::DEAD || !seen.insert(next) {
                    continue;
                }
                let left = self.distances.state(&mut inner.automaton, next)?.likely;
                reached.push((next, at, byte));
                queue.push((std::cmp::Reverse(left), reached.len() - 1));
            }
            match queue.pop() {
                Some((_, next)) => at = next,
                None => break,
            }
        }
        Ok(None)
    }
}

fn trace(reached: &[(StateId, usize, u8)], mut at: usize) -> (Vec<u8>, Vec<StateId>) {
    let (mut text, mut states) = (Vec::new(), vec![reached[at].0]);
    while at != 0 {
        let (_, before, byte) = reached[at];
        text.push(byte);
        states.push(reached[before].0);
        at = before;
    }
    text.reverse();
    states.reverse();
    (text, states)
}
