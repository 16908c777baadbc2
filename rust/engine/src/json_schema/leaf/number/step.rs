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
    /// The step without its factors of ten, down to the lesser of its twos and fives.
    pub coprime: u64,
    /// The part prime to ten.
    odd: u64,
    twos: i64,
    fives: i64,
}

impl Step {
    pub const ONE: Step = Step { modulus: 1, coprime: 1, odd: 1, twos: 0, fives: 0 };

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
        let tens = twos.min(fives);
        if -tens > STEP_PLACES {
            return None;
        }
        let power = |base: u64, exponent: i64| base.checked_pow(u32::try_from(exponent).ok()?);
        let coprime =
            odd.checked_mul(power(2, twos - tens)?)?.checked_mul(power(5, fives - tens)?)?;
        let modulus = coprime
            .checked_mul(power(10, tens.max(0))?)
            .filter(|&modulus| modulus < 1 << REMAINDER_BITS)?;
        Some(Step { modulus, coprime, odd, twos, fives })
    }

    /// The digits after the point that its multiples need.
    pub fn places(&self) -> usize {
        -self.twos.min(self.fives).min(0) as usize
    }

    /// With digits of this remainder by [`Step::coprime`], not ending in 0, the least power of ten
    /// that makes a multiple of them; then every larger one does. `None` if none does.
    pub fn least_power(&self, rest: u64) -> Option<i64> {
        let tens = self.twos.min(self.fives);
        let mut power = tens;
        let mut rest = rest % self.coprime;
        if rest % self.odd != 0 {
            return None;
        }
        while rest != 0 {
            rest = (u128::from(rest) * 10 % u128::from(self.coprime)) as u64;
            power += 1;
        }
        Some(power)
    }

    /// The remainder by [`Step::coprime`] of digits with a given one, after `zeros` zeros and one
    /// more digit.
    pub fn append(&self, rest: u64, zeros: u64, digit: u8) -> u64 {
        let modulus = u128::from(self.coprime);
        let shifted = (0..=zeros).fold(u128::from(rest), |rest, _| rest * 10 % modulus);
        ((shifted + u128::from(digit)) % modulus) as u64
    }

    /// A name for rules about its multiples.
    pub fn name(&self) -> Vec<u8> {
        let mut name = b"multiples with an exponent".to_vec();
        name.extend_from_slice(&self.odd.to_le_bytes());
        name.extend_from_slice(&self.twos.to_le_bytes());
        name.extend_from_slice(&self.fives.to_le_bytes());
        name
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
