//! Case distinctions on a member: which of the schemas that matter it satisfies.
//!
//! Writing a property or an item turns what is asked of the whole into a formula over schemas for
//! the member and over atoms for what is still to come. Here it is split into cases: a goal for
//! the member, and a formula without schemas for the rest.

use serde_json::Value;

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
        let subjects = self.subjects(rest);
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
        for value in &listed {
            self.burn()?;
            if !self.satisfies(goal, value, grammar)? {
                continue;
            }
            let mut holds = Vec::with_capacity(subjects.len());
            for &subject in subjects {
                let formula = self.formulas.schema(subject);
                holds.push((subject, self.satisfies(formula, value, grammar)?));
            }
            let after = self.formulas.map(rest, &mut |formulas, formula| match formula {
                Formula::Schema(schema) if holds.contains(&(*schema, true)) => FormulaId::TRUE,
                Formula::Atom(atom) => formulas.atom(*atom),
                _ => FormulaId::FALSE,
            });
            match groups.iter_mut().find(|(known, _)| *known == after) {
                Some((_, values)) => values.push(value.clone()),
                None => groups.push((after, vec![value.clone()])),
            }
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

    /// The schemas in a formula.
    fn subjects(&self, rest: FormulaId) -> Vec<SchemaId> {
        let mut subjects = Vec::new();
        self.formulas.visit(rest, &mut |formula, _, _| {
            if let Formula::Schema(schema) = formula {
                if !subjects.contains(schema) {
                    subjects.push(*schema);
                }
            }
        });
        subjects
    }

    fn split_into(
        &mut self,
        goal: FormulaId,
        rest: FormulaId,
        cases: &mut Vec<Case>,
        grammar: &mut Grammar,
    ) -> Result<()> {
        self.burn()?;
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
        let mut settled: Vec<(SchemaId, FormulaId)> = Vec::new();
        for schema in self.subjects(rest) {
            let literal = self.formulas.schema(schema);
            let negated = self.formulas.not(literal);
            if asked.contains(&literal) {
                settled.push((schema, FormulaId::TRUE));
            } else if asked.contains(&negated) || self.clearly_disjoint(goal, schema) {
                settled.push((schema, FormulaId::FALSE));
            }
        }
        if settled.is_empty() {
            return rest;
        }
        self.formulas.map(rest, &mut |formulas, formula| match formula {
            Formula::Schema(schema) => match settled.iter().find(|(known, _)| known == schema) {
                Some(&(_, value)) => value,
                None => formulas.schema(*schema),
            },
            Formula::Atom(atom) => formulas.atom(*atom),
            _ => FormulaId::FALSE,
        })
    }

    fn assume(&mut self, rest: FormulaId, schema: SchemaId, value: FormulaId) -> FormulaId {
        self.formulas.map(rest, &mut |formulas, formula| match formula {
            Formula::Schema(other) if *other == schema => value,
            Formula::Schema(other) => formulas.schema(*other),
            Formula::Atom(atom) => formulas.atom(*atom),
            _ => FormulaId::FALSE,
        })
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
    pub(super) fn clearly_disjoint(&self, goal: FormulaId, schema: SchemaId) -> bool {
        let types = self.types_of(goal).and(self.schemas.get(schema).types);
        if types == Types::NONE {
            return true;
        }
        let Some(values) = &self.schemas.get(schema).values else { return false };
        let listed = |goal: &FormulaId| match self.formulas.get(*goal) {
            Formula::Schema(other) => self.schemas.get(*other).values.as_ref(),
            _ => None,
        };
        let asked = match self.formulas.get(goal) {
            Formula::And(items) => items.iter().find_map(listed),
            _ => listed(&goal),
        };
        asked.is_some_and(|asked| {
            asked.iter().all(|a| values.iter().all(|b| !super::equal::equal(a, b)))
        })
    }

    fn is_container(&self, schema: SchemaId) -> bool {
        let types = self.schemas.get(schema).types;
        types.has(Type::Array) || types.has(Type::Object)
    }
}
