//! Numbers: JSON number texts whose value satisfies a constraint exactly.
//!
//! Everything is decided on decimal digits, as the text is written: a bound is compared digit by
//! digit, `multipleOf` keeps a remainder. Both are rules ([`crate::expr::Rule`]), so a constraint
//! costs nothing until its digits are reached, whatever its size.
//!
//! Which texts a value has is a matter of convention, since a model must not be able to write
//! digits for ever:
//!
//! - At most [`WHOLE_DIGITS`] digits before the point and [`FRACTION_DIGITS`] after it, or what a
//!   bound takes to write.
//! - Where every value is an integer, the fraction is `.0` or none (in draft 4: none); where every
//!   value is a multiple of 0.01, at most two digits; and so on.
//! - An exponent follows one digit other than 0, with or without a fraction; without one where
//!   the constraint is on multiples or kinds (`3e2`). It has up to three digits and lies between
//!   -[`LAST_EXPONENT`] and [`LAST_EXPONENT`]; the text `1e308` is allowed as well. So no number
//!   overflows or vanishes in a reader that uses double precision.
//! - A minus sign before zero only where negative numbers are allowed.

mod exponent;
mod plain;
mod scientific;
mod side;
mod step;

use super::decimal::Decimal;
use crate::error::{Error, Result};
use crate::expr::{ExprId, Exprs, Transition};
use plain::{Ending, Plain};
use scientific::Scientific;
use side::Sides;
use step::Step;

/// Digits before the decimal point, where no bound needs more.
pub const WHOLE_DIGITS: usize = 20;
/// Digits after the decimal point, where no bound needs more.
pub const FRACTION_DIGITS: usize = 20;
/// The largest exponent, and the negative of the smallest.
pub const LAST_EXPONENT: i64 = 307;
/// The most digits of a bound, and of what is written before the point to reach it.
const BOUND_DIGITS: usize = 400;

/// Which numbers are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// Any number.
    #[default]
    Number,
    /// A number without a fractional part, however written (`5`, `5.0`, `5e2`): from draft 6 on.
    Integer,
    /// A number written without fraction and exponent: draft 4.
    PlainInteger,
}

/// What a number must satisfy; all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NumberConstraint {
    /// Which numbers are meant.
    pub kind: NumberKind,
    /// Kinds that the number is not of.
    pub not_kinds: Vec<NumberKind>,
    /// The least value.
    pub minimum: Option<Decimal>,
    /// The largest value.
    pub maximum: Option<Decimal>,
    /// A value that the number is above.
    pub exclusive_minimum: Option<Decimal>,
    /// A value that the number is below.
    pub exclusive_maximum: Option<Decimal>,
    /// The number is an integer times each of these; they are positive.
    pub multiple_of: Vec<Decimal>,
    /// The number is not an integer times any of these; they are positive.
    pub not_multiple_of: Vec<Decimal>,
    /// Values that are excluded.
    pub not_values: Vec<Decimal>,
}

/// How the numbers of a constraint are written.
struct Form {
    kind: NumberKind,
    step: Option<Step>,
    /// No fraction before an exponent, so that what is excluded is easy to write down.
    short: bool,
}

/// The texts of the numbers that satisfy the constraint; [`ExprId::NEVER`] if there are none. An
/// error if there are some but none is written within the limits of this module, or if remainders
/// or bounds are too large to work with.
pub fn number(exprs: &mut Exprs, constraint: &NumberConstraint) -> Result<ExprId> {
    let form = Form::of(constraint)?;
    let Some(sides) = Sides::of(constraint)? else {
        return Ok(ExprId::NEVER);
    };
    let mut arms = Vec::with_capacity(4);
    let mut nothing_true = true;
    if let Some(side) = &sides.negative {
        let (start, any) = form.texts(exprs, side, true)?;
        nothing_true &= !any;
        let target = exprs.switch(start);
        if target != ExprId::NEVER {
            arms.push(Transition { low: b'-', high: b'-', target });
        }
    }
    if let Some(side) = &sides.positive {
        let (start, any) = form.texts(exprs, side, false)?;
        nothing_true &= !any;
        arms.extend(start);
    }
    if arms.is_empty() && !nothing_true {
        return Err(Error::limit(format!(
            "numbers satisfy the constraint, but none that is written with {WHOLE_DIGITS} digits \
             before the point, {FRACTION_DIGITS} after it or an exponent up to {LAST_EXPONENT}"
        )));
    }
    let texts = exprs.switch(arms);
    exclude(exprs, texts, constraint)
}

/// The usual texts of one value: its digits, with `.0` behind an integer or without, and where
/// the value is very large or small, an exponent. At least one, even for a value beyond the limits
/// of [`number`].
pub fn number_equal(exprs: &mut Exprs, value: &Decimal) -> Result<ExprId> {
    texts_of(exprs, value, false)
}

/// Texts of one value; if `all`, every one that [`number`] may write.
fn texts_of(exprs: &mut Exprs, value: &Decimal, all: bool) -> Result<ExprId> {
    side::check_size(value)?;
    let mut texts = vec![scientific::equal(exprs, value, all)];
    if value.magnitude().max(value.decimals()) <= BOUND_DIGITS as i64 {
        texts.push(plain::equal(exprs, value, all));
    }
    let unsigned = exprs.or(texts);
    let sign = exprs.literal(b"-");
    Ok(match (value.is_zero(), value.is_negative()) {
        (true, _) => {
            let sign = exprs.optional(sign);
            exprs.concat2(sign, unsigned)
        }
        (_, true) => exprs.concat2(sign, unsigned),
        (_, false) => unsigned,
    })
}

impl Form {
    fn of(constraint: &NumberConstraint) -> Result<Self> {
        let mut step = Step::common(&constraint.multiple_of)?;
        if constraint.kind != NumberKind::Number {
            step = Some(match step {
                Some(step) => step.and(Step::ONE)?,
                None => Step::ONE,
            });
        }
        let short = !constraint.not_kinds.is_empty() || !constraint.not_multiple_of.is_empty();
        Ok(Form { kind: constraint.kind, step, short })
    }

    /// What the numbers of one sign start with, without the sign, and whether there are any
    /// numbers, written or not.
    fn texts(
        &self,
        exprs: &mut Exprs,
        side: &side::Side,
        negative: bool,
    ) -> Result<(Vec<Transition>, bool)> {
        let places = match &self.step {
            Some(step) => step.places(),
            None => side.places(),
        };
        let modulus = self.step.as_ref().map_or(1, |step| step.modulus);
        let grid = side.on_grid(places, modulus);
        let only_zero = grid.high.as_ref().is_some_and(|high| high.is_zero());
        let any = self.step.is_none() || !grid.is_empty();
        if !any || (negative && only_zero && self.step.is_some()) {
            return Ok((Vec::new(), any && !negative));
        }
        let ending = match self.kind {
            NumberKind::PlainInteger => Ending::Bare,
            _ => Ending::PointZero,
        };
        let plain = Plain::new(exprs, &grid, places, modulus, ending);
        let scientific = match (self.kind, &self.step) {
            (NumberKind::PlainInteger, _) => None,
            (_, Some(step)) => Scientific::new(exprs, side, 0, Some(*step)),
            (_, None) if self.short => Scientific::new(exprs, side, 0, None),
            (_, None) => Scientific::new(exprs, side, side.significant(), None),
        };
        Ok((first_digits(exprs, plain.as_ref(), scientific.as_ref()), any))
    }
}

/// Numbers without a sign, by their first digit.
fn first_digits(
    exprs: &mut Exprs,
    plain: Option<&Plain>,
    scientific: Option<&Scientific>,
) -> Vec<Transition> {
    let mut arms: Vec<Transition> = Vec::with_capacity(10);
    for digit in 0..=9 {
        let mut after = Vec::with_capacity(2);
        after.extend(plain.map(|plain| plain.after_first(exprs, digit)));
        after.extend(scientific.map(|scientific| scientific.after_first(exprs, digit)));
        let target = exprs.or(after);
        let byte = b'0' + digit;
        if target != ExprId::NEVER {
            arms.push(Transition { low: byte, high: byte, target });
        }
    }
    arms
}

/// `texts` without what the negated parts of the constraint exclude.
fn exclude(exprs: &mut Exprs, texts: ExprId, constraint: &NumberConstraint) -> Result<ExprId> {
    let mut barred = Vec::new();
    for kind in &constraint.not_kinds {
        barred.push(match kind {
            NumberKind::Number => return Ok(ExprId::NEVER),
            NumberKind::Integer => multiples(exprs, Step::ONE, Ending::Zeros),
            NumberKind::PlainInteger => multiples(exprs, Step::ONE, Ending::Bare),
        });
    }
    for multiple in &constraint.not_multiple_of {
        let step = Step::new(multiple)?;
        barred.push(multiples(exprs, step, Ending::Zeros));
    }
    for value in &constraint.not_values {
        barred.push(texts_of(exprs, value, true)?);
    }
    if barred.is_empty() {
        return Ok(texts);
    }
    let barred = exprs.or(barred);
    let allowed = exprs.not(barred);
    let texts = exprs.and(vec![texts, allowed]);
    Ok(if exprs.matches_nothing(texts)? { ExprId::NEVER } else { texts })
}

/// Every text of a multiple of `step` that a constraint with exclusions may write.
fn multiples(exprs: &mut Exprs, step: Step, ending: Ending) -> ExprId {
    let side = side::Side::all();
    let grid = side.on_grid(step.places(), step.modulus);
    let plain = Plain::new(exprs, &grid, step.places(), step.modulus, ending);
    let scientific = match ending {
        Ending::Bare => None,
        _ => Scientific::new(exprs, &side, 0, Some(step)),
    };
    let mut arms = first_digits(exprs, plain.as_ref(), scientific.as_ref());
    let unsigned = exprs.switch(arms.clone());
    arms.insert(0, Transition { low: b'-', high: b'-', target: unsigned });
    exprs.switch(arms)
}
