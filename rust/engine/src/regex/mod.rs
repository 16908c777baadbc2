//! Regular expressions: Python's `re` and ECMA-262's, read into one syntax tree and lowered to
//! terminals ([`crate::expr`]).
//!
//! - [`python`], [`ecma`]: the two parsers; each resolves its own flags, classes and anchors.
//! - [`ast`]: the tree, over [`code_set`]s from [`tables`].
//! - [`search`]: "matches somewhere" as "matches as a whole".
//! - [`conditional`], [`atomic`], [`zero_width`], [`behind`]: rewrite what an expression cannot say directly.
//! - [`edges`]: decides look-around that the neighbourhood tells.
//! - [`lower`]: the tree as an expression, in an [`encoding`].
//! - [`lexeme`]: what a lexer takes, for terminals.

use crate::error::Result;
use crate::expr::{ExprId, Exprs};

mod ast;
mod atomic;
mod behind;
mod code_set;
mod conditional;
mod cursor;
mod ecma;
mod edges;
mod encoding;
mod lexeme;
mod lower;
mod python;
mod python_case;
mod search;
mod tables;
mod zero_width;

pub use encoding::{any_char, class, literal, Encoding};
pub use lexeme::{filtered, python_lexeme, python_width};
pub use tables::{set_character_names, set_python_unicode};

/// The texts that Python's `re.fullmatch(pattern, text)` matches, written in `encoding`.
///
/// Fails with [`crate::error::Error::Regex`] for what Python does not accept and for what is not
/// regular (back-references).
pub fn python(exprs: &mut Exprs, pattern: &str, encoding: Encoding) -> Result<ExprId> {
    let python::Pattern { tree, asked } = python::parse(pattern)?;
    let tree = conditional::resolve(pattern, &tree, &asked)?;
    lower::lower(exprs, pattern, &tree, encoding)
}

/// The texts in which the ECMA-262 pattern matches somewhere, as JSON Schema's `pattern` asks.
pub fn ecma_search(exprs: &mut Exprs, pattern: &str, encoding: Encoding) -> Result<ExprId> {
    let tree = ecma::parse(pattern)?;
    lower::lower(exprs, pattern, &search::somewhere(&tree), encoding)
}

/// What a JSON Schema's `pattern` starts with where the rest is a Python pattern for the whole text.
/// In ECMA-262 it is an error, so no other schema changes its meaning.
pub const PYTHON_PREFIX: &str = "(?py)";

/// The texts that a JSON Schema's `pattern` allows: those in which an ECMA-262 pattern matches
/// somewhere, or all that a Python pattern after [`PYTHON_PREFIX`] matches as a whole.
pub fn schema_pattern(exprs: &mut Exprs, pattern: &str, encoding: Encoding) -> Result<ExprId> {
    match pattern.strip_prefix(PYTHON_PREFIX) {
        Some(pattern) => python(exprs, pattern, encoding),
        None => ecma_search(exprs, pattern, encoding),
    }
}

/// The texts that the ECMA-262 pattern matches as a whole.
pub fn ecma_full(exprs: &mut Exprs, pattern: &str, encoding: Encoding) -> Result<ExprId> {
    let tree = ecma::parse(pattern)?;
    lower::lower(exprs, pattern, &tree, encoding)
}
