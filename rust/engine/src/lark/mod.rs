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
//! - [`instance`]: what names stand for, templates instantiated.
//! - [`lower`]: rules as nodes of the grammar, what is ignored woven in; or [`lalr`], for what Lark
//!   parses with its other parser.
//!
//! Differences from Lark, all of them refusals or the lack of one:
//!
//! - `%declare` is refused: nothing can produce such a terminal.
//! - Look-behind, `^` and `\b` may not look at the text before the terminal's start.
//! - Lark refuses two alternatives that come to the same symbols (`[a] [a]`); here they are one.

mod bundled;
mod check;
mod instance;
mod lalr;
mod load;
mod lower;
mod parse;
mod pattern;
mod syntax;
mod terminal;
mod token;

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::grammar::{Grammar, NodeId};

/// The parser of Lark that a grammar is written for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parser {
    /// Any context-free grammar, with the dynamic lexer.
    Earley,
    /// LALR(1), with the contextual lexer: see [`lalr`].
    Lalr,
}

/// How a grammar is read.
#[derive(Clone, Debug)]
pub struct Options {
    pub parser: Parser,
    /// The rule that a whole text is.
    pub start: String,
    /// What `%import .file.name` reads: texts by their paths from the grammar's own folder, with
    /// `/` between their parts. [`relative_imports`] tells which a text needs.
    pub files: BTreeMap<String, String>,
}

impl Default for Options {
    fn default() -> Self {
        let parser = Parser::Earley;
        Options { parser, start: "start".to_owned(), files: BTreeMap::new() }
    }
}

/// The node of a Lark grammar's text.
///
/// # Errors
/// [`Error::Grammar`] with line and column for a text that is no grammar, a name that is not
/// defined, a terminal that cannot be honoured, or a grammar without any sentence.
pub fn compile(grammar: &mut Grammar, text: &str, options: &Options) -> Result<NodeId> {
    let definitions = load::load(text, options)?;
    match options.parser {
        Parser::Earley => lower::lower(grammar, &definitions, &options.start),
        Parser::Lalr => lalr::lower(grammar, &definitions, &options.start),
    }
}

/// The paths, from its own folder, of the files that a grammar's text imports by `%import .file.name`.
///
/// # Errors
/// [`Error::Grammar`] for a text that is no grammar.
pub fn relative_imports(text: &str) -> Result<Vec<String>> {
    let statements = parse::parse(text, None)?;
    let relative = statements.into_iter().filter_map(|statement| match statement {
        syntax::Statement::Import(import) if import.relative => Some(load::path(&import)),
        _ => None,
    });
    Ok(relative.collect())
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
