//! Which states of an array have a way on.

use super::super::formula::FormulaId;
use super::super::limits::on_enough_stack;
use super::super::satisfiable::{Answer, Questions};
use super::super::schema::Type;
use super::super::Front;
use super::ArrayState;
use crate::error::Result;
use crate::grammar::Grammar;

impl Front {
    /// Whether any array satisfies a goal.
    pub(in super::super) fn has_array(
        &mut self,
        goal: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        if let Some(values) = self.listed_values(goal, Type::Array, grammar)? {
            return Ok(!values.is_empty());
        }
        for start in self.array_starts(goal, &mut grammar.exprs)? {
            if self.is_array_completable(&start, grammar)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an array may end here.
    pub(super) fn may_close_array(&mut self, state: &ArrayState) -> bool {
        state.count >= self.array_plan(state).min
            && (state.rest == FormulaId::TRUE || self.array_rest_holds_at_end(state.rest))
    }

    /// Whether an array can be completed from here.
    pub(super) fn is_array_completable(
        &mut self,
        state: &ArrayState,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        self.burn(&mut grammar.exprs)?;
        if state.rest == FormulaId::FALSE {
            return Ok(false);
        }
        if self.may_close_array(state) {
            return Ok(true);
        }
        if let Some(&known) = self.arrays.completable.get(state) {
            return Ok(self.satisfiable.questions.answer(known));
        }
        let asked = self.satisfiable.questions.open();
        self.arrays.completable.insert(*state, Questions::pending(&asked));
        let answer = on_enough_stack(|| self.search_array_completion(state, grammar));
        let yes = *answer.as_ref().unwrap_or(&false);
        let settled = self.satisfiable.questions.close(&asked, yes);
        if settled && answer.is_ok() {
            self.arrays.completable.insert(*state, Answer::Known(yes));
        } else {
            self.arrays.completable.remove(state);
        }
        answer
    }

    fn search_array_completion(
        &mut self,
        state: &ArrayState,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        let plan = self.array_plan(state);
        if state.count >= plan.max || plan.min > plan.max {
            return Ok(false);
        }
        let (missing, unique) = (plan.min.saturating_sub(state.count), plan.unique);
        if state.rest == FormulaId::TRUE && state.index >= plan.alike_from {
            // All items to come are alike.
            let goal = self.item_goal(state);
            if unique && state.supposed != 0 {
                return self.suppose_alike(state, goal, missing, grammar);
            }
            let distinct = if unique { missing } else { 1 };
            return self.has_values(goal, distinct, grammar);
        }
        for (goal, rest) in self.item_cases(state, grammar)? {
            let next = self.array_after(state, rest);
            if self.can_follow(&next, goal, grammar)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an array can be completed after an item of this goal, `next` without it.
    pub(super) fn can_follow(
        &mut self,
        next: &ArrayState,
        goal: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        if next.supposed == 0 && self.may_close_array(next) {
            return Ok(true);
        }
        match self.suppose(next, goal, grammar)? {
            Some(next) => self.is_array_completable(&next, grammar),
            None => Ok(false),
        }
    }
}
