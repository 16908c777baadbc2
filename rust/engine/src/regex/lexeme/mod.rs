//! Terminals as a lexer reads them: what `re.match(pattern, text, position)` takes.
//!
//! A lexer takes one match at a place and no other: the first that a backtracking matcher finds.
//! Which one that is depends on the text that follows. It is expressed in two parts:
//!
//! - the *language*: a text is in it if some text after it makes it the match;
//! - what *overtakes* a text of the language: the texts after it for which the match is another
//!   one ([`crate::expr::Rule::overtaken`]).
//!
//! Where there is only one way to match, as in `[a-z]+`, the match is the longest, and a plain
//! expression does ([`is_deterministic`]). Else the ways in progress are kept in the order in which
//! the matcher would try them ([`threads`]): when one of them matches, those behind it are given
//! up, and those before it are what may still overtake it. Look-ahead at the end is a condition on
//! what follows, and one that looks past the terminal works as well as one that stays within it.
//!
//! Look-behind is run on the terminal's own text, so it may not look before its start.
//!
//! - [`program`]: the syntax tree without shared pointers, and what is refused.
//! - [`threads`]: states and steps.
//! - [`rule`]: the states as an automaton among expressions.
//! - [`filtered`]: lexemes of which only some texts count.

mod filtered;
mod program;
mod rule;
mod threads;

use std::sync::Arc;

use super::ast::{Kind, Mode, Node, Repeat};
use super::code_set::CodeSet;
use super::cursor::error_at;
use super::edges::outer;
use super::python::Pattern;
use super::{atomic, lower, python};
use crate::error::Result;
use crate::expr::{ExprId, Exprs};
pub use filtered::filtered;

/// The UTF-8 texts that `re.match` with a pattern of Python's `re` may take, for use in a terminal
/// that is read greedily.
///
/// # Errors
/// [`crate::error::Error::Regex`] for what Python does not accept, for what is not regular, and for
/// look-behind (`^`, `\b`) that may look before the start of the match.
pub fn python_lexeme(exprs: &mut Exprs, pattern: &str) -> Result<ExprId> {
    let Pattern { tree, asked } = python::parse(pattern)?;
    if let Some(&(_, position)) = asked.first() {
        let message = "conditional groups are not supported in a terminal";
        return Err(error_at(pattern, position, message));
    }
    let tree = atomic::eliminate(pattern, &tree)?;
    if is_deterministic(&tree, &CodeSet::NONE) {
        return lower::plain(exprs, &tree);
    }
    let program = program::compile(exprs, pattern, &tree)?;
    let automaton = Arc::new(rule::Lexeme::new(program));
    let name = [b"lexeme ", pattern.as_bytes()].concat();
    let known = exprs.rule(&name, || automaton.clone());
    Ok(rule::start(exprs, known, &automaton))
}

/// The least number of code points that a pattern of Python's `re` matches, and the greatest if
/// there is one.
///
/// # Errors
/// [`crate::error::Error::Regex`] for what Python does not accept and for what is not regular.
pub fn python_width(pattern: &str) -> Result<(u32, Option<u32>)> {
    let facts = python::parse(pattern)?.tree.facts;
    Ok((facts.min, facts.max))
}

/// Whether the next code point alone says how a match goes on, so that there is one way to match
/// and the match is the longest. `follow` is what may come after the node.
fn is_deterministic(node: &Node, follow: &CodeSet) -> bool {
    super::ast::deep(|| match node.kind() {
        Kind::Empty | Kind::Class(_) | Kind::Mark(_) => true,
        Kind::Concat(items) => {
            let mut follow = follow.clone();
            items.iter().rev().all(|item| {
                let fine = is_deterministic(item, &follow);
                let first = outer(item, true);
                follow = if item.facts.min > 0 { first } else { first.union(&follow) };
                fine
            })
        }
        Kind::Alt(items) => {
            let mut seen = CodeSet::NONE;
            items.iter().all(|item| {
                let first = outer(item, true);
                let apart = item.facts.min > 0 && seen.is_disjoint(&first);
                seen = seen.union(&first);
                apart && is_deterministic(item, follow)
            })
        }
        Kind::Repeat(Repeat { body, min, max, mode, .. }) => {
            let first = outer(body, true);
            let chooses = min != max;
            body.facts.min > 0
                && (!chooses || (*mode == Mode::Greedy && first.is_disjoint(follow)))
                && is_deterministic(body, &first.union(follow))
        }
        Kind::Look(_) | Kind::Atomic { .. } => false,
    })
}
