//! One expression for each language, among those that are compared.
//!
//! Normal forms make many equal languages one expression, but not all: look-ahead and what overtakes
//! a match come as intersections and complements, written in as many ways as there are places they
//! come from. Where it pays that there are few (guards, in [`crate::automaton`]), an expression is
//! replaced by the first one met that matches the same texts.
//!
//! Source: Hopcroft and Karp, "A linear algorithm for testing equivalence of finite automata" (1971).

use rustc_hash::FxHashMap;

use super::row;
use super::{ExprId, Exprs};
use crate::error::Result;

/// How many pairs of states a comparison may take.
const PAIR_LIMIT: usize = 256;

/// The expressions met, and what stands for each.
#[derive(Default)]
pub(super) struct Representatives {
    of: FxHashMap<ExprId, ExprId>,
    /// By whether they match the empty text, and the bytes they may start with.
    alike: FxHashMap<(bool, [u64; 4]), Vec<ExprId>>,
}

impl Exprs {
    /// The expression that stands for all that match the same texts.
    ///
    /// # Errors
    /// As for [`Exprs::row`].
    pub fn representative(&mut self, expr: ExprId) -> Result<ExprId> {
        if expr == ExprId::NEVER || expr == ExprId::ALL || expr == ExprId::UNKNOWN {
            return Ok(expr);
        }
        if let Some(&known) = self.representatives.of.get(&expr) {
            return Ok(known);
        }
        let mut starts = [0u64; 4];
        for arm in self.row(expr)? {
            (arm.low..=arm.high).for_each(|byte| starts[byte as usize / 64] |= 1 << (byte % 64));
        }
        let nullable = self.is_nullable(expr);
        let mut found = expr;
        if nullable && starts == [u64::MAX; 4] && self.are_equivalent(expr, ExprId::ALL)? {
            found = ExprId::ALL;
        } else {
            let key = (nullable, starts);
            let alike = self.representatives.alike.get(&key).cloned().unwrap_or_default();
            for other in alike {
                if self.are_equivalent(expr, other)? {
                    found = other;
                    break;
                }
            }
            if found == expr {
                self.representatives.alike.entry(key).or_default().push(expr);
            }
        }
        self.representatives.of.insert(expr, found);
        Ok(found)
    }

    /// Whether it takes at most so many bytes to tell that every text has a beginning in the
    /// expression, or none has, whichever way they go. `false` may also mean that this does not show
    /// in the structure.
    pub(crate) fn is_settled_within(&mut self, expr: ExprId, bytes: u32) -> Result<bool> {
        if expr == ExprId::NEVER || expr == ExprId::ALL {
            return Ok(true);
        }
        if bytes == 0 || expr == ExprId::UNKNOWN {
            return Ok(false);
        }
        for arm in self.row(expr)?.to_vec() {
            if !self.is_settled_within(arm.target, bytes - 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether both match the same texts. `false` may also mean that it would take long to find out.
    fn are_equivalent(&mut self, a: ExprId, b: ExprId) -> Result<bool> {
        let mut parents: FxHashMap<ExprId, ExprId> = FxHashMap::default();
        let mut waiting = vec![(a, b)];
        let mut pairs = 0;
        while let Some((a, b)) = waiting.pop() {
            let (a, b) = (root(&mut parents, a), root(&mut parents, b));
            if a == b {
                continue;
            }
            pairs += 1;
            if pairs > PAIR_LIMIT || self.is_nullable(a) != self.is_nullable(b) {
                return Ok(false);
            }
            if a == ExprId::UNKNOWN || b == ExprId::UNKNOWN {
                return Ok(false);
            }
            parents.insert(a, b);
            let rows = [self.row(a)?.to_vec(), self.row(b)?.to_vec()];
            row::segments(&[&rows[0], &rows[1]], |low, _| {
                waiting.push((row::lookup(&rows[0], low), row::lookup(&rows[1], low)));
            });
        }
        Ok(true)
    }
}

fn root(parents: &mut FxHashMap<ExprId, ExprId>, mut expr: ExprId) -> ExprId {
    while let Some(&parent) = parents.get(&expr) {
        expr = parent;
    }
    expr
}
