//! Choices: exactly one of a list of texts.

use crate::error::{Error, Result};
use crate::grammar::Grammar;

/// The grammar of a choice. Compiles to the minimal acyclic automaton of the set, in time linear
/// in the total length (after sorting).
///
/// # Errors
/// [`Error::Choice`] for no values at all.
pub fn compile<S: AsRef<str>>(values: &[S]) -> Result<Grammar> {
    if values.is_empty() {
        let message = "a choice needs at least one value".to_owned();
        return Err(Error::Choice { message });
    }
    let mut grammar = Grammar::new();
    let set = grammar.exprs.literal_set(values.iter().map(|value| value.as_ref().as_bytes()));
    let root = grammar.terminal(set);
    grammar.set_root(root);
    Ok(grammar)
}
