//! A constraint of any kind, and its way to a grammar: the one place that knows every front end.

use crate::error::{Error, Result};
use crate::expr::UNBOUNDED;
use crate::grammar::{Expander, Grammar, NodeId};
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
    /// What any one of several constraints allows.
    Union(Vec<Constraint>),
    /// Several, one after the other. Only the last may hold a Lark grammar: such a grammar reads its
    /// terminals greedily, so that its last one would have a say in what follows.
    Sequence(Vec<Constraint>),
    /// One, several times; without an upper bound where it is `None`.
    Repeat(Box<Constraint>, u32, Option<u32>),
}

impl Constraint {
    /// The grammar, with what expands its dynamic nodes.
    ///
    /// # Errors
    /// What the front end finds wrong, with its place. Every part of a composite must be right.
    pub fn compile(&self) -> Result<(Grammar, Option<Box<dyn Expander>>)> {
        let mut grammar = Grammar::new();
        let mut expanders = Expanders { of_leaf: Vec::new(), leaves: self.leaves() };
        let root = self.add_to(&mut grammar, &mut expanders)?;
        grammar.set_root(root);
        Ok((grammar, expanders.into_one()))
    }

    /// How many front ends are at work in it.
    fn leaves(&self) -> usize {
        match self {
            Constraint::Union(parts) | Constraint::Sequence(parts) => {
                parts.iter().map(Constraint::leaves).sum()
            }
            Constraint::Repeat(part, ..) => part.leaves(),
            _ => 1,
        }
    }

    fn has_grammar(&self) -> bool {
        match self {
            Constraint::Grammar(..) => true,
            Constraint::Union(parts) | Constraint::Sequence(parts) => {
                parts.iter().any(Constraint::has_grammar)
            }
            Constraint::Repeat(part, ..) => part.has_grammar(),
            _ => false,
        }
    }

    fn add_to(&self, grammar: &mut Grammar, expanders: &mut Expanders) -> Result<NodeId> {
        match self {
            Constraint::Union(parts) if parts.is_empty() => {
                Err(Error::Choice { message: "a union needs at least one member".to_owned() })
            }
            Constraint::Union(parts) => {
                let nodes: Result<Vec<NodeId>> =
                    parts.iter().map(|part| part.add_to(grammar, expanders)).collect();
                Ok(grammar.alt(nodes?))
            }
            Constraint::Sequence(parts) => {
                let before_last = parts.len().saturating_sub(1);
                refuse_grammars(&parts[..before_last])?;
                let nodes: Result<Vec<NodeId>> =
                    parts.iter().map(|part| part.add_to(grammar, expanders)).collect();
                Ok(grammar.seq(nodes?))
            }
            Constraint::Repeat(_, min, Some(max)) if max < min => {
                let message = format!("a part cannot be repeated from {min} to {max} times");
                Err(Error::Choice { message })
            }
            Constraint::Repeat(part, min, max) => {
                if *max != Some(1) {
                    refuse_grammars(std::slice::from_ref(&**part))?;
                }
                let node = part.add_to(grammar, expanders)?;
                Ok(grammar.repeat(node, *min, max.unwrap_or(UNBOUNDED)))
            }
            leaf => {
                grammar.set_expander(expanders.of_leaf.len(), expanders.leaves);
                let (node, expander) = leaf.add_leaf_to(grammar)?;
                expanders.of_leaf.push(expander);
                Ok(node)
            }
        }
    }

    fn add_leaf_to(&self, grammar: &mut Grammar) -> Result<(NodeId, Option<Box<dyn Expander>>)> {
        match self {
            Constraint::Regex(pattern) => {
                let expr = regex::python(&mut grammar.exprs, pattern, Encoding::Utf8)?;
                if grammar.exprs.matches_nothing(expr)? {
                    let message = "no text matches the pattern".to_owned();
                    let pattern = pattern.clone();
                    return Err(Error::Regex { message, pattern, position: 0 });
                }
                Ok((grammar.terminal(expr), None))
            }
            Constraint::JsonSchema(schema, options) => {
                let (node, expander) = json_schema::compile(grammar, schema, options)?;
                Ok((node, Some(expander)))
            }
            Constraint::Choices(values) => Ok((choices::compile(grammar, values)?, None)),
            Constraint::Grammar(text, options) => {
                Ok((lark::compile(grammar, text, options)?, None))
            }
            Constraint::Union(_) | Constraint::Sequence(_) | Constraint::Repeat(..) => {
                unreachable!("not a leaf")
            }
        }
    }
}

fn refuse_grammars(parts: &[Constraint]) -> Result<()> {
    if parts.iter().any(Constraint::has_grammar) {
        let message =
            "a Lark grammar cannot be followed by anything, nor be repeated: it may only \
                       be the last part of a sequence";
        return Err(Error::Choice { message: message.to_owned() });
    }
    Ok(())
}

/// The expanders of a composite's leaves, by position; a key says whose it is.
struct Expanders {
    of_leaf: Vec<Option<Box<dyn Expander>>>,
    leaves: usize,
}

impl Expanders {
    fn into_one(mut self) -> Option<Box<dyn Expander>> {
        if self.leaves == 1 {
            return self.of_leaf.pop().flatten();
        }
        self.of_leaf.iter().any(Option::is_some).then(|| Box::new(self) as Box<dyn Expander>)
    }
}

impl Expander for Expanders {
    fn expand(&mut self, key: u32, text: Option<&[u8]>, grammar: &mut Grammar) -> Result<NodeId> {
        let which = key as usize % self.leaves;
        let Some(Some(expander)) = self.of_leaf.get_mut(which) else {
            return Err(Error::limit("a dynamic node of a part without an expander".to_owned()));
        };
        grammar.set_expander(which, self.leaves);
        expander.expand(key / self.leaves as u32, text, grammar)
    }
}
