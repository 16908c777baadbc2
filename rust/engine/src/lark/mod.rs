//! Lark grammars: the grammar language of the Python package `lark`, as its own loader reads it.
//!
//! What a grammar means is what `Lark(grammar, parser="earley")` parses, with its default dynamic
//! lexer: wherever a terminal may stand, its regular expression is matched by `re`, and that match
//! is taken or nothing is; ignored terminals may stand between any two others, at the start and at
//! the end. There is no other tokenisation: keywords do not hide names, and priorities only choose
//! among trees.
//!
//! Data flows through the modules in this order:
//!
//! - [`token`], [`parse`], [`syntax`]: from text to statements.
//! - [`load`] (with [`bundled`]), [`check`]: imports, `%override`, `%extend`; every name is defined.
//! - [`pattern`], [`terminal`]: terminals as regular expressions.
//! - [`lower`]: rules as nodes of the grammar, templates instantiated, what is ignored woven in.
//!
//! Differences from Lark, all of them refusals or the lack of one:
//!
//! - `%declare` is refused: nothing can produce such a terminal.
//! - Look-behind, `^` and `\b` may not look at the text before the terminal's start.
//! - Lark refuses two alternatives that come to the same symbols (`[a] [a]`); here they are one.

mod bundled;
mod check;
mod load;
mod lower;
mod parse;
mod pattern;
mod syntax;
mod terminal;
mod token;

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::grammar::{Grammar, NodeId};

/// How a grammar is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// The rule that a whole text is.
    pub start: String,
    /// The folder that `%import .file.name` is relative to; without one it is refused.
    pub import_base: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options { start: "start".to_owned(), import_base: None }
    }
}

/// The node of a Lark grammar's text.
///
/// # Errors
/// [`Error::Grammar`] with line and column for a text that is no grammar, a name that is not
/// defined, a terminal that cannot be honoured, or a grammar without any sentence.
pub fn compile(grammar: &mut Grammar, text: &str, options: &Options) -> Result<NodeId> {
    compile_reporting(grammar, text, options, &mut Vec::new())
}

/// The same; rules that no sentence can use are reported, one message each.
///
/// # Errors
/// As for [`compile`].
pub fn compile_reporting(
    grammar: &mut Grammar,
    text: &str,
    options: &Options,
    warnings: &mut Vec<String>,
) -> Result<NodeId> {
    let definitions = load::load(text, options)?;
    lower::lower(grammar, &definitions, &options.start, warnings)
}

/// A place in a grammar's text; line and column count from 1, columns in code points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    /// The place after `text`.
    fn after(self, text: &str) -> Place {
        match text.rfind('\n') {
            None => Place { column: self.column + text.chars().count(), ..self },
            Some(last) => Place {
                line: self.line + text.matches('\n').count(),
                column: 1 + text[last + 1..].chars().count(),
            },
        }
    }
}

fn in_file(file: Option<&str>) -> String {
    file.map(|file| format!(" (in {file})")).unwrap_or_default()
}

fn error_in(file: Option<&str>, place: Place, message: String) -> Error {
    Error::grammar(place.line, place.column, message + &in_file(file))
}
