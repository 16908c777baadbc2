//! Multiples with an exponent, however many digits stand before it.
//!
//! Digits `d`, of which the last other than 0 is the `p`-th after the point, and an exponent `e`
//! are `d * 10^(e - p)`, and `d` does not end in 0. Whether that is a multiple needs no more than
//! the remainder of `d` by the part of the step that has no factor ten: then every exponent from
//! some one on will do.

use std::sync::Arc;

use super::exponent::exponent;
use super::step::{Step, REMAINDER_BITS};
use super::LAST_EXPONENT;
use crate::expr::{ExprId, Exprs, Rule, RuleId, Transition};

/// The most digits after the point.
const PLACES: u64 = 420;

#[derive(Debug)]
pub(super) struct Multiples {
    step: Step,
}

#[derive(Clone, Copy)]
struct Place {
    /// Digits after the point, and how many of them are zeros at the end.
    count: u64,
    zeros: u64,
    /// The remainder of the digits without the zeros at the end.
    rest: u64,
}

/// What follows the first digit of the multiples of a step.
pub(super) fn after_first(exprs: &mut Exprs, step: Step, digit: u8) -> ExprId {
    if digit == 0 {
        return ExprId::NEVER;
    }
    let rule = exprs.rule(&step.name(), || Arc::new(Multiples { step }));
    let rest = u64::from(digit) % step.coprime;
    let place = Place { count: 0, zeros: 0, rest };
    let now = Multiples { step }.exponents(exprs, place);
    let target = exprs.rule_state(rule, place.packed());
    let fraction = exprs.switch(vec![Transition { low: b'.', high: b'.', target }]);
    exprs.or(vec![now, fraction])
}

impl Multiples {
    fn exponents(&self, exprs: &mut Exprs, place: Place) -> ExprId {
        let position = (place.count - place.zeros) as i64;
        match self.step.least_power(place.rest) {
            Some(power) => {
                let least = (position + power).max(-LAST_EXPONENT);
                exponent(exprs, least, LAST_EXPONENT + 1)
            }
            None => ExprId::NEVER,
        }
    }
}

impl Rule for Multiples {
    fn accepts(&self, _state: u64) -> bool {
        false
    }

    fn is_lasting(&self) -> bool {
        true
    }

    fn expand(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> ExprId {
        let place = Place::unpacked(state);
        let mut arms = Vec::with_capacity(10);
        for digit in 0..=9u8 {
            let next = match digit {
                _ if place.count == PLACES => break,
                0 => Place { count: place.count + 1, zeros: place.zeros + 1, ..place },
                _ => Place {
                    count: place.count + 1,
                    zeros: 0,
                    rest: self.step.append(place.rest, place.zeros, digit),
                },
            };
            let target = exprs.rule_state(rule, next.packed());
            let byte = b'0' + digit;
            arms.push(Transition { low: byte, high: byte, target });
        }
        let digits = exprs.switch(arms);
        if place.count == 0 {
            return digits;
        }
        let exponents = self.exponents(exprs, place);
        exprs.or(vec![digits, exponents])
    }

    /// Too many digits for the largest exponent, or for the remainder to come right.
    fn has_dead_ends(&self) -> bool {
        true
    }
}

impl Place {
    fn packed(self) -> u64 {
        (self.count << 9 | self.zeros) << REMAINDER_BITS | self.rest
    }

    fn unpacked(word: u64) -> Self {
        Place {
            count: word >> (REMAINDER_BITS + 9),
            zeros: word >> REMAINDER_BITS & 0x1FF,
            rest: word & ((1 << REMAINDER_BITS) - 1),
        }
    }
}
