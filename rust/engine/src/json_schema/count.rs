//! How many different values a goal has.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::formula::FormulaId;
use super::schema::{Type, Types};
use super::Front;
use crate::error::Result;
use crate::expr::{ExprId, Exprs};
use crate::grammar::Grammar;

/// How many numbers are counted one by one.
const NUMBERS: u32 = 256;
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
            if let Some(values) = self.listed_values(goal, of, grammar)? {
                missing -= missing.min(values.len() as u32);
            } else if Types::only(of).and(Types::CONTAINERS) != Types::NONE {
                let few = self.few_containers(goal, of, grammar)?;
                missing -= few.map_or(missing, |few| missing.min(few.len() as u32));
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

    /// The values of a type of containers, if there is none but the empty one; `None` for more.
    fn few_containers(
        &mut self,
        goal: FormulaId,
        of: Type,
        grammar: &mut Grammar,
    ) -> Result<Option<Vec<Value>>> {
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
            if let Some(values) = self.listed_values(goal, of, grammar)? {
                found.extend_from_slice(&values);
            } else if Types::only(of).and(Types::CONTAINERS) != Types::NONE {
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
            self.burn(&mut grammar.exprs)?;
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
