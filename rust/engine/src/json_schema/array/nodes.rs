//! The grammar of an array, made state by state.

use super::super::formula::FormulaId;
use super::super::schema::{Type, Types};
use super::super::{Front, Key};
use super::ArrayState;
use crate::error::Result;
use crate::expr::UNBOUNDED;
use crate::grammar::{Grammar, NodeId};

impl Front {
    /// The arrays that satisfy a goal.
    pub(in super::super) fn array_node(
        &mut self,
        goal: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let Some(start) = self.array_start(goal) else { return Ok(NodeId::NEVER) };
        if !self.is_array_completable(&start, grammar)? {
            return Ok(NodeId::NEVER);
        }
        let empty = match self.may_close_array(&start) {
            true => self.separators.empty_array,
            false => NodeId::NEVER,
        };
        let items = self.items_from(&start, grammar)?;
        let some = grammar.seq([self.separators.open_array, items]);
        Ok(grammar.alt([empty, some]))
    }

    /// What may follow an item.
    pub(in super::super) fn array_rest(
        &mut self,
        state: ArrayState,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let next = self.items_from(&state, grammar)?;
        let next = grammar.seq([self.separators.comma, next]);
        if self.may_close_array(&state) {
            return Ok(grammar.alt([self.separators.close_array, next]));
        }
        Ok(next)
    }

    /// An item, and everything after it.
    fn items_from(&mut self, state: &ArrayState, grammar: &mut Grammar) -> Result<NodeId> {
        let plan = self.array_plan(state);
        let (min, max) = (plan.min, plan.max);
        if state.count >= max {
            return Ok(NodeId::NEVER);
        }
        let remembers = plan.unique || plan.remembers;
        if state.rest == FormulaId::TRUE && !remembers && state.index >= plan.alike_from {
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
            if remembers {
                any.push(self.remembered_item(goal, next, grammar)?);
            } else {
                let item = self.goal_node(goal, grammar)?;
                let next = self.dynamic(Key::Array(next), grammar);
                any.push(grammar.seq([item, next]));
            }
        }
        Ok(grammar.alt(any))
    }

    /// An item that those after it are compared with.
    fn remembered_item(
        &mut self,
        goal: FormulaId,
        next: ArrayState,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let types = self.types_of(goal);
        let mut texts = Vec::new();
        for of in Type::ALL.into_iter().filter(|&of| types.has(of)) {
            let formula = self.typed(goal, of);
            if Types::only(of).and(Types::CONTAINERS) == Types::NONE {
                texts.push(self.scalar(formula, of, &mut grammar.exprs)?);
            } else if formula != FormulaId::FALSE {
                return Err(crate::error::Error::limit(
                    "uniqueItems over arrays or objects is not supported yet",
                ));
            }
        }
        let text = grammar.exprs.or(texts);
        let then = self.key(Key::AfterItem(next));
        let then = grammar.with_text(then);
        Ok(grammar.capture(text, then))
    }
}
