//! Multiples: a step is a positive decimal number, kept apart into what is prime to ten, twos and
//! fives.

use crate::error::{Error, Result};
use crate::json_schema::leaf::Decimal;

/// Remainders are kept in this many bits of a state.
pub(super) const REMAINDER_BITS: u32 = 43;
/// The most digits after the point that a step may have.
const STEP_PLACES: i64 = 60;

/// The numbers `modulus / 10^places * n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The step in units of its last digit.
    pub modulus: u64,
    /// The part prime to ten.
    odd: u64,
    twos: i64,
    fives: i64,
}

impl Step {
    pub const ONE: Step = Step { modulus: 1, odd: 1, twos: 0, fives: 0 };

    /// The step of multiples of a positive number.
    pub fn new(step: &Decimal) -> Result<Self> {
        if step.is_zero() || step.is_negative() {
            return Err(Error::limit(format!("multipleOf {step} is not positive")));
        }
        let power = step.magnitude() - step.digits().len() as i64;
        let mut odd = 0u64;
        for &digit in step.digits() {
            let next = odd.checked_mul(10).and_then(|ten| ten.checked_add(u64::from(digit)));
            odd = next.ok_or_else(|| too_large(step))?;
        }
        let (mut twos, mut fives) = (power, power);
        while odd % 2 == 0 {
            odd /= 2;
            twos += 1;
        }
        while odd % 5 == 0 {
            odd /= 5;
            fives += 1;
        }
        Self::of_parts(odd, twos, fives).ok_or_else(|| too_large(step))
    }

    /// The step of what is a multiple of all; `None` for no steps.
    pub fn common(steps: &[Decimal]) -> Result<Option<Self>> {
        let mut all: Option<Self> = None;
        for step in steps {
            let one = Self::new(step)?;
            all = Some(match all {
                Some(others) => others.and(one)?,
                None => one,
            });
        }
        Ok(all)
    }

    /// The step of what is a multiple of both.
    pub fn and(self, other: Step) -> Result<Self> {
        let factor = other.odd / gcd(self.odd, other.odd);
        let odd = self.odd.checked_mul(factor);
        odd.and_then(|odd| {
            Self::of_parts(odd, self.twos.max(other.twos), self.fives.max(other.fives))
        })
        .ok_or_else(|| Error::limit("the least common multiple of several multipleOf is too large"))
    }

    fn of_parts(odd: u64, twos: i64, fives: i64) -> Option<Self> {
        let places = -twos.min(fives).min(0);
        if places > STEP_PLACES {
            return None;
        }
        let power = |base: u64, exponent: i64| base.checked_pow(u32::try_from(exponent).ok()?);
        let modulus = odd
            .checked_mul(power(2, twos + places)?)?
            .checked_mul(power(5, fives + places)?)
            .filter(|&modulus| modulus < 1 << REMAINDER_BITS)?;
        Some(Step { modulus, odd, twos, fives })
    }

    /// The digits after the point that its multiples need.
    pub fn places(&self) -> usize {
        -self.twos.min(self.fives).min(0) as usize
    }

    /// The least exponent at which `digit * 10^exponent`, and then with every larger one too, is a
    /// multiple; `None` if there is none.
    pub fn least_exponent(&self, digit: u8) -> Option<i64> {
        let digit = u64::from(digit);
        if digit % self.odd != 0 {
            return None;
        }
        let fives = i64::from(digit == 5);
        Some((self.twos - i64::from(digit.trailing_zeros())).max(self.fives - fives))
    }
}

pub(super) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
}

fn too_large(step: &Decimal) -> Error {
    Error::limit(format!(
        "multipleOf {step} has more digits than the remainders kept for it ({REMAINDER_BITS} bits, \
         {STEP_PLACES} decimal places)"
    ))
}
