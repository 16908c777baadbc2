//! Property names as small numbers.

use crate::ids::{Hashed, Ids};

/// A property name of a [`Names`] table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Name(u32);

impl Name {
    /// The position of this name in its table.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The property names of a schema, each once.
#[derive(Default)]
pub(crate) struct Names {
    texts: Vec<Box<str>>,
    ids: Ids<Name>,
}

impl Names {
    /// The number of a name.
    pub fn intern(&mut self, text: &str) -> Name {
        let hash = Hashed::of(text);
        if let Some(name) = self.ids.find(hash, |name| *self.texts[name.index()] == *text) {
            return name;
        }
        let name = Name(self.texts.len() as u32);
        self.texts.push(text.into());
        self.ids.insert(hash, name);
        name
    }

    /// The name itself.
    pub fn text(&self, name: Name) -> &str {
        &self.texts[name.index()]
    }
}
