//! Intervals of values, by sign, and the multiples inside them.

use super::{NumberConstraint, BOUND_DIGITS, FRACTION_DIGITS};
use crate::error::{Error, Result};
use crate::json_schema::leaf::decimal::{Decimal, Natural};

/// A bound with more decimal places than this does not lengthen fractions; an exponent can be
/// written instead.
const LONG_FRACTION: i64 = 60;
/// The most digits after the point that any constraint can lead to.
pub(super) const MOST_PLACES: usize = LONG_FRACTION as usize + 1;

/// One end of an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub value: Decimal,
    pub inclusive: bool,
}

/// The numbers of one sign, by absolute value: from `low` to `high`, if there is one.
pub(super) struct Side {
    pub low: Edge,
    pub high: Option<Edge>,
}

/// The two signs of a constraint; a sign without values is absent.
pub(super) struct Sides {
    pub negative: Option<Side>,
    pub positive: Option<Side>,
}

/// The least and the largest multiple of a side, in units of the last decimal place.
pub(super) struct Grid {
    /// `None` if it has too many digits to be written.
    pub low: Option<Natural>,
    /// `None` if there is no bound within reach.
    pub high: Option<Natural>,
    empty: bool,
}

impl Grid {
    pub fn is_empty(&self) -> bool {
        self.empty
    }
}

/// An error for numbers with too many digits to compare.
pub(super) fn check_size(value: &Decimal) -> Result<()> {
    if value.digits().len() > BOUND_DIGITS {
        return Err(Error::limit(format!(
            "a number of {} digits; at most {BOUND_DIGITS} are compared",
            value.digits().len()
        )));
    }
    Ok(())
}

impl Sides {
    /// The signs of a constraint's interval; `None` if it is empty. If `signed_zero`, a sign may
    /// stand before zero even where no negative number is allowed.
    pub fn of(constraint: &NumberConstraint, signed_zero: bool) -> Result<Option<Self>> {
        // The exclusive bound decides where both are the same.
        let low = tighter(&constraint.minimum, &constraint.exclusive_minimum, |a, b| a > b)?;
        let high = tighter(&constraint.maximum, &constraint.exclusive_maximum, |a, b| a < b)?;
        if let (Some(low), Some(high)) = (&low, &high) {
            let touching = low.value == high.value && low.inclusive && high.inclusive;
            if low.value >= high.value && !touching {
                return Ok(None);
            }
        }
        let zero = Edge { value: Decimal::ZERO, inclusive: true };
        let turned = |edge: &Edge| Edge { value: edge.value.negated(), inclusive: edge.inclusive };
        let below_zero = |low: &Edge| low.value.is_negative() || (signed_zero && *low == zero);
        let negative = low.as_ref().is_none_or(below_zero).then(|| {
            let below = high.as_ref().filter(|high| high.value <= Decimal::ZERO);
            Side { low: below.map_or(zero.clone(), turned), high: low.as_ref().map(turned) }
        });
        let reaches_zero = |high: &Edge| high.value > Decimal::ZERO || *high == zero;
        let positive = high.as_ref().is_none_or(reaches_zero).then(|| {
            let above = low.clone().filter(|low| !low.value.is_negative());
            Side { low: above.unwrap_or(zero.clone()), high: high.clone() }
        });
        Ok(Some(Sides { negative, positive }))
    }
}

fn tighter(
    inclusive: &Option<Decimal>,
    exclusive: &Option<Decimal>,
    is_tighter: impl Fn(&Decimal, &Decimal) -> bool,
) -> Result<Option<Edge>> {
    for value in [inclusive, exclusive].into_iter().flatten() {
        check_size(value)?;
    }
    let edge = |value: &Decimal, inclusive| Edge { value: value.clone(), inclusive };
    Ok(match (inclusive, exclusive) {
        (Some(at), Some(beyond)) if is_tighter(at, beyond) => Some(edge(at, true)),
        (_, Some(beyond)) => Some(edge(beyond, false)),
        (at, None) => at.as_ref().map(|at| edge(at, true)),
    })
}

impl Side {
    fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.high.iter().chain([&self.low])
    }

    /// How many digits after the point are written: enough to lie between two bounds.
    pub fn places(&self) -> usize {
        let decimals = self.edges().map(|edge| edge.value.decimals());
        let longest = decimals.filter(|&decimals| decimals <= LONG_FRACTION).max().unwrap_or(0);
        FRACTION_DIGITS.max(longest as usize + 1)
    }

    /// How many digits after the first one are written before an exponent.
    pub fn significant(&self) -> usize {
        let digits = self.edges().map(|edge| edge.value.digits().len());
        FRACTION_DIGITS.max(digits.max().unwrap_or(0) + 1)
    }

    /// The least and the largest multiple of `modulus / 10^places` in the side.
    pub fn on_grid(&self, places: usize, modulus: u64) -> Grid {
        let writable = |edge: &Edge| edge.value.magnitude() <= BOUND_DIGITS as i64;
        let low = Some(&self.low).filter(|low| writable(low)).map(|low| {
            let (floor, exact) = low.value.scaled(places);
            let least = if exact && low.inclusive { floor } else { floor.plus(1) };
            match least.rem(modulus) {
                0 => least,
                rest => least.plus(modulus - rest),
            }
        });
        let mut empty = false;
        let high = self.high.as_ref().filter(|high| writable(high)).and_then(|high| {
            let (floor, exact) = high.value.scaled(places);
            if exact && !high.inclusive && floor.is_zero() {
                empty = true;
                return None;
            }
            let most = if exact && !high.inclusive { floor.minus(1) } else { floor };
            let rest = most.rem(modulus);
            Some(most.minus(rest))
        });
        if let (Some(low), Some(high)) = (&low, &high) {
            empty |= low > high;
        }
        Grid { low, high, empty }
    }
}
