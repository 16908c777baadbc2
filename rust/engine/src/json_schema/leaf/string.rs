//! Strings: the text between the quotes, under lengths, patterns and formats at once.
//!
//! Every value has one text ([`Encoding::JsonString`]), so operations on texts are operations on
//! values: several constraints intersect, and a negated one is a complement.

use super::formats::{self, Extent};
use crate::error::Result;
use crate::expr::{ExprId, Exprs, UNBOUNDED};
use crate::regex::{self, Encoding};

const JSON: Encoding = Encoding::JsonString;

/// What a string must satisfy; all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StringConstraint {
    /// The least number of code points.
    pub min_length: u32,
    /// The largest number of code points, if there is one.
    pub max_length: Option<u32>,
    /// ECMA-262 patterns that match somewhere in the value.
    pub patterns: Vec<String>,
    /// ECMA-262 patterns that match nowhere in the value.
    pub not_patterns: Vec<String>,
    /// Formats of the value; unknown ones are annotations.
    pub formats: Vec<String>,
    /// Formats that the value does not have. An unknown one lets nothing pass: every string has it.
    pub not_formats: Vec<String>,
    /// Values that are excluded.
    pub not_values: Vec<String>,
}

/// The text between the quotes of the strings that satisfy the constraint; [`ExprId::NEVER`] if
/// there are none. With a format, runs of digits have an end ([`string_exact`]).
pub fn string_body(exprs: &mut Exprs, constraint: &StringConstraint) -> Result<ExprId> {
    let body = assemble(exprs, constraint, Extent::Written)?;
    Ok(if exprs.matches_nothing(body)? { ExprId::NEVER } else { body })
}

/// Every text of the strings that satisfy the constraint, so that boolean operations are exact. If
/// there are none this need not be [`ExprId::NEVER`].
pub fn string_exact(exprs: &mut Exprs, constraint: &StringConstraint) -> Result<ExprId> {
    assemble(exprs, constraint, Extent::All)
}

/// The text between the quotes of exactly this value.
pub fn string_equal(exprs: &mut Exprs, value: &str) -> ExprId {
    regex::literal(exprs, value, JSON)
}

fn assemble(exprs: &mut Exprs, constraint: &StringConstraint, extent: Extent) -> Result<ExprId> {
    let max = constraint.max_length.unwrap_or(UNBOUNDED);
    if constraint.min_length > max {
        return Ok(ExprId::NEVER);
    }
    let mut all = Vec::new();
    for pattern in &constraint.patterns {
        all.push(regex::schema_pattern(exprs, pattern, JSON)?);
    }
    for name in &constraint.formats {
        all.extend(formats::format(exprs, name, JSON, extent)?);
    }
    let least = constraint.min_length;
    let enough = least == 0 || (least == 1 && all.iter().any(|&one| exprs.facts(one).shortest > 0));
    if all.is_empty() || !enough || max != UNBOUNDED {
        let char = regex::any_char(exprs, JSON);
        all.push(exprs.repeat(char, constraint.min_length, max));
    }
    let mut none = Vec::new();
    for pattern in &constraint.not_patterns {
        none.push(regex::schema_pattern(exprs, pattern, JSON)?);
    }
    for name in &constraint.not_formats {
        match formats::format(exprs, name, JSON, Extent::All)? {
            Some(format) => none.push(format),
            None => return Ok(ExprId::NEVER),
        }
    }
    none.extend(constraint.not_values.iter().map(|value| string_equal(exprs, value)));
    if !none.is_empty() {
        let none = exprs.or(none);
        all.push(exprs.not(none));
    }
    Ok(exprs.and(all))
}
