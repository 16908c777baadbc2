//! Rows of the lazy automaton: for ranges of bytes, the derivative by those bytes.

use super::row::{self, RowRef, Transition};
use super::{Expr, ExprId, Exprs, UNBOUNDED};
use crate::error::{Error, Result};

impl Exprs {
    /// The row of a state: sorted disjoint ranges; a byte in none of them leads nowhere, and every
    /// target matches something. Computed once.
    pub fn row(&mut self, state: ExprId) -> Result<&[Transition]> {
        let reference = self.live_row(state)?;
        Ok(self.slice(reference))
    }

    /// The state after `byte`, [`ExprId::NEVER`] if there is none.
    pub fn step(&mut self, state: ExprId, byte: u8) -> Result<ExprId> {
        Ok(row::lookup(self.row(state)?, byte))
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
        let reference =
            RowRef { start: self.transitions.len() as u32, len: row.len() as u32 };
        self.transitions.extend_from_slice(&row);
        self.rows[state.index()] = reference;
        reference
    }

    /// The row before states that match nothing are taken out of it.
    pub(super) fn raw_row(&mut self, state: ExprId) -> Result<RowRef> {
        let known = self.rows[state.index()];
        if known != RowRef::UNKNOWN {
            return Ok(known);
        }
        if self.nodes.len() > self.size_limit {
            return Err(Error::limit(format!(
                "the constraint needs more than {} automaton states",
                self.size_limit
            )));
        }
        let row = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.derive(state))?;
        Ok(self.store(state, row))
    }

    fn raw(&mut self, state: ExprId) -> Result<Vec<Transition>> {
        let reference = self.raw_row(state)?;
        Ok(self.slice(reference).to_vec())
    }

    fn derive(&mut self, state: ExprId) -> Result<Vec<Transition>> {
        let row = match self.node(state).clone() {
            Expr::Concat(head, tail) => self.derive_before(head, tail)?,
            _ => self.derive_before(state, ExprId::EMPTY)?,
        };
        if self.facts(state).look_behind {
            return self.advance_look_behind(state, row);
        }
        Ok(row)
    }

    /// The row of `head tail`. Look-ahead in `head` reaches into `tail`, which is why the two are
    /// derived together.
    fn derive_before(&mut self, head: ExprId, tail: ExprId) -> Result<Vec<Transition>> {
        match self.node(head).clone() {
            Expr::Never | Expr::Empty if tail == ExprId::EMPTY || head == ExprId::NEVER => {
                Ok(Vec::new())
            }
            Expr::Never | Expr::Empty => self.raw(tail),
            Expr::Switch(arms) => Ok(self.then(&arms, tail)),
            Expr::Literal { literal, at } => {
                let byte = self.literal_bytes(literal, at)[0];
                let rest = self.literal_from(literal, at + 1);
                let target = self.concat2(rest, tail);
                Ok(vec![Transition { low: byte, high: byte, target }])
            }
            Expr::Concat(first, rest) => {
                let tail = self.concat2(rest, tail);
                self.derive_before(first, tail)
            }
            Expr::Or(items) => {
                let mut rows = Vec::with_capacity(items.len());
                for &item in &items {
                    rows.push(self.derive_before(item, tail)?);
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
                    self.then(&row, again)
                };
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
        }
    }

    /// The row of `head tail` from the row of `head`.
    fn after(
        &mut self,
        head: ExprId,
        row: Vec<Transition>,
        tail: ExprId,
    ) -> Result<Vec<Transition>> {
        let row = self.then(&row, tail);
        if tail == ExprId::EMPTY || !self.is_nullable(head) {
            return Ok(row);
        }
        let skipped = self.raw(tail)?;
        Ok(self.union(vec![row, skipped]))
    }

    /// The row with `tail` after every target.
    fn then(&mut self, row: &[Transition], tail: ExprId) -> Vec<Transition> {
        let mut joined = Vec::with_capacity(row.len());
        for arm in row {
            let target = self.concat2(arm.target, tail);
            row::push(&mut joined, arm.low, arm.high, target);
        }
        joined
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

    /// Look-behind that has not been reached yet must see the bytes that pass before it.
    fn advance_look_behind(
        &mut self,
        state: ExprId,
        row: Vec<Transition>,
    ) -> Result<Vec<Transition>> {
        let mut watched = Vec::new();
        self.collect_look_behind(state, &mut watched);
        let mut rows = vec![row];
        for &(_, behind) in &watched {
            rows.push(self.raw(behind)?);
        }
        let slices: Vec<&[Transition]> = rows.iter().map(Vec::as_slice).collect();
        let mut cuts = Vec::new();
        row::segments(&slices, |low, high| cuts.push((low, high)));
        let mut advanced = Vec::new();
        for (low, high) in cuts {
            let target = row::lookup(&rows[0], low);
            if target == ExprId::NEVER {
                continue;
            }
            let moves: Vec<(ExprId, ExprId)> = watched
                .iter()
                .zip(&rows[1..])
                .map(|(&(node, _), row)| (node, row::lookup(row, low)))
                .collect();
            let target = self.move_look_behind(target, &moves);
            row::push(&mut advanced, low, high, target);
        }
        Ok(advanced)
    }

    /// The look-behind nodes in an expression, with their states.
    fn collect_look_behind(&self, id: ExprId, found: &mut Vec<(ExprId, ExprId)>) {
        if !self.facts(id).look_behind {
            return;
        }
        match self.node(id) {
            Expr::LookBehind { state, .. } => {
                if !found.iter().any(|&(node, _)| node == id) {
                    found.push((id, *state));
                }
            }
            Expr::Concat(a, b) => {
                self.collect_look_behind(*a, found);
                self.collect_look_behind(*b, found);
            }
            Expr::Or(items) | Expr::And(items) => {
                items.iter().for_each(|&item| self.collect_look_behind(item, found));
            }
            Expr::Switch(arms) => {
                arms.iter().for_each(|arm| self.collect_look_behind(arm.target, found));
            }
            Expr::Not(body) | Expr::Repeat { body, .. } | Expr::LookAhead { body, .. } => {
                self.collect_look_behind(*body, found);
            }
            Expr::Never | Expr::Empty | Expr::Literal { .. } => {}
        }
    }

    fn move_look_behind(&mut self, id: ExprId, moves: &[(ExprId, ExprId)]) -> ExprId {
        if !self.facts(id).look_behind {
            return id;
        }
        match self.node(id).clone() {
            Expr::LookBehind { state, negated } => {
                let moved = moves.iter().find(|&&(node, _)| node == id);
                self.look_behind_at(moved.map_or(state, |&(_, next)| next), negated)
            }
            Expr::Concat(a, b) => {
                let (a, b) = (self.move_look_behind(a, moves), self.move_look_behind(b, moves));
                self.concat2(a, b)
            }
            Expr::Or(items) => {
                let items = items.iter().map(|&item| self.move_look_behind(item, moves)).collect();
                self.or(items)
            }
            Expr::And(items) => {
                let items = items.iter().map(|&item| self.move_look_behind(item, moves)).collect();
                self.and(items)
            }
            Expr::Switch(arms) => {
                let arms = arms
                    .iter()
                    .map(|arm| Transition { target: self.move_look_behind(arm.target, moves), ..*arm })
                    .collect();
                self.switch(arms)
            }
            Expr::Not(body) => {
                let body = self.move_look_behind(body, moves);
                self.not(body)
            }
            Expr::Repeat { body, min, max } => {
                let body = self.move_look_behind(body, moves);
                self.repeat(body, min, max)
            }
            Expr::LookAhead { body, negated } => {
                let body = self.move_look_behind(body, moves);
                self.look_ahead(body, negated)
            }
            Expr::Never | Expr::Empty | Expr::Literal { .. } => id,
        }
    }
}
