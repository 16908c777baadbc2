//! Case distinctions on a member: which of the schemas that matter it satisfies.
//!
//! Writing a property or an item turns what is asked of the whole into a formula over schemas for
//! the member and over atoms for what is still to come. Here it is split into cases: a goal for
//! the member, and a formula without schemas for the rest.

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::evaluate::Verdict;
use super::formula::{Formula, FormulaId};
use super::schema::{SchemaId, Type, Types};
use super::Front;
use crate::error::{Error, Result};
use crate::grammar::Grammar;

/// How many cases one member may have.
const CASES: usize = 1024;

/// A goal for a member, and what is asked of the rest in that case.
pub(super) type Case = (FormulaId, FormulaId);

/// A schema in the formula, and its signs there.
struct Subject {
    schema: SchemaId,
    positive: bool,
    negative: bool,
}

impl Front {
    /// The cases of a member that must satisfy `goal` in any case. Goals without a value and rests
    /// that are false are left out.
    pub(super) fn split(
        &mut self,
        goal: FormulaId,
        rest: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<Vec<Case>> {
        let mut cases = Vec::new();
        let subjects = self.formulas.schemas(rest);
        if !self.split_by_value(goal, rest, &subjects, &mut cases, grammar)? {
            self.split_into(goal, rest, &mut cases, grammar)?;
        }
        cases.sort_unstable();
        cases.dedup();
        Ok(cases)
    }

    /// Where schemas list the values they allow, takes the member's value by value, which needs
    /// one case for each value at most. False if none of them does.
    fn split_by_value(
        &mut self,
        goal: FormulaId,
        rest: FormulaId,
        subjects: &[SchemaId],
        cases: &mut Vec<Case>,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        let asked = self.formulas.conjuncts(goal);
        let mut listed: Vec<Value> = Vec::new();
        let in_goal = asked.iter().find_map(|&part| match self.formulas.get(part) {
            Formula::Schema(schema) => self.scalar_values(*schema),
            _ => None,
        });
        let only_these = in_goal.is_some();
        match in_goal {
            Some(values) => listed.extend_from_slice(values),
            None => {
                for values in subjects.iter().filter_map(|&schema| self.scalar_values(schema)) {
                    for value in values {
                        if !listed.contains(value) {
                            listed.push(value.clone());
                        }
                    }
                }
            }
        }
        if subjects.is_empty() || listed.is_empty() {
            return Ok(false);
        }
        let mut groups: Vec<(FormulaId, Vec<Value>)> = Vec::new();
        let mut group_of: FxHashMap<FormulaId, usize> = FxHashMap::default();
        for value in &listed {
            match self.satisfies(goal, value, grammar)? {
                Verdict::All => {}
                Verdict::None => continue,
                Verdict::Some => return Ok(false),
            }
            let mut holds = FxHashMap::default();
            for &subject in subjects {
                let formula = self.formulas.schema(subject);
                let value = match self.satisfies(formula, value, grammar)? {
                    Verdict::All => FormulaId::TRUE,
                    Verdict::None => FormulaId::FALSE,
                    Verdict::Some => return Ok(false),
                };
                holds.insert(subject, value);
            }
            let after = self.formulas.settle_schemas(rest, &holds);
            let group = *group_of.entry(after).or_insert(groups.len());
            if group == groups.len() {
                groups.push((after, Vec::new()));
            }
            groups[group].1.push(value.clone());
        }
        for (after, values) in groups {
            if after != FormulaId::FALSE {
                let schema = self.listed(values);
                cases.push((self.formulas.schema(schema), after));
            }
        }
        if !only_these {
            let schema = self.listed(listed);
            let these = self.formulas.schema(schema);
            let others = self.formulas.not(these);
            let goal = self.formulas.and(vec![goal, others]);
            let mut after = rest;
            for &subject in subjects.iter() {
                if self.scalar_values(subject).is_some() {
                    after = self.assume(after, subject, FormulaId::FALSE);
                }
            }
            if self.is_satisfiable(goal, grammar)? {
                self.split_into(goal, after, cases, grammar)?;
            }
        }
        Ok(true)
    }

    fn split_into(
        &mut self,
        goal: FormulaId,
        rest: FormulaId,
        cases: &mut Vec<Case>,
        grammar: &mut Grammar,
    ) -> Result<()> {
        self.burn(&mut grammar.exprs)?;
        if goal == FormulaId::FALSE || rest == FormulaId::FALSE {
            return Ok(());
        }
        let rest = self.decide(goal, rest);
        let Some(subject) = self.first_subject(rest) else {
            if rest != FormulaId::FALSE && self.is_satisfiable(goal, grammar)? {
                cases.push((goal, rest));
                if cases.len() > CASES {
                    return Err(Error::limit(format!(
                        "one property or item would have more than {CASES} cases to tell apart"
                    )));
                }
            }
            return Ok(());
        };
        let holds = self.formulas.schema(subject.schema);
        let fails = self.formulas.not(holds);
        let if_holds = self.assume(rest, subject.schema, FormulaId::TRUE);
        let if_fails = self.assume(rest, subject.schema, FormulaId::FALSE);
        if if_holds == if_fails {
            return self.split_into(goal, if_holds, cases, grammar);
        }
        let with = self.formulas.and(vec![goal, holds]);
        let without = self.formulas.and(vec![goal, fails]);
        // A schema that can only help need not be refuted in the case that does without it: that
        // spares the complement of containers. For scalars the complement is cheap, and cases that
        // exclude each other keep the automaton small.
        let spare = self.is_container(subject.schema) && !(subject.positive && subject.negative);
        let helped = spare && subject.positive;
        let harmed = spare && subject.negative;
        if if_holds != FormulaId::FALSE {
            let goal = if harmed { goal } else { with };
            if self.is_satisfiable(goal, grammar)? {
                self.split_into(goal, if_holds, cases, grammar)?;
            }
        }
        if if_fails != FormulaId::FALSE {
            let goal = if helped { goal } else { without };
            if self.is_satisfiable(goal, grammar)? {
                self.split_into(goal, if_fails, cases, grammar)?;
            }
        }
        Ok(())
    }

    /// The formula with the schemas settled that the goal settles at first sight.
    fn decide(&mut self, goal: FormulaId, rest: FormulaId) -> FormulaId {
        if goal == FormulaId::TRUE {
            return rest;
        }
        let asked = self.formulas.conjuncts(goal);
        let mut settled = FxHashMap::default();
        for schema in self.formulas.schemas(rest) {
            let literal = self.formulas.schema(schema);
            let negated = self.formulas.not(literal);
            // The members of a conjunction are sorted.
            if asked.binary_search(&literal).is_ok() {
                settled.insert(schema, FormulaId::TRUE);
            } else if asked.binary_search(&negated).is_ok() || self.clearly_disjoint(goal, schema) {
                settled.insert(schema, FormulaId::FALSE);
            }
        }
        if settled.is_empty() {
            return rest;
        }
        self.formulas.settle_schemas(rest, &settled)
    }

    fn assume(&mut self, rest: FormulaId, schema: SchemaId, value: FormulaId) -> FormulaId {
        self.formulas.settle_schemas(rest, &[(schema, value)].into_iter().collect())
    }

    fn first_subject(&self, rest: FormulaId) -> Option<Subject> {
        let mut first: Option<Subject> = None;
        self.formulas.visit(rest, &mut |formula, positive, negative| {
            let Formula::Schema(schema) = formula else { return };
            let subject =
                first.get_or_insert(Subject { schema: *schema, positive: false, negative: false });
            if subject.schema == *schema {
                subject.positive |= positive;
                subject.negative |= negative;
            }
        });
        first
    }

    /// Whether no value satisfies both, as far as their types and listed values tell.
    pub(super) fn clearly_disjoint(&mut self, goal: FormulaId, schema: SchemaId) -> bool {
        let types = self.types_of(goal).and(self.schemas.get(schema).types);
        if types == Types::NONE {
            return true;
        }
        if self.schemas.get(schema).values.is_none() {
            return false;
        }
        let listed = |goal: &FormulaId| match self.formulas.get(*goal) {
            Formula::Schema(other) => self.schemas.get(*other).values.as_ref().map(|_| *other),
            _ => None,
        };
        let asked = match self.formulas.get(goal) {
            Formula::And(items) => items.iter().find_map(listed),
            _ => listed(&goal),
        };
        asked.is_some_and(|asked| !self.list_the_same(asked, schema))
    }

    fn is_container(&self, schema: SchemaId) -> bool {
        let types = self.schemas.get(schema).types;
        types.has(Type::Array) || types.has(Type::Object)
    }
}
