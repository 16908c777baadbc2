//! Which expressions match nothing at all.
//!
//! Without intersection, complement and look-around the constructors already reduce an expression
//! that matches nothing to [`ExprId::NEVER`]. The others are searched for a state that accepts,
//! first from where the least is still to be done: several conditions that each need a long text are
//! met in one walk, where a search by breadth would try all that may come between. Every state seen
//! on the way is decided too; and an intersection that is wider than one of the last few found to
//! match something does so too, as after `.*` any state is wider than the one before.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::{Expr, ExprId, Exprs};
use crate::error::{Error, Result};

const LIVE: u8 = 1;
const DEAD: u8 = 2;
/// How many witnesses are kept.
const WITNESSES: usize = 16;

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
            let row = self.raw_row(state)?;
            for at in 0..row.len as usize {
                let target = self.slice(row)[at].target;
                if parents.contains_key(&target) || self.liveness[target.index()] == DEAD {
                    continue;
                }
                parents.insert(target, state);
                let plain = !self.facts(target).boolean;
                if plain || self.is_nullable(target) || self.liveness[target.index()] == LIVE {
                    let mut live = target;
                    loop {
                        self.liveness[live.index()] = LIVE;
                        if live == expr {
                            self.add_witness(expr);
                            return Ok(false);
                        }
                        live = parents[&live];
                    }
                }
                queue.push(Reverse((self.facts(target).effort, parents.len(), target)));
            }
        }
        for state in parents.into_keys() {
            self.liveness[state.index()] = DEAD;
        }
        Ok(true)
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
