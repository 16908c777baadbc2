//! Which states of an object have a way on.
//!
//! Nothing here depends on the order in which properties are written, so they are taken in the
//! plan's order, whatever order the text will have. Required ones come first; then only those
//! matter that the rest's formula looks at, or that are needed to have enough.

use super::super::count::{count_texts, shortest_text};
use super::super::formula::{Atom, Formula, FormulaId};
use super::super::limits::on_enough_stack;
use super::super::names::Name;
use super::super::satisfiable::{Answer, Questions};
use super::super::Front;
use super::plan::NameKind;
use super::{ObjectState, PropertyRef};
use crate::error::Result;
use crate::expr::ExprId;
use crate::grammar::Grammar;

/// A question already asked: the plan, the rest, the keys still open, the count.
pub(super) type Search = (u32, FormulaId, Vec<u32>, u32, u32);

impl Front {
    /// Whether an object may end here.
    pub(super) fn may_close(&mut self, state: &ObjectState) -> bool {
        let plan = self.plan(state);
        if state.count < plan.min {
            return false;
        }
        let missing = self.open_keys(state).any(|(_, required)| required);
        !missing && (state.rest == FormulaId::TRUE || self.rest_holds_at_end(state.rest))
    }

    /// The keys that may still be written, and whether they are required.
    pub(super) fn open_keys(&self, state: &ObjectState) -> impl Iterator<Item = (u32, bool)> + '_ {
        let plan = self.plan(state);
        let written = state.written;
        plan.keys.iter().enumerate().skip(state.from as usize).filter_map(move |(key, known)| {
            let key = key as u32;
            (!self.objects.written.has(written, key)).then_some((key, known.required))
        })
    }

    /// Whether an object can be completed from here.
    pub(super) fn is_completable(
        &mut self,
        state: &ObjectState,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        let plan = self.plan(state);
        let (min, max) = (plan.min, plan.max);
        if state.rest == FormulaId::FALSE {
            return Ok(false);
        }
        let is_start = state.from == 0 && state.written == 0 && state.used == 0;
        if state.rest == FormulaId::TRUE && !is_start && min <= state.count && max == u32::MAX {
            return Ok(true);
        }
        let open: Vec<(u32, bool)> = self.open_keys(state).collect();
        self.can_complete(state, open, grammar)
    }

    fn can_complete(
        &mut self,
        state: &ObjectState,
        open: Vec<(u32, bool)>,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        self.burn(&mut grammar.exprs)?;
        let rest = self.settle(state.plan, state.rest, &open, grammar)?;
        let state = &ObjectState { rest, ..*state };
        let plan = self.plan(state);
        let (min, max) = (plan.min, plan.max);
        let required = open.iter().filter(|(_, required)| *required).count() as u32;
        let too_many = min > max || state.count.saturating_add(required) > max;
        if state.rest == FormulaId::FALSE || too_many {
            return Ok(false);
        }
        if state.rest == FormulaId::TRUE {
            for &(key, _) in open.iter().filter(|(_, required)| *required) {
                let goal = self.plan(state).keys[key as usize].goal;
                if !self.is_satisfiable(goal, grammar)? {
                    return Ok(false);
                }
            }
            let missing = min.saturating_sub(state.count + required);
            return self.has_room(state, &open, missing, grammar);
        }
        let keys: Vec<u32> = open.iter().map(|&(key, _)| key).collect();
        let question = (state.plan, state.rest, keys, state.count, state.used);
        if let Some(&known) = self.objects.completable.get(&question) {
            return Ok(self.satisfiable.questions.answer(known));
        }
        let asked = self.satisfiable.questions.open();
        self.objects.completable.insert(question.clone(), Questions::pending(&asked));
        let answer = on_enough_stack(|| self.search_completion(state, open, grammar));
        let yes = *answer.as_ref().unwrap_or(&false);
        let settled = self.satisfiable.questions.close(&asked, yes);
        if settled && answer.is_ok() {
            self.objects.completable.insert(question, Answer::Known(yes));
        } else {
            self.objects.completable.remove(&question);
        }
        answer
    }

    fn search_completion(
        &mut self,
        state: &ObjectState,
        mut open: Vec<(u32, bool)>,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        let (min, max) = (self.plan(state).min, self.plan(state).max);
        if let Some(at) = open.iter().position(|(_, required)| *required) {
            let (key, _) = open.remove(at);
            return self.try_property(state, PropertyRef::Key(key), &open, grammar);
        }
        if state.count >= min && self.rest_holds_at_end(state.rest) {
            return Ok(true);
        }
        if state.count >= max {
            return Ok(false);
        }
        while let Some((key, _)) = open.pop() {
            let name = self.plan(state).keys[key as usize].name;
            if state.count < min || self.looks_at(state.rest, NameKind::Known(name), grammar)? {
                if self.try_property(state, PropertyRef::Key(key), &open, grammar)? {
                    return Ok(true);
                }
                // Without it.
                return self.can_complete(state, open, grammar);
            }
        }
        self.find_classes(state.plan, grammar)?;
        let classes = self.plan(state).classes.as_ref().map_or(0, |all| all.len());
        for class in 0..classes as u32 {
            if self.class_terminal(state, class, grammar)? != ExprId::NEVER
                && self.try_property(state, PropertyRef::Class(class), &open, grammar)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an object can be completed with this property next.
    fn try_property(
        &mut self,
        state: &ObjectState,
        property: PropertyRef,
        open: &[(u32, bool)],
        grammar: &mut Grammar,
    ) -> Result<bool> {
        let (min, max) = (self.plan(state).min, self.plan(state).max);
        let enough = if max == u32::MAX { min } else { max };
        for (_, rest) in self.property_cases(state.plan, state.rest, property, grammar)? {
            let count = (state.count + 1).min(enough);
            let mut next = ObjectState { rest, count, ..*state };
            if let PropertyRef::Class(class) = property {
                next = self.after_some_name(next, class, grammar)?;
            }
            if self.can_complete(&next, open.to_vec(), grammar)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a formula may come out differently with a property of this name.
    fn looks_at(
        &mut self,
        rest: FormulaId,
        name: NameKind<'_>,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        Ok(self.after_property(rest, name, grammar)? != rest)
    }

    /// Whether so many more properties can be written, none of them required.
    fn has_room(
        &mut self,
        state: &ObjectState,
        open: &[(u32, bool)],
        mut missing: u32,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        for &(key, required) in open {
            if missing == 0 {
                return Ok(true);
            }
            let goal = self.plan(state).keys[key as usize].goal;
            if !required && self.is_satisfiable(goal, grammar)? {
                missing -= 1;
            }
        }
        if missing == 0 {
            return Ok(true);
        }
        self.find_classes(state.plan, grammar)?;
        let classes = self.plan(state).classes.clone().unwrap_or_default();
        for (at, class) in classes.iter().enumerate() {
            if !self.is_satisfiable(class.goal, grammar)? {
                continue;
            }
            let terminal = self.class_terminal(state, at as u32, grammar)?;
            missing -= count_texts(&mut grammar.exprs, terminal, missing)?;
            if missing == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The state after a property of a class whose name is still open, with some name in its place:
    /// for the question whether the object can be completed all names of a class are alike, but
    /// none can come again. Where there are more than can be needed none is taken, so that a search
    /// comes back to states that it has seen.
    pub(super) fn after_some_name(
        &mut self,
        state: ObjectState,
        class: u32,
        grammar: &mut Grammar,
    ) -> Result<ObjectState> {
        let needed = self.properties_needed(&state);
        if needed == 0 {
            return Ok(state);
        }
        let terminal = self.class_terminal(&state, class, grammar)?;
        let exprs = &mut grammar.exprs;
        if count_texts(exprs, terminal, needed.saturating_add(1))? > needed {
            return Ok(state);
        }
        Ok(match shortest_text(exprs, terminal)? {
            Some(name) => self.object_after_name(state, &name),
            None => state,
        })
    }

    /// How many more properties an object needs at most beside those required, if it can be
    /// completed: whatever the rest's formula comes to, each of its atoms is decided by so many of
    /// them, and the others can go.
    fn properties_needed(&self, state: &ObjectState) -> u32 {
        let mut needed = self.plan(state).min.saturating_sub(state.count);
        self.formulas.visit(state.rest, &mut |formula, _, _| {
            let more = match formula {
                Formula::Atom(Atom::MinProperties(least)) => *least,
                Formula::Atom(Atom::MaxProperties(most)) => most.saturating_add(1),
                Formula::Atom(_) => 1,
                _ => 0,
            };
            needed = needed.saturating_add(more);
        });
        needed
    }

    /// The names of a class that have not been written yet; `NEVER` if there are none.
    pub(super) fn class_terminal(
        &mut self,
        state: &ObjectState,
        class: u32,
        grammar: &mut Grammar,
    ) -> Result<ExprId> {
        let classes = self.plan(state).classes.as_ref();
        let Some(class) = classes.and_then(|all| all.get(class as usize)) else {
            return Ok(ExprId::NEVER);
        };
        let terminal = class.terminal;
        if state.used == 0 {
            return Ok(terminal);
        }
        let used = self.used_names(state.used, grammar);
        let exprs = &mut grammar.exprs;
        let others = exprs.not(used);
        let terminal = exprs.and(vec![terminal, others]);
        Ok(if exprs.matches_nothing(terminal)? { ExprId::NEVER } else { terminal })
    }

    fn used_names(&mut self, chain: u32, grammar: &mut Grammar) -> ExprId {
        let known = self.objects.used.chains[chain as usize].2;
        if known != ExprId::NEVER {
            return known;
        }
        let used = grammar.exprs.literal_set(self.objects.used.texts(chain));
        self.objects.used.chains[chain as usize].2 = used;
        used
    }

    /// The names that a formula requires wherever it holds; for messages.
    pub(in super::super) fn required_names(&self, formula: FormulaId) -> Vec<Name> {
        let parts = self.formulas.conjuncts(formula);
        let names = parts.iter().filter_map(|&part| match self.formulas.get(part) {
            Formula::Atom(Atom::Required(name)) => Some(*name),
            _ => None,
        });
        names.collect()
    }
}
