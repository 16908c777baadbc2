//! Captured texts, as interned chains of bytes.

use rustc_hash::FxHashMap;

/// One captured text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct TextId(u32);

impl TextId {
    /// Nothing is being captured.
    pub const NONE: TextId = TextId(0);
    /// Something is being captured, but it is left open what.
    pub const UNKNOWN: TextId = TextId(1);
    /// The empty text.
    pub const EMPTY: TextId = TextId(2);

    /// The same, but left open what the text is.
    pub fn forgotten(self) -> TextId {
        if self == TextId::NONE {
            self
        } else {
            TextId::UNKNOWN
        }
    }
}

/// The chains: each text is another one and a byte after it.
pub(super) struct Texts {
    parents: Vec<(TextId, u8)>,
    ids: FxHashMap<(TextId, u8), TextId>,
}

impl Texts {
    pub fn new() -> Self {
        let none = (TextId::NONE, 0);
        Texts { parents: vec![none, none, none], ids: FxHashMap::default() }
    }

    /// The text with one byte more.
    pub fn push(&mut self, text: TextId, byte: u8) -> TextId {
        if text == TextId::NONE || text == TextId::UNKNOWN {
            return text;
        }
        let next = TextId(self.parents.len() as u32);
        let id = *self.ids.entry((text, byte)).or_insert(next);
        if id == next {
            self.parents.push((text, byte));
        }
        id
    }

    /// The bytes of a text.
    pub fn bytes(&self, mut text: TextId) -> Vec<u8> {
        let mut bytes = Vec::new();
        while text > TextId::EMPTY {
            let (parent, byte) = self.parents[text.0 as usize];
            bytes.push(byte);
            text = parent;
        }
        bytes.reverse();
        bytes
    }
}
