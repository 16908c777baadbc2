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

/// What labels after `xn--` are made of, and what ends one.
const ASCII_LABEL_BYTES: &[u8] = b"-.0123456789abcdefghijklmnopqrstuvwxyz";

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

    /// The octets so far.
    fn octets(&self) -> u8 {
        self.octets
            + match &self.part {
                Part::Label(label) => label.octets(),
                Part::Ascii(label) => label.octets(),
            }
    }

    /// The start of another label, behind a dot.
    fn next_label(&self) -> Option<Name> {
        let octets = self.octets();
        let direction = self.end().filter(|_| octets < NAME_OCTETS - 1)?;
        Some(Name {
            octets: octets + 1,
            has_right: self.has_right || direction == Direction::Right,
            has_neither: self.has_neither || direction == Direction::Neither,
            part: Part::Label(Label::default()),
        })
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

    fn bytes(&self, name: &Name) -> Option<&'static [u8]> {
        matches!(name.part, Part::Ascii(_)).then_some(ASCII_LABEL_BYTES)
    }

    fn step(&self, name: &Name, byte: u8) -> Option<Name> {
        let Part::Ascii(label) = &name.part else { return None };
        if byte == b'.' {
            return name.next_label();
        }
        let room = NAME_OCTETS.saturating_sub(name.octets() + 1);
        let next = label.read(byte, room)?;
        Some(Name { part: Part::Ascii(next), ..name.clone() })
    }

    fn accepts(&self, name: &Name) -> bool {
        name.end().is_some()
    }

    fn arms(&self, name: &Name, arm: &mut dyn FnMut(Ranges, Name)) {
        let octets = name.octets();
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
            Part::Ascii(_) => {
                for &byte in ASCII_LABEL_BYTES.iter().filter(|&&byte| byte != b'.') {
                    if let Some(next) = self.step(name, byte) {
                        arm(vec![(byte.into(), byte.into())], next);
                    }
                }
            }
        }
        if let Some(next) = name.next_label() {
            let dots = if self.international { &DOTS[..] } else { &DOTS[..1] };
            arm(dots.iter().map(|&dot| (dot, dot)).collect(), next);
        }
    }
}
