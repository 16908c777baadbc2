//! Rows of the lazy automaton: for ranges of bytes, the derivative by those bytes.

use std::time::Duration;

use rustix::time::{clock_gettime, ClockId};

use super::row::{self, RowRef, Transition};
use super::{Expr, ExprId, Exprs, UNBOUNDED};
use crate::error::{Error, Result};

/// How long the work of one call (a compile, a mask, a token) may take, in the processor's time: a
/// machine busy with other things makes no constraint too hard.
pub(super) const CALL_LIMIT: Duration = Duration::from_millis(1500);
/// How many expressions one call may add: some 300 MB with all that is kept of them.
const CALL_SIZE: usize = 1_000_000;
/// How many pieces of work go by between two looks at the clock.
const CLOCK_TICKS: u32 = 64;

impl Exprs {
    /// The row of a state: sorted disjoint ranges; a byte in none of them leads nowhere, and every
    /// target matches something. Computed once.
    pub fn row(&mut self, state: ExprId) -> Result<&[Transition]> {
        let reference = self.live_row(state)?;
        Ok(self.slice(reference))
    }

    /// The state after `byte`, [`ExprId::NEVER`] if there is none.
    pub fn step(&mut self, state: ExprId, byte: u8) -> Result<ExprId> {
        if let Some(at) = self.byte_by_byte(state) {
            return self.step_one(&at, byte);
        }
        Ok(row::lookup(self.row(state)?, byte))
    }

    /// Visits the ranges of bytes, in order, that may lead on from a state, all bytes of one to one
    /// target.
    ///
    /// # Errors
    /// As for [`Exprs::row`].
    pub fn each_range(&mut self, state: ExprId, mut visit: impl FnMut(u8, u8)) -> Result<()> {
        let Some(at) = self.byte_by_byte(state) else {
            self.row(state)?.iter().for_each(|arm| visit(arm.low, arm.high));
            return Ok(());
        };
        let mut bytes = at.bytes.to_vec();
        if self.is_nullable(at.head) {
            bytes.extend(self.row(at.tail)?.iter().flat_map(|arm| arm.low..=arm.high));
        }
        bytes.sort_unstable();
        bytes.dedup();
        bytes.into_iter().for_each(|byte| visit(byte, byte));
        Ok(())
    }

    /// How many bytes may lead on from a state, at most.
    pub(crate) fn width(&mut self, state: ExprId) -> Result<u32> {
        let of_row = |row: &[Transition]| -> u32 {
            row.iter().map(|arm| u32::from(arm.high - arm.low) + 1).sum()
        };
        let Some(at) = self.byte_by_byte(state) else { return Ok(of_row(self.row(state)?)) };
        let skipped = if self.is_nullable(at.head) { of_row(self.row(at.tail)?) } else { 0 };
        Ok(at.bytes.len() as u32 + skipped)
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&mut self, expr: ExprId, text: &[u8]) -> Result<bool> {
        let mut state = expr;
        for &byte in text {
            state = self.step(state, byte)?;
        }
        Ok(self.is_nullable(state))
    }

    pub(super) fn slice(&self, reference: RowRef) -> &[Transition] {
        &self.transitions[reference.start as usize..][..reference.len as usize]
    }

    fn live_row(&mut self, state: ExprId) -> Result<RowRef> {
        let reference = self.raw_row(state)?;
        if !self.facts(state).boolean {
            return Ok(reference);
        }
        let targets: Vec<Transition> = self.slice(reference).to_vec();
        let mut dead = false;
        for arm in &targets {
            dead |= self.matches_nothing(arm.target)?;
        }
        if !dead {
            return Ok(reference);
        }
        let mut live = Vec::with_capacity(targets.len());
        for arm in targets {
            if !self.matches_nothing(arm.target)? {
                live.push(arm);
            }
        }
        Ok(self.store(state, live))
    }

    fn store(&mut self, state: ExprId, row: Vec<Transition>) -> RowRef {
        let reference = RowRef { start: self.transitions.len() as u32, len: row.len() as u32 };
        self.transitions.extend_from_slice(&row);
        self.rows[state.index()] = reference;
        reference
    }

    /// Starts the clock for the work of one call; see [`Exprs::check_deadline`].
    pub fn start_clock(&mut self) {
        self.limit_time(CALL_LIMIT);
    }

    /// The same for a call that may do long work before it first looks at the clock.
    pub fn start_clock_now(&mut self) {
        self.start_clock();
        self.deadline = Some(thread_time() + self.time_limit);
    }

    /// The same for work that is to take no longer than `limit`.
    pub fn limit_time(&mut self, limit: Duration) {
        self.time_limit = limit;
        self.deadline = None;
        self.ticks = 0;
        self.size_before = self.nodes.len();
    }

    /// Called once for every piece of work that is not a look-up.
    ///
    /// # Errors
    /// [`Error::Limit`] when the call at hand has worked for as long as it may.
    pub(crate) fn check_deadline(&mut self) -> Result<()> {
        self.check_deadline_after(1)
    }

    /// The same for so many pieces of work.
    ///
    /// # Errors
    /// As for one.
    pub(crate) fn check_deadline_after(&mut self, pieces: u32) -> Result<()> {
        self.ticks = self.ticks.saturating_add(pieces);
        if self.ticks < CLOCK_TICKS {
            return Ok(());
        }
        self.ticks = 0;
        let now = thread_time();
        match self.deadline {
            // Short calls, nearly all of them, never look at the clock.
            None => self.deadline = Some(now + self.time_limit),
            Some(deadline) if now > deadline => {
                return Err(Error::limit(format!(
                    "the constraint took more than {} ms of work at one point",
                    self.time_limit.as_millis()
                )));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Called before a state is worked out.
    pub(super) fn check_size(&mut self) -> Result<()> {
        if self.nodes.len() > self.size_limit {
            return Err(Error::limit(format!(
                "the constraint needs more than {} automaton states",
                self.size_limit
            )));
        }
        if self.nodes.len() > self.size_before + CALL_SIZE {
            return Err(Error::limit(format!(
                "the constraint took more than {CALL_SIZE} automaton states at one point"
            )));
        }
        self.check_deadline()
    }

    /// The row before states that match nothing are taken out of it.
    pub(super) fn raw_row(&mut self, state: ExprId) -> Result<RowRef> {
        let known = self.rows[state.index()];
        if known != RowRef::UNKNOWN {
            return Ok(known);
        }
        self.check_size()?;
        let row = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.derive(state))?;
        Ok(self.store(state, row))
    }

    pub(super) fn raw(&mut self, state: ExprId) -> Result<Vec<Transition>> {
        let reference = self.raw_row(state)?;
        Ok(self.slice(reference).to_vec())
    }

    fn derive(&mut self, state: ExprId) -> Result<Vec<Transition>> {
        match *self.node(state) {
            Expr::Concat(head, tail) => self.derive_before(head, tail),
            _ => self.derive_before(state, ExprId::EMPTY),
        }
    }

    /// The row of `head tail`. Look-ahead in `head` reaches into `tail`, which is why the two are
    /// derived together.
    fn derive_before(&mut self, head: ExprId, tail: ExprId) -> Result<Vec<Transition>> {
        match self.node(head).clone() {
            Expr::Empty if tail != ExprId::EMPTY => self.raw(tail),
            Expr::Never | Expr::Empty | Expr::Unknown => Ok(Vec::new()),
            Expr::Switch(arms) if self.facts(head).look_behind => {
                let mut row = Vec::with_capacity(arms.len());
                for Transition { low, high, target } in arms {
                    let tail = self.concat2(target, tail);
                    row.extend(
                        self.then(&[Transition { low, high, target: ExprId::EMPTY }], tail)?,
                    );
                }
                Ok(row)
            }
            Expr::Switch(arms) => self.then(&arms, tail),
            Expr::Literal { literal, at } => {
                let byte = self.literal_bytes(literal, at)[0];
                let target = self.literal_from(literal, at + 1);
                self.then(&[Transition { low: byte, high: byte, target }], tail)
            }
            Expr::Concat(first, rest) => {
                let tail = self.concat2(rest, tail);
                self.derive_before(first, tail)
            }
            Expr::Or(items) => {
                let mut rows = Vec::with_capacity(items.len());
                for &item in &items {
                    rows.push(match tail {
                        ExprId::EMPTY => self.raw(item)?,
                        _ => self.derive_before(item, tail)?,
                    });
                }
                Ok(self.union(rows))
            }
            Expr::And(items) => {
                let mut rows = Vec::with_capacity(items.len());
                for &item in &items {
                    rows.push(self.raw(item)?);
                }
                let row = self.intersection(rows);
                self.after(head, row, tail)
            }
            Expr::Not(body) => {
                let row = self.raw(body)?;
                let row = self.complement(&row);
                self.after(head, row, tail)
            }
            Expr::Repeat { body, min, max } => {
                let more = if max == UNBOUNDED { UNBOUNDED } else { max - 1 };
                let again = self.repeat(body, min.saturating_sub(1), more);
                let again = self.concat2(again, tail);
                let facts = self.facts(body);
                let row = if facts.look_ahead || facts.look_behind {
                    self.derive_before(body, again)?
                } else {
                    let row = self.raw(body)?;
                    self.then(&row, again)?
                };
                if min == 0 && tail != ExprId::EMPTY {
                    let skipped = self.raw(tail)?;
                    return Ok(self.union(vec![row, skipped]));
                }
                Ok(row)
            }
            Expr::Open { body, min, rounds } => {
                let row = self.raw(body)?;
                let again = match rounds {
                    0 => ExprId::UNKNOWN,
                    _ => self.open(body, min.saturating_sub(1), rounds - 1),
                };
                let again = self.concat2(again, tail);
                let row = self.then(&row, again)?;
                if min == 0 && tail != ExprId::EMPTY {
                    let skipped = self.raw(tail)?;
                    return Ok(self.union(vec![row, skipped]));
                }
                Ok(row)
            }
            Expr::LookAhead { body, negated } => {
                let ahead = self.concat2(body, ExprId::ALL);
                let ahead = if negated { self.not(ahead) } else { ahead };
                let ahead = self.raw(ahead)?;
                let rest = self.raw(tail)?;
                Ok(self.intersection(vec![ahead, rest]))
            }
            Expr::LookBehind { state, negated } => {
                if self.is_nullable(state) != negated {
                    self.raw(tail)
                } else {
                    Ok(Vec::new())
                }
            }
            Expr::Rule { rule, state } if tail == ExprId::EMPTY => {
                let body = self.rule_of(rule).expand(self, rule, state);
                self.raw(body)
            }
            Expr::Rule { .. } => {
                let row = self.raw(head)?;
                self.after(head, row, tail)
            }
        }
    }

    /// The row of `head tail` from the row of `head`.
    fn after(
        &mut self,
        head: ExprId,
        row: Vec<Transition>,
        tail: ExprId,
    ) -> Result<Vec<Transition>> {
        let row = self.then(&row, tail)?;
        if tail == ExprId::EMPTY || !self.is_nullable(head) {
            return Ok(row);
        }
        let skipped = self.raw(tail)?;
        Ok(self.union(vec![row, skipped]))
    }

    /// The row with `tail` after every target. The targets are what follows the byte; `tail` is
    /// still what it was before, and its look-behind now gets to see the byte.
    fn then(&mut self, row: &[Transition], tail: ExprId) -> Result<Vec<Transition>> {
        if self.facts(tail).look_behind {
            return self.then_past(row, tail);
        }
        let mut joined = Vec::with_capacity(row.len());
        for arm in row {
            let target = self.concat2(arm.target, tail);
            row::push(&mut joined, arm.low, arm.high, target);
        }
        Ok(joined)
    }

    fn combine(
        &mut self,
        rows: &[Vec<Transition>],
        mut join: impl FnMut(&mut Self, Vec<ExprId>) -> ExprId,
    ) -> Vec<Transition> {
        let slices: Vec<&[Transition]> = rows.iter().map(Vec::as_slice).collect();
        let mut cuts = Vec::new();
        row::segments(&slices, |low, high| cuts.push((low, high)));
        let mut cursors = vec![0usize; rows.len()];
        let mut combined = Vec::with_capacity(cuts.len());
        for (low, high) in cuts {
            let mut targets = Vec::new();
            for (row, cursor) in rows.iter().zip(&mut cursors) {
                while row.get(*cursor).is_some_and(|arm| arm.high < low) {
                    *cursor += 1;
                }
                targets.push(match row.get(*cursor) {
                    Some(arm) if arm.low <= low => arm.target,
                    _ => ExprId::NEVER,
                });
            }
            let target = join(self, targets);
            row::push(&mut combined, low, high, target);
        }
        combined
    }

    fn union(&mut self, mut rows: Vec<Vec<Transition>>) -> Vec<Transition> {
        rows.retain(|row| !row.is_empty());
        if rows.len() <= 1 {
            return rows.pop().unwrap_or_default();
        }
        self.combine(&rows, |exprs, targets| exprs.or(targets))
    }

    fn intersection(&mut self, rows: Vec<Vec<Transition>>) -> Vec<Transition> {
        if rows.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        self.combine(&rows, |exprs, targets| exprs.and(targets))
    }

    fn complement(&mut self, row: &[Transition]) -> Vec<Transition> {
        self.combine(&[row.to_vec()], |exprs, targets| exprs.not(targets[0]))
    }
}

/// How much of the processor's time this thread has had.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
