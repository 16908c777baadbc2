//! The shortest text of an expression, over the bytes that may be used.
//!
//! Found by a best-first search from the expression through its rows, guided by what is known of
//! every expression from its structure ([`super::Facts`]); without intersection and complement that
//! is the length itself, and the search goes straight. Every state on the way is settled too, so
//! going along a shortest text costs a look-up for each byte.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Expr, ExprId, Exprs};
use crate::error::Result;

/// A length that no text has: there is none, or none was found within the limit.
pub(crate) const ENDLESS: u32 = u32::MAX;

/// How many expressions one search may visit.
const VISIT_LIMIT: usize = 20_000;

/// How many expressions [`Shortest::peak`] may go through.
const PEAK_LIMIT: usize = 256;

/// The bytes that are tried first where a range allows several: tokens of many spaces are common.
const PREFERRED: [u8; 3] = [b' ', b'a', b'0'];

/// Shortest texts, remembered.
pub(crate) struct Shortest {
    usable: [bool; 256],
    /// The length of the shortest text and its first byte.
    known: FxHashMap<ExprId, (u32, u8)>,
    peaks: FxHashMap<ExprId, u32>,
}

impl Shortest {
    /// `usable[b]`: the texts may have byte `b` in them.
    pub fn new(usable: [bool; 256]) -> Self {
        Shortest { usable, known: FxHashMap::default(), peaks: FxHashMap::default() }
    }

    /// The length of the shortest text.
    ///
    /// # Errors
    /// As for [`Exprs::row`].
    pub fn length(&mut self, exprs: &mut Exprs, expr: ExprId) -> Result<u32> {
        if exprs.is_nullable(expr) {
            return Ok(0);
        }
        match self.known.get(&expr) {
            Some(&(length, _)) => Ok(length),
            None => self.search(exprs, expr),
        }
    }

    /// The shortest text that is not empty: its length and its first byte.
    ///
    /// # Errors
    /// As for [`Exprs::row`].
    pub fn step(&mut self, exprs: &mut Exprs, expr: ExprId) -> Result<(u32, u8)> {
        if !exprs.is_nullable(expr) {
            self.length(exprs, expr)?;
            return Ok(self.known.get(&expr).copied().unwrap_or((ENDLESS, 0)));
        }
        if let Some(&known) = self.known.get(&expr) {
            return Ok(known);
        }
        let mut best = (ENDLESS, 0);
        for arm in exprs.row(expr)?.to_vec() {
            let Some(byte) = self.usable_in(arm.low, arm.high) else { continue };
            let length = self.length(exprs, arm.target)?.saturating_add(1);
            if length < best.0 {
                best = (length, byte);
            }
        }
        self.known.insert(expr, best);
        Ok(best)
    }

    /// The shortest text itself; none if there is none, or it is longer than `limit`.
    ///
    /// # Errors
    /// As for [`Exprs::row`].
    pub fn text(
        &mut self,
        exprs: &mut Exprs,
        mut expr: ExprId,
        limit: u32,
    ) -> Result<Option<Vec<u8>>> {
        if self.length(exprs, expr)? > limit {
            return Ok(None);
        }
        let mut text = Vec::new();
        while !exprs.is_nullable(expr) {
            let (_, byte) = self.step(exprs, expr)?;
            text.push(byte);
            expr = exprs.step(expr, byte)?;
        }
        Ok(Some(text))
    }

    /// At least the length of the shortest text of `expr` and of whatever is left of it after some
    /// bytes; [`ENDLESS`] where finding such a number would take long.
    ///
    /// # Errors
    /// As for [`Exprs::row`].
    pub fn peak(&mut self, exprs: &mut Exprs, expr: ExprId) -> Result<u32> {
        if let Some(&known) = self.peaks.get(&expr) {
            return Ok(known);
        }
        let peak = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.find_peak(exprs, expr))?;
        self.peaks.insert(expr, peak);
        Ok(peak)
    }

    fn find_peak(&mut self, exprs: &mut Exprs, expr: ExprId) -> Result<u32> {
        if exprs.facts(expr).look_behind {
            return Ok(ENDLESS);
        }
        match exprs.node(expr).clone() {
            Expr::Never | Expr::Empty | Expr::Unknown => Ok(0),
            Expr::Literal { .. } => self.length(exprs, expr),
            Expr::Switch(arms) => {
                let mut most = self.length(exprs, expr)?;
                for arm in arms {
                    most = most.max(self.peak(exprs, arm.target)?);
                }
                Ok(most)
            }
            Expr::Concat(head, tail) => {
                let rest = self.length(exprs, tail)?;
                let before = self.peak(exprs, head)?.saturating_add(rest);
                Ok(before.max(self.peak(exprs, tail)?))
            }
            // Of several the shortest counts, and none of those left is longer than the longest.
            Expr::Or(items) => {
                let mut most = 0;
                for item in items {
                    most = most.max(self.peak(exprs, item)?);
                }
                Ok(most)
            }
            Expr::Repeat { body, min, .. } | Expr::Open { body, min, .. } => {
                let rounds = self.length(exprs, body)?.saturating_mul(min);
                Ok(self.peak(exprs, body)?.saturating_add(rounds))
            }
            Expr::And(_)
            | Expr::Not(_)
            | Expr::LookAhead { .. }
            | Expr::LookBehind { .. }
            | Expr::Rule { .. } => self.search_peak(exprs, expr),
        }
    }

    /// The longest of all that the expression can become, if these are few.
    fn search_peak(&mut self, exprs: &mut Exprs, expr: ExprId) -> Result<u32> {
        let mut seen = FxHashSet::from_iter([expr]);
        let mut waiting = vec![expr];
        let mut most = 0;
        while let Some(expr) = waiting.pop() {
            most = most.max(self.length(exprs, expr)?);
            for arm in exprs.row(expr)?.to_vec() {
                if seen.insert(arm.target) {
                    waiting.push(arm.target);
                }
            }
            if most == ENDLESS || seen.len() > PEAK_LIMIT {
                return Ok(ENDLESS);
            }
        }
        Ok(most)
    }

    fn usable_in(&self, low: u8, high: u8) -> Option<u8> {
        let usable = |byte: &u8| self.usable[*byte as usize];
        let preferred =
            PREFERRED.iter().find(|&byte| low <= *byte && *byte <= high && usable(byte));
        preferred.copied().or_else(|| (low..=high).find(usable))
    }

    /// What is certainly still to come: exact where it is known.
    fn at_least(&self, exprs: &Exprs, expr: ExprId) -> (u32, bool) {
        if exprs.is_nullable(expr) {
            return (0, true);
        }
        match self.known.get(&expr) {
            Some(&(length, _)) => (length, true),
            None => (exprs.facts(expr).shortest.max(1), false),
        }
    }

    fn search(&mut self, exprs: &mut Exprs, start: ExprId) -> Result<u32> {
        // How each expression was reached: from where, by which byte, after how many.
        let mut reached: FxHashMap<ExprId, (ExprId, u8, u32)> = FxHashMap::default();
        reached.insert(start, (start, 0, 0));
        // The least total first; of several the one that is furthest.
        let mut queue = BinaryHeap::from([(Reverse(0), 0, start)]);
        let mut visited = 0;
        while let Some((_, so_far, expr)) = queue.pop() {
            if reached[&expr].2 < so_far {
                continue;
            }
            let (left, exact) = self.at_least(exprs, expr);
            if exact {
                if left == ENDLESS {
                    continue;
                }
                self.settle(&reached, start, expr, left);
                return Ok(so_far.saturating_add(left));
            }
            visited += 1;
            if visited > VISIT_LIMIT {
                break;
            }
            for arm in exprs.row(expr)?.to_vec() {
                let Some(byte) = self.usable_in(arm.low, arm.high) else { continue };
                let next = so_far + 1;
                let entry = reached.entry(arm.target).or_insert((expr, byte, u32::MAX));
                if next < entry.2 {
                    *entry = (expr, byte, next);
                    let total = next.saturating_add(self.at_least(exprs, arm.target).0);
                    queue.push((Reverse(total), next, arm.target));
                }
            }
        }
        self.known.insert(start, (ENDLESS, 0));
        Ok(ENDLESS)
    }

    /// Writes down the lengths along a path that was found.
    fn settle(
        &mut self,
        reached: &FxHashMap<ExprId, (ExprId, u8, u32)>,
        start: ExprId,
        end: ExprId,
        mut left: u32,
    ) {
        let mut at = end;
        while at != start {
            let (before, byte, _) = reached[&at];
            left = left.saturating_add(1);
            self.known.insert(before, (left, byte));
            at = before;
        }
    }
}
