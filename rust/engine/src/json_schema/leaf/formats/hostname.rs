//! `hostname` (RFC 1123, section 2.1, with labels in Punycode as RFC 5891, section 4.4 has them) and
//! `idn-hostname` (RFC 5890, section 2.3.2.3).
//!
//! A name has at most 253 octets, a label 63, in ASCII; there is no dot at the end. What is and is
//! not kept of the rules for labels beyond ASCII: see `idna/label.rs`.

use super::build::Build;
use super::idna::{symbols, AsciiLabel, Direction, Label, Symbol};
use super::machine::{texts, Machine, Ranges};
use crate::expr::ExprId;

/// The most octets of a name.
const NAME_OCTETS: u8 = 253;
/// Full stop, and the ideographic, fullwidth and halfwidth ones.
const DOTS: [u32; 4] = [0x2E, 0x3002, 0xFF0E, 0xFF61];

pub(super) fn hostname(build: &mut Build) -> ExprId {
    texts(build, "hostname", Names { international: false })
}

pub(super) fn idn_hostname(build: &mut Build) -> ExprId {
    texts(build, "idn-hostname", Names { international: true })
}

struct Names {
    international: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Label(Label),
    /// After `xn--`.
    Ascii(AsciiLabel),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name {
    /// The octets of the labels before this one, with their dots.
    octets: u8,
    /// What the labels before this one mean for it.
    has_right: bool,
    has_neither: bool,
    part: Part,
}

impl Name {
    /// What the label means for the others, if it and the name may end here.
    fn end(&self) -> Option<Direction> {
        let direction = match &self.part {
            Part::Label(label) => label.end()?,
            Part::Ascii(label) => label.end()?,
        };
        let broken = (self.has_right && direction == Direction::Neither)
            || (self.has_neither && direction == Direction::Right);
        (!broken).then_some(direction)
    }

    fn read_symbol(&self, label: &Label, symbol: Symbol) -> Option<Part> {
        let next = label.read(symbol, self.has_right, NAME_OCTETS - self.octets)?;
        let broken =
            (self.has_right && next.breaks_direction()) || (self.has_neither && next.is_right());
        (!broken).then_some(Part::Label(next))
    }
}

impl Machine for Names {
    type State = Name;

    fn start(&self) -> Name {
        Name {
            octets: 0,
            has_right: false,
            has_neither: false,
            part: Part::Label(Label::default()),
        }
    }

    fn accepts(&self, name: &Name) -> bool {
        name.end().is_some()
    }

    fn arms(&self, name: &Name, arm: &mut dyn FnMut(Ranges, Name)) {
        let octets = match &name.part {
            Part::Label(label) => label.octets(),
            Part::Ascii(label) => label.octets(),
        };
        let octets = name.octets + octets;
        let to = |part| Name { part, ..name.clone() };
        match &name.part {
            Part::Label(label) => {
                for (symbol, ranges) in symbols() {
                    if self.international || symbol.ascii {
                        if let Some(part) = name.read_symbol(label, *symbol) {
                            arm(ranges.clone(), to(part));
                        }
                    }
                }
                // `xn--` and the shortest label.
                if label.is_ascii_prefix() && octets < NAME_OCTETS - 3 {
                    let hyphen = u32::from(b'-');
                    arm(vec![(hyphen, hyphen)], to(Part::Ascii(AsciiLabel::default())));
                }
            }
            Part::Ascii(label) => {
                let room = NAME_OCTETS.saturating_sub(octets + 1);
                for byte in (b'a'..=b'z').chain(b'0'..=b'9').chain([b'-']) {
                    if let Some(next) = label.read(byte, room) {
                        arm(vec![(byte.into(), byte.into())], to(Part::Ascii(next)));
                    }
                }
            }
        }
        if let (Some(direction), true) = (name.end(), octets < NAME_OCTETS - 1) {
            let dots = if self.international { &DOTS[..] } else { &DOTS[..1] };
            let next = Name {
                octets: octets + 1,
                has_right: name.has_right || direction == Direction::Right,
                has_neither: name.has_neither || direction == Direction::Neither,
                part: Part::Label(Label::default()),
            };
            arm(dots.iter().map(|&dot| (dot, dot)).collect(), next);
        }
    }
}
