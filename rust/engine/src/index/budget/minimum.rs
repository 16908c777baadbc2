//! The fewest tokens that a text takes, by a search over the tokens themselves.

use std::time::Duration;

use rustc_hash::FxHashMap;

use super::reach::Reached;
use super::way::Way;
use super::{in_time, Budget};
use crate::automaton::StateId;
use crate::error::Result;
use crate::expr::ENDLESS;
use crate::index::Inner;

/// How long a first text may be looked for, and after that shorter ones, in the processor's time.
const SEARCH_TIME: Duration = Duration::from_millis(100);

/// What is known of the fewest tokens that a text takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Minimum {
    /// No text takes fewer.
    pub at_least: u32,
    /// Some text takes so many; none if no text was found.
    pub enough: Option<u32>,
}

impl Budget {
    /// The fewest tokens from the start on; a number that is at most `enough` will do.
    pub(super) fn minimum(
        &mut self,
        inner: &mut Inner,
        start: StateId,
        enough: u32,
    ) -> Result<Minimum> {
        inner.automaton.exprs().limit_time(SEARCH_TIME);
        let found = in_time(self.cost(inner, start, 0))?;
        let known = found.unwrap_or_else(|| self.known_way(start));
        if known <= enough {
            let at_least = u32::from(!inner.automaton.is_accepting(start));
            return Ok(Minimum { at_least, enough: Some(known) });
        }
        if let Some(minimum) = self.minimum {
            return Ok(minimum);
        }
        inner.automaton.exprs().limit_time(SEARCH_TIME);
        let minimum = self.search(inner, start, known)?;
        self.minimum = Some(minimum);
        Ok(minimum)
    }

    /// Searches level by level: the states after one token, after two, and so on. `known` are
    /// enough.
    fn search(&mut self, inner: &mut Inner, start: StateId, known: u32) -> Result<Minimum> {
        let enough = (known != ENDLESS).then_some(known);
        let mut parents: FxHashMap<StateId, (StateId, u32)> = FxHashMap::default();
        let mut level = vec![start];
        let mut tokens = 0;
        // Where texts of a capture were not looked at, what they lead to is not known.
        let mut sure = ENDLESS;
        while tokens + 1 < known && !level.is_empty() {
            let mut next = Vec::new();
            for &state in &level {
                let reached = in_time(self.reach(inner, state))?;
                let Some(Reached { groups, whole: true }) = reached else {
                    return Ok(Minimum { at_least: sure.min(tokens + 1), enough });
                };
                for group in groups {
                    if group.differ {
                        sure = sure.min(tokens + 2);
                    }
                    let reached = group.state;
                    if reached == start || parents.contains_key(&reached) {
                        continue;
                    }
                    parents.insert(reached, (state, group.tokens[0]));
                    if inner.automaton.is_accepting(reached) {
                        self.note(&parents, start, reached);
                        let found = tokens + 1;
                        return Ok(Minimum { at_least: sure.min(found), enough: Some(found) });
                    }
                    next.push(reached);
                }
            }
            level = next;
            tokens += 1;
        }
        Ok(Minimum { at_least: sure.min(known), enough })
    }

    /// Notes the way that a search found.
    fn note(&mut self, parents: &FxHashMap<StateId, (StateId, u32)>, start: StateId, end: StateId) {
        let (mut at, mut tokens) = (end, 0);
        while at != start {
            let (before, token) = parents[&at];
            tokens += 1;
            let known = self.ways.entry(before).or_insert(Way { tokens: ENDLESS, token });
            if tokens < known.tokens {
                *known = Way { tokens, token };
            }
            at = before;
        }
    }
}
