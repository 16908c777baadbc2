//! How many different values a goal has.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::formula::{Formula, FormulaId};
use super::schema::{Type, Types};
use super::Front;
use crate::error::Result;
use crate::expr::{ExprId, Exprs};
use crate::grammar::Grammar;

/// How many numbers are counted one by one.
const NUMBERS: u32 = 256;

impl Front {
    /// Whether a goal has that many different values. Arrays and objects that are not listed one by
    /// one count as enough of them.
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
        let listed = self.formulas.conjuncts(goal).into_iter().find_map(|part| {
            let Formula::Schema(schema) = self.formulas.get(part) else { return None };
            self.schemas.get(*schema).values.clone()
        });
        let Some(listed) = listed else {
            let any = match of {
                Type::Array => self.has_array(goal, grammar)?,
                _ => self.has_object(goal, grammar)?,
            };
            return Ok(if any { most } else { 0 });
        };
        let mut count = 0;
        for value in listed.iter().filter(|value| Type::of(value) == of) {
            let schema = self.listed(vec![value.clone()]);
            let value = self.formulas.schema(schema);
            let both = self.formulas.and(vec![goal, value]);
            count += u32::from(self.is_satisfiable(both, grammar)?);
        }
        Ok(count.min(most))
    }

    /// Numbers may be written in several ways, so they are taken out one value at a time.
    fn count_numbers(&mut self, goal: FormulaId, most: u32, grammar: &mut Grammar) -> Result<u32> {
        let mut found: Vec<Value> = Vec::new();
        while (found.len() as u32) < most.min(NUMBERS) {
            self.burn()?;
            let mut goal = goal;
            if !found.is_empty() {
                let schema = self.listed(found.clone());
                let known = self.formulas.schema(schema);
                let others = self.formulas.not(known);
                goal = self.formulas.and(vec![goal, others]);
            }
            let formula = self.typed(goal, Type::Number);
            let text = self.scalar(formula, Type::Number, &mut grammar.exprs)?;
            match shortest_text(&mut grammar.exprs, text)? {
                Some(text) => match serde_json::from_slice(&text) {
                    Ok(value) => found.push(value),
                    Err(_) => break,
                },
                None => return Ok(found.len() as u32),
            }
        }
        Ok(most)
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
fn shortest_text(exprs: &mut Exprs, terminal: ExprId) -> Result<Option<Vec<u8>>> {
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
