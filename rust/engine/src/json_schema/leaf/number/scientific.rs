//! Numbers with an exponent: one digit, perhaps a fraction, an exponent.
//!
//! With one digit before the point, other than 0, the exponent alone says between which powers of
//! ten a number lies; only beside a bound do the digits count. So while the digits are written it
//! is enough to know how they compare with those of each bound, and then which exponents are left
//! is an interval.

use std::cmp::Ordering;
use std::sync::Arc;

use super::exponent::exponent;
use super::plain::digits;
use super::side::{Edge, Side};
use super::step::Step;
use super::LAST_EXPONENT;
use crate::expr::{ExprId, Exprs, Rule, RuleId, Transition};
use crate::json_schema::leaf::Decimal;

/// From this exponent on, and from the second one down, a value is also offered with an exponent:
/// where the usual programs write one.
const USUAL_EXPONENTS: (i64, i64) = (15, -5);

/// The numbers of one sign.
pub(super) struct Scientific {
    rule: RuleId,
    digits: Arc<Digits>,
}

/// A bound other than zero.
#[derive(Debug)]
struct Bound {
    /// Its digits, and the exponent with one of them before the point.
    digits: Vec<u8>,
    exponent: i64,
    inclusive: bool,
}

#[derive(Debug)]
struct Digits {
    /// `None` if everything is above it.
    low: Option<Bound>,
    /// `None` if everything is below it.
    high: Option<Bound>,
    /// The most digits after the point.
    places: usize,
    /// What `digit * 10^exponent` is to be a multiple of.
    step: Option<Step>,
    /// Whether 10^([`LAST_EXPONENT`] + 1), the largest power of ten in double precision, is below
    /// the upper bound.
    top: bool,
}

/// Where a text stands before the exponent.
#[derive(Clone, Copy)]
struct Place {
    /// Digits read.
    count: usize,
    /// How the number compares with each bound if their exponents agree, whatever digits follow;
    /// `Equal` where that is open.
    low: Ordering,
    high: Ordering,
}

impl Scientific {
    /// The numbers of a side, with at most `places` digits after the point; none with a step.
    pub fn new(exprs: &mut Exprs, side: &Side, places: usize, step: Option<Step>) -> Option<Self> {
        let bound = |edge: &Edge| Bound {
            digits: edge.value.digits().to_vec(),
            exponent: edge.value.magnitude() - 1,
            inclusive: edge.inclusive,
        };
        let low = Some(&side.low).filter(|low| !low.value.is_zero()).map(bound);
        let high = match &side.high {
            Some(high) if high.value.is_zero() => return None,
            high => high.as_ref().map(bound),
        };
        if low.as_ref().is_some_and(|low| low.exponent > LAST_EXPONENT)
            || high.as_ref().is_some_and(|high| high.exponent < -LAST_EXPONENT)
        {
            return None;
        }
        // Every number that is written lies on the other side of these.
        let low = low.filter(|low| low.exponent >= -LAST_EXPONENT);
        let top = high.as_ref().is_none_or(|high| {
            let same = high.exponent == LAST_EXPONENT + 1 && high.digits == [1];
            high.exponent > LAST_EXPONENT && (high.inclusive || !same)
        });
        let high = high.filter(|high| high.exponent <= LAST_EXPONENT);
        let digits = Arc::new(Digits { low, high, places, step, top });
        let rule = exprs.rule(&digits.name(), || Arc::clone(&digits) as Arc<dyn Rule>);
        Some(Scientific { rule, digits })
    }

    /// What follows the first digit.
    pub fn after_first(&self, exprs: &mut Exprs, digit: u8) -> ExprId {
        if digit == 0 {
            return ExprId::NEVER;
        }
        let digits = &*self.digits;
        let start = Place { count: 0, low: Ordering::Equal, high: Ordering::Equal };
        let place = digits.read(start, digit);
        let (mut least, mut most) = digits.exponents(place);
        if digit == 1 && digits.top {
            most = LAST_EXPONENT + 1;
        }
        if let Some(step) = &digits.step {
            match step.least_power(u64::from(digit)) {
                Some(power) => least = least.max(power),
                None => return ExprId::NEVER,
            }
        }
        let now = exponent(exprs, least, most);
        let target = digits.state(exprs, self.rule, place);
        let fraction = exprs.switch(vec![Transition { low: b'.', high: b'.', target }]);
        exprs.or(vec![fraction, now])
    }
}

/// The texts of an absolute value with an exponent: the usual one, if it is usual to write one, or
/// `all`, with any number of zeros behind the point.
pub(super) fn equal(exprs: &mut Exprs, value: &Decimal, all: bool) -> ExprId {
    let Some((&first, rest)) = value.digits().split_first() else {
        return ExprId::NEVER;
    };
    let power = value.magnitude() - 1;
    if !all && power < USUAL_EXPONENTS.0 && power > USUAL_EXPONENTS.1 {
        return ExprId::NEVER;
    }
    let mut text = vec![b'0' + first];
    if !rest.is_empty() {
        text.push(b'.');
        text.extend(rest.iter().map(|digit| b'0' + digit));
    }
    let mantissa = exprs.literal(&text);
    let zero = exprs.literal(b"0");
    let mut zeros = if all { exprs.star(zero) } else { ExprId::EMPTY };
    if all && rest.is_empty() {
        let point = exprs.literal(b".");
        zeros = exprs.concat2(point, zeros);
        zeros = exprs.optional(zeros);
    }
    let power = if power.abs() <= LAST_EXPONENT + 1 {
        exponent(exprs, power, power)
    } else {
        exprs.literal(format!("e{power}").as_bytes())
    };
    exprs.concat(&[mantissa, zeros, power])
}

impl Digits {
    fn name(&self) -> Vec<u8> {
        // The step and the top concern the first digit only, which is no state of the rule.
        let mut name = b"scientific number".to_vec();
        for bound in [&self.low, &self.high] {
            let Some(bound) = bound else {
                name.extend_from_slice(&0u32.to_le_bytes());
                continue;
            };
            name.extend_from_slice(&(bound.digits.len() as u32).to_le_bytes());
            name.extend_from_slice(&bound.digits);
            name.extend_from_slice(&bound.exponent.to_le_bytes());
            name.push(u8::from(bound.inclusive));
        }
        name.extend_from_slice(&(self.places as u32).to_le_bytes());
        name
    }

    fn read(&self, place: Place, digit: u8) -> Place {
        let compare = |known: Ordering, bound: &Option<Bound>, reached: Ordering| {
            let Some(bound) = bound else { return Ordering::Equal };
            let at = place.count;
            let now = known.then(digit.cmp(bound.digits.get(at).unwrap_or(&0)));
            // With all its digits read, more digits can only lead above a bound.
            let settled = now == Ordering::Equal && at + 1 >= bound.digits.len();
            if settled && bound.inclusive == (reached == Ordering::Greater) {
                return Ordering::Greater;
            }
            now
        };
        Place {
            count: place.count + 1,
            // At a lower bound that is inclusive, the number is high enough.
            low: compare(place.low, &self.low, Ordering::Greater),
            // At an upper bound that is exclusive, it is too high.
            high: compare(place.high, &self.high, Ordering::Less),
        }
    }

    /// The least and the most exponent if no more digits follow.
    fn exponents(&self, place: Place) -> (i64, i64) {
        let least = self
            .low
            .as_ref()
            .map_or(-LAST_EXPONENT, |low| low.exponent + i64::from(place.low != Ordering::Greater));
        let most = self.high.as_ref().map_or(LAST_EXPONENT, |high| {
            high.exponent - i64::from(place.high == Ordering::Greater)
        });
        (least, most.min(LAST_EXPONENT))
    }

    /// Whether more digits can change how the number compares with a bound.
    fn is_open(&self, place: Place) -> bool {
        (self.low.is_some() && place.low == Ordering::Equal)
            || (self.high.is_some() && place.high == Ordering::Equal)
    }

    /// The state after the point, or after a digit behind it.
    fn state(&self, exprs: &mut Exprs, rule: RuleId, place: Place) -> ExprId {
        let more = (self.places + 1).saturating_sub(place.count);
        let (least, most) = self.exponents(place);
        let open = more > 0 && self.is_open(place);
        if place.count == 1 && more == 0 {
            return ExprId::NEVER;
        }
        if !open {
            let exponent = exponent(exprs, least, most);
            let some = usize::from(place.count == 1);
            let digits = digits(exprs, some, more);
            return exprs.concat2(digits, exponent);
        }
        exprs.rule_state(rule, place.packed())
    }
}

impl Rule for Digits {
    fn accepts(&self, _state: u64) -> bool {
        false
    }

    fn is_lasting(&self) -> bool {
        true
    }

    fn expand(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> ExprId {
        let place = Place::unpacked(state);
        let mut arms = Vec::with_capacity(12);
        for digit in 0..=9 {
            let next = self.read(place, digit);
            let target = self.state(exprs, rule, next);
            let byte = b'0' + digit;
            arms.push(Transition { low: byte, high: byte, target });
        }
        let digits = exprs.switch(arms);
        if place.count == 1 {
            return digits;
        }
        let (least, most) = self.exponents(place);
        let exponent = exponent(exprs, least, most);
        exprs.or(vec![digits, exponent])
    }
}

impl Place {
    fn packed(self) -> u64 {
        let order = |order: Ordering| (order as i8 + 1) as u64;
        (self.count as u64) << 4 | order(self.low) << 2 | order(self.high)
    }

    fn unpacked(word: u64) -> Self {
        let order = |value: u64| match value & 3 {
            0 => Ordering::Less,
            1 => Ordering::Equal,
            _ => Ordering::Greater,
        };
        Place { count: (word >> 4) as usize, low: order(word >> 2), high: order(word) }
    }
}
