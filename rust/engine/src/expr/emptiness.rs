//! Which expressions match nothing at all.
//!
//! Without intersection, complement and look-around the constructors already reduce an expression
//! that matches nothing to [`ExprId::NEVER`]. The others are searched for a state that accepts,
//! first from where the least is still to be done: several conditions that each need a long text are
//! met in one walk, where a search by breadth would try all that may come between. Every state seen
//! on the way is decided too; and an intersection that is wider than one of the last few found to
//! match something does so too, as after `.*` any state is wider than the one before. Where a rule
//! takes part that seldom accepts, the texts that it names are tried before.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::{Expr, ExprId, Exprs, RuleId};
use crate::error::{Error, Result};

const LIVE: u8 = 1;
const DEAD: u8 = 2;
/// How many witnesses are kept.
const WITNESSES: usize = 16;
/// How deep in intersections and alternatives rules are looked for.
const RULE_DEPTH: u32 = 3;
/// Among how many rules those texts are tried.
const FEW_RULES: usize = 2;
/// For how many states of a search the texts that complete a rule are tried.
const WITH_COMPLETIONS: usize = 4;

impl Exprs {
    /// Whether no byte string matches. Linear in the number of states that must be visited; an
    /// error past [`Exprs::emptiness_limit`] of them.
    pub fn matches_nothing(&mut self, expr: ExprId) -> Result<bool> {
        if expr == ExprId::NEVER {
            return Ok(true);
        }
        if self.is_nullable(expr) || !self.facts(expr).boolean {
            return Ok(false);
        }
        match self.liveness[expr.index()] {
            LIVE => return Ok(false),
            DEAD => return Ok(true),
            _ => {}
        }
        if self.is_wider_than_a_witness(expr) {
            self.liveness[expr.index()] = LIVE;
            return Ok(false);
        }
        let mut parents: FxHashMap<ExprId, ExprId> = FxHashMap::default();
        parents.insert(expr, expr);
        // The nearest first, and of several the oldest.
        let mut queue = BinaryHeap::from([Reverse((0, 0, expr))]);
        let mut visited = 0;
        while let Some(Reverse((_, _, state))) = queue.pop() {
            visited += 1;
            if visited > self.emptiness_limit {
                return Err(Error::limit(format!(
                    "deciding whether a part of the constraint allows anything needs more than {} \
                     states",
                    self.emptiness_limit
                )));
            }
            if visited <= WITH_COMPLETIONS && self.takes_a_completion(state)? {
                self.mark_live(state, expr, &parents);
                return Ok(false);
            }
            let row = self.raw_row(state)?;
            for at in 0..row.len as usize {
                let target = self.slice(row)[at].target;
                if parents.contains_key(&target) || self.liveness[target.index()] == DEAD {
                    continue;
                }
                parents.insert(target, state);
                let plain = !self.facts(target).boolean;
                if plain || self.is_nullable(target) || self.liveness[target.index()] == LIVE {
                    self.mark_live(target, expr, &parents);
                    return Ok(false);
                }
                queue.push(Reverse((self.facts(target).effort, parents.len(), target)));
            }
        }
        for state in parents.into_keys() {
            self.liveness[state.index()] = DEAD;
        }
        Ok(true)
    }

    /// Every state on the way from `expr` to one that matches something does so too.
    fn mark_live(&mut self, mut live: ExprId, expr: ExprId, parents: &FxHashMap<ExprId, ExprId>) {
        self.liveness[live.index()] = LIVE;
        while live != expr {
            live = parents[&live];
            self.liveness[live.index()] = LIVE;
        }
        self.add_witness(expr);
    }

    /// Whether the expression matches one of the texts that complete a rule in it.
    fn takes_a_completion(&mut self, expr: ExprId) -> Result<bool> {
        let mut rules = Vec::new();
        self.rules_in(expr, RULE_DEPTH, &mut rules);
        // What completes one of many seldom completes them all.
        if rules.len() > FEW_RULES {
            return Ok(false);
        }
        for (rule, state) in rules {
            for text in self.rule_of(rule).completions(state) {
                let mut path = vec![expr];
                for byte in text {
                    let row = self.raw_row(path[path.len() - 1])?;
                    path.push(super::row::lookup(self.slice(row), byte));
                }
                if self.is_nullable(path[path.len() - 1]) {
                    path.into_iter().for_each(|state| self.liveness[state.index()] = LIVE);
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// States of rules that stand in an intersection, by themselves or among alternatives.
    fn rules_in(&self, expr: ExprId, depth: u32, found: &mut Vec<(RuleId, u64)>) {
        match self.node(expr) {
            Expr::Rule { rule, state } if depth < RULE_DEPTH => found.push((*rule, *state)),
            Expr::And(items) | Expr::Or(items) if depth > 0 => {
                items.iter().for_each(|&item| self.rules_in(item, depth - 1, found));
            }
            _ => {}
        }
    }

    fn add_witness(&mut self, expr: ExprId) {
        if matches!(self.node(expr), Expr::And(_)) {
            if self.witnesses.len() == WITNESSES {
                self.witnesses.remove(0);
            }
            self.witnesses.push(expr);
        }
    }

    /// Whether each operand of the intersection holds all of some operand of a witness.
    fn is_wider_than_a_witness(&self, expr: ExprId) -> bool {
        let Expr::And(wide) = self.node(expr) else { return false };
        self.witnesses.iter().rev().any(|&witness| {
            let Expr::And(narrow) = self.node(witness) else { return false };
            wide.iter().all(|wide| match self.node(*wide) {
                _ if narrow.contains(wide) => true,
                Expr::Or(items) => narrow.iter().any(|one| items.binary_search(one).is_ok()),
                _ => false,
            })
        })
    }
}
