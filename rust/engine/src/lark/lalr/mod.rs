//! `Lark(grammar, parser="lalr")`: the texts that its parser takes with its contextual lexer.
//!
//! In each state of the parser the lexer looks only for the terminals that the state has an action
//! for, and for what is ignored; of these it takes the first that matches, in a fixed order, however
//! short the match. So a terminal stands for a text only where none that comes before it matches,
//! which a look-ahead says: `(?!b|c)a`. What state the parser is in is known from the grammar split
//! by the states.
//!
//! - [`bnf`]: rules as the productions that Lark makes of them.
//! - [`tables`]: the states, what they accept, and where the parser has a choice.
//! - [`lexer`]: what a terminal has to be in a state for the lexer to take it; [`names`]: in which order.
//! - [`split`]: the grammar split by what parser and lexer know between two terminals.

mod beginnings;
mod bnf;
mod lexer;
mod names;
mod split;
mod tables;

use rustc_hash::FxHashSet;

use super::load::Definitions;
use super::lower::{finish, warn_of_unused};
use super::{error_in, Place};
use crate::error::Result;
use crate::grammar::{Grammar, NodeId};
use bnf::Productions;
use lexer::Lexers;
use tables::Conflict;

/// The node of some definitions.
pub(super) fn lower(
    grammar: &mut Grammar,
    definitions: &Definitions,
    start: &str,
) -> Result<NodeId> {
    let Some(entry) = definitions.entries.get(start).filter(|entry| !entry.terminal) else {
        let place = Place { line: 1, column: 1 };
        return Err(error_in(None, place, format!("there is no rule {start:?} to start from")));
    };
    let mut productions = bnf::productions(definitions, start, entry)?;
    let mut lexers = Lexers::new(grammar, definitions, &mut productions)?;
    let count = lexers.len();
    let tables = tables::tables(&productions, count)?;
    if let Some(conflict) = &tables.conflict {
        let message = describe(conflict, &productions, &lexers);
        return Err(error_in(entry.file.as_deref(), entry.place, message));
    }
    lexers.set_states(&tables.accepts);
    let root = split::split(grammar, &tables, &productions, &mut lexers)?;
    grammar.set_root(root);
    let used: FxHashSet<&str> = productions.used.iter().map(String::as_str).collect();
    warn_of_unused(grammar, definitions, &used);
    finish(grammar, entry, start)
}

fn describe(conflict: &Conflict, productions: &Productions, lexers: &Lexers) -> String {
    let Conflict { terminal, rules } = *conflict;
    let next = match terminal {
        Some(terminal) => format!("the terminal {}", lexers.name(terminal)),
        None => "the end of the text".to_owned(),
    };
    let [one, other] = rules.map(|rule| &productions.names[rule]);
    format!(
        "the grammar is not LALR(1): before {next}, both {one:?} and {other:?} could end (a \
         reduce/reduce conflict), and neither has the higher priority; parser=\"earley\" takes it"
    )
}
