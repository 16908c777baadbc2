//! The grammar of an array, made state by state.

use super::super::formula::FormulaId;
use super::super::trace::{After, Course};
use super::super::Front;
use super::ArrayState;
use crate::error::Result;
use crate::expr::UNBOUNDED;
use crate::grammar::{Grammar, NodeId};

impl Front {
    /// The arrays that satisfy a goal.
    pub(in super::super) fn array_node(
        &mut self,
        goal: FormulaId,
        course: Course,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let Some(start) = self.array_start(goal) else { return Ok(NodeId::NEVER) };
        if !self.is_array_completable(&start, grammar)? {
            return Ok(NodeId::NEVER);
        }
        let empty = match self.may_close_array(&start) {
            true => self.end(self.separators.empty_array, "]", course, grammar),
            false => NodeId::NEVER,
        };
        let items = self.items_from(&start, course, grammar)?;
        let some = grammar.seq([self.separators.open_array, items]);
        Ok(grammar.alt([empty, some]))
    }

    /// What may follow an item.
    pub(in super::super) fn array_rest(
        &mut self,
        state: ArrayState,
        course: Course,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let next = self.items_from(&state, course, grammar)?;
        let next = grammar.seq([self.separators.comma, next]);
        if self.may_close_array(&state) {
            let close = self.end(self.separators.close_array, "]", course, grammar);
            return Ok(grammar.alt([close, next]));
        }
        Ok(next)
    }

    /// An item, and everything after it.
    fn items_from(
        &mut self,
        state: &ArrayState,
        course: Course,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let plan = self.array_plan(state);
        let (min, max) = (plan.min, plan.max);
        if state.count >= max {
            return Ok(NodeId::NEVER);
        }
        let remembers = plan.unique || plan.remembers;
        let plain = state.rest == FormulaId::TRUE && !remembers && course == Course::NONE;
        if plain && state.index >= plan.alike_from {
            let goal = self.item_goal(state);
            if !self.is_satisfiable(goal, grammar)? {
                return Ok(NodeId::NEVER);
            }
            let item = self.goal_node(goal, grammar)?;
            let another = grammar.seq([self.separators.comma, item]);
            let least = min.saturating_sub(state.count + 1);
            let most = if max == u32::MAX { UNBOUNDED } else { max - state.count - 1 };
            let others = grammar.repeat(another, least, most);
            return Ok(grammar.seq([item, others, self.separators.close_array]));
        }
        let mut any = Vec::new();
        for (goal, rest) in self.item_cases(state, grammar)? {
            let next = self.array_after(state, rest);
            if !self.is_array_completable(&next, grammar)? {
                continue;
            }
            let after = if remembers { After::Item(next) } else { After::Array(next) };
            let inside = self.before_member(course, None);
            any.push(self.value_then(goal, after, inside, grammar)?);
        }
        Ok(grammar.alt(any))
    }
}
