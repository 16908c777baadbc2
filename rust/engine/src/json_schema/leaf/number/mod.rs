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
//!   every value is an integer or other multiple (`3e2`). It has up to three digits and lies between
//!   -[`LAST_EXPONENT`] and [`LAST_EXPONENT`]; the text `1e308` is allowed as well. So no number
//!   overflows or vanishes in a reader that uses double precision.
//! - A minus sign before zero only where negative numbers are allowed.

mod exponent;
mod multiples;
mod plain;
mod scientific;
mod side;
mod step;

use super::decimal::{Decimal, Natural};
use crate::error::{Error, Result};
use crate::expr::{ExprId, Exprs, Transition};
use plain::{Ending, Plain};
use scientific::Scientific;
use side::{Grid, Side, Sides};
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

/// The texts of the numbers that satisfy the constraint; [`ExprId::NEVER`] if there are none. An
/// error if there are some but none is written within the limits of this module, or if remainders
/// or bounds are too large to work with.
///
/// The complement of these texts is not that of the numbers, since not every text of a number is
/// written: see [`number_exact`].
pub fn number(exprs: &mut Exprs, constraint: &NumberConstraint) -> Result<ExprId> {
    let (texts, any) = assemble(exprs, constraint, Style::Written)?;
    if texts == ExprId::NEVER && any {
        return Err(Error::limit(format!(
            "numbers satisfy the constraint, but none that is written with {WHOLE_DIGITS} digits \
             before the point, {FRACTION_DIGITS} after it or an exponent up to {LAST_EXPONENT}"
        )));
    }
    let texts = exclude(exprs, texts, constraint)?;
    Ok(if exprs.matches_nothing(texts)? { ExprId::NEVER } else { texts })
}

/// All the texts that [`number`] may write under whatever constraint, if their value satisfies this
/// one. Boolean operations on such expressions are exact; what comes out is then intersected with
/// what is to be written. If no number satisfies the constraint this need not be
/// [`ExprId::NEVER`].
pub fn number_exact(exprs: &mut Exprs, constraint: &NumberConstraint) -> Result<ExprId> {
    let (texts, _) = assemble(exprs, constraint, Style::Exact)?;
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

/// Which texts of a number there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Those that [`number`] writes.
    Written,
    /// Those that it may write under any constraint.
    Exact,
}

/// The texts without regard to the negated parts of the constraint, and whether there are numbers
/// that satisfy the rest of it, written or not.
fn assemble(
    exprs: &mut Exprs,
    constraint: &NumberConstraint,
    style: Style,
) -> Result<(ExprId, bool)> {
    let mut step = Step::common(&constraint.multiple_of)?;
    if constraint.kind != NumberKind::Number {
        step = Some(match step {
            Some(step) => step.and(Step::ONE)?,
            None => Step::ONE,
        });
    }
    let form = Form { kind: constraint.kind, step, style };
    let Some(sides) = Sides::of(constraint, style == Style::Exact)? else {
        return Ok((ExprId::NEVER, false));
    };
    let mut any = false;
    let mut arms = Vec::with_capacity(4);
    if let Some(side) = &sides.negative {
        let grid = form.grid(side);
        // A sign stands before zero only beside negative numbers.
        let only_zero = grid.high.as_ref().is_some_and(Natural::is_zero);
        if style == Style::Exact || form.step.is_none() || !only_zero {
            any |= form.has_numbers(&grid);
            let start = form.texts(exprs, side, &grid);
            let target = exprs.switch(start);
            arms.push(Transition { low: b'-', high: b'-', target });
        }
    }
    if let Some(side) = &sides.positive {
        let grid = form.grid(side);
        any |= form.has_numbers(&grid);
        arms.extend(form.texts(exprs, side, &grid));
    }
    Ok((exprs.switch(arms), any))
}

/// How the numbers of a constraint are written.
struct Form {
    kind: NumberKind,
    step: Option<Step>,
    style: Style,
}

impl Form {
    fn places(&self, side: &Side) -> usize {
        match (&self.step, self.style) {
            (Some(step), _) => step.places(),
            (None, Style::Written) => side.places(),
            (None, Style::Exact) => side::MOST_PLACES,
        }
    }

    fn grid(&self, side: &Side) -> Grid {
        side.on_grid(self.places(side), self.step.map_or(1, |step| step.modulus))
    }

    /// Whether there are numbers on a side, written or not. Between two bounds there always are.
    fn has_numbers(&self, grid: &Grid) -> bool {
        self.step.is_none() || !grid.is_empty()
    }

    /// What the numbers of one sign start with, without the sign.
    fn texts(&self, exprs: &mut Exprs, side: &Side, grid: &Grid) -> Vec<Transition> {
        if !self.has_numbers(grid) {
            return Vec::new();
        }
        let ending = match (self.kind, self.style) {
            (NumberKind::PlainInteger, _) => Ending::Bare,
            (_, Style::Written) => Ending::PointZero,
            (_, Style::Exact) => Ending::Zeros,
        };
        let longest = match self.style {
            Style::Written => WHOLE_DIGITS,
            Style::Exact => BOUND_DIGITS + 1,
        };
        let modulus = self.step.map_or(1, |step| step.modulus);
        let plain = Plain::new(exprs, grid, self.places(side), modulus, ending, longest);
        let scientific = match (self.kind, self.style, self.step) {
            (NumberKind::PlainInteger, ..) => None,
            (_, Style::Written, Some(step)) => Scientific::new(exprs, side, 0, Some(step)),
            (_, Style::Written, None) => Scientific::new(exprs, side, side.significant(), None),
            (_, Style::Exact, _) => Scientific::new(exprs, side, BOUND_DIGITS + 1, None),
        };
        let mut arms: Vec<Transition> = Vec::with_capacity(10);
        for digit in 0..=9 {
            let mut after = Vec::with_capacity(2);
            after.extend(plain.as_ref().map(|plain| plain.after_first(exprs, digit)));
            if let Some(scientific) = &scientific {
                let mut texts = scientific.after_first(exprs, digit);
                if let (Style::Exact, Some(step)) = (self.style, self.step) {
                    let multiples = multiples::after_first(exprs, step, digit);
                    texts = exprs.and(vec![texts, multiples]);
                }
                after.push(texts);
            }
            let target = exprs.or(after);
            let byte = b'0' + digit;
            arms.push(Transition { low: byte, high: byte, target });
        }
        arms
    }
}

/// `texts` without what the negated parts of the constraint exclude.
fn exclude(exprs: &mut Exprs, texts: ExprId, constraint: &NumberConstraint) -> Result<ExprId> {
    let mut barred = Vec::new();
    for &kind in &constraint.not_kinds {
        let of_kind = NumberConstraint { kind, ..NumberConstraint::default() };
        barred.push(number_exact(exprs, &of_kind)?);
    }
    for step in &constraint.not_multiple_of {
        let multiple_of = vec![step.clone()];
        let multiples = NumberConstraint { multiple_of, ..NumberConstraint::default() };
        barred.push(number_exact(exprs, &multiples)?);
    }
    for value in &constraint.not_values {
        barred.push(texts_of(exprs, value, true)?);
    }
    if barred.is_empty() {
        return Ok(texts);
    }
    let barred = exprs.or(barred);
    let allowed = exprs.not(barred);
    Ok(exprs.and(vec![texts, allowed]))
}
