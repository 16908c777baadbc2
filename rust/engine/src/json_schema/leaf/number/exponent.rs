//! Exponents: `[+-]?[0-9]{1,3}` with a value between two others.

use std::sync::Arc;

use crate::expr::{ExprId, Exprs, Rule, RuleId, Transition};

/// The most digits of an exponent, zeros before it included.
const DIGITS: u32 = 3;
/// Added to exponents in a state, so that they are not negative.
const OFFSET: i64 = 512;

struct Exponents;

/// Where a text stands, and what it is to lie between.
#[derive(Clone, Copy)]
struct Place {
    least: i64,
    most: i64,
    /// 1 or -1 once it is clear.
    sign: Option<i64>,
    digits: u32,
    value: i64,
}

/// `e` or `E` and an exponent of `least..=most`, which lie between -511 and 511.
pub(super) fn exponent(exprs: &mut Exprs, least: i64, most: i64) -> ExprId {
    let value = value(exprs, least, most);
    let arm = |byte| Transition { low: byte, high: byte, target: value };
    exprs.switch(vec![arm(b'E'), arm(b'e')])
}

fn value(exprs: &mut Exprs, least: i64, most: i64) -> ExprId {
    if least > most {
        return ExprId::NEVER;
    }
    let rule = exprs.rule(b"exponent", || Arc::new(Exponents));
    let start = Place { least, most, sign: None, digits: 0, value: 0 };
    exprs.rule_state(rule, start.packed())
}

impl Place {
    /// Whether digits that follow can still make an exponent in between.
    fn is_live(self) -> bool {
        let mut power = 1;
        for more in 0..=DIGITS - self.digits {
            let (near, far) = (self.value * power, self.value * power + power - 1);
            let inside = match self.sign {
                Some(-1) => -near >= self.least && -far <= self.most,
                _ => far >= self.least && near <= self.most,
            };
            if inside && self.digits + more > 0 {
                return true;
            }
            power *= 10;
        }
        false
    }

    fn packed(self) -> u64 {
        let sign = (self.sign.unwrap_or(0) + 1) as u64;
        let mut word = (self.least + OFFSET) as u64;
        word = word << 10 | (self.most + OFFSET) as u64;
        word = word << 2 | sign;
        word = word << 2 | u64::from(self.digits);
        word << 10 | self.value as u64
    }

    fn unpacked(word: u64) -> Self {
        let bits = |shift: u32, count: u32| (word >> shift & ((1 << count) - 1)) as i64;
        Place {
            value: bits(0, 10),
            digits: bits(10, 2) as u32,
            sign: Some(bits(12, 2) - 1).filter(|&sign| sign != 0),
            most: bits(14, 10) - OFFSET,
            least: bits(24, 10) - OFFSET,
        }
    }
}

impl Rule for Exponents {
    fn accepts(&self, state: u64) -> bool {
        let place = Place::unpacked(state);
        let value = place.sign.unwrap_or(1) * place.value;
        place.digits > 0 && (place.least..=place.most).contains(&value)
    }

    fn is_lasting(&self) -> bool {
        true
    }

    fn expand(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> ExprId {
        let place = Place::unpacked(state);
        let mut target = |place: Place| {
            if place.is_live() {
                exprs.rule_state(rule, place.packed())
            } else {
                ExprId::NEVER
            }
        };
        let mut arms = Vec::with_capacity(12);
        if place.sign.is_none() {
            for (byte, sign) in [(b'+', 1), (b'-', -1)] {
                let target = target(Place { sign: Some(sign), ..place });
                arms.push(Transition { low: byte, high: byte, target });
            }
        }
        for digit in 0..=9 {
            if place.digits == DIGITS {
                break;
            }
            let target = target(Place {
                sign: Some(place.sign.unwrap_or(1)),
                digits: place.digits + 1,
                value: place.value * 10 + i64::from(digit),
                ..place
            });
            let byte = b'0' + digit;
            arms.push(Transition { low: byte, high: byte, target });
        }
        exprs.switch(arms)
    }
}
