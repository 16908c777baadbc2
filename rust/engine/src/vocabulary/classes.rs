//! Classes of characters, coarse enough for one bit each in a word.
//!
//! A state that every character of some classes leads back to allows every token over them; whether
//! a token, or a whole subtree of the trie, is over them is a test of bits. Letters are split at
//! `f`, so that hexadecimal digits are a union of classes; all code points above ASCII are one.

/// A set of classes, one bit each.
pub type ClassSet = u64;

/// Every code point above ASCII, whole or its first bytes at a token's end.
pub const ABOVE_ASCII: ClassSet = 1 << 60;
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
    assert!(next <= 60);
    (class, members)
};

/// The class of an ASCII character.
pub fn of_ascii(byte: u8) -> ClassSet {
    1 << TABLE.0[usize::from(byte & 0x7F)]
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

/// The classes that make up a set of code points given as inclusive ranges. What is above ASCII
/// counts as soon as the last code point is in it.
pub fn of_ranges(ranges: &[(u32, u32)]) -> ClassSet {
    let mut characters = 0u128;
    let mut above = 0;
    for &(low, high) in ranges {
        for byte in low..=high.min(0x7F) {
            characters |= 1 << byte;
        }
        if high == 0x10_FFFF {
            above = ABOVE_ASCII;
        }
    }
    within(characters) | above
}

/// Where between the bytes of a character a text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Between characters.
    Whole,
    /// So many continuation bytes are missing, the next one of them within this range.
    Inside { missing: u8, low: u8, high: u8 },
    /// What came before is no UTF-8.
    Broken,
}

impl Place {
    /// The place after a byte, and the class that the byte adds to the text.
    pub fn step(self, byte: u8) -> (Place, ClassSet) {
        let inside = |missing, low, high| (Place::Inside { missing, low, high }, ABOVE_ASCII);
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
            Place::Inside { missing, low, high } if low <= byte && byte <= high => match missing {
                1 => (Place::Whole, 0),
                _ => (Place::Inside { missing: missing - 1, low: 0x80, high: 0xBF }, 0),
            },
            _ => (Place::Broken, BROKEN),
        }
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
        for code in (0..0x11_0000).step_by(7).filter_map(char::from_u32) {
            let mut place = Place::Whole;
            let mut buffer = [0; 4];
            let bytes = code.encode_utf8(&mut buffer).as_bytes();
            for (at, &byte) in bytes.iter().enumerate() {
                place = place.step(byte).0;
                assert_eq!(place == Place::Whole, at + 1 == bytes.len(), "{code:?}");
            }
        }
        let surrogate =
            b"\xED\xA0\x80".iter().fold(Place::Whole, |place, &byte| place.step(byte).0);
        assert_eq!(surrogate, Place::Broken);
    }
}
