//! The states of [`super::threads`] as an automaton among expressions.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::program::Program;
use super::threads::{Threads, Way};
use crate::expr::{ExprId, Exprs, Rule, RuleId, Transition};

/// One pattern and the states reached so far.
pub(super) struct Lexeme {
    // Never held while a state is made an expression: that asks `accepts`.
    threads: Mutex<Threads>,
    has_dead_ends: bool,
}

/// The expression before anything is read.
pub(super) fn start(exprs: &mut Exprs, rule: RuleId, lexeme: &Lexeme) -> ExprId {
    let start = lexeme.threads().start(exprs);
    lexeme.expression(exprs, rule, start)
}

impl Lexeme {
    pub fn new(program: Program) -> Self {
        let has_dead_ends = program.has_dead_ends;
        Lexeme { threads: Mutex::new(Threads::new(program)), has_dead_ends }
    }

    fn threads(&self) -> MutexGuard<'_, Threads> {
        // A panic half-way leaves at most states that nothing refers to.
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A state as an expression.
    fn expression(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> ExprId {
        let ended = {
            let threads = self.threads();
            let state = threads.state(state);
            !state.overtaking && *state.ways == [Way::Matched { allowed: ExprId::ALL }]
        };
        if ended {
            return ExprId::EMPTY;
        }
        exprs.rule_state(rule, state)
    }
}

impl Rule for Lexeme {
    fn accepts(&self, state: u64) -> bool {
        let threads = self.threads();
        let state = threads.state(state);
        !state.overtaking && state.ways.iter().any(|way| matches!(way, Way::Matched { .. }))
    }

    fn expand(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> ExprId {
        // The arena has no room left, which its user is about to be told.
        let Ok(steps) = self.threads().step(exprs, state) else { return ExprId::NEVER };
        let mut arms = Vec::with_capacity(steps.len());
        for (low, high, target) in steps {
            let next = target.state.map(|next| self.expression(exprs, rule, next));
            let next = exprs.or(vec![target.matched, next.unwrap_or(ExprId::NEVER)]);
            arms.push(Transition { low, high, target: next });
        }
        exprs.switch(arms)
    }

    fn has_dead_ends(&self) -> bool {
        self.has_dead_ends
    }

    fn overtaken(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> Option<ExprId> {
        let ways = self.threads().state(state).ways.clone();
        // Each match of the state is overtaken by a condition that fails, or by a way before it;
        // all of them must be.
        let mut all = Vec::new();
        for (at, way) in ways.iter().enumerate() {
            let &Way::Matched { allowed } = way else { continue };
            let before = self.threads().overtaking(state, at);
            let before = before.map(|before| self.expression(exprs, rule, before));
            let refused = exprs.not(allowed);
            all.push(exprs.or(vec![refused, before.unwrap_or(ExprId::NEVER)]));
        }
        Some(exprs.and(all))
    }
}
