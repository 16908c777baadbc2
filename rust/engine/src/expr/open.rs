//! Counts left open: a token hardly ever has more than a few rounds of a repetition in it, so that
//! states whose counts are larger allow the same tokens but for those few.
//!
//! Where [`super::clamp`] goes by what a token could take at most, this goes by what tokens are
//! like. An expression with open counts goes on as the one it was made of, until a text has more
//! rounds than that; then it comes to [`ExprId::UNKNOWN`], and only the expression itself can tell.

use super::{Expr, ExprId, Exprs, UNBOUNDED};

/// How many rounds are followed of a body that takes several bytes (a word and its space, say): the
/// first of these that is less than the count.
const WORDS: &[u32] = &[4, 2, 1];
/// The same of single characters.
const CHARACTERS: &[u32] = &[32, 16];
/// The most rounds that are followed.
pub(crate) const MOST_ROUNDS: u32 = CHARACTERS[0];

impl Exprs {
    /// The expression with its large counts left open. Those inside a repetition stay, since they
    /// are the same in every state until a round has begun. So do those under intersections and
    /// complements, where a count decides whether anything matches at all, but for a bound on the
    /// length ([`Exprs::open_length`]).
    pub(crate) fn open_counts(&mut self, id: ExprId) -> ExprId {
        let facts = self.facts(id);
        if !facts.counted || facts.look_ahead || facts.look_behind {
            return id;
        }
        if let Some(&known) = self.opened.get(&id) {
            return known;
        }
        let opened = stacker::maybe_grow(64 * 1024, 1024 * 1024, || match *self.node(id) {
            Expr::Repeat { body, min, max } => {
                if max == UNBOUNDED || self.is_nullable(body) {
                    return id;
                }
                let facts = self.facts(body);
                let levels = if facts.shortest > 1 || facts.infinite { WORDS } else { CHARACTERS };
                match levels.iter().find(|&&rounds| rounds < max) {
                    Some(&rounds) => self.open(body, min.min(rounds + 1), rounds),
                    None => id,
                }
            }
            Expr::Concat(head, tail) => {
                let (head, tail) = (self.open_counts(head), self.open_counts(tail));
                self.concat2(head, tail)
            }
            Expr::Or(ref items) => {
                let items = items.clone();
                let items = items.iter().map(|&item| self.open_counts(item)).collect();
                self.or(items)
            }
            Expr::And(ref items) => match **items {
                [one, other] => self
                    .open_length(one, other)
                    .or_else(|| self.open_length(other, one))
                    .unwrap_or(id),
                _ => id,
            },
            _ => id,
        });
        self.opened.insert(id, opened);
        opened
    }

    /// The intersection of `bound`, at most so many pieces, with `other`, which consists of such
    /// pieces and can come to an end within the bound after any text of the pieces that are
    /// followed: as far as these go, the bound has no say.
    fn open_length(&mut self, bound: ExprId, other: ExprId) -> Option<ExprId> {
        let (start, piece, max) = self.bound_in_pieces(bound)?;
        let end = self.longest_way_out(other)?;
        let rounds = *CHARACTERS.iter().find(|&&rounds| end.saturating_add(rounds) <= max)?;
        if self.piece_after(other, start, piece) != Some(ExprId::EMPTY) {
            return None;
        }
        let pieces = self.open(piece, 0, rounds);
        let bound = self.concat2(start, pieces);
        let other = self.open_counts(other);
        Some(self.and(vec![bound, other]))
    }
}

#[cfg(test)]
mod tests {
    use super::MOST_ROUNDS;
    use crate::expr::random::{alike, Random};
    use crate::expr::{Exprs, UNBOUNDED};

    #[test]
    fn opened_expressions_go_on_alike_as_far_as_they_are_known() {
        let mut random = Random(1);
        let (mut opened, mut unknown) = (0, 0);
        for _ in 0..4000 {
            let mut exprs = Exprs::new();
            let mut state = random.expression(&mut exprs, 5);
            if random.below(2) == 0 {
                let any = exprs.any_char();
                let short = exprs.repeat(any, 0, MOST_ROUNDS / 2 + random.below(20));
                state = exprs.and(vec![state, short]);
            }
            for _ in 0..random.below(6) {
                if exprs.matches_nothing(state).expect("an answer") {
                    break;
                }
                let open = exprs.open_counts(state);
                opened += u32::from(open != state);
                assert!(alike(&mut exprs, state, open, 7, &mut unknown), "{state:?} and {open:?}");
                state = exprs.step(state, random.byte()).expect("a step");
            }
        }
        assert!(opened > 1000 && unknown > 1000, "{opened} {unknown}");
    }

    #[test]
    fn counts_that_no_token_uses_up_are_one() {
        let mut exprs = Exprs::new();
        let (letter, space) = (exprs.class(&[(0x61, 0x7A)]), exprs.literal(b" "));
        let letters = exprs.repeat(letter, 1, UNBOUNDED);
        let word = exprs.concat2(letters, space);
        let mut words = |max| {
            let words = exprs.repeat(word, 2, max);
            exprs.open_counts(words)
        };
        assert_eq!(words(50), words(40));
        assert_ne!(words(4), words(5));
    }
}
