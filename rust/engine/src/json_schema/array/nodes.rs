//! The grammar of an array, made state by state.

use super::super::formula::FormulaId;
use super::super::schema::Type;
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
        if let Some(listed) = self.listed_node(goal, Type::Array, course, grammar)? {
            return Ok(listed);
        }
        let mut any = Vec::new();
        let mut may_be_empty = false;
        for start in self.array_starts(goal, &mut grammar.exprs)? {
            if !self.is_array_completable(&start, grammar)? {
                continue;
            }
            may_be_empty |= self.may_close_array(&start);
            let items = self.items_from(&start, course, grammar)?;
            any.push(grammar.seq([self.separators.open_array, items]));
        }
        if may_be_empty {
            any.push(self.end(self.separators.empty_array, "]", course, grammar));
        }
        Ok(grammar.alt(any))
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
        for (mut goal, rest) in self.item_cases(state, grammar)? {
            let next = self.array_after(state, rest);
            if !self.can_follow(&next, goal, grammar)? {
                continue;
            }
            let needed = self.needed_later(&next, goal, grammar)?;
            let needed = match needed.is_empty() {
                true => FormulaId::FALSE,
                false => {
                    let needed = self.listed(needed);
                    self.formulas.schema(needed)
                }
            };
            let others = self.formulas.not(needed);
            let repeated = self.must_repeat(&next, grammar)?;
            goal = self.formulas.and(vec![goal, others, repeated]);
            if !self.is_satisfiable(goal, grammar)? {
                continue;
            }
            let after = if remembers { After::Item(next) } else { After::Array(next) };
            let inside = self.before_member(course, None);
            any.push(self.value_then(goal, after, inside, grammar)?);
        }
        Ok(grammar.alt(any))
    }
}
