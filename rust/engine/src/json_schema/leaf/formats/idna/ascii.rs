//! Labels written in ASCII: `xn--` and Punycode that decodes to a label.
//!
//! No finite memory decodes Punycode, so a state is the whole text: labels are short. Only lower
//! case is written. The start of a label is kept to if it can be completed in one of two simple
//! ways: with everything so far taken as the ASCII part, or by the insertion under way, and then
//! perhaps one more. That is true of every start of a label but of some labels within a few octets
//! of the longest.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::alphabet::symbol;
use super::label::{Direction, Label, LABEL_OCTETS};
use super::punycode::{Decoder, Partial};

/// The character whose insertion shows that an ASCII part can be completed.
const SAMPLE: u32 = 0xFC;
/// How many insertions are tried: those of the code points up to the sample are among them.
const TRIES: usize = 128;

/// What follows `xn--`.
#[derive(Clone, Debug)]
pub(in super::super) struct AsciiLabel {
    text: Box<[u8]>,
    /// What the text decodes to so far, with everything before the last hyphen as the ASCII part:
    /// a function of the text.
    decoded: Option<Arc<(Decoder, Partial)>>,
}

impl PartialEq for AsciiLabel {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for AsciiLabel {}

impl Hash for AsciiLabel {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.text.hash(hasher);
    }
}

impl Default for AsciiLabel {
    fn default() -> Self {
        let decoded = Some(Arc::new((Decoder::new(b""), Partial::NONE)));
        AsciiLabel { text: Box::default(), decoded }
    }
}

impl AsciiLabel {
    /// The octets of the label.
    pub fn octets(&self) -> u8 {
        self.text.len() as u8 + 4
    }

    /// The label with one more byte of `a-z0-9-`, which `room` more may follow.
    pub fn read(&self, byte: u8, room: u8) -> Option<Self> {
        let decoded = match byte {
            // An empty part is written without the hyphen.
            b'-' if self.text.is_empty() => None,
            b'-' => Some(Arc::new((Decoder::new(&self.text), Partial::NONE))),
            digit => self.decoded.as_ref().and_then(|decoded| {
                let (mut decoder, partial) = (**decoded).clone();
                let partial = decoder.read(partial, digit)?;
                Some(Arc::new((decoder, partial)))
            }),
        };
        let text = [&self.text, [byte].as_slice()].concat().into();
        let next = AsciiLabel { text, decoded };
        let room = room.min(LABEL_OCTETS.checked_sub(next.octets())?);
        next.is_live(room).then_some(next)
    }

    /// What the label means for the others; `None` if it may not end here.
    pub fn end(&self) -> Option<Direction> {
        let (decoder, partial) = &**self.decoded.as_ref()?;
        if *partial != Partial::NONE || !decoder.has_inserted {
            return None;
        }
        direction(&decoder.codes)
    }

    /// Whether some label of at most `room` more octets starts so.
    fn is_live(&self, room: u8) -> bool {
        // A hyphen and the sample at one of the places tried will do, in at most four octets.
        let ends = [self.text.first(), self.text.last()];
        let plain = !ends.contains(&Some(&b'-')) && room > 4;
        plain
            || self.completes_as_ascii(room)
            || self.completes_as_digits(room)
            || self.end().is_some()
    }

    /// Whether everything so far, a hyphen and an insertion make a label.
    fn completes_as_ascii(&self, room: u8) -> bool {
        let decoder = Decoder::new(&self.text);
        let len = self.text.len();
        places(len).into_iter().any(|place| {
            let value = u64::from(SAMPLE - 0x80) * (len as u64 + 1) + place as u64;
            let octets = 1 + decoder.digits_left(Partial::NONE, value);
            is_label_within(&decoder, value, usize::from(room).checked_sub(octets))
        })
    }

    /// Whether the number under way, or one more, makes a label.
    fn completes_as_digits(&self, room: u8) -> bool {
        let Some(decoded) = &self.decoded else { return false };
        let (decoder, partial) = (&decoded.0, decoded.1);
        let len = decoder.codes.len();
        let (mut rest, mut tries) = (0, 0);
        while tries < TRIES {
            let value = partial.value + rest * partial.weight;
            let octets = decoder.digits_left(partial, rest);
            let Some(room) = usize::from(room).checked_sub(octets) else { return false };
            let Some((code, place)) = decoder.insertion(value) else { return false };
            // Whatever digit comes next, those of these insertions that are still possible are
            // tried again, so that one that was found stays found.
            let next = match symbol(code) {
                Some(_) => places(len).into_iter().filter(|&next| next > place).min(),
                None => None,
            };
            if symbol(code).is_some() && places(len).contains(&place) {
                tries += 1;
                if is_label_within(decoder, value, Some(room)) {
                    return true;
                }
            }
            let step = next.unwrap_or(len + 1) - place;
            rest += (step as u64).div_ceil(partial.weight);
        }
        false
    }
}

/// The places at which insertions are tried: one at the start or at the end is right unless there
/// are hyphens in third and fourth place, before or after.
fn places(len: usize) -> [usize; 3] {
    [len, 0, 2.min(len)]
}

/// Whether an insertion makes a label, or it and one of the same code point beside a hyphen at
/// either end, in at most `room` octets after those of the first.
fn is_label_within(decoder: &Decoder, value: u64, room: Option<usize>) -> bool {
    let (Some(room), Some((code, place))) = (room, decoder.insertion(value)) else { return false };
    let mut decoder = decoder.clone();
    decoder.insert(code, place, value);
    if direction(&decoder.codes).is_some() {
        return true;
    }
    if decoder.codes.last() != Some(&u32::from(b'-')) {
        return false;
    }
    let value = (decoder.codes.len() - place - 1) as u64;
    if decoder.digits_left(Partial::NONE, value) > room {
        return false;
    }
    decoder.codes.push(code);
    direction(&decoder.codes).is_some()
}

/// Whether code points are a label, and what it means for the others.
fn direction(codes: &[u32]) -> Option<Direction> {
    let mut label = Label::default();
    for &code in codes {
        label = label.read(symbol(code)?, false, LABEL_OCTETS)?;
    }
    label.end()
}
