//! The properties of code points that the rules of a label ask for.

/// The bidirectional class, as far as RFC 5893 tells classes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum Bidi {
    /// L.
    Left,
    /// R and AL.
    Right,
    /// EN.
    Number,
    /// AN.
    ArabicNumber,
    /// NSM.
    Mark,
    /// ES, CS, ET, ON and BN.
    Neutral,
}

/// The joining type, for the rule about the zero width non-joiner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum Joining {
    Left,
    Right,
    Dual,
    Transparent,
    /// Does not join, or causes joining.
    None,
}

/// The script, as far as a rule asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum Script {
    Greek,
    Hebrew,
    KanaOrHan,
    Other,
}

/// Everything that the rules ask of a code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Class {
    pub bidi: Bidi,
    pub joining: Joining,
    pub script: Script,
    /// Canonical combining class.
    pub combining: u8,
    /// A combining mark: general category M.
    pub mark: bool,
    /// Normalisation form C may join it with what follows.
    pub joins_next: bool,
    /// Normalisation form C may join it with what stands before.
    pub joins_previous: bool,
}

impl Class {
    pub const fn new(
        bidi: Bidi,
        joining: Joining,
        script: Script,
        combining: u8,
        mark: bool,
        joins_next: bool,
        joins_previous: bool,
    ) -> Self {
        Class { bidi, joining, script, combining, mark, joins_next, joins_previous }
    }

    /// A code point without combining properties.
    pub const fn plain(bidi: Bidi, script: Script) -> Self {
        Class::new(bidi, Joining::None, script, 0, false, false, false)
    }
}
