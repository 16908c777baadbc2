//! Near the end: the cost of each token of a state, and the masks that follow.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use super::reach::Reached;
use super::way::Way;
use super::{in_time, Budget, Limit, Room, MASK_MEMORY};
use crate::automaton::StateId;
use crate::error::Result;
use crate::expr::ENDLESS;
use crate::index::{Inner, Mask};
use crate::memory;

/// How long it may take to find where the tokens of a state lead, and again to cost that, in the
/// processor's time: about that of a step of a small model.
const COST_TIME: Duration = Duration::from_millis(10);
/// How often that is tried where the time does not suffice; each time goes on where the last ended.
const TRIES: u8 = 3;
/// By how many tokens more the end may be after one text of a capture than after another.
const TEXT_MARGIN: u32 = 32;
/// Of the tokens that lead to different texts of a capture, how many are costed one by one: each
/// makes states of its own.
const TEXT_SAMPLES: usize = 24;

/// What the tokens of a state cost.
pub(super) struct Costs {
    /// Ascending costs, each with the tokens that cost no more.
    levels: Vec<(u32, Arc<Mask>)>,
    /// How often it may still be tried to cost more tokens; never, once all are.
    tries: u8,
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
            Some(known) if known.tries == 0 => known.clone(),
            Some(known) => self.find_costs(inner, state, known.tries - 1)?,
            None => self.find_costs(inner, state, TRIES)?,
        };
        if left >= self.room(inner, state)? {
            return Ok(Limit::Nothing);
        }
        let mask = costs.below(left);
        // Costs may have become smaller since the masks were made; the way found then is still one.
        let way = self.ways.get(&state).filter(|way| way.tokens <= left);
        Ok(match (mask, way) {
            (None, None) if inner.automaton.is_accepting(state) => {
                Limit::Tokens(memory::uncounted(|| Arc::new(Mask::from_ids(Vec::new()))))
            }
            // Nothing is known to fit: better whatever the constraint allows than no token at all.
            (None, None) => Limit::Nothing,
            (Some(mask), None) => Limit::Tokens(mask.clone()),
            (Some(mask), Some(way)) if mask.contains(way.token) => Limit::Tokens(mask.clone()),
            (mask, Some(way)) => {
                inner.scratch.fill(0);
                if let Some(mask) = mask {
                    mask.write(&mut inner.scratch);
                }
                inner.scratch[way.token as usize / 32] |= 1 << (way.token % 32);
                // Nobody but who asks has it.
                let mask = memory::uncounted(|| Arc::new(Mask::from_words(&inner.scratch)));
                Limit::Tokens(mask)
            }
        })
    }

    /// Whether `next` is known to come to the end, or taken to, after a token of `left`.
    pub(super) fn fits(&mut self, inner: &mut Inner, next: StateId, left: u32) -> Result<bool> {
        inner.automaton.exprs().limit_time(COST_TIME);
        let cost = in_time(self.cost(inner, next, left.saturating_sub(1)))?;
        Ok(cost.is_some_and(|cost| cost < left) || self.likely_cost(inner, next) < left)
    }

    /// Costs the tokens of `state`; notes the cheapest as the way on, and how much room is needed
    /// for the dearest.
    fn find_costs(&mut self, inner: &mut Inner, state: StateId, tries: u8) -> Result<Arc<Costs>> {
        if self.is_spent() {
            return Ok(Arc::new(Costs { levels: Vec::new(), tries: 0 }));
        }
        inner.automaton.exprs().limit_time(COST_TIME);
        let (mut groups, mut whole) = match in_time(self.reach(inner, state))? {
            Some(Reached { groups, whole }) => (groups, whole),
            None => (Vec::new(), false),
        };
        // What many tokens lead to first: it matters most.
        groups.sort_unstable_by_key(|group| (Reverse(group.tokens.len()), group.tokens[0]));
        inner.automaton.exprs().limit_time(COST_TIME);
        let mut ended = false;
        let mut costed = Vec::with_capacity(groups.len());
        let mut likely = Vec::new();
        for group in groups {
            let cost = self.cost_in_time(inner, group.state, &mut ended)?;
            if group.differ {
                self.cost_differing(inner, state, &group.tokens[1..], &mut costed, &mut ended)?;
                likely.push((self.likely_cost(inner, group.state), group.tokens[1..].to_vec()));
                costed.push((cost, vec![group.tokens[0]]));
            } else {
                costed.push((cost, group.tokens));
            }
        }
        whole = whole && !ended;
        if let Some((cost, tokens)) = costed.iter().min_by_key(|(cost, _)| *cost) {
            let way = Way { tokens: cost.saturating_add(1), token: tokens[0] };
            if way.tokens < self.known_way(state) {
                self.ways.insert(state, way);
            }
        }
        costed.extend(likely);
        costed.sort_unstable_by_key(|(cost, tokens)| (*cost, tokens[0]));
        if whole {
            let room = costed.last().map_or(0, |(cost, _)| cost.saturating_add(1));
            let found = Room { tokens: room, by_ways: true };
            let known = self.rooms.entry(state).or_insert(found);
            if room < known.tokens {
                *known = found;
            }
        }
        let levels = self.masks(inner, costed);
        let costs = Arc::new(Costs { levels, tries: if whole { 0 } else { tries } });
        self.costs.insert(state, costs.clone());
        Ok(costs)
    }

    /// A number of tokens that completes a state; once the time has ended, one known before.
    fn cost_in_time(&mut self, inner: &mut Inner, state: StateId, ended: &mut bool) -> Result<u32> {
        if inner.automaton.is_accepting(state) {
            return Ok(0);
        }
        if !*ended {
            if let Some(cost) = in_time(self.cost(inner, state, 0))? {
                return Ok(cost);
            }
            *ended = true;
        }
        Ok(self.known_way(state))
    }

    /// Costs some of the tokens of `state` that lead to different texts of a capture.
    fn cost_differing(
        &mut self,
        inner: &mut Inner,
        state: StateId,
        tokens: &[u32],
        costed: &mut Vec<(u32, Vec<u32>)>,
        ended: &mut bool,
    ) -> Result<()> {
        let vocabulary = inner.vocabulary.clone();
        for &token in tokens.iter().step_by(tokens.len() / TEXT_SAMPLES + 1) {
            if *ended {
                break;
            }
            let reached = in_time(inner.automaton.run(state, vocabulary.token(token)))?;
            let cost = match reached {
                Some(reached) => in_time(self.cost_alike(inner, reached))?,
                None => None,
            };
            match cost {
                Some(cost) => costed.push((cost, vec![token])),
                None => *ended = true,
            }
        }
        Ok(())
    }

    /// What a state costs by the way of one that differs from it in captured texts alone.
    fn cost_alike(&mut self, inner: &mut Inner, state: StateId) -> Result<u32> {
        if inner.automaton.is_accepting(state) {
            return Ok(0);
        }
        if self.known_way(state) == ENDLESS {
            self.follow_alike(inner, state)?;
        }
        Ok(self.known_way(state))
    }

    /// What a state is taken to cost because one does that differs from it in captured texts alone.
    fn likely_cost(&mut self, inner: &mut Inner, state: StateId) -> u32 {
        let Some(outline) = self.distances.but_for_texts(&mut inner.automaton, state) else {
            return ENDLESS;
        };
        let alike = self.alike.get(&outline).map_or(ENDLESS, |&other| self.known_way(other));
        alike.saturating_add(TEXT_MARGIN)
    }

    fn masks(&mut self, inner: &mut Inner, costed: Vec<(u32, Vec<u32>)>) -> Vec<(u32, Arc<Mask>)> {
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
        levels
    }
}
