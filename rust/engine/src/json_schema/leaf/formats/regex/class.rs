//! What stands between brackets. A range must not end before it starts.

use super::escape::{Context, Escape};
use super::{without_digits, Arm, Pattern, Place};
use crate::json_schema::leaf::formats::machine::Ranges;

/// What stands before, if a hyphen could make it the start of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Left {
    /// Nothing.
    Nothing,
    /// A code point that the end of the range must not be below.
    One(u32),
    /// A set, which starts no range.
    Set,
}

/// Where in a class a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum InClass {
    /// Behind `[`.
    Start,
    After(Left),
    /// Behind `\0`.
    AfterZero(Left),
    /// Behind a hyphen after something.
    Hyphen(Left),
}

/// The code points beyond ASCII in runs, of which a range connects two different ones: the width of
/// the runs below each code point.
const RUNS: [(u32, u32); 4] =
    [(0x600, 0x20), (0x3000, 0x400), (0x1_0000, 0x1000), (0x11_0000, 0x1_0000)];

/// Code points that may stand for themselves in a class, but for the hyphen, from `least` on.
fn plain(least: u32) -> Vec<(Ranges, u32)> {
    let mut singles: Vec<(Ranges, u32)> = (least..0x80)
        .filter(|&code| !b"\\]-".iter().any(|&byte| u32::from(byte) == code))
        .map(|code| (vec![(code, code)], code))
        .collect();
    let mut low = 0x80;
    for (end, width) in RUNS {
        while low < end {
            let high = low + width - 1;
            if low >= least {
                singles.push((vec![(low, high)], high));
            }
            low = high + 1;
        }
    }
    singles
}

impl InClass {
    pub fn arms(self, pattern: &Pattern, arm: &mut Arm) {
        match self {
            InClass::Start => {
                // Behind the caret a caret is a character; before it, it is not.
                pattern.on(arm, "^", Place::Class(InClass::After(Left::Nothing)));
                InClass::After(Left::Nothing).arms(pattern, &mut |ranges, next| {
                    if ranges != [(0x5E, 0x5E)] {
                        arm(ranges, next);
                    }
                });
            }
            InClass::After(left) => {
                pattern.on(arm, "]", Place::Atom);
                let escape = Escape::in_class(Context::Class);
                pattern.on(arm, "\\", Place::Escape(escape));
                for (ranges, highest) in plain(0) {
                    arm(ranges, pattern.at(Place::Class(InClass::After(Left::One(highest)))));
                }
                let hyphen = match left {
                    Left::Nothing => InClass::After(Left::One('-' as u32)),
                    left => InClass::Hyphen(left),
                };
                pattern.on(arm, "-", Place::Class(hyphen));
            }
            InClass::AfterZero(left) => {
                InClass::After(left).arms(pattern, &mut |ranges, next| {
                    arm(without_digits(ranges), next);
                });
            }
            InClass::Hyphen(left) => {
                pattern.on(arm, "]", Place::Atom);
                let Left::One(start) = left else { return };
                let after = Place::Class(InClass::After(Left::Nothing));
                // The start of a range is the last of its run.
                for (ranges, _) in plain(start) {
                    arm(ranges, pattern.at(after.clone()));
                }
                if start <= '-' as u32 {
                    pattern.on(arm, "-", after);
                }
                let escape = Escape::in_class(Context::RangeEnd(start));
                pattern.on(arm, "\\", Place::Escape(escape));
            }
        }
    }
}
