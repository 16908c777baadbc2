//! What follows a backslash, in a class and outside.

use super::class::{InClass, Left};
use super::group::Opening;
use super::{properties, Arm, Pattern, Place};

/// Where an escape stands: what it must be and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Context {
    /// An atom.
    Atom,
    /// In a class.
    Class,
    /// In a class, the end of a range whose start this is.
    RangeEnd(u32),
}

/// How much of an escape has been read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Escape {
    context: Context,
    step: Step,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// The backslash.
    Backslash,
    /// `\c`.
    Control,
    /// `\u`.
    Unicode,
    /// `\x` or `\u` and digits, of which so many are to come.
    Hex { left: u32, value: u32 },
    /// `\u{` and so many digits.
    Braced { digits: u32, value: u32 },
    /// `\p` or `\P`.
    Property,
    /// `\p{` and the start of a property.
    PropertyName(Box<str>),
}

const SYNTAX: &str = "^$\\.*+?()[]{}|/";
const LAST: u32 = 0x10_FFFF;
/// The most digits between braces.
const BRACED_DIGITS: u32 = 6;

impl Escape {
    pub const START: Escape = Escape { context: Context::Atom, step: Step::Backslash };

    pub fn in_class(context: Context) -> Self {
        Escape { context, step: Step::Backslash }
    }

    fn to(&self, step: Step) -> Place {
        Place::Escape(Escape { context: self.context, step })
    }

    /// What follows a code point written as an escape; `None` if it may not stand here.
    fn after(&self, code: u32) -> Option<Place> {
        match self.context {
            Context::Atom => Some(Place::Atom),
            Context::Class => Some(Place::Class(InClass::After(Left::One(code)))),
            Context::RangeEnd(start) => {
                (start <= code).then_some(Place::Class(InClass::After(Left::Nothing)))
            }
        }
    }

    /// What follows a set of code points; it is no end of a range.
    fn after_set(&self) -> Option<Place> {
        match self.context {
            Context::Atom => Some(Place::Atom),
            Context::Class => Some(Place::Class(InClass::After(Left::Set))),
            Context::RangeEnd(_) => None,
        }
    }

    /// Whether some code point up to `high` may stand here.
    fn reaches(&self, high: u32) -> bool {
        match self.context {
            Context::RangeEnd(start) => start <= high,
            _ => true,
        }
    }

    pub fn arms(&self, pattern: &Pattern, arm: &mut Arm) {
        match &self.step {
            Step::Backslash => self.after_backslash(pattern, arm),
            Step::Control => {
                for letter in ('a'..='z').chain('A'..='Z') {
                    self.single(pattern, arm, letter, letter as u32 % 32);
                }
            }
            Step::Unicode => {
                self.hex_arms(pattern, arm, 4, 0);
                pattern.on(arm, "{", self.to(Step::Braced { digits: 0, value: 0 }));
            }
            &Step::Hex { left, value } => self.hex_arms(pattern, arm, left, value),
            &Step::Braced { digits, value } => {
                for (char, digit) in hex_digits() {
                    let value = value * 16 + digit;
                    let mut more = 0..(BRACED_DIGITS - digits);
                    // With more digits, some number that is a code point and far enough.
                    if more.any(|more| {
                        let (least, most) = (value << (4 * more), ((value + 1) << (4 * more)) - 1);
                        least <= LAST && self.reaches(most.min(LAST))
                    }) {
                        let step = Step::Braced { digits: digits + 1, value };
                        arm(vec![(char, char)], pattern.at(self.to(step)));
                    }
                }
                if let (Some(place), true) = (self.after(value), digits > 0) {
                    pattern.on(arm, "}", place);
                }
            }
            Step::Property => pattern.on(arm, "{", self.to(Step::PropertyName("".into()))),
            Step::PropertyName(name) => {
                for next in properties::next(name) {
                    match (next, self.after_set()) {
                        (Some(char), _) => {
                            let name = format!("{name}{char}").into();
                            let place = self.to(Step::PropertyName(name));
                            arm(vec![(char as u32, char as u32)], pattern.at(place));
                        }
                        (None, Some(place)) => pattern.on(arm, "}", place),
                        (None, None) => {}
                    }
                }
            }
        }
    }

    fn after_backslash(&self, pattern: &Pattern, arm: &mut Arm) {
        let controls = [('t', 9), ('n', 10), ('v', 11), ('f', 12), ('r', 13)];
        let same = SYNTAX.chars().map(|char| (char, char as u32));
        for (char, code) in controls.into_iter().chain(same) {
            self.single(pattern, arm, char, code);
        }
        if self.reaches(26) {
            pattern.on(arm, "c", self.to(Step::Control));
        }
        if self.reaches(0xFF) {
            pattern.on(arm, "x", self.to(Step::Hex { left: 2, value: 0 }));
        }
        pattern.on(arm, "u", self.to(Step::Unicode));
        if let Some(place) = self.after_set() {
            pattern.on(arm, "dDsSwW", place);
            pattern.on(arm, "pP", self.to(Step::Property));
        }
        if self.context == Context::Atom {
            pattern.on(arm, "bB", Place::Start);
            pattern.on(arm, "k", Place::Opening(Opening::Reference));
            pattern.on(arm, "0", Place::Zero);
            for digit in 1..10 {
                let code = u32::from(b'0' + digit);
                arm(vec![(code, code)], pattern.at(Place::Reference(digit)));
            }
        } else {
            self.single(pattern, arm, 'b', 8);
            self.single(pattern, arm, '-', '-' as u32);
            // The digit that may not follow is never allowed to: the class says so.
            if let Some(Place::Class(InClass::After(left))) = self.after(0) {
                pattern.on(arm, "0", Place::Class(InClass::AfterZero(left)));
            }
        }
    }

    /// A character that ends the escape of `code`.
    fn single(&self, pattern: &Pattern, arm: &mut Arm, char: char, code: u32) {
        if let Some(place) = self.after(code) {
            arm(vec![(char as u32, char as u32)], pattern.at(place));
        }
    }

    fn hex_arms(&self, pattern: &Pattern, arm: &mut Arm, left: u32, value: u32) {
        for (char, digit) in hex_digits() {
            let value = value * 16 + digit;
            let left = left - 1;
            let furthest = ((value + 1) << (4 * left)) - 1;
            // Four digits that start with D8 to DF are half of a pair, or look so.
            let surrogate = left == 2 && (0xD8..=0xDF).contains(&value);
            if surrogate || !self.reaches(furthest) {
                continue;
            }
            let place = match left {
                0 => self.after(value),
                _ => Some(self.to(Step::Hex { left, value })),
            };
            if let Some(place) = place {
                arm(vec![(char, char)], pattern.at(place));
            }
        }
    }
}

/// Hexadecimal digits and their values.
fn hex_digits() -> impl Iterator<Item = (u32, u32)> {
    ('0'..='9')
        .chain('A'..='F')
        .chain('a'..='f')
        .map(|char| (char as u32, char.to_digit(16).unwrap_or_default()))
}
