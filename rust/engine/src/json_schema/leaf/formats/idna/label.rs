//! The rules of a label (RFC 5891, section 4.2; RFC 5892, appendix A; RFC 5893, section 2), one code
//! point at a time.
//!
//! Two rules are kept to a part that needs little memory:
//!
//! - Normalisation form C: a mark that the form joins with some letter stands only after letters
//!   that it joins with nothing, and marks in a row are in canonical order. Every such text is in
//!   the form; the few others that are, such as `x` with a circumflex, are not written.
//! - The 63 octets of a label are those of its form in ASCII, which depends on all its code points
//!   at once. Counted are the octets that it has at least. So a label beyond ASCII of more than
//!   about twenty different characters can be too long for the DNS.

use super::alphabet::{Named, Symbol};
use super::class::{Bidi, Joining, Script};

/// The most octets of a label.
pub(in super::super) const LABEL_OCTETS: u8 = 63;

/// What a label means for the other labels of a name (RFC 5893, section 1.4: if one of them has
/// right-to-left characters, the rules about direction hold for all).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum Direction {
    /// Has right-to-left characters, and keeps the rules.
    Right,
    /// Has none, and keeps the rules.
    Left,
    /// Has none, and would break the rules.
    Neither,
}

/// The code point before, as far as a rule asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Before {
    #[default]
    Other,
    L,
    Hebrew,
    Virama,
}

/// What the next code point must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Need {
    #[default]
    Nothing,
    L,
    Greek,
}

/// Whether there is kana or Han beside a katakana middle dot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Kana {
    #[default]
    Neither,
    DotOnly,
    Seen,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Digits {
    #[default]
    None,
    Arabic,
    Extended,
}

/// A label, or the start of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(in super::super) struct Label {
    ascii: u8,
    others: u8,
    upper: bool,
    /// Ends in a hyphen.
    hyphen: bool,
    /// The third code point is a hyphen; so is the fourth.
    third_hyphen: bool,
    two_hyphens: bool,
    /// How much of `xn-` the label is.
    prefix: u8,
    before: Before,
    need: Need,
    kana: Kana,
    digits: Digits,
    /// The last code point that is not transparent joins what follows.
    joins: bool,
    /// A non-joiner waits for a code point that joins what stands before.
    unjoined: bool,
    starts_right: bool,
    starts_left: bool,
    /// Has numbers of class EN, of class AN.
    numbers: bool,
    arabic_numbers: bool,
    /// The direction allows the label to end here.
    may_end: bool,
    /// Normalisation could join the last starter with a mark.
    open: bool,
    combining: u8,
}

impl Label {
    /// Whether nothing has been read.
    pub fn is_empty(&self) -> bool {
        self.ascii == 0 && self.others == 0
    }

    /// The fewest octets of the label in ASCII.
    pub fn octets(&self) -> u8 {
        if self.others == 0 {
            return self.ascii;
        }
        // `xn--`, a hyphen after what is ASCII, three digits for the first of the others, at least
        // one for each of the rest.
        4 + self.ascii + u8::from(self.ascii > 0) + self.others + 2
    }

    /// Whether a right-to-left character has been read.
    pub fn is_right(&self) -> bool {
        self.starts_right
    }

    /// Whether it can only break the rules about direction.
    pub fn breaks_direction(&self) -> bool {
        !self.is_empty() && !self.starts_left && !self.starts_right
    }

    /// Whether a hyphen next makes `xn--`.
    pub fn is_ascii_prefix(&self) -> bool {
        self.prefix == 3 && !self.upper
    }

    /// How many more octets it takes, at most, until the label may end.
    fn missing(&self, direction: bool) -> u8 {
        let needs = [
            self.need != Need::Nothing,
            self.kana == Kana::DotOnly,
            self.unjoined,
            self.hyphen || (direction && !self.may_end),
        ];
        // A character beyond ASCII can take seven octets in a label that had none.
        let octets = if self.others == 0 { 7 } else { 1 };
        let beyond = needs[..3].iter().map(|&need| if need { octets } else { 0 });
        beyond.sum::<u8>() + u8::from(needs[3])
    }

    /// The label with one more code point; `None` if no label of at most `room` octets goes on so.
    /// `bidi` if the name has right-to-left characters elsewhere.
    pub fn read(&self, symbol: Symbol, bidi: bool, room: u8) -> Option<Label> {
        let Symbol { named, class, .. } = symbol;
        let mut next = *self;
        self.check_neighbours(symbol)?;
        next.read_octets(symbol)?;
        next.before = match named {
            Named::L => Before::L,
            _ if class.script == Script::Hebrew => Before::Hebrew,
            _ if class.combining == 9 => Before::Virama,
            _ => Before::Other,
        };
        next.need = match named {
            Named::MiddleDot => Need::L,
            Named::GreekKeraia => Need::Greek,
            _ => Need::Nothing,
        };
        next.kana = match (self.kana, class.script) {
            (_, Script::KanaOrHan) => Kana::Seen,
            (Kana::Neither, _) if named == Named::KatakanaMiddleDot => Kana::DotOnly,
            (kana, _) => kana,
        };
        next.digits = match named {
            Named::ArabicDigit => Digits::Arabic,
            Named::ExtendedArabicDigit => Digits::Extended,
            _ => self.digits,
        };
        next.read_joining(symbol, self.before == Before::Virama);
        next.read_direction(class.bidi, self.is_empty())?;
        next.read_combining(symbol, self)?;

        // In a right-to-left label there is no kana.
        if next.starts_right && next.kana == Kana::DotOnly {
            return None;
        }
        let needed = next.missing(bidi || next.starts_right);
        (next.octets() + needed <= room.min(LABEL_OCTETS)).then_some(next)
    }

    /// Keeps count, and to the rules about hyphens and upper case.
    fn read_octets(&mut self, Symbol { named, ascii, upper, .. }: Symbol) -> Option<()> {
        let position = self.ascii + self.others;
        let is_hyphen = named == Named::Hyphen;
        if ascii {
            self.ascii += 1;
        } else {
            self.others += 1;
        }
        self.upper |= upper;
        self.two_hyphens |= position == 3 && self.third_hyphen && is_hyphen;
        self.third_hyphen = position == 2 && is_hyphen;
        self.hyphen = is_hyphen;
        self.prefix = match (position, named) {
            (0, Named::X) => 1,
            (1, Named::N) if self.prefix == 1 => 2,
            (2, Named::Hyphen) if self.prefix == 2 => 3,
            // Written in ASCII: see `ascii`.
            (3, Named::Hyphen) if self.prefix == 3 => return None,
            _ => 0,
        };
        let only_ascii = self.upper || self.two_hyphens;
        let allowed = !(only_ascii && self.others > 0 || is_hyphen && position == 0);
        allowed.then_some(())
    }

    /// The rules about what may stand where.
    fn check_neighbours(&self, Symbol { named, class, .. }: Symbol) -> Option<()> {
        let needed = match self.need {
            Need::Nothing => true,
            Need::L => named == Named::L,
            Need::Greek => class.script == Script::Greek,
        };
        let joined = !self.unjoined
            || matches!(class.joining, Joining::Transparent | Joining::Right | Joining::Dual);
        let named = match named {
            Named::MiddleDot => self.before == Before::L,
            Named::HebrewGeresh => self.before == Before::Hebrew,
            Named::Joiner => self.before == Before::Virama,
            Named::NonJoiner => self.before == Before::Virama || self.joins,
            Named::ArabicDigit => self.digits != Digits::Extended,
            Named::ExtendedArabicDigit => self.digits != Digits::Arabic,
            _ => true,
        };
        let started = !(class.mark && self.is_empty());
        (needed && joined && named && started).then_some(())
    }

    fn read_joining(&mut self, Symbol { named, class, .. }: Symbol, after_virama: bool) {
        if named == Named::NonJoiner {
            self.unjoined = !after_virama;
            self.joins = false;
            return;
        }
        match class.joining {
            Joining::Transparent => {}
            Joining::Left => (self.joins, self.unjoined) = (true, false),
            Joining::Dual => (self.joins, self.unjoined) = (true, false),
            Joining::Right | Joining::None => (self.joins, self.unjoined) = (false, false),
        }
    }

    fn read_direction(&mut self, bidi: Bidi, is_first: bool) -> Option<()> {
        if is_first {
            self.starts_right = bidi == Bidi::Right;
            self.starts_left = bidi == Bidi::Left;
        }
        let right = self.starts_right;
        match bidi {
            Bidi::Left if right => return None,
            Bidi::Right | Bidi::ArabicNumber if !right => return None,
            Bidi::Left | Bidi::Right => self.may_end = true,
            Bidi::Number => (self.numbers, self.may_end) = (true, true),
            Bidi::ArabicNumber => (self.arabic_numbers, self.may_end) = (true, true),
            Bidi::Mark => {}
            Bidi::Neutral => self.may_end = false,
        }
        // Only right-to-left labels may not have both.
        self.numbers &= right;
        (!(self.numbers && self.arabic_numbers)).then_some(())
    }

    /// Keeps to texts in normalisation form C.
    fn read_combining(&mut self, Symbol { class, .. }: Symbol, before: &Label) -> Option<()> {
        if class.joins_previous && before.open {
            return None;
        }
        if class.combining == 0 {
            self.open = class.joins_next;
        } else if before.combining > class.combining {
            return None;
        }
        self.combining = class.combining;
        Some(())
    }

    /// What the label means for the others; `None` if it may not end here.
    pub fn end(&self) -> Option<Direction> {
        if self.is_empty()
            || self.hyphen
            || self.need != Need::Nothing
            || self.kana == Kana::DotOnly
            || self.unjoined
        {
            return None;
        }
        match (self.starts_right, self.starts_left && self.may_end) {
            (true, _) => self.may_end.then_some(Direction::Right),
            (_, true) => Some(Direction::Left),
            (_, false) => Some(Direction::Neither),
        }
    }
}
