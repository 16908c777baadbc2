//! Groups: what is open, what is named, what is referred to.

use std::collections::BTreeSet;

use super::{Arm, Pattern, Place, NAME};

/// The largest number of a group that a reference can have.
const LAST_REFERENCE: u8 = 99;

/// The groups of a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Groups {
    /// For each open group, from the innermost on, whether it can be repeated.
    open: u128,
    depth: u32,
    /// Capturing groups, as far as references can tell.
    captures: u8,
    highest_reference: u8,
    names: BTreeSet<Box<str>>,
    /// Names that are referred to and not yet given.
    wanted: BTreeSet<Box<str>>,
}

impl Groups {
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Whether the pattern may end.
    pub fn are_complete(&self) -> bool {
        self.depth == 0 && self.wanted.is_empty() && self.highest_reference <= self.captures
    }

    pub fn referring_to(mut self, number: u8) -> Self {
        self.highest_reference = self.highest_reference.max(number);
        self
    }

    fn referring_to_name(mut self, name: &str) -> Self {
        if !self.names.contains(name) {
            self.wanted.insert(name.into());
        }
        self
    }

    fn opened(mut self, repeatable: bool) -> Self {
        self.open = self.open << 1 | u128::from(repeatable);
        self.depth += 1;
        self
    }

    fn opened_capturing(mut self) -> Self {
        self.captures = (self.captures + 1).min(LAST_REFERENCE);
        self.opened(true)
    }

    fn opened_named(mut self, name: &str) -> Self {
        self.wanted.remove(name);
        self.names.insert(name.into());
        self.opened_capturing()
    }

    /// Without the innermost group, and whether that can be repeated.
    pub fn closed(&self) -> Option<(Self, bool)> {
        let mut groups = self.clone();
        groups.depth = self.depth.checked_sub(1)?;
        groups.open >>= 1;
        Some((groups, self.open & 1 == 1))
    }
}

/// What has been read of the start of a group, or of a reference to one by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Opening {
    /// `(`.
    Parenthesis,
    /// `(?`.
    Question,
    /// `(?<`.
    Less,
    /// `(?<` and the start of a name.
    Name(Box<str>),
    /// `\k`.
    Reference,
    /// `\k<` and the start of a name.
    ReferenceName(Box<str>),
}

impl Opening {
    pub fn arms(&self, pattern: &Pattern, arm: &mut Arm) {
        let groups = || pattern.groups.clone();
        let inside = |groups| Pattern { place: Place::Start, groups };
        match self {
            Opening::Parenthesis => {
                pattern.on(arm, "?", Place::Opening(Opening::Question));
                // Whatever else follows is inside.
                inside(groups().opened_capturing()).terms(arm);
            }
            Opening::Question => {
                arm(one(':'), inside(groups().opened(true)));
                let look_ahead = inside(groups().opened(false));
                arm(vec![('=' as u32, '=' as u32), ('!' as u32, '!' as u32)], look_ahead);
                arm(one('<'), pattern.at(Place::Opening(Opening::Less)));
            }
            Opening::Less => {
                let look_behind = inside(groups().opened(false));
                arm(vec![('=' as u32, '=' as u32), ('!' as u32, '!' as u32)], look_behind);
                self.name_arms(pattern, arm);
            }
            Opening::Reference => {
                arm(one('<'), pattern.at(Place::Opening(Opening::ReferenceName("".into()))));
            }
            Opening::Name(_) | Opening::ReferenceName(_) => self.name_arms(pattern, arm),
        }
    }

    /// Whether a name is being read, which the state remembers.
    pub fn is_name(&self) -> bool {
        matches!(self, Opening::Name(_) | Opening::ReferenceName(_))
    }

    fn name_arms(&self, pattern: &Pattern, arm: &mut Arm) {
        for &byte in NAME_BYTES {
            if let Some(next) = self.step(pattern, byte) {
                arm(one(byte.into()), next);
            }
        }
    }

    /// What a byte of a name, or the `>` behind it, leads to.
    pub fn step(&self, pattern: &Pattern, byte: u8) -> Option<Pattern> {
        let groups = || pattern.groups.clone();
        let is_new = |name: &str| !pattern.groups.names.contains(name);
        match self {
            Opening::Less => {
                let name = longer("", byte)?;
                Some(pattern.at(Place::Opening(Opening::Name(name))))
            }
            Opening::Name(name) if byte == b'>' => is_new(name)
                .then(|| Pattern { place: Place::Start, groups: groups().opened_named(name) }),
            Opening::Name(name) => {
                let name = longer(name, byte)?;
                // The longest name cannot be made another one.
                let possible = name.len() < NAME || is_new(&name);
                possible.then(|| pattern.at(Place::Opening(Opening::Name(name))))
            }
            Opening::ReferenceName(name) if byte == b'>' => (!name.is_empty()).then(|| {
                let groups = groups().referring_to_name(name);
                Pattern { place: Place::Atom, groups }
            }),
            Opening::ReferenceName(name) => {
                let name = longer(name, byte)?;
                Some(pattern.at(Place::Opening(Opening::ReferenceName(name))))
            }
            _ => None,
        }
    }
}

/// What names are made of, and what ends one.
pub(super) const NAME_BYTES: &[u8] =
    b"$0123456789>ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// A name with one more character, if it may have it.
fn longer(name: &str, byte: u8) -> Option<Box<str>> {
    let fits = match byte {
        b'0'..=b'9' => !name.is_empty(),
        b'>' => false,
        _ => true,
    };
    (fits && name.len() < NAME).then(|| format!("{name}{}", byte as char).into())
}

fn one(char: char) -> Vec<(u32, u32)> {
    vec![(char as u32, char as u32)]
}
