//! `{n}`, `{n,}` and `{n,m}`, where `m` is not less than `n`.

use super::{Arm, Pattern, Place};

/// The most digits of a count.
const DIGITS: u32 = 4;

/// Behind `{`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Count {
    /// The first number, once the comma is read.
    least: Option<u32>,
    digits: u32,
    number: u32,
}

impl Count {
    pub const START: Count = Count { least: None, digits: 0, number: 0 };

    /// Whether more digits can make a number that is large enough.
    fn is_live(self) -> bool {
        let more = 10u32.pow(DIGITS - self.digits);
        self.least.is_none_or(|least| (self.number + 1) * more > least)
    }

    pub fn arms(self, pattern: &Pattern, arm: &mut Arm) {
        if self.digits < DIGITS {
            for digit in 0..10 {
                let next =
                    Count { digits: self.digits + 1, number: self.number * 10 + digit, ..self };
                if next.is_live() {
                    let code = u32::from(b'0') + digit;
                    arm(vec![(code, code)], pattern.at(Place::Count(next)));
                }
            }
        }
        match self.least {
            None if self.digits > 0 => {
                pattern.on(arm, "}", Place::Quantifier);
                let second = Count { least: Some(self.number), digits: 0, number: 0 };
                pattern.on(arm, ",", Place::Count(second));
            }
            Some(least) if self.digits == 0 || self.number >= least => {
                pattern.on(arm, "}", Place::Quantifier);
            }
            _ => {}
        }
    }
}
