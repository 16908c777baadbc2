//! Counts too large to matter: within `bytes` further bytes a repetition that may still run
//! longer than that behaves like one without a bound.
//!
//! Every round of a repetition takes at least as many bytes as its body's shortest text (a nullable
//! body only makes rounds cheaper, and then the lower bound is already zero). States that differ
//! only in such counts therefore allow the same tokens, and share one mask.

use super::row::{self, Transition};
use super::{Expr, ExprId, Exprs, UNBOUNDED};

impl Exprs {
    /// An expression with the same continuations of up to `bytes` bytes, and the same one for all
    /// that differ only in larger counts. Complement and look-around stay as they are: there a
    /// count decides whether anything matches at all. So it does in an intersection, but for that
    /// of a language with a bound on its length ([`Exprs::clamp_length`]).
    pub fn clamp(&mut self, id: ExprId, bytes: u32) -> ExprId {
        self.clamp_counts(id, bytes, true)
    }

    /// As [`Exprs::clamp`]; without `minima` the shortest text after any of the continuations stays
    /// as long as it was.
    fn clamp_counts(&mut self, id: ExprId, bytes: u32, minima: bool) -> ExprId {
        let facts = self.facts(id);
        if !facts.counted || facts.look_ahead || facts.look_behind {
            return id;
        }
        if let Some(&known) = self.clamped.get(&(id, bytes, minima)) {
            return known;
        }
        let clamped = stacker::maybe_grow(64 * 1024, 1024 * 1024, || match *self.node(id) {
            Expr::Repeat { body, min, max } => {
                let rounds = bytes / self.facts(body).shortest.max(1);
                let body = self.clamp_counts(body, bytes, minima);
                let max = if max > rounds { UNBOUNDED } else { max };
                // One more than can be reached, so that the bound can still not be reached.
                let min = if minima { min.min(rounds + 1) } else { min };
                self.repeat(body, min, max)
            }
            Expr::Concat(head, tail) => {
                let head = self.clamp_counts(head, bytes, minima);
                // What comes later keeps its counts only as long as it can be reached.
                let tail = self.clamp_counts(tail, bytes, minima);
                self.concat2(head, tail)
            }
            Expr::Or(ref items) => {
                let items = items.clone();
                let items =
                    items.iter().map(|&item| self.clamp_counts(item, bytes, minima)).collect();
                self.or(items)
            }
            Expr::And(ref items) => match **items {
                [one, other] => self
                    .clamp_length(one, other, bytes, minima)
                    .or_else(|| self.clamp_length(other, one, bytes, minima))
                    .unwrap_or(id),
                _ => id,
            },
            _ => id,
        });
        self.clamped.insert((id, bytes, minima), clamped);
        clamped
    }

    /// The intersection of `bound`, at most so many pieces (code points, say), with `other`, whose
    /// texts consist of such pieces. The bound does not matter as long as `other` can still come to
    /// an end within it, wherever the continuation leads; and where it does matter, a text is only
    /// too long or not, so that upper bounds on anything else can be clamped.
    fn clamp_length(
        &mut self,
        bound: ExprId,
        other: ExprId,
        bytes: u32,
        minima: bool,
    ) -> Option<ExprId> {
        let (start, piece, max) = self.bound_in_pieces(bound)?;
        let end = self.longest_way_out(other)?;
        if self.piece_after(other, start, piece) != Some(ExprId::EMPTY) {
            return None;
        }
        if max >= end.saturating_add(bytes) {
            return Some(self.clamp_counts(other, bytes, minima));
        }
        let other = self.clamp_counts(other, bytes, false);
        Some(self.and(vec![bound, other]))
    }

    /// Of an expression that is at most so many pieces, after the rest of one perhaps: that rest, the
    /// piece, and how many.
    pub(super) fn bound_in_pieces(&mut self, bound: ExprId) -> Option<(ExprId, ExprId, u32)> {
        let (mut start, mut rest) = (Vec::new(), bound);
        while let Expr::Concat(head, tail) = *self.node(rest) {
            start.push(head);
            rest = tail;
        }
        let Expr::Repeat { body: piece, min: 0, max } = *self.node(rest) else { return None };
        (max != UNBOUNDED).then(|| (self.concat(&start), piece, max))
    }

    /// The most bytes that the shortest completion of any prefix of a text takes. None where that
    /// is not known from the structure.
    pub(super) fn longest_way_out(&mut self, id: ExprId) -> Option<u32> {
        if self.facts(id).boolean {
            return None;
        }
        if let Some(&known) = self.ways_out.get(&id) {
            return known;
        }
        let shortest = self.facts(id).shortest;
        let longest = stacker::maybe_grow(64 * 1024, 1024 * 1024, || match *self.node(id) {
            Expr::Never | Expr::Empty => Some(0),
            Expr::Literal { .. } => Some(shortest),
            Expr::Switch(ref arms) => {
                let arms = arms.clone();
                arms.iter().try_fold(shortest, |longest, arm| {
                    Some(longest.max(self.longest_way_out(arm.target)?))
                })
            }
            Expr::Or(ref items) => {
                let items = items.clone();
                items
                    .iter()
                    .try_fold(0, |longest, &item| Some(longest.max(self.longest_way_out(item)?)))
            }
            Expr::Concat(head, tail) => {
                let inside = self.longest_way_out(head)?.checked_add(self.facts(tail).shortest)?;
                Some(inside.max(self.longest_way_out(tail)?))
            }
            Expr::Repeat { body, min, .. } => {
                let rest = self.facts(body).shortest.checked_mul(min.saturating_sub(1))?;
                self.longest_way_out(body)?.checked_add(rest)
            }
            _ => None,
        });
        self.ways_out.insert(id, longest);
        longest
    }

    /// What is left of a piece after any text of the expression, read from where `start` is left of
    /// one; the empty text stands for the end of a piece and the start of the next. None if that is
    /// not the same for all texts, or some do not consist of pieces.
    pub(super) fn piece_after(
        &mut self,
        id: ExprId,
        start: ExprId,
        piece: ExprId,
    ) -> Option<ExprId> {
        let key = (id, start, piece);
        if let Some(&known) = self.pieces.get(&key) {
            return known;
        }
        let end = stacker::maybe_grow(64 * 1024, 1024 * 1024, || match *self.node(id) {
            Expr::Empty => Some(start),
            Expr::Literal { literal, at } => {
                let bytes = self.literal_bytes(literal, at).to_vec();
                bytes.iter().try_fold(start, |at, &byte| {
                    let row = self.piece_row(at, piece);
                    Some(row::lookup(&row, byte)).filter(|&next| next != ExprId::NEVER)
                })
            }
            Expr::Switch(ref arms) => {
                let arms = arms.clone();
                let wanted = self.piece_row(start, piece);
                let mut ends = Vec::new();
                for arm in arms {
                    // One range of the piece after another, as far as they cover the arm's.
                    let mut low = arm.low as usize;
                    for range in wanted.iter().filter(|range| range.high >= arm.low) {
                        if range.low as usize > low || low > arm.high as usize {
                            break;
                        }
                        ends.push(self.piece_after(arm.target, range.target, piece));
                        low = range.high as usize + 1;
                    }
                    if low <= arm.high as usize {
                        return None;
                    }
                }
                all_equal(ends)
            }
            Expr::Or(ref items) => {
                let items = items.clone();
                all_equal(items.iter().map(|&item| self.piece_after(item, start, piece)).collect())
            }
            Expr::Concat(head, tail) => {
                let middle = self.piece_after(head, start, piece)?;
                self.piece_after(tail, middle, piece)
            }
            Expr::Repeat { body, .. } => {
                self.piece_after(body, start, piece).filter(|&end| end == start)
            }
            _ => None,
        });
        self.pieces.insert(key, end);
        end
    }

    /// Where bytes lead inside a piece, or from the end of one into the next; nowhere if that
    /// cannot be worked out.
    fn piece_row(&mut self, at: ExprId, piece: ExprId) -> Vec<Transition> {
        let from = if at == ExprId::EMPTY { piece } else { at };
        self.raw(from).unwrap_or_default()
    }
}

fn all_equal(ends: Vec<Option<ExprId>>) -> Option<ExprId> {
    let first = *ends.first()?;
    first.filter(|_| ends.iter().all(|&end| end == first))
}

#[cfg(test)]
mod tests {
    use crate::expr::random::{alike, Random};
    use crate::expr::Exprs;
    use crate::regex::{any_char, ecma_search, Encoding};

    #[test]
    fn lengths_that_do_not_matter_yet() {
        let mut exprs = Exprs::new();
        let json = Encoding::JsonString;
        let words = ecma_search(&mut exprs, r"^(?:\S+\s+){0,49}\S+$", json).expect("a pattern");
        let any = any_char(&mut exprs, json);
        let mut up_to = |max| {
            let short = exprs.repeat(any, 0, max);
            exprs.and(vec![words, short])
        };
        let (some, more) = (up_to(100), up_to(200));
        for text in
            ["", "T", "The", "The ", "The b", "The b\\", "The b\\n", "b\\u00", "é é x", "é\u{e9}"]
        {
            for end in 0..=text.len() {
                let mut after = |expr| {
                    let text = &text.as_bytes()[..end];
                    let state = text.iter().try_fold(expr, |state, &byte| exprs.step(state, byte));
                    exprs.clamp(state.expect("a step"), 24)
                };
                assert_eq!(after(some), after(more), "{text:?}");
            }
        }
    }

    #[test]
    fn clamped_expressions_go_on_alike() {
        let mut random = Random(1);
        let mut clamped = 0;
        for _ in 0..1500 {
            let mut exprs = Exprs::new();
            let expression = random.expression(&mut exprs, 6);
            let any = exprs.any_char();
            let short = exprs.repeat(any, 0, 1 + random.below(20));
            let mut state = exprs.and(vec![expression, short]);
            for _ in 0..random.below(6) {
                if exprs.matches_nothing(state).expect("an answer") {
                    break;
                }
                let near = exprs.clamp(state, 3);
                clamped += u32::from(near != state);
                let mut unknown = 0;
                assert!(alike(&mut exprs, state, near, 3, &mut unknown), "{state:?} and {near:?}");
                assert_eq!(unknown, 0);
                state = exprs.step(state, random.byte()).expect("a step");
            }
        }
        assert!(clamped > 300, "{clamped}");
    }
}
