//! Near the end: the cost of each token of a state, and the masks that follow.

use std::sync::Arc;

use super::reach::Fuel;
use super::way::Way;
use super::{Budget, Limit, MASK_MEMORY};
use crate::automaton::StateId;
use crate::error::Result;
use crate::expr::ENDLESS;
use crate::index::{Inner, Mask};

/// Up to so many states reached, a way is looked for from each; past that, bytes decide.
const WAY_LIMIT: usize = 2_000;

/// By how many tokens more the end may be after one text of a capture than after another.
const TEXT_MARGIN: u32 = 2;
/// How many of the other texts are looked at.
const TEXT_SAMPLES: usize = 8;

/// What the tokens of a state cost.
pub(super) struct Costs {
    /// Ascending costs, each with the tokens that cost no more.
    levels: Vec<(u32, Arc<Mask>)>,
}

impl Costs {
    /// The tokens that cost less than `left`.
    fn below(&self, left: u32) -> Option<&Arc<Mask>> {
        let at = self.levels.partition_point(|(cost, _)| *cost < left);
        at.checked_sub(1).map(|at| &self.levels[at].1)
    }
}

impl Budget {
    pub(super) fn limit(&mut self, inner: &mut Inner, state: StateId, left: u32) -> Result<Limit> {
        if left >= self.room(inner, state)? {
            return Ok(Limit::Nothing);
        }
        let costs = match self.costs.get(&state) {
            Some(known) => known.clone(),
            None => self.find_costs(inner, state)?,
        };
        if left >= self.room(inner, state)? {
            return Ok(Limit::Nothing);
        }
        let mask = costs.below(left);
        if mask.is_none() && self.known_cost(inner, state)? > left {
            // Nothing is known to fit: better whatever the constraint allows than no token at all.
            return Ok(Limit::Nothing);
        }
        // Costs may have become smaller since the masks were made; the way found then is still one.
        match self.ways.get(&state) {
            Some(way) if way.tokens <= left && !mask.is_some_and(|m| m.contains(way.token)) => {
                inner.scratch.fill(0);
                if let Some(mask) = mask {
                    mask.write(&mut inner.scratch);
                }
                inner.scratch[way.token as usize / 32] |= 1 << (way.token % 32);
                Ok(Limit::Tokens(Arc::new(Mask::from_words(&inner.scratch))))
            }
            _ => Ok(Limit::Tokens(match mask {
                Some(mask) => mask.clone(),
                None => Arc::new(Mask::from_ids(Vec::new())),
            })),
        }
    }

    /// Costs every token of `state`; notes the cheapest as the way on, and how much room is needed
    /// for the dearest.
    pub(super) fn find_costs(&mut self, inner: &mut Inner, state: StateId) -> Result<Arc<Costs>> {
        let groups = self.reach(inner, state, &mut Fuel(usize::MAX))?.unwrap_or_default();
        let look = if groups.len() <= WAY_LIMIT { 0 } else { ENDLESS - 1 };
        let mut costed = Vec::with_capacity(groups.len());
        for group in groups {
            let cost = self.cost(inner, group.state, look)?;
            if group.differ {
                let others = group.tokens[1..].to_vec();
                let most = self.cost_alike(inner, state, &others, cost)?;
                costed.push((most.saturating_add(TEXT_MARGIN), others));
                costed.push((cost, vec![group.tokens[0]]));
            } else {
                costed.push((cost, group.tokens));
            }
        }
        costed.sort_unstable_by_key(|(cost, tokens)| (*cost, tokens[0]));
        if let Some((cost, tokens)) = costed.first() {
            let way = Way { tokens: cost.saturating_add(1), token: tokens[0] };
            if way.tokens < self.ways.get(&state).map_or(ENDLESS, |known| known.tokens) {
                self.ways.insert(state, way);
            }
        }
        let room = costed.last().map_or(0, |(cost, _)| cost.saturating_add(1));
        let known = self.rooms.entry(state).or_insert(ENDLESS);
        *known = room.min(*known);
        let costs = Arc::new(self.masks(inner, costed));
        self.costs.insert(state, costs.clone());
        Ok(costs)
    }

    /// The most that some of the tokens cost which lead to other texts of a capture than the one
    /// that costs `cost`. They are too many to cost them all, and rarely differ.
    fn cost_alike(
        &mut self,
        inner: &mut Inner,
        state: StateId,
        tokens: &[u32],
        cost: u32,
    ) -> Result<u32> {
        let vocabulary = inner.vocabulary.clone();
        let mut most = cost;
        for &token in tokens.iter().step_by(tokens.len() / TEXT_SAMPLES + 1) {
            let reached = inner.automaton.run(state, vocabulary.token(token))?;
            most = most.max(self.cost(inner, reached, cost)?);
        }
        Ok(most)
    }

    fn masks(&mut self, inner: &mut Inner, costed: Vec<(u32, Vec<u32>)>) -> Costs {
        if self.costs_memory > MASK_MEMORY {
            self.costs.clear();
            self.costs_memory = 0;
        }
        inner.scratch.fill(0);
        let mut levels = Vec::new();
        let mut costed = costed.into_iter().peekable();
        while let Some((cost, tokens)) = costed.next() {
            if cost == ENDLESS {
                break;
            }
            for token in tokens {
                inner.scratch[token as usize / 32] |= 1 << (token % 32);
            }
            if costed.peek().is_none_or(|(next, _)| *next > cost) {
                let mask = Mask::from_words(&inner.scratch);
                self.costs_memory += mask.memory() + 24;
                levels.push((cost, Arc::new(mask)));
            }
        }
        Costs { levels }
    }
}
