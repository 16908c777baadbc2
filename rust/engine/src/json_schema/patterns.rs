//! The regular expressions of a schema, each read once.

use rustc_hash::FxHashMap;

use crate::error::Result;
use crate::expr::{ExprId, Exprs};
use crate::regex::{self, Encoding};

/// A regular expression of a [`Patterns`] table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct PatternId(u32);

/// The regular expressions of a schema.
#[derive(Default)]
pub(crate) struct Patterns {
    list: Vec<(Box<str>, ExprId)>,
    ids: FxHashMap<Box<str>, PatternId>,
}

impl Patterns {
    /// Reads a pattern: see [`regex::schema_pattern`].
    ///
    /// # Errors
    /// [`crate::error::Error::Regex`] for one that is none, or that is not regular.
    pub fn intern(&mut self, exprs: &mut Exprs, text: &str) -> Result<PatternId> {
        if let Some(&known) = self.ids.get(text) {
            return Ok(known);
        }
        let expr = regex::schema_pattern(exprs, text, Encoding::JsonString)?;
        let id = PatternId(self.list.len() as u32);
        self.list.push((text.into(), expr));
        self.ids.insert(text.into(), id);
        Ok(id)
    }

    /// The pattern as written.
    pub fn text(&self, id: PatternId) -> &str {
        &self.list[id.0 as usize].0
    }

    /// The texts between the quotes of the strings in which the pattern matches.
    pub fn expr(&self, id: PatternId) -> ExprId {
        self.list[id.0 as usize].1
    }
}
