//! Terminals' definitions as patterns.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::load::Entry;
use super::pattern::Pattern;
use super::syntax::{Alternative, Alternatives, Atom, Item, Quantifier, Shared};
use super::{error_in, Place};
use crate::error::{Error, Result};

/// The patterns of terminals; each definition is worked out once.
#[derive(Default)]
pub(super) struct Terminals {
    // By address; the definitions are kept so that they stay where they are.
    known: FxHashMap<*const RefCell<Alternatives>, (Shared, Pattern)>,
}

/// Why a terminal has no pattern: of the grammar's own making, or the regular expression's.
enum Failure {
    At(Place, String),
    Inside(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Inside(error)
    }
}

impl Terminals {
    /// The pattern of a terminal.
    ///
    /// # Errors
    /// [`Error::Grammar`] where it is not one, or nothing.
    pub fn pattern(&mut self, name: &str, entry: &Entry) -> Result<Pattern> {
        let file = entry.file.as_deref();
        let Some(body) = &entry.body else {
            let message = format!("the terminal {name:?} is only declared: nothing can produce it");
            return Err(error_in(file, entry.place, message));
        };
        let empty = match &body.borrow().items[..] {
            [Alternative::Sequence { items, .. }] => items.is_empty(),
            _ => false,
        };
        if empty {
            let message = format!("the terminal {name:?} cannot be empty");
            return Err(error_in(file, entry.place, message));
        }
        self.shared(body).map_err(|failure| match failure {
            Failure::At(place, message) => error_in(file, place, message),
            Failure::Inside(error) => in_terminal(error, name, file, entry.place),
        })
    }

    fn shared(&mut self, body: &Shared) -> std::result::Result<Pattern, Failure> {
        if let Some((_, known)) = self.known.get(&Rc::as_ptr(body)) {
            return Ok(known.clone());
        }
        let pattern =
            stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.alternatives(&body.borrow()))?;
        self.known.insert(Rc::as_ptr(body), (Rc::clone(body), pattern.clone()));
        Ok(pattern)
    }

    fn alternatives(&mut self, body: &Alternatives) -> std::result::Result<Pattern, Failure> {
        let mut patterns = Vec::with_capacity(body.items.len());
        for alternative in &body.items {
            patterns.push(match alternative {
                Alternative::Nested(inner) => self.alternatives(inner)?,
                Alternative::Sequence { items, .. } => {
                    let items: std::result::Result<Vec<Pattern>, Failure> =
                        items.iter().map(|item| self.item(item)).collect();
                    Pattern::sequence(items?)
                }
            });
        }
        let pattern = Pattern::any(patterns)?;
        if pattern.is_too_long() {
            let message = "a terminal's regular expression is over a megabyte long".to_owned();
            return Err(Failure::Inside(Error::limit(message)));
        }
        Ok(pattern)
    }

    fn item(&mut self, item: &Item) -> std::result::Result<Pattern, Failure> {
        let pattern = match &item.atom {
            Atom::Group(inner) => self.alternatives(inner)?,
            Atom::Maybe(inner) => self.alternatives(inner)?.repeated("?"),
            Atom::Resolved { definition, .. } => self.shared(definition)?,
            Atom::Value(value) => {
                Pattern::of_value(value).map_err(|message| Failure::At(item.place, message))?
            }
        };
        match item.quantifier {
            None => Ok(pattern),
            Some(Quantifier::Operator(operator)) => Ok(pattern.repeated(&operator.to_string())),
            Some(Quantifier::Times(times)) => Ok(pattern.repeated(&format!("{{{times}}}"))),
            Some(Quantifier::Range(least, most)) if most < least => {
                let message = format!("the range {least}..{most} has no member");
                Err(Failure::At(item.place, message))
            }
            Some(Quantifier::Range(least, most)) => {
                Ok(pattern.repeated(&format!("{{{least},{most}}}")))
            }
        }
    }
}

/// What is wrong with a terminal's regular expression, as an error of the grammar.
pub(super) fn in_terminal(error: Error, name: &str, file: Option<&str>, place: Place) -> Error {
    match error {
        Error::Regex { message, pattern, position } => {
            let message = format!(
                "the terminal {name}: {message} (at position {position} of the regular expression \
                 {pattern:?})"
            );
            error_in(file, place, message)
        }
        other => other,
    }
}
