//! Classes of characters, coarse enough for one bit each in a word.
//!
//! A state that every character of some classes leads back to allows every token over them; whether
//! a token, or a whole subtree of the trie, is over them is a test of bits. Letters are split at
//! `f`, so that hexadecimal digits are a union of classes; those above ASCII are what the several
//! meanings of `.` and `\s` tell apart, and all the others.

/// A set of classes, one bit each.
pub type ClassSet = u64;

/// A class of code points above ASCII.
pub struct AboveAscii {
    pub class: ClassSet,
    /// Its code points, as inclusive ranges in order.
    pub ranges: &'static [(u32, u32)],
}

/// The classes above ASCII, which make up all that is above it.
pub const ABOVE_ASCII: [AboveAscii; 4] = [
    // All that is in none of the others, surrogates apart.
    AboveAscii {
        class: 1 << 59,
        ranges: &[
            (0x80, 0x84),
            (0x86, 0x9F),
            (0xA1, 0x167F),
            (0x1681, 0x1FFF),
            (0x200B, 0x2027),
            (0x202A, 0x202E),
            (0x2030, 0x205E),
            (0x2060, 0x2FFF),
            (0x3001, 0xD7FF),
            (0xE000, 0xFEFE),
            (0xFF00, 0x10_FFFF),
        ],
    },
    // What ends a line for ECMA-262.
    AboveAscii { class: 1 << 60, ranges: &[(0x2028, 0x2029)] },
    // Spaces.
    AboveAscii {
        class: 1 << 61,
        ranges: &[
            (0xA0, 0xA0),
            (0x1680, 0x1680),
            (0x2000, 0x200A),
            (0x202F, 0x202F),
            (0x205F, 0x205F),
            (0x3000, 0x3000),
        ],
    },
    // A space for Python alone, and one for ECMA-262 alone.
    AboveAscii { class: 1 << 62, ranges: &[(0x85, 0x85), (0xFEFF, 0xFEFF)] },
];

/// All of [`ABOVE_ASCII`].
pub const ANY_ABOVE_ASCII: ClassSet = 0b1111 << 59;
/// Bytes that are no such thing: the rest of a character, or no UTF-8. In no state's set.
pub const BROKEN: ClassSet = 1 << 63;

/// The classes of more than one character, as bit and inclusive ranges; every other ASCII character
/// is a class of its own.
const GROUPS: [(u32, &[(u8, u8)]); 6] = [
    (0, &[(b'a', b'f')]),
    (1, &[(b'g', b'z')]),
    (2, &[(b'A', b'F')]),
    (3, &[(b'G', b'Z')]),
    (4, &[(b'0', b'9')]),
    (5, &[(0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F)]),
];

/// The class of each ASCII character, and the characters of each class as a set of bits.
const TABLE: ([u8; 128], [u128; 64]) = {
    let mut class = [u8::MAX; 128];
    let mut members = [0u128; 64];
    let mut group = 0;
    while group < GROUPS.len() {
        let (bit, ranges) = GROUPS[group];
        let mut at = 0;
        while at < ranges.len() {
            let mut byte = ranges[at].0;
            while byte <= ranges[at].1 {
                class[byte as usize] = bit as u8;
                members[bit as usize] |= 1 << byte;
                byte += 1;
            }
            at += 1;
        }
        group += 1;
    }
    let mut next = GROUPS.len();
    let mut byte = 0;
    while byte < 128 {
        if class[byte] == u8::MAX {
            class[byte] = next as u8;
            members[next] = 1 << byte;
            next += 1;
        }
        byte += 1;
    }
    assert!(next <= 59);
    (class, members)
};

/// The class of an ASCII character.
pub fn of_ascii(byte: u8) -> ClassSet {
    1 << TABLE.0[usize::from(byte & 0x7F)]
}

/// The classes of the characters that begin with a byte.
pub fn of_first_byte(byte: u8) -> ClassSet {
    if byte < 0x80 {
        of_ascii(byte)
    } else {
        ANY_ABOVE_ASCII | BROKEN
    }
}

/// The classes of which all characters are in a set of ASCII characters, bit `b` for character `b`.
pub fn within(characters: u128) -> ClassSet {
    let mut set = 0;
    for (bit, &members) in TABLE.1.iter().enumerate() {
        if members != 0 && members & !characters == 0 {
            set |= 1 << bit;
        }
    }
    set
}

/// The classes of which all characters are in a set of code points, given as inclusive ranges of
/// which no two touch.
pub fn of_ranges(ranges: &[(u32, u32)]) -> ClassSet {
    let mut characters = 0u128;
    for &(low, high) in ranges {
        for byte in low..=high.min(0x7F) {
            characters |= 1 << byte;
        }
    }
    let covered = |part: &(u32, u32)| ranges.iter().any(|all| all.0 <= part.0 && part.1 <= all.1);
    let above = ABOVE_ASCII.iter().filter(|above| above.ranges.iter().all(covered));
    within(characters) | above.fold(0, |set, above| set | above.class)
}

/// The class of a code point above ASCII.
fn of_above_ascii(code: u32) -> ClassSet {
    let [other, rest @ ..] = &ABOVE_ASCII;
    if matches!(code, 0xA1..=0x167F | 0x3001..=0xFEFE | 0xFF00..) {
        return other.class;
    }
    let holds = |&&(low, high): &&(u32, u32)| low <= code && code <= high;
    rest.iter().find(|above| above.ranges.iter().any(|range| holds(&range))).unwrap_or(other).class
}

/// Where between the bytes of a character a text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Between characters.
    Whole,
    /// So many continuation bytes are missing, the next one of them within this range; `code` is
    /// what the ones before have of the code point.
    Inside { missing: u8, low: u8, high: u8, code: u32 },
    /// What came before is no UTF-8.
    Broken,
}

impl Place {
    /// The place after a byte, and the class of the character that it completes, if it does.
    pub fn step(self, byte: u8) -> (Place, ClassSet) {
        let inside = |missing: u8, low, high| {
            let code = u32::from(byte) & (0x3F >> missing);
            (Place::Inside { missing, low, high, code }, 0)
        };
        match self {
            Place::Whole => match byte {
                0x00..=0x7F => (Place::Whole, of_ascii(byte)),
                0xC2..=0xDF => inside(1, 0x80, 0xBF),
                0xE0 => inside(2, 0xA0, 0xBF),
                0xED => inside(2, 0x80, 0x9F),
                0xE1..=0xEF => inside(2, 0x80, 0xBF),
                0xF0 => inside(3, 0x90, 0xBF),
                0xF1..=0xF3 => inside(3, 0x80, 0xBF),
                0xF4 => inside(3, 0x80, 0x8F),
                _ => (Place::Broken, BROKEN),
            },
            Place::Inside { missing, low, high, code } if low <= byte && byte <= high => {
                let code = code << 6 | u32::from(byte) & 0x3F;
                match missing {
                    1 => (Place::Whole, of_above_ascii(code)),
                    _ => {
                        let missing = missing - 1;
                        (Place::Inside { missing, low: 0x80, high: 0xBF, code }, 0)
                    }
                }
            }
            _ => (Place::Broken, BROKEN),
        }
    }

    /// The classes of the characters that a text which ends here has the first bytes of.
    pub fn unfinished(self) -> ClassSet {
        let Place::Inside { missing, low, high, code } = self else { return 0 };
        let rest = 6 * u32::from(missing - 1);
        let with = |byte: u8| (code << 6 | u32::from(byte) & 0x3F) << rest;
        let (first, last) = (with(low), with(high) | ((1 << rest) - 1));
        let met = |above: &&AboveAscii| above.ranges.iter().any(|&(a, b)| a <= last && first <= b);
        ABOVE_ASCII.iter().filter(met).fold(0, |set, above| set | above.class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ascii_character_is_in_one_class() {
        let all: u128 = TABLE.1.iter().fold(0, |all, &members| {
            assert_eq!(all & members, 0);
            all | members
        });
        assert_eq!(all, u128::MAX);
        for byte in 0..128 {
            assert_eq!(within(1 << byte) & !of_ascii(byte), 0);
        }
        assert_eq!(
            within(u128::MAX).count_ones(),
            TABLE.1.iter().filter(|&&m| m != 0).count() as u32
        );
    }

    #[test]
    fn a_text_is_whole_exactly_where_utf8_is() {
        for code in (0..0x11_0000).filter_map(char::from_u32) {
            let (mut place, mut class, mut unfinished) = (Place::Whole, 0, u64::MAX);
            let mut buffer = [0; 4];
            let bytes = code.encode_utf8(&mut buffer).as_bytes();
            for (at, &byte) in bytes.iter().enumerate() {
                assert_eq!(class, 0, "{code:?}");
                (place, class) = place.step(byte);
                assert_eq!(place == Place::Whole, at + 1 == bytes.len(), "{code:?}");
                if place != Place::Whole {
                    unfinished &= place.unfinished();
                }
            }
            let code = code as u32;
            let wanted = match code {
                0x00..=0x7F => of_ascii(code as u8),
                _ => {
                    let holds = |above: &&AboveAscii| {
                        above.ranges.iter().any(|&(low, high)| low <= code && code <= high)
                    };
                    let mut all = ABOVE_ASCII.iter().filter(holds);
                    let class = all.next().map(|above| above.class);
                    assert!(all.next().is_none(), "{code:x}");
                    class.expect("a class")
                }
            };
            assert_eq!(class, wanted, "{code:x}");
            assert_eq!(class & !unfinished, 0, "{code:x}");
        }
        let surrogate =
            b"\xED\xA0\x80".iter().fold(Place::Whole, |place, &byte| place.step(byte).0);
        assert_eq!(surrogate, Place::Broken);
    }
}
