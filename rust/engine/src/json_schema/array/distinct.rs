//! Items that must differ, or of which two must be equal, before it is known what they are.
//!
//! A search supposes items by their goals alone. Two items can be equal if their goals have a value
//! in common. Items can all differ if each goal can be given a value of its own: those with many
//! values always can, so only goals with few are remembered, and matched with their values.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::super::equal::equal;
use super::super::formula::{Atom, Formula, FormulaId};
use super::super::Front;
use super::ArrayState;
use crate::error::Result;
use crate::grammar::Grammar;

/// How many values are few.
pub(in super::super) const FEW: u32 = 24;

/// The values of a goal that has few; `None` for many.
pub(in super::super) type Few = Option<Arc<[Value]>>;

/// Lists of goals.
pub(super) struct Supposed {
    lists: Vec<Vec<FormulaId>>,
    ids: FxHashMap<Vec<FormulaId>, u32>,
}

impl Default for Supposed {
    fn default() -> Self {
        Supposed { lists: vec![Vec::new()], ids: [(Vec::new(), 0)].into_iter().collect() }
    }
}

impl Supposed {
    pub fn get(&self, list: u32) -> &[FormulaId] {
        &self.lists[list as usize]
    }

    fn intern(&mut self, list: Vec<FormulaId>) -> u32 {
        let lists = &mut self.lists;
        *self.ids.entry(list).or_insert_with_key(|list| {
            lists.push(list.clone());
            lists.len() as u32 - 1
        })
    }
}

impl Front {
    /// The state with one more item supposed; `None` if it cannot differ from the others.
    pub(super) fn suppose(
        &mut self,
        state: &ArrayState,
        goal: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<Option<ArrayState>> {
        let plan = self.array_plan(state);
        let (unique, remembers) = (plan.unique, plan.remembers);
        let mut goals = self.arrays.supposed.get(state.supposed).to_vec();
        if unique {
            if self.few_values(goal, grammar)?.is_none() {
                return Ok(Some(*state));
            }
        } else if !remembers || goals.contains(&goal) {
            return Ok(Some(*state));
        }
        goals.push(goal);
        goals.sort_unstable();
        if unique && !self.can_differ(&goals, grammar)? {
            return Ok(None);
        }
        Ok(Some(ArrayState { supposed: self.arrays.supposed.intern(goals), ..*state }))
    }

    /// Whether so many more items of one goal can differ from those supposed.
    pub(super) fn suppose_alike(
        &mut self,
        state: &ArrayState,
        goal: FormulaId,
        missing: u32,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        if self.few_values(goal, grammar)?.is_none() {
            return self.has_values(goal, missing, grammar);
        }
        if missing > FEW {
            return Ok(false);
        }
        let mut goals = self.arrays.supposed.get(state.supposed).to_vec();
        goals.extend(std::iter::repeat_n(goal, missing as usize));
        self.can_differ(&goals, grammar)
    }

    /// Values after which an item cannot be followed by what must come: those that later items, of
    /// which there must be some, need for themselves.
    pub(super) fn needed_later(
        &mut self,
        next: &ArrayState,
        goal: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<Vec<Value>> {
        let plan = self.array_plan(next);
        let (unique, min, alike_from) = (plan.unique, plan.min, plan.alike_from);
        if !unique || self.may_close_array(next) {
            return Ok(Vec::new());
        }
        let mut goals = Vec::new();
        let last = alike_from.min(next.index.saturating_add(min.saturating_sub(next.count)));
        for index in next.index..=last {
            goals.push(self.item_goal(&ArrayState { index, ..*next }));
        }
        let mut contained = Vec::new();
        self.formulas.visit(next.rest, &mut |formula, _, _| {
            if let Formula::Atom(Atom::ContainsMin(schema, _)) = formula {
                contained.push(*schema);
            }
        });
        goals.extend(contained.into_iter().map(|schema| self.formulas.schema(schema)));
        let mut needed: Vec<Value> = Vec::new();
        for later in goals {
            for value in self.few_values(later, grammar)?.iter().flat_map(|all| all.iter()) {
                if needed.iter().any(|known| equal(known, value)) {
                    continue;
                }
                let one = self.listed(vec![value.clone()]);
                let one = self.formulas.schema(one);
                let both = self.formulas.and(vec![goal, one]);
                if self.is_satisfiable(both, grammar)? {
                    let written = self.array_after_item(*next, &value.to_string())?;
                    if !self.is_array_completable(&written, grammar)? {
                        needed.push(value.clone());
                    }
                }
            }
        }
        Ok(needed)
    }

    /// What an item must satisfy besides its goal where two items must be equal and the rest can be
    /// completed only if this is one of them.
    pub(super) fn must_repeat(
        &mut self,
        next: &ArrayState,
        grammar: &mut Grammar,
    ) -> Result<FormulaId> {
        let plan = self.array_plan(next);
        let (remembers, alike_from, max) = (plan.remembers, plan.alike_from, plan.max);
        if !remembers || self.is_array_completable(next, grammar)? {
            return Ok(FormulaId::TRUE);
        }
        // No item comes after the last one allowed.
        let end = next.index.saturating_add(max.saturating_sub(next.count));
        let later: Vec<FormulaId> = (next.index..end.min(alike_from.saturating_add(1)))
            .map(|index| self.item_goal(&ArrayState { index, ..*next }))
            .collect();
        Ok(self.formulas.or(later))
    }

    /// The values of a goal, if they are few.
    fn few_values(&mut self, goal: FormulaId, grammar: &mut Grammar) -> Result<Few> {
        if let Some(known) = self.arrays.few.get(&goal) {
            return Ok(known.clone());
        }
        let values = self.values_up_to(goal, FEW, grammar)?;
        let few: Few = values.map(Into::into);
        self.arrays.few.insert(goal, few.clone());
        Ok(few)
    }

    /// Whether each goal can be given a value of its own: a matching by augmenting paths.
    fn can_differ(&mut self, goals: &[FormulaId], grammar: &mut Grammar) -> Result<bool> {
        let mut values: Vec<Value> = Vec::new();
        let mut choices: Vec<Vec<usize>> = Vec::new();
        for &goal in goals {
            self.burn(&mut grammar.exprs)?;
            let mut choice = Vec::new();
            for value in self.few_values(goal, grammar)?.iter().flat_map(|all| all.iter()) {
                let known = values.iter().position(|known| equal(known, value));
                choice.push(known.unwrap_or(values.len()));
                if known.is_none() {
                    values.push(value.clone());
                }
            }
            choices.push(choice);
        }
        let mut taken: Vec<Option<usize>> = vec![None; values.len()];
        for goal in 0..choices.len() {
            let mut seen = vec![false; values.len()];
            if !give(goal, &choices, &mut taken, &mut seen) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Gives a goal one of its values, moving others to other ones of theirs.
fn give(
    goal: usize,
    choices: &[Vec<usize>],
    taken: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for &value in &choices[goal] {
        if std::mem::replace(&mut seen[value], true) {
            continue;
        }
        if taken[value].is_none_or(|other| give(other, choices, taken, seen)) {
            taken[value] = Some(goal);
            return true;
        }
    }
    false
}
