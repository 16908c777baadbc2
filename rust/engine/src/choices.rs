//! Choices: exactly one of a list of texts.

use crate::error::{Error, Result};
use crate::grammar::{Grammar, NodeId};

/// The node of a choice. Compiles to the minimal acyclic automaton of the set, in time linear
/// in the total length (after sorting).
///
/// # Errors
/// [`Error::Choice`] for no values at all.
pub fn compile<S: AsRef<str>>(grammar: &mut Grammar, values: &[S]) -> Result<NodeId> {
    if values.is_empty() {
        let message = "a choice needs at least one value".to_owned();
        return Err(Error::Choice { message });
    }
    let set = grammar.exprs.literal_set(values.iter().map(|value| value.as_ref().as_bytes()));
    Ok(grammar.terminal(set))
}
