//! Which goals have a value at all.
//!
//! A least fixed point: a value is finite, so a goal met again while it is being decided counts as
//! having none there. What was found to have none under such an assumption is remembered only once
//! the assumption is settled.

use rustc_hash::FxHashMap;

use super::formula::{Formula, FormulaId};
use super::limits::on_enough_stack;
use super::schema::{SchemaId, Type};
use super::Front;
use crate::error::{Error, Result};
use crate::grammar::Grammar;

/// An answer, or the depth at which it is being sought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Known(bool),
    Pending(u32),
}

/// What has been found out so far.
pub(super) struct Memory {
    goals: FxHashMap<FormulaId, Answer>,
    pub questions: Questions,
}

impl Default for Memory {
    fn default() -> Self {
        let questions = Questions { depth: 0, assumed: u32::MAX };
        Memory { goals: FxHashMap::default(), questions }
    }
}

/// The questions being decided, of whatever kind, each asked by the one before.
pub(super) struct Questions {
    depth: u32,
    /// The outermost open question that counted as answered with no since this was last reset.
    assumed: u32,
}

/// A question being decided.
pub(super) struct Open {
    depth: u32,
    assumed_before: u32,
}

impl Questions {
    /// Begins to decide a question.
    pub fn open(&mut self) -> Open {
        let open = Open { depth: self.depth, assumed_before: self.assumed };
        self.depth += 1;
        self.assumed = u32::MAX;
        open
    }

    /// The mark of the question begun last.
    pub fn pending(open: &Open) -> Answer {
        Answer::Pending(open.depth)
    }

    /// Ends a question. Returns whether the answer holds whatever becomes of those still open.
    pub fn close(&mut self, open: &Open, answer: bool) -> bool {
        let assumed = std::mem::replace(&mut self.assumed, open.assumed_before);
        self.depth = open.depth;
        let holds = answer || assumed >= open.depth;
        if !holds {
            self.assumed = self.assumed.min(assumed);
        }
        holds
    }

    /// The answer as far as it is known.
    pub fn answer(&mut self, known: Answer) -> bool {
        match known {
            Answer::Known(answer) => answer,
            Answer::Pending(depth) => {
                self.assumed = self.assumed.min(depth);
                false
            }
        }
    }
}

impl Front {
    /// Whether any value satisfies a goal.
    pub(super) fn is_satisfiable(
        &mut self,
        goal: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        match self.formulas.get(goal) {
            Formula::False => return Ok(false),
            Formula::True => return Ok(true),
            Formula::Schema(schema) if self.schemas.get(*schema).surely_satisfiable() => {
                return Ok(true);
            }
            _ => {}
        }
        if let Some(&known) = self.satisfiable.goals.get(&goal) {
            return Ok(self.satisfiable.questions.answer(known));
        }
        self.burn(&mut grammar.exprs)?;
        let open = self.satisfiable.questions.open();
        self.satisfiable.goals.insert(goal, Questions::pending(&open));
        let answer = on_enough_stack(|| self.decide_goal(goal, grammar));
        let yes = *answer.as_ref().unwrap_or(&false);
        let settled = self.satisfiable.questions.close(&open, yes);
        if settled && answer.is_ok() {
            self.satisfiable.goals.insert(goal, Answer::Known(yes));
        } else {
            self.satisfiable.goals.remove(&goal);
        }
        answer
    }

    fn decide_goal(&mut self, goal: FormulaId, grammar: &mut Grammar) -> Result<bool> {
        let types = self.types_of(goal);
        let mut undecided = Vec::new();
        for of in Type::ALL {
            if types.has(of) {
                match self.typed(goal, of) {
                    FormulaId::FALSE => {}
                    FormulaId::TRUE => return Ok(true),
                    formula => undecided.push((of, formula)),
                }
            }
        }
        for (of, formula) in undecided {
            let found = match of {
                Type::Array => self.has_array(goal, grammar)?,
                Type::Object => self.has_object(goal, grammar)?,
                _ => {
                    let text = self.scalar(formula, of, &mut grammar.exprs)?;
                    !grammar.exprs.matches_nothing(text)?
                }
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Why a schema allows nothing, at the innermost place that can be named.
    pub(super) fn conflict(&mut self, root: SchemaId, grammar: &mut Grammar) -> Result<Error> {
        let mut at = root;
        let mut seen = Vec::new();
        'inwards: while !seen.contains(&at) {
            seen.push(at);
            let schema = self.schemas.get(at);
            if schema.types.bits() == 0 || schema.values.as_ref().is_some_and(|v| v.is_empty()) {
                break;
            }
            // A schema applied in any case that allows nothing by itself is the one to name.
            let applied = schema.applied.clone();
            for &inner in applied.iter().flat_map(super::schema::Applied::always) {
                let goal = self.formulas.schema(inner);
                if inner != at && inner != SchemaId::FALSE && !self.is_satisfiable(goal, grammar)? {
                    at = inner;
                    continue 'inwards;
                }
            }
            let types = self.schemas.get(at).types;
            if types == super::schema::Types::only(Type::Object) {
                let formula = self.typed_schema(at, Type::Object);
                for name in self.required_names(formula) {
                    let value = self.schemas.object(at).and_then(|spec| spec.property(name));
                    let Some(value) = value.filter(|&value| value != at) else { continue };
                    let goal = self.formulas.schema(value);
                    if value == SchemaId::FALSE || self.is_satisfiable(goal, grammar)? {
                        continue;
                    }
                    at = value;
                    continue 'inwards;
                }
            }
            break;
        }
        Ok(self
            .schemas
            .error_at(at, "the schema allows no value: its keywords contradict each other"))
    }
}
