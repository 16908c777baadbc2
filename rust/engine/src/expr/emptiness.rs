//! Which expressions match nothing at all.
//!
//! Without intersection, complement and look-around the constructors already reduce an expression
//! that matches nothing to [`ExprId::NEVER`]. The others are searched, breadth first, for a state
//! that accepts; every state seen on the way is decided too.

use rustc_hash::FxHashMap;

use super::{ExprId, Exprs};
use crate::error::{Error, Result};

const LIVE: u8 = 1;
const DEAD: u8 = 2;

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
        let mut parents: FxHashMap<ExprId, ExprId> = FxHashMap::default();
        parents.insert(expr, expr);
        let mut queue = vec![expr];
        let mut next = 0;
        while next < queue.len() {
            let state = queue[next];
            next += 1;
            if next > self.emptiness_limit {
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
                            return Ok(false);
                        }
                        live = parents[&live];
                    }
                }
                queue.push(target);
            }
        }
        for state in queue {
            self.liveness[state.index()] = DEAD;
        }
        Ok(true)
    }
}
