//! A lexeme of which only some texts count: the lexer reads it as ever, and then looks at its text.
//!
//! That is not the intersection of two languages, in which a longer text that does not count would
//! no longer overtake a shorter one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use crate::expr::{ExprId, Exprs, Rule, RuleId, Transition};

/// The texts of `lexeme`, as a lexer reads them, that are in `counts` too.
pub fn filtered(exprs: &mut Exprs, lexeme: ExprId, counts: ExprId) -> ExprId {
    let name = format!("filtered {} {}", lexeme.index(), counts.index());
    // Lexemes are never empty.
    let start = State { lexeme, counts, ends: false };
    let rule = exprs.rule(name.as_bytes(), || Arc::new(Filtered::new(start)));
    exprs.rule_state(rule, 0)
}

#[derive(Clone, Copy)]
struct State {
    /// What is left of the lexeme.
    lexeme: ExprId,
    /// What is left of the texts that count.
    counts: ExprId,
    /// Whether both may end here.
    ends: bool,
}

struct Filtered {
    states: Mutex<States>,
}

struct States {
    states: Vec<State>,
    ids: FxHashMap<(ExprId, ExprId), u64>,
}

impl Filtered {
    fn new(start: State) -> Self {
        let ids = [((start.lexeme, start.counts), 0)].into_iter().collect();
        Filtered { states: Mutex::new(States { states: vec![start], ids }) }
    }

    fn states(&self) -> MutexGuard<'_, States> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self, state: u64) -> State {
        self.states().states[state as usize]
    }

    fn expression(
        &self,
        exprs: &mut Exprs,
        rule: RuleId,
        lexeme: ExprId,
        counts: ExprId,
    ) -> ExprId {
        if lexeme == ExprId::NEVER || counts == ExprId::NEVER {
            return ExprId::NEVER;
        }
        if counts == ExprId::ALL {
            return lexeme;
        }
        let ends = exprs.is_nullable(lexeme) && exprs.is_nullable(counts);
        if lexeme == ExprId::EMPTY {
            return if ends { lexeme } else { ExprId::NEVER };
        }
        let state = {
            let States { states, ids } = &mut *self.states();
            *ids.entry((lexeme, counts)).or_insert_with(|| {
                states.push(State { lexeme, counts, ends });
                states.len() as u64 - 1
            })
        };
        exprs.rule_state(rule, state)
    }
}

impl Rule for Filtered {
    fn accepts(&self, state: u64) -> bool {
        self.state(state).ends
    }

    fn expand(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> ExprId {
        let State { lexeme, counts, .. } = self.state(state);
        // Where the arena has no room left, its user is about to be told.
        let Ok(lexemes) = exprs.row(lexeme).map(<[Transition]>::to_vec) else {
            return ExprId::NEVER;
        };
        let Ok(counted) = exprs.row(counts).map(<[Transition]>::to_vec) else {
            return ExprId::NEVER;
        };
        let mut arms = Vec::new();
        for arm in &lexemes {
            for limit in counted.iter().filter(|c| c.low <= arm.high && c.high >= arm.low) {
                let target = self.expression(exprs, rule, arm.target, limit.target);
                if target != ExprId::NEVER {
                    let (low, high) = (arm.low.max(limit.low), arm.high.min(limit.high));
                    arms.push(Transition { low, high, target });
                }
            }
        }
        exprs.switch(arms)
    }

    fn has_dead_ends(&self) -> bool {
        true
    }

    fn overtaken(&self, exprs: &mut Exprs, _: RuleId, state: u64) -> Option<ExprId> {
        let lexeme = self.state(state).lexeme;
        // Without room for the answer nothing may follow.
        Some(exprs.overtaken(lexeme).unwrap_or(ExprId::ALL))
    }
}
