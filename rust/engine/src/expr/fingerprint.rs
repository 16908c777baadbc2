//! Fingerprints: numbers that are equal for expressions of the same structure, whichever arena they
//! are in.
//!
//! What was found out about an expression (which tokens of a vocabulary it allows) holds for every
//! index on that vocabulary. A fingerprint is 128 bits of SipHash, so that two structures with the
//! same one are not to be met with.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Expr, ExprId, Exprs};

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Fingerprint(u64, u64);

impl Fingerprint {
    /// The fingerprint of a value; of several, hash them together.
    pub fn of(value: impl Hash) -> Self {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            value.hash(&mut hasher);
            hasher.finish()
        };
        Fingerprint(half(1), half(2))
    }
}

impl Exprs {
    /// The fingerprint of an expression; none if its states have no meaning outside this arena.
    /// Linear in its size the first time, then constant.
    pub(crate) fn fingerprint(&mut self, id: ExprId) -> Option<Fingerprint> {
        if let Some(known) = self.fingerprints.get(&id) {
            return *known;
        }
        let made = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.make_fingerprint(id));
        self.fingerprints.insert(id, made);
        made
    }

    fn make_fingerprint(&mut self, id: ExprId) -> Option<Fingerprint> {
        let all = |exprs: &mut Self, items: &[ExprId]| {
            items.iter().map(|&item| exprs.fingerprint(item)).collect::<Option<Vec<_>>>()
        };
        Some(match self.node(id).clone() {
            Expr::Never => Fingerprint::of(0),
            Expr::Empty => Fingerprint::of(1),
            Expr::Switch(arms) => {
                let mut parts = Vec::with_capacity(arms.len());
                for arm in arms {
                    parts.push((arm.low, arm.high, self.fingerprint(arm.target)?));
                }
                Fingerprint::of((2, parts))
            }
            Expr::Literal { literal, at } => Fingerprint::of((3, self.literal_bytes(literal, at))),
            Expr::Concat(head, tail) => Fingerprint::of((4, all(self, &[head, tail])?)),
            // Sorted by ids, which differ between arenas.
            Expr::Or(items) => {
                let mut parts = all(self, &items)?;
                parts.sort_unstable_by_key(|part| (part.0, part.1));
                Fingerprint::of((5, parts))
            }
            Expr::And(items) => {
                let mut parts = all(self, &items)?;
                parts.sort_unstable_by_key(|part| (part.0, part.1));
                Fingerprint::of((6, parts))
            }
            Expr::Not(body) => Fingerprint::of((7, self.fingerprint(body)?)),
            Expr::Repeat { body, min, max } => {
                Fingerprint::of((8, min, max, self.fingerprint(body)?))
            }
            Expr::Open { body, min, rounds } => {
                Fingerprint::of((12, min, rounds, self.fingerprint(body)?))
            }
            // It is no state of an automaton.
            Expr::Unknown => return None,
            Expr::LookAhead { body, negated } => {
                Fingerprint::of((9, negated, self.fingerprint(body)?))
            }
            Expr::LookBehind { state, negated } => {
                Fingerprint::of((10, negated, self.fingerprint(state)?))
            }
            Expr::Rule { rule, state } => {
                let (name, lasting) = self.rule_name(rule);
                if !lasting {
                    return None;
                }
                Fingerprint::of((11, name, state))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_in_every_arena_and_different_for_others() {
        let build = |exprs: &mut Exprs| {
            let class = exprs.class(&[(0x61, 0x7A), (0xE9, 0x3FF)]);
            let body = exprs.repeat(class, 2, 9);
            let (quote, no) = (exprs.literal(b"\""), exprs.literal(b"no\""));
            let string = exprs.concat(&[body, quote]);
            let other = exprs.not(no);
            vec![class, body, quote, no, string, other, exprs.and(vec![string, other])]
        };
        let (mut one, mut two) = (Exprs::new(), Exprs::new());
        two.literal(b"something before");
        let (a, b) = (build(&mut one), build(&mut two));
        for (at, &left) in a.iter().enumerate() {
            for (other, &right) in b.iter().enumerate() {
                let equal = one.fingerprint(left) == two.fingerprint(right);
                assert_eq!(equal, at == other, "{at} and {other}");
            }
        }
    }
}
