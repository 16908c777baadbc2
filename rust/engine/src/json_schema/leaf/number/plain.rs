//! Numbers without an exponent: digits, compared with the bounds while they are written, with the
//! remainder of what was written.
//!
//! Values are counted in units of the last decimal place, so a bound and a text are strings of
//! digits. Before the point their lengths are not yet known to agree: a state keeps how the digits
//! so far compare with as many digits of each bound, and how many they are. The bounds are
//! themselves multiples, so digits that agree with a bound can always be completed. Digits that
//! agree with neither are free; then all that counts is the remainder, kept modulo no more than
//! what the digits to come can tell apart, and without a remainder all that counts is how many
//! digits may follow, which is a plain repetition.

use std::cmp::Ordering;
use std::sync::Arc;

use super::side::Grid;
use super::step::{gcd, REMAINDER_BITS};
use crate::expr::{ExprId, Exprs, Rule, RuleId, Transition, UNBOUNDED};
use crate::json_schema::leaf::decimal::{Decimal, Natural};

/// A far bound with more digits than this does not lengthen what is written.
const LONG_BOUND: usize = 40;

/// Multiples named as completions: so many of each number of digits, with up to so many digits more
/// than are needed, and no more than this.
const COMPLETIONS: u128 = 6;
const MORE_DIGITS: usize = 3;
const MOST_DIGITS: usize = 20;

/// What may follow the last digit that a value needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing.
    Bare,
    /// `.0`, where no digit after the point is needed.
    PointZero,
    /// Any number of zeros.
    Zeros,
}

/// The numbers of one sign.
pub(super) struct Plain {
    rule: RuleId,
    digits: Arc<Digits>,
}

/// A bound: its digits, and how many of them stand before the point.
#[derive(Debug)]
struct Bound {
    digits: Vec<u8>,
    whole: usize,
}

#[derive(Debug)]
struct Digits {
    /// `None` if everything is above it.
    low: Option<Bound>,
    /// `None` if everything is below it.
    high: Option<Bound>,
    places: usize,
    modulus: u64,
    ending: Ending,
    /// The most digits before the point.
    longest: usize,
    /// By number `n` of digits still to come, up to where it stays the same: what is left of the
    /// modulus for the digits before them, `modulus / gcd(modulus, 10^n)`.
    left: Vec<u64>,
}

/// Where a text stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    in_fraction: bool,
    /// How the digits so far compare with the bound's.
    low: Ordering,
    high: Ordering,
    /// Digits read before the point; or digits still possible after it.
    count: usize,
    /// Before the point, the least number of digits that complete a multiple, bounds apart.
    needed: usize,
    /// The remainder, modulo what is left for `needed` or `count` more digits.
    rest: u64,
}

impl Plain {
    /// The multiples of `modulus / 10^places` on the grid, if any can be written; `longest` digits
    /// may stand before the point, or as many as the bounds need.
    pub fn new(
        exprs: &mut Exprs,
        grid: &Grid,
        places: usize,
        modulus: u64,
        ending: Ending,
        longest: usize,
    ) -> Option<Self> {
        let bound = |value: &Natural| {
            let digits = value.padded(places + 1);
            let whole = digits.len() - places;
            Bound { digits, whole }
        };
        let low = grid.low.as_ref()?;
        let high = grid.high.as_ref().map(bound);
        let low = (!low.is_zero()).then(|| bound(low));
        if grid.is_empty() {
            return None;
        }
        let mut longest = longest.max(low.as_ref().map_or(0, |low| low.whole));
        if let Some(whole) = high.as_ref().map(|high| high.whole) {
            longest = if whole <= LONG_BOUND { longest.max(whole) } else { longest };
        }
        let high = high.filter(|high| high.whole <= longest);
        let mut left = vec![modulus];
        loop {
            let last = left[left.len() - 1];
            let next = last / gcd(last, 10);
            if next == last {
                break;
            }
            left.push(next);
        }
        let digits = Arc::new(Digits { low, high, places, modulus, ending, longest, left });
        let rule = exprs.rule(&digits.name(), || Arc::clone(&digits) as Arc<dyn Rule>);
        Some(Plain { rule, digits })
    }

    /// What follows the first digit.
    pub fn after_first(&self, exprs: &mut Exprs, digit: u8) -> ExprId {
        let digits = &*self.digits;
        let start = Place {
            in_fraction: false,
            low: if digits.low.is_some() { Ordering::Equal } else { Ordering::Greater },
            high: if digits.high.is_some() { Ordering::Equal } else { Ordering::Less },
            count: 0,
            needed: digits.places,
            rest: 0,
        };
        let place = digits.read(start, digit);
        if digit > 0 {
            return digits.state(exprs, self.rule, place);
        }
        // No digit before the point may follow a zero.
        let end = digits.ends(place);
        let point = digits.point(exprs, self.rule, place);
        let point = exprs.switch(point.into_iter().collect());
        exprs.or(vec![if end { ExprId::EMPTY } else { ExprId::NEVER }, point])
    }
}

/// A text of an absolute value without an exponent; with `zeros` behind the point, all of them.
pub(super) fn equal(exprs: &mut Exprs, value: &Decimal, zeros: bool) -> ExprId {
    let places = value.decimals() as usize;
    let digits = value.scaled(places).0.padded(places + 1);
    let mut text: Vec<u8> = digits.iter().map(|digit| b'0' + digit).collect();
    let zero = exprs.literal(b"0");
    let more = if zeros { exprs.star(zero) } else { ExprId::EMPTY };
    if places > 0 {
        text.insert(digits.len() - places, b'.');
        let text = exprs.literal(&text);
        return exprs.concat2(text, more);
    }
    let text = exprs.literal(&text);
    let point = exprs.literal(b".0");
    let fraction = exprs.concat2(point, more);
    let fraction = exprs.optional(fraction);
    exprs.concat2(text, fraction)
}

impl Digits {
    fn name(&self) -> Vec<u8> {
        let mut name = b"plain number".to_vec();
        let mut bound = |bound: &Option<Bound>| match bound {
            Some(bound) => {
                name.extend_from_slice(&(bound.digits.len() as u32 + 1).to_le_bytes());
                name.extend_from_slice(&bound.digits);
            }
            None => name.extend_from_slice(&0u32.to_le_bytes()),
        };
        bound(&self.low);
        bound(&self.high);
        name.extend_from_slice(&(self.places as u32).to_le_bytes());
        name.extend_from_slice(&self.modulus.to_le_bytes());
        name.push(self.ending as u8);
        name.extend_from_slice(&(self.longest as u32).to_le_bytes());
        name
    }

    fn left(&self, to_come: usize) -> u64 {
        self.left[to_come.min(self.left.len() - 1)]
    }

    /// Whether `to_come` digits can complete a multiple after the remainder.
    fn completes(&self, rest: u64, to_come: usize) -> bool {
        if self.modulus == 1 {
            return true;
        }
        // Past 14 digits there are more completions than remainders.
        if to_come > 14 {
            return true;
        }
        let power = 10u128.pow(to_come as u32);
        let modulus = u128::from(self.modulus);
        let written = u128::from(rest) * power % modulus;
        (modulus - written) % modulus < power
    }

    /// The place after one more digit, whether or not anything can follow.
    fn read(&self, place: Place, digit: u8) -> Place {
        let at = if place.in_fraction { None } else { Some(place.count) };
        let compare = |known: Ordering, bound: &Option<Bound>, longer: Ordering| {
            let Some(bound) = bound else { return known };
            let at = at.unwrap_or_else(|| bound.digits.len() - place.count);
            if !place.in_fraction && at >= bound.whole {
                return longer;
            }
            known.then(digit.cmp(&bound.digits[at]))
        };
        let low = compare(place.low, &self.low, Ordering::Greater);
        let high = compare(place.high, &self.high, Ordering::Greater);
        let next = place.rest * 10 + u64::from(digit);
        if place.in_fraction {
            let count = place.count - 1;
            return Place { low, high, count, rest: next % self.left(count), ..place };
        }
        let mut needed = self.places.max(place.needed.saturating_sub(1));
        while !self.completes(next % self.left(needed), needed) {
            needed += 1;
        }
        let rest = next % self.left(needed);
        Place { low, high, count: place.count + 1, needed, rest, ..place }
    }

    /// The fewest and the most digits before the point that leave the text inside the bounds.
    fn lengths(&self, place: Place) -> (usize, usize) {
        let low =
            self.low.as_ref().map_or(0, |low| low.whole + usize::from(place.low == Ordering::Less));
        let high = self
            .high
            .as_ref()
            .map_or(self.longest, |high| high.whole - usize::from(place.high == Ordering::Greater));
        (low.max(place.count), high.min(self.longest))
    }

    /// The state after a digit before the point.
    fn state(&self, exprs: &mut Exprs, rule: RuleId, place: Place) -> ExprId {
        let (fewest, most) = self.lengths(place);
        if fewest > most {
            return ExprId::NEVER;
        }
        if !place.tight() {
            if self.modulus == 1 {
                let more = digits(exprs, fewest - place.count, most - place.count);
                let ending = self.free_ending(exprs);
                return exprs.concat2(more, ending);
            }
            if most - place.count + self.places < place.needed {
                return ExprId::NEVER;
            }
        }
        exprs.rule_state(rule, place.packed(self.places))
    }

    /// What may follow the digits before the point where nothing depends on them.
    fn free_ending(&self, exprs: &mut Exprs) -> ExprId {
        let fraction = match (self.places, self.ending) {
            (0, Ending::Bare) => return ExprId::EMPTY,
            (0, Ending::PointZero) => exprs.literal(b".0"),
            (0, Ending::Zeros) => {
                let zeros = self.zeros(exprs, 1);
                let point = exprs.literal(b".");
                exprs.concat2(point, zeros)
            }
            _ => {
                let point = exprs.literal(b".");
                let digits = digits(exprs, 1, self.places);
                let ending = if self.ending == Ending::Zeros {
                    // More digits than needed are zeros, fewer are not followed by any.
                    self.zeros(exprs, 0)
                } else {
                    ExprId::EMPTY
                };
                exprs.concat(&[point, digits, ending])
            }
        };
        exprs.optional(fraction)
    }

    fn zeros(&self, exprs: &mut Exprs, at_least: u32) -> ExprId {
        let zero = exprs.literal(b"0");
        exprs.repeat(zero, at_least, UNBOUNDED)
    }

    /// Whether the number may end where its whole digits end.
    fn ends(&self, place: Place) -> bool {
        let below = |bound: &Bound| bound.whole > place.count;
        let same = |bound: &Bound| bound.whole == place.count;
        let low = self.low.as_ref().is_none_or(|low| {
            !below(low)
                && (!same(low)
                    || place.low == Ordering::Greater
                    || (place.low == Ordering::Equal && all_zero(&low.digits[low.whole..])))
        });
        let high = self
            .high
            .as_ref()
            .is_none_or(|high| below(high) || (same(high) && place.high != Ordering::Greater));
        low && high && place.needed == self.places && place.rest == 0
    }

    /// The point and what follows it.
    fn point(&self, exprs: &mut Exprs, rule: RuleId, place: Place) -> Option<Transition> {
        let target = if self.places == 0 {
            match self.ending {
                _ if !self.ends(place) => ExprId::NEVER,
                Ending::Bare => ExprId::NEVER,
                Ending::PointZero => exprs.literal(b"0"),
                Ending::Zeros => self.zeros(exprs, 1),
            }
        } else {
            let compared = |known: Ordering, bound: &Option<Bound>, free: Ordering| match bound {
                Some(bound) => place.count.cmp(&bound.whole).then(known),
                None => free,
            };
            let place = Place {
                in_fraction: true,
                low: compared(place.low, &self.low, Ordering::Greater),
                high: compared(place.high, &self.high, Ordering::Less),
                count: self.places,
                ..place
            };
            if place.needed > self.places {
                ExprId::NEVER
            } else {
                self.fraction_state(exprs, rule, place)
            }
        };
        (target != ExprId::NEVER).then_some(Transition { low: b'.', high: b'.', target })
    }

    /// The state after the point, or after a digit behind it.
    fn fraction_state(&self, exprs: &mut Exprs, rule: RuleId, place: Place) -> ExprId {
        if place.low == Ordering::Less || place.high == Ordering::Greater {
            return ExprId::NEVER;
        }
        if !place.tight() && !self.completes(place.rest, place.count) {
            return ExprId::NEVER;
        }
        if place.count == 0 {
            return match self.ending {
                Ending::Zeros => self.zeros(exprs, 0),
                _ => ExprId::EMPTY,
            };
        }
        if !place.tight() && self.modulus == 1 {
            let some = usize::from(place.count == self.places);
            let more = digits(exprs, some, place.count);
            let ending = match self.ending {
                Ending::Zeros => self.zeros(exprs, 0),
                _ => ExprId::EMPTY,
            };
            return exprs.concat2(more, ending);
        }
        exprs.rule_state(rule, Place { needed: self.places, ..place }.packed(self.places))
    }
}

impl Digits {
    /// `count` digits after a remainder that make a multiple, the first few; the point is among
    /// them if digits before it are.
    fn multiples_after(&self, rest: u64, count: usize, in_fraction: bool) -> Vec<Vec<u8>> {
        let (power, modulus) = (10u128.pow(count as u32), u128::from(self.modulus));
        let written = u128::from(rest) * power % modulus;
        let first = (modulus - written) % modulus;
        let digits = (0..COMPLETIONS).map(|nth| first + nth * modulus);
        let texts = digits.take_while(|&digits| digits < power).map(|digits| {
            let mut text = format!("{digits:0count$}").into_bytes();
            text.truncate(count);
            if !in_fraction && self.places > 0 {
                text.insert(count - self.places, b'.');
            }
            text
        });
        texts.collect()
    }
}

impl Rule for Digits {
    fn accepts(&self, state: u64) -> bool {
        let place = Place::unpacked(state, self.places);
        if !place.in_fraction {
            return self.ends(place);
        }
        let low = match &self.low {
            Some(low) if place.low == Ordering::Equal => {
                all_zero(&low.digits[low.digits.len() - place.count..])
            }
            _ => true,
        };
        place.count < self.places && low && place.rest % self.left(place.count) == 0
    }

    fn completions(&self, state: u64) -> Vec<Vec<u8>> {
        let place = Place::unpacked(state, self.places);
        if place.tight() || self.modulus == 1 || self.places > MOST_DIGITS {
            return Vec::new();
        }
        if place.in_fraction {
            return self.multiples_after(place.rest, place.count, true);
        }
        let most = self.longest.saturating_sub(place.count) + self.places;
        let counts = place.needed..=most.min(place.needed + MORE_DIGITS).min(MOST_DIGITS);
        counts.flat_map(|count| self.multiples_after(place.rest, count, false)).collect()
    }

    fn is_lasting(&self) -> bool {
        true
    }

    fn expand(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> ExprId {
        let place = Place::unpacked(state, self.places);
        let mut arms = Vec::with_capacity(11);
        if !place.in_fraction {
            arms.extend(self.point(exprs, rule, place));
        }
        for digit in 0..=9 {
            let next = self.read(place, digit);
            let target = if place.in_fraction {
                self.fraction_state(exprs, rule, next)
            } else {
                self.state(exprs, rule, next)
            };
            let byte = b'0' + digit;
            arms.push(Transition { low: byte, high: byte, target });
        }
        exprs.switch(arms)
    }
}

impl Place {
    /// Whether the digits so far are those of a bound. Then they can be completed as the bound is.
    fn tight(self) -> bool {
        self.low == Ordering::Equal || self.high == Ordering::Equal
    }

    /// The place in one word.
    fn packed(self, places: usize) -> u64 {
        let order = |order: Ordering| (order as i8 + 1) as u64;
        let mut word = u64::from(self.in_fraction);
        word = word << 2 | order(self.low);
        word = word << 2 | order(self.high);
        word = word << 9 | self.count as u64;
        word = word << 6 | (self.needed - places) as u64;
        word << REMAINDER_BITS | self.rest
    }

    fn unpacked(word: u64, places: usize) -> Self {
        let bits = |shift: u32, count: u32| word >> shift & ((1 << count) - 1);
        let order = |value: u64| match value {
            0 => Ordering::Less,
            1 => Ordering::Equal,
            _ => Ordering::Greater,
        };
        Place {
            rest: bits(0, REMAINDER_BITS),
            needed: bits(REMAINDER_BITS, 6) as usize + places,
            count: bits(REMAINDER_BITS + 6, 9) as usize,
            high: order(bits(REMAINDER_BITS + 15, 2)),
            low: order(bits(REMAINDER_BITS + 17, 2)),
            in_fraction: bits(REMAINDER_BITS + 19, 1) == 1,
        }
    }
}

fn all_zero(digits: &[u8]) -> bool {
    digits.iter().all(|&digit| digit == 0)
}

/// Between `min` and `max` digits.
pub(super) fn digits(exprs: &mut Exprs, min: usize, max: usize) -> ExprId {
    let digit = exprs.byte_range(b'0', b'9');
    exprs.repeat(digit, min as u32, max as u32)
}
