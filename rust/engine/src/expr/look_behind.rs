//! Look-behind that has not been reached yet: it watches the bytes that pass before it.
//!
//! A look-behind node holds the state of "the text so far, then what is looked for". Whatever
//! stands after a byte is moved past that byte the moment it is put there, once; all look-behind in
//! one expression has therefore seen the same text.

use rustc_hash::{FxHashMap, FxHashSet};

use super::row::{self, Transition};
use super::{Expr, ExprId, Exprs};
use crate::error::Result;

/// Where each look-behind node, and then each expression with one inside, goes by one byte.
type Moves = FxHashMap<ExprId, ExprId>;

impl Exprs {
    /// `row` with `tail` after every target, where `tail` has look-behind that is yet to see the
    /// row's byte.
    pub(super) fn then_past(
        &mut self,
        row: &[Transition],
        tail: ExprId,
    ) -> Result<Vec<Transition>> {
        let mut watched = Vec::new();
        self.collect_look_behind(tail, &mut watched, &mut FxHashSet::default());
        let mut rows = vec![row.to_vec()];
        for &(_, behind) in &watched {
            rows.push(self.raw(behind)?);
        }
        let slices: Vec<&[Transition]> = rows.iter().map(Vec::as_slice).collect();
        let mut cuts = Vec::new();
        row::segments(&slices, |low, high| cuts.push((low, high)));
        let mut joined = Vec::new();
        for (low, high) in cuts {
            let target = row::lookup(&rows[0], low);
            if target == ExprId::NEVER {
                continue;
            }
            let mut moves = Moves::default();
            for (&(node, _), row) in watched.iter().zip(&rows[1..]) {
                if let Expr::LookBehind { negated, .. } = *self.node(node) {
                    let moved = self.text_before(row::lookup(row, low), negated);
                    moves.insert(node, moved);
                }
            }
            let tail = self.move_look_behind(tail, &mut moves);
            let target = self.concat2(target, tail);
            row::push(&mut joined, low, high, target);
        }
        Ok(joined)
    }

    /// The look-behind nodes in an expression, with their states.
    fn collect_look_behind(
        &self,
        mut id: ExprId,
        found: &mut Vec<(ExprId, ExprId)>,
        seen: &mut FxHashSet<ExprId>,
    ) {
        while self.facts(id).look_behind && seen.insert(id) {
            match self.node(id) {
                Expr::LookBehind { state, .. } => found.push((id, *state)),
                Expr::Concat(head, tail) => {
                    self.collect_look_behind(*head, found, seen);
                    id = *tail;
                    continue;
                }
                Expr::Or(items) | Expr::And(items) => {
                    items.iter().for_each(|&item| self.collect_look_behind(item, found, seen));
                }
                Expr::Switch(arms) => {
                    arms.iter().for_each(|arm| self.collect_look_behind(arm.target, found, seen));
                }
                Expr::Not(body) | Expr::Repeat { body, .. } | Expr::LookAhead { body, .. } => {
                    id = *body;
                    continue;
                }
                Expr::Never
                | Expr::Empty
                | Expr::Open { .. }
                | Expr::Unknown
                | Expr::Literal { .. }
                | Expr::Rule { .. } => {}
            }
            return;
        }
    }

    fn move_look_behind(&mut self, id: ExprId, moves: &mut Moves) -> ExprId {
        if !self.facts(id).look_behind {
            return id;
        }
        if let Some(&moved) = moves.get(&id) {
            return moved;
        }
        let moved = match self.node(id).clone() {
            Expr::Concat(..) => {
                // Along the tails in a loop: a sequence may be long.
                let mut heads = Vec::new();
                let mut rest = id;
                while let Expr::Concat(head, tail) = *self.node(rest) {
                    heads.push(head);
                    rest = tail;
                }
                let rest = self.move_look_behind(rest, moves);
                heads.into_iter().rev().fold(rest, |tail, head| {
                    let head = self.move_look_behind(head, moves);
                    self.concat2(head, tail)
                })
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
                    .map(|arm| {
                        let target = self.move_look_behind(arm.target, moves);
                        Transition { target, ..*arm }
                    })
                    .filter(|arm| arm.target != ExprId::NEVER)
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
            Expr::LookBehind { .. }
            | Expr::Never
            | Expr::Empty
            | Expr::Open { .. }
            | Expr::Unknown
            | Expr::Literal { .. }
            | Expr::Rule { .. } => id,
        };
        moves.insert(id, moved);
        moved
    }
}
