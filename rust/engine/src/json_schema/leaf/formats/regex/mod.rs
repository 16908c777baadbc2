//! `regex`: the patterns of ECMA-262 (2020, section 21.2.1, with the flag `u`).
//!
//! Patterns are no regular language, since groups nest. The machine is a parser that keeps what it
//! needs: which groups are open, the names of groups and references, how many groups there are. It
//! is exact but for what is not written:
//!
//! - more than [`DEPTH`] groups inside each other, references above 99, counts above 9999;
//! - names of groups other than `[A-Za-z_$][A-Za-z0-9_$]*` with up to [`NAME`] characters;
//! - surrogates, one or a pair, as `\u` escapes;
//! - a range in a class between two code points beyond ASCII that stand close together.

mod class;
mod escape;
mod group;
mod properties;
mod quantifier;

use super::build::Build;
use super::machine::{texts, Machine, Ranges};
use crate::expr::ExprId;
use class::InClass;
use escape::Escape;
use group::{Groups, Opening};
use quantifier::Count;

/// The most groups inside each other.
const DEPTH: u32 = 100;
/// The most characters of a group's name.
const NAME: usize = 32;

pub(super) fn regex(build: &mut Build) -> ExprId {
    texts(build, "regex", Patterns)
}

struct Patterns;

/// Where in a pattern a text stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// Before a term, and not behind one: a quantifier has nothing to repeat.
    Start,
    /// Behind an atom.
    Atom,
    /// Behind `\0`: no digit may follow.
    Zero,
    /// Behind `\` and a number.
    Reference(u8),
    /// Behind a quantifier that `?` can make lazy.
    Quantifier,
    Count(Count),
    Escape(Escape),
    Opening(Opening),
    Class(InClass),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pattern {
    place: Place,
    groups: Groups,
}

/// Code points and the pattern after them.
type Arm<'a> = dyn FnMut(Ranges, Pattern) + 'a;

impl Pattern {
    fn at(&self, place: Place) -> Self {
        Pattern { place, groups: self.groups.clone() }
    }

    /// One of the characters, then `place`.
    fn on(&self, arm: &mut Arm, set: &str, place: Place) {
        arm(set.chars().map(|char| (char as u32, char as u32)).collect(), self.at(place));
    }

    /// What may stand wherever a term may.
    fn terms(&self, arm: &mut Arm) {
        // Everything but the characters of the syntax.
        let plain = vec![
            (0x00, 0x23),
            (0x25, 0x27),
            (0x2C, 0x2D),
            (0x2F, 0x3E),
            (0x40, 0x5A),
            (0x5F, 0x7A),
            (0x7E, 0x10_FFFF),
        ];
        arm(plain, self.at(Place::Atom));
        self.on(arm, ".", Place::Atom);
        self.on(arm, "^$|", Place::Start);
        self.on(arm, "\\", Place::Escape(Escape::START));
        self.on(arm, "[", Place::Class(InClass::Start));
        if self.groups.depth() < DEPTH {
            self.on(arm, "(", Place::Opening(Opening::Parenthesis));
        }
        if let Some((groups, repeatable)) = self.groups.closed() {
            let place = if repeatable { Place::Atom } else { Place::Start };
            arm(vec![(0x29, 0x29)], Pattern { place, groups });
        }
    }

    /// What may stand behind an atom.
    fn after_atom(&self, arm: &mut Arm) {
        self.terms(arm);
        self.on(arm, "*+?", Place::Quantifier);
        self.on(arm, "{", Place::Count(Count::START));
    }
}

impl Machine for Patterns {
    type State = Pattern;

    fn start(&self) -> Pattern {
        Pattern { place: Place::Start, groups: Groups::default() }
    }

    fn bytes(&self, pattern: &Pattern) -> Option<&'static [u8]> {
        match &pattern.place {
            Place::Opening(opening) if opening.is_name() => Some(group::NAME_BYTES),
            _ => None,
        }
    }

    fn step(&self, pattern: &Pattern, byte: u8) -> Option<Pattern> {
        match &pattern.place {
            Place::Opening(opening) => opening.step(pattern, byte),
            _ => None,
        }
    }

    fn accepts(&self, pattern: &Pattern) -> bool {
        let complete = matches!(
            pattern.place,
            Place::Start | Place::Atom | Place::Zero | Place::Reference(_) | Place::Quantifier
        );
        let groups = match pattern.place {
            Place::Reference(number) => pattern.groups.clone().referring_to(number),
            _ => pattern.groups.clone(),
        };
        complete && groups.are_complete()
    }

    fn arms(&self, pattern: &Pattern, arm: &mut Arm) {
        match &pattern.place {
            Place::Start => pattern.terms(arm),
            Place::Atom => pattern.after_atom(arm),
            Place::Zero => {
                let behind = pattern.at(Place::Atom);
                behind.after_atom(&mut |ranges, next| {
                    // A digit is an atom, which may not stand here.
                    arm(without_digits(ranges), next);
                });
            }
            Place::Reference(number) => {
                if let Some(more) = number.checked_mul(10).filter(|&more| more < 100) {
                    for digit in 0..10 {
                        let code = u32::from(b'0' + digit);
                        arm(vec![(code, code)], pattern.at(Place::Reference(more + digit)));
                    }
                }
                let behind = Pattern {
                    place: Place::Atom,
                    groups: pattern.groups.clone().referring_to(*number),
                };
                behind.after_atom(&mut |ranges, next| arm(without_digits(ranges), next));
            }
            Place::Quantifier => {
                pattern.terms(arm);
                pattern.on(arm, "?", Place::Start);
            }
            Place::Count(count) => count.arms(pattern, arm),
            Place::Escape(escape) => escape.arms(pattern, arm),
            Place::Opening(opening) => opening.arms(pattern, arm),
            Place::Class(class) => class.arms(pattern, arm),
        }
    }
}

fn without_digits(ranges: Ranges) -> Ranges {
    let pieces = ranges.into_iter().flat_map(|(low, high)| {
        [(low, high.min(0x2F)), (low.max(0x3A), high)].into_iter().filter(|(low, high)| low <= high)
    });
    pieces.collect()
}
