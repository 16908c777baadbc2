//! Code points as the rules of a label tell them apart.

use std::sync::OnceLock;

use super::class::{Bidi, Class, Script};
use super::table::{CLASSES, RANGES};
use crate::json_schema::leaf::formats::machine::Ranges;

/// A code point that a rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum Named {
    /// `-`.
    Hyphen,
    /// `l`, which stands on both sides of a middle dot.
    L,
    /// `x` and `n` in either case, which may start a label written in ASCII.
    X,
    N,
    MiddleDot,
    GreekKeraia,
    /// Geresh or gershayim.
    HebrewGeresh,
    KatakanaMiddleDot,
    NonJoiner,
    Joiner,
    ArabicDigit,
    ExtendedArabicDigit,
    /// None of these.
    Other,
}

/// Code points that no rule tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Symbol {
    pub named: Named,
    pub ascii: bool,
    /// `A` to `Z`.
    pub upper: bool,
    pub class: Class,
}

/// Code points, as inclusive ranges, and what they are.
type Single = (&'static [(u32, u32)], Named, Class);

/// ASCII, and the code points that rules name.
const SINGLES: [Single; 17] = {
    // Every ASCII letter can be joined with some mark, but for a few that it is not worth telling.
    let mut letter = Class::plain(Bidi::Left, Script::Other);
    letter.joins_next = true;
    let neutral = Class::plain(Bidi::Neutral, Script::Other);
    let number = Class::plain(Bidi::Number, Script::Other);
    let hebrew = Class::plain(Bidi::Right, Script::Hebrew);
    let greek = Class::plain(Bidi::Neutral, Script::Greek);
    let arabic = Class::plain(Bidi::ArabicNumber, Script::Other);
    const UPPER: &[(u32, u32)] = &[(0x41, 0x4D), (0x4F, 0x57), (0x59, 0x5A)];
    const LOWER: &[(u32, u32)] = &[(0x61, 0x6B), (0x6D, 0x6D), (0x6F, 0x77), (0x79, 0x7A)];
    [
        (&[(0x2D, 0x2D)], Named::Hyphen, neutral),
        (&[(0x30, 0x39)], Named::Other, number),
        (UPPER, Named::Other, letter),
        (&[(0x4E, 0x4E)], Named::N, letter),
        (&[(0x58, 0x58)], Named::X, letter),
        (LOWER, Named::Other, letter),
        (&[(0x6C, 0x6C)], Named::L, letter),
        (&[(0x6E, 0x6E)], Named::N, letter),
        (&[(0x78, 0x78)], Named::X, letter),
        (&[(0xB7, 0xB7)], Named::MiddleDot, neutral),
        (&[(0x375, 0x375)], Named::GreekKeraia, greek),
        (&[(0x5F3, 0x5F4)], Named::HebrewGeresh, hebrew),
        (&[(0x660, 0x669)], Named::ArabicDigit, arabic),
        (&[(0x6F0, 0x6F9)], Named::ExtendedArabicDigit, number),
        (&[(0x200C, 0x200C)], Named::NonJoiner, neutral),
        (&[(0x200D, 0x200D)], Named::Joiner, neutral),
        (&[(0x30FB, 0x30FB)], Named::KatakanaMiddleDot, neutral),
    ]
};

impl Symbol {
    fn single(code: u32, named: Named, class: Class) -> Self {
        let upper = (0x41..=0x5A).contains(&code);
        Symbol { named, ascii: code < 0x80, upper, class }
    }

    fn of(class: Class) -> Self {
        Symbol { named: Named::Other, ascii: false, upper: false, class }
    }
}

/// The symbols, each with its code points.
pub(in super::super) fn symbols() -> &'static [(Symbol, Ranges)] {
    static SYMBOLS: OnceLock<Vec<(Symbol, Ranges)>> = OnceLock::new();
    SYMBOLS.get_or_init(|| {
        let mut symbols: Vec<(Symbol, Ranges)> = Vec::with_capacity(SINGLES.len() + CLASSES.len());
        for &(ranges, named, class) in &SINGLES {
            symbols.push((Symbol::single(ranges[0].0, named, class), ranges.to_vec()));
        }
        symbols.extend(CLASSES.iter().map(|&class| (Symbol::of(class), Ranges::new())));
        for &(low, high, class) in &RANGES {
            symbols[SINGLES.len() + usize::from(class)].1.push((low, high));
        }
        symbols
    })
}

/// The symbol of a code point; `None` for one that no label has.
pub(super) fn symbol(code: u32) -> Option<Symbol> {
    let holds =
        |ranges: &[(u32, u32)]| ranges.iter().any(|&(low, high)| (low..=high).contains(&code));
    if let Some(&(_, named, class)) = SINGLES.iter().find(|(ranges, ..)| holds(ranges)) {
        return Some(Symbol::single(code, named, class));
    }
    let at = RANGES.partition_point(|&(_, high, _)| high < code);
    let &(low, _, class) = RANGES.get(at)?;
    (low <= code).then(|| Symbol::of(CLASSES[usize::from(class)]))
}
