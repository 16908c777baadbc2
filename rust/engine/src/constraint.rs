//! A constraint of any kind, and its way to a grammar: the one place that knows every front end.

use crate::error::Result;
use crate::grammar::{Expander, Grammar};
use crate::regex::{self, Encoding};
use crate::{choices, json_schema, lark};

/// What a text must be.
pub enum Constraint {
    /// A full match of a Python regular expression.
    Regex(String),
    /// A JSON text that a schema allows.
    JsonSchema(serde_json::Value, json_schema::Options),
    /// Exactly one of some texts.
    Choices(Vec<String>),
    /// A sentence of a Lark grammar.
    Grammar(String, lark::Options),
}

impl Constraint {
    /// The grammar, with what expands its dynamic nodes.
    ///
    /// # Errors
    /// What the front end finds wrong, with its place.
    pub fn compile(self) -> Result<(Grammar, Option<Box<dyn Expander>>)> {
        match self {
            Constraint::Regex(pattern) => {
                let mut grammar = Grammar::new();
                let expr = regex::python(&mut grammar.exprs, &pattern, Encoding::Utf8)?;
                if grammar.exprs.matches_nothing(expr)? {
                    let message = "no text matches the pattern".to_owned();
                    return Err(crate::error::Error::Regex { message, pattern, position: 0 });
                }
                let root = grammar.terminal(expr);
                grammar.set_root(root);
                Ok((grammar, None))
            }
            Constraint::JsonSchema(schema, options) => {
                let (grammar, expander) = json_schema::compile(schema, &options)?;
                Ok((grammar, Some(expander)))
            }
            Constraint::Choices(values) => Ok((choices::compile(&values)?, None)),
            Constraint::Grammar(text, options) => Ok((lark::compile(&text, &options)?, None)),
        }
    }
}
