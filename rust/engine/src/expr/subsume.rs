//! Whether a state can be continued by every text over a class of code points.

use rustc_hash::FxHashSet;

use super::row;
use super::{Expr, ExprId, Exprs};
use crate::error::Result;

/// How many pairs of states a search may visit. States that take a class as a whole loop within a
/// few; a search that goes on longer is not worth its answer.
const PAIR_LIMIT: usize = 48;

impl Exprs {
    /// Whether every text over the class, and so every prefix of one, can be read from `state` and
    /// then completed. `false` may also mean that it would take long to find out. `texts` is
    /// [`Exprs::texts_over`] of the class.
    pub fn takes_all(&mut self, state: ExprId, texts: ExprId) -> Result<bool> {
        let head = match *self.node(state) {
            Expr::Concat(head, _) => head,
            _ => state,
        };
        if let Some((wide, _)) = self.exceptions(head) {
            return self.takes_all(wide, texts);
        }
        if let Some(&known) = self.taken.get(&(state, texts)) {
            return Ok(known);
        }
        let takes = self.part_takes_all(state, texts)? || self.search_takes_all(state, texts)?;
        self.taken.insert((state, texts), takes);
        Ok(takes)
    }

    /// Whether a part of the state alone takes all texts: what must be remembered after `.*a.{9}`
    /// multiplies states, but the `.*` in each of them goes on over anything.
    fn part_takes_all(&mut self, state: ExprId, texts: ExprId) -> Result<bool> {
        match self.node(state) {
            Expr::Or(items) => {
                for item in items.clone() {
                    if self.takes_all(item, texts)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            // What is not boolean can always be completed.
            &Expr::Concat(head, tail) if !self.facts(tail).boolean && !self.facts(head).boolean => {
                stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.takes_all(head, texts))
            }
            _ => Ok(false),
        }
    }

    /// Searches for a text that the state does not take. A pair of states that is wider than one
    /// seen before has nothing new to show.
    fn search_takes_all(&mut self, state: ExprId, texts: ExprId) -> Result<bool> {
        let mut seen = FxHashSet::default();
        let mut queue = vec![(state, texts)];
        seen.insert((state, texts));
        while let Some((state, text)) = queue.pop() {
            self.row(state)?;
            self.row(text)?;
            let (have, want) = (self.rows[state.index()], self.rows[text.index()]);
            let (have, want) = (self.slice(have), self.slice(want));
            let mut next = Vec::new();
            let mut covered = true;
            row::segments(&[have, want], |low, _| {
                let wanted = row::lookup(want, low);
                if wanted != ExprId::NEVER {
                    let reached = row::lookup(have, low);
                    covered &= reached != ExprId::NEVER;
                    next.push((reached, wanted));
                }
            });
            if !covered {
                return Ok(false);
            }
            for pair in next {
                let wider = match self.node(pair.0) {
                    Expr::Or(items) => items.iter().any(|&item| seen.contains(&(item, pair.1))),
                    _ => false,
                };
                if !wider && seen.insert(pair) {
                    if seen.len() > PAIR_LIMIT {
                        return Ok(false);
                    }
                    queue.push(pair);
                }
            }
        }
        Ok(true)
    }

    /// An expression that is another one but for finitely many exceptions (the keys already used,
    /// say): that one, and the exceptions.
    ///
    /// If every text can be read from that and completed, it can be completed in infinitely many
    /// ways, so always in one that is no exception.
    pub(crate) fn exceptions(&self, state: ExprId) -> Option<(ExprId, Vec<ExprId>)> {
        let Expr::And(items) = self.node(state) else { return None };
        let mut wide = None;
        let mut exceptions = Vec::with_capacity(items.len() - 1);
        for &item in items {
            match *self.node(item) {
                Expr::Not(body) if !self.facts(body).infinite => exceptions.push(body),
                _ if wide.is_some() => return None,
                _ => wide = Some(item),
            }
        }
        Some((wide?, exceptions))
    }

    /// All texts over a class, for [`Exprs::takes_all`].
    pub fn texts_over(&mut self, class: &[(u32, u32)]) -> ExprId {
        let class = self.class(class);
        self.star(class)
    }
}
