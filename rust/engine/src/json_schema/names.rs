//! Property names as small numbers.

use std::hash::{BuildHasher, BuildHasherDefault};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

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
    ids: HashTable<Name>,
}

impl Names {
    /// The number of a name.
    pub fn intern(&mut self, text: &str) -> Name {
        let hash = hash_of(text);
        let texts = &self.texts;
        if let Some(&name) = self.ids.find(hash, |name| *texts[name.index()] == *text) {
            return name;
        }
        let name = Name(self.texts.len() as u32);
        self.texts.push(text.into());
        let texts = &self.texts;
        self.ids.insert_unique(hash, name, |name| hash_of(&texts[name.index()]));
        name
    }

    /// The name itself.
    pub fn text(&self, name: Name) -> &str {
        &self.texts[name.index()]
    }
}

fn hash_of(text: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(text)
}
