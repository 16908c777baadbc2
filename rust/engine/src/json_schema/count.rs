//! How many different values a goal has.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::equal::equal;
use super::formula::{Formula, FormulaId};
use super::schema::{Applied, SchemaId, Type, Types};
use super::Front;
use crate::error::Result;
use crate::expr::{ExprId, Exprs};
use crate::grammar::Grammar;

/// How many numbers are counted one by one.
const NUMBERS: u32 = 256;
/// How many schemas are looked at for one that lists the values of another.
const LOOKED_AT: u32 = 256;
/// So many texts are those of many values, though a number may be written in several ways.
const TEXTS: u32 = 4096;

impl Front {
    /// Whether a goal has that many different values. Where there is an array or an object that is
    /// neither listed nor empty, there count as enough of them.
    pub(super) fn has_values(
        &mut self,
        goal: FormulaId,
        wanted: u32,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        if wanted <= 1 {
            return Ok(wanted == 0 || self.is_satisfiable(goal, grammar)?);
        }
        let types = self.types_of(goal);
        let mut missing = wanted;
        for of in Type::ALL.into_iter().filter(|&of| types.has(of)) {
            if Types::only(of).and(Types::CONTAINERS) != Types::NONE {
                missing -= self.count_containers(goal, of, missing, grammar)?;
            } else {
                let formula = self.typed(goal, of);
                let text = self.scalar(formula, of, &mut grammar.exprs)?;
                missing -= match of {
                    Type::Number => self.count_numbers(goal, missing, grammar)?,
                    _ => count_texts(&mut grammar.exprs, text, missing)?,
                };
            }
            if missing == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn count_containers(
        &mut self,
        goal: FormulaId,
        of: Type,
        most: u32,
        grammar: &mut Grammar,
    ) -> Result<u32> {
        let few = self.few_containers(goal, of, grammar)?;
        Ok(few.map_or(most, |few| (few.len() as u32).min(most)))
    }

    /// The values of a type of containers where they are listed, or where there is none but the
    /// empty one; `None` for more.
    fn few_containers(
        &mut self,
        goal: FormulaId,
        of: Type,
        grammar: &mut Grammar,
    ) -> Result<Option<Vec<Value>>> {
        if self.containers_in(goal, of).is_some() {
            return self.listed_containers(goal, of, grammar).map(Some);
        }
        let empty = match of {
            Type::Array => Value::Array(Vec::new()),
            _ => Value::Object(serde_json::Map::new()),
        };
        let schema = self.listed(vec![empty.clone()]);
        let only = self.formulas.schema(schema);
        let others = self.formulas.not(only);
        let others = self.formulas.and(vec![goal, others]);
        if self.has_container(others, of, grammar)? {
            return Ok(None);
        }
        let any = self.has_container(goal, of, grammar)?;
        Ok(Some(if any { vec![empty] } else { Vec::new() }))
    }

    fn has_container(&mut self, goal: FormulaId, of: Type, grammar: &mut Grammar) -> Result<bool> {
        match of {
            Type::Array => self.has_array(goal, grammar),
            _ => self.has_object(goal, grammar),
        }
    }

    /// Values of a type of containers of which those of a goal are some, if schemas list them.
    fn containers_in(&self, goal: FormulaId, of: Type) -> Option<Vec<Value>> {
        let mut left = LOOKED_AT;
        let parts = self.formulas.conjuncts(goal);
        parts.into_iter().find_map(|part| match self.formulas.get(part) {
            Formula::Schema(schema) => self.listed_in(*schema, of, &mut left),
            _ => None,
        })
    }

    /// The same of a schema: by itself, or by what it applies in any case or in each case.
    fn listed_in(&self, id: SchemaId, of: Type, left: &mut u32) -> Option<Vec<Value>> {
        let schema = self.schemas.get(id);
        if !schema.types.has(of) {
            return Some(Vec::new());
        }
        if let Some(values) = &schema.values {
            return Some(values.iter().filter(|value| Type::of(value) == of).cloned().collect());
        }
        *left = left.checked_sub(1)?;
        schema.applied.iter().find_map(|applied| match applied {
            Applied::Ref(schema) => self.listed_in(*schema, of, left),
            Applied::All(list) => list.iter().find_map(|&inner| self.listed_in(inner, of, left)),
            Applied::Any(list) | Applied::One(list) => {
                let branches = list.iter().map(|&branch| self.listed_in(branch, of, left));
                let listed: Option<Vec<Vec<Value>>> = branches.collect();
                listed.map(|listed| listed.concat())
            }
            _ => None,
        })
    }

    /// Those of a type that satisfy the goal.
    fn listed_containers(
        &mut self,
        goal: FormulaId,
        of: Type,
        grammar: &mut Grammar,
    ) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        for value in self.containers_in(goal, of).unwrap_or_default() {
            if found.iter().any(|known| equal(known, &value)) {
                continue;
            }
            let schema = self.listed(vec![value.clone()]);
            let one = self.formulas.schema(schema);
            let both = self.formulas.and(vec![goal, one]);
            if self.is_satisfiable(both, grammar)? {
                found.push(value);
            }
        }
        Ok(found)
    }

    fn count_numbers(&mut self, goal: FormulaId, most: u32, grammar: &mut Grammar) -> Result<u32> {
        let found = self.take_out(goal, Type::Number, most.min(NUMBERS), grammar)?;
        // Beyond what is counted there are enough.
        Ok(if found.len() as u32 >= most.min(NUMBERS) { most } else { found.len() as u32 })
    }

    /// The values of a goal, if there are no more than `most`.
    pub(super) fn values_up_to(
        &mut self,
        goal: FormulaId,
        most: u32,
        grammar: &mut Grammar,
    ) -> Result<Option<Vec<Value>>> {
        let types = self.types_of(goal);
        let mut found = Vec::new();
        for of in Type::ALL.into_iter().filter(|&of| types.has(of)) {
            if Types::only(of).and(Types::CONTAINERS) != Types::NONE {
                let Some(few) = self.few_containers(goal, of, grammar)? else { return Ok(None) };
                found.extend(few);
            } else {
                let formula = self.typed(goal, of);
                let text = self.scalar(formula, of, &mut grammar.exprs)?;
                if count_texts(&mut grammar.exprs, text, TEXTS)? == TEXTS {
                    return Ok(None);
                }
                found.extend(self.take_out(goal, of, most + 1, grammar)?);
            }
            if found.len() as u32 > most {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    /// Values of a scalar type, up to `most`. They are taken out one by one, since numbers may be
    /// written in several ways.
    fn take_out(
        &mut self,
        goal: FormulaId,
        of: Type,
        most: u32,
        grammar: &mut Grammar,
    ) -> Result<Vec<Value>> {
        let mut found: Vec<Value> = Vec::new();
        while (found.len() as u32) < most {
            self.burn()?;
            let mut goal = goal;
            if !found.is_empty() {
                let schema = self.listed(found.clone());
                let known = self.formulas.schema(schema);
                let others = self.formulas.not(known);
                goal = self.formulas.and(vec![goal, others]);
            }
            let formula = self.typed(goal, of);
            let text = self.scalar(formula, of, &mut grammar.exprs)?;
            let Some(text) = shortest_text(&mut grammar.exprs, text)? else { break };
            match serde_json::from_slice(&text) {
                Ok(value) => found.push(value),
                Err(_) => break,
            }
        }
        Ok(found)
    }
}

/// How many texts a terminal has, up to `most`.
pub(super) fn count_texts(exprs: &mut Exprs, terminal: ExprId, most: u32) -> Result<u32> {
    if exprs.matches_nothing(terminal)? {
        return Ok(0);
    }
    let mut count = 0;
    // By length: for each state, in how many ways it is reached. Every state of a row leads to some
    // text, so a loop makes the count grow.
    let mut reached: FxHashMap<ExprId, u32> = [(terminal, 1)].into_iter().collect();
    while !reached.is_empty() && count < most {
        let mut longer: FxHashMap<ExprId, u32> = FxHashMap::default();
        for (state, ways) in reached {
            if exprs.is_nullable(state) {
                count = most.min(count.saturating_add(ways));
            }
            for arm in exprs.row(state)? {
                let width = u32::from(arm.high - arm.low) + 1;
                let known = longer.entry(arm.target).or_default();
                *known = known.saturating_add(ways.saturating_mul(width));
            }
        }
        reached = longer;
    }
    Ok(count)
}

/// A shortest text of a terminal.
pub(super) fn shortest_text(exprs: &mut Exprs, terminal: ExprId) -> Result<Option<Vec<u8>>> {
    if exprs.matches_nothing(terminal)? {
        return Ok(None);
    }
    let mut seen = FxHashSet::default();
    let mut states = std::collections::VecDeque::from([(terminal, Vec::new())]);
    while let Some((state, text)) = states.pop_front() {
        if exprs.is_nullable(state) {
            return Ok(Some(text));
        }
        for arm in exprs.row(state)?.to_vec() {
            if seen.insert(arm.target) {
                let mut longer = text.clone();
                longer.push(arm.low);
                states.push_back((arm.target, longer));
            }
        }
    }
    Ok(None)
}
