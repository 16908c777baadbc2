//! `Lark(grammar, parser="lalr")`: the texts that its parser takes with its contextual lexer.
//!
//! In each state of the parser the lexer looks only for the terminals that the state has an action
//! for, and for what is ignored; of these it takes the first that matches, in a fixed order, however
//! short the match. So a terminal stands for a text only where none that comes before it matches,
//! which a look-ahead says: `(?!b|c)a`. What state the parser is in is known from the grammar split
//! by the states.
//!
//! - [`bnf`]: rules as the productions that Lark makes of them.
//! - [`tables`]: the states, what they accept, and the split grammar.
//! - [`lexer`]: what a terminal has to be in a state for the lexer to take it.
//!
//! What is not followed is left out, so that whatever the model may write, Lark parses:
//!
//! - The lexer reads on before the parser reduces. Where different states may read the same
//!   terminal and disagree on what comes before it, it may stand only where all of them take it.
//! - Grammars with conflicts are refused, also where Lark settles them by shifting or by priority.

mod bnf;
mod lexer;
mod tables;

use rustc_hash::FxHashSet;

use super::load::Definitions;
use super::lower::{finish, warn_of_unused};
use super::{error_in, Place};
use crate::error::Result;
use crate::grammar::{Grammar, NodeId, RuleId};
use bnf::Productions;
use lexer::Lexers;
use tables::{Conflict, Step};

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
    let tables = tables::tables(&productions.rules, count)?;
    if let Some(conflict) = &tables.conflict {
        let message = describe(conflict, &productions, &lexers);
        return Err(error_in(entry.file.as_deref(), entry.place, message));
    }
    lexers.set_states(&tables.accepts);
    let rules: Vec<RuleId> =
        tables.pairs.iter().map(|&(_, rule)| grammar.declare(&productions.names[rule])).collect();
    for (pair, paths) in tables.paths.iter().enumerate() {
        let mut alternatives = Vec::with_capacity(paths.len());
        for path in paths {
            let mut items = Vec::with_capacity(path.steps.len());
            for &step in &path.steps {
                items.push(match step {
                    Step::Pair(inner) => grammar.rule(rules[inner]),
                    Step::Terminal(state, terminal) => {
                        let readers = &tables.readers[state];
                        let token = lexers.token(grammar, readers, terminal)?;
                        let after = tables.after(state, terminal);
                        let ignored = lexers.ignored(grammar, after)?;
                        grammar.seq([token, ignored])
                    }
                });
            }
            alternatives.push(grammar.seq(items));
        }
        let body = grammar.alt(alternatives);
        grammar.define(rules[pair], body);
    }
    let root = grammar.rule(rules[0]);
    let ignored = lexers.ignored(grammar, 0)?;
    let root = grammar.seq([ignored, root]);
    grammar.set_root(root);
    let used: FxHashSet<&str> = productions.used.iter().map(String::as_str).collect();
    warn_of_unused(grammar, definitions, &used);
    finish(grammar, entry, start)
}

fn describe(conflict: &Conflict, productions: &Productions, lexers: &Lexers) -> String {
    let Conflict { terminal, rule, other } = *conflict;
    let names = &productions.names;
    let next = match terminal {
        Some(terminal) => format!("the terminal {}", lexers.name(terminal)),
        None => "the end of the text".to_owned(),
    };
    let rule = &names[rule];
    match other {
        Some(other) => {
            let other = &names[other];
            format!(
                "the grammar is not LALR(1): before {next}, both {rule:?} and {other:?} could end \
                 (a reduce/reduce conflict); parser=\"earley\" takes it"
            )
        }
        None => format!(
            "the grammar is not LALR(1): where {rule:?} could end, {next} could also go on with it \
             (a shift/reduce conflict, which Lark settles by going on, and which is refused here); \
             parser=\"earley\" takes it"
        ),
    }
}
