//! Classes of characters, coarse enough for one bit each in a word.
//!
//! A state that every character of some classes leads back to allows every token over them; whether
//! a token, or a whole subtree of the trie, is over them is a test of bits. Letters are split at
//! `f`, so that hexadecimal digits are a union of classes; those above ASCII are what the several
//! meanings of `.`, `\s`, `\w` and `\d` tell apart, and all the others.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

use crate::ranges::merged;

/// A set of classes, one bit each.
pub type ClassSet = u64;

/// A class of code points above ASCII.
pub struct AboveAscii {
    pub class: ClassSet,
    /// Its code points, as inclusive ranges in order.
    pub ranges: Vec<(u32, u32)>,
    /// Some of them, the longest first: what does not hold for these holds not for the class.
    pub samples: &'static [&'static str],
}

/// All that is in no other class.
const OTHERS: ClassSet = 1 << 59;

/// The classes above ASCII but for [`OTHERS`], as regular expressions. Letters and numbers are those
/// that every Python knows that we run on.
const NAMED: [(ClassSet, &str, &[&str]); 6] = [
    (1 << 56, r"[\p{L}&&\p{Age=13.0}&&[^\x00-\x7F]]", &["𝒳", "語", "한", "ก", "и", "é"]),
    (1 << 57, r"[\p{Nd}&&\p{Age=13.0}&&[^\x00-\x7F]]", &["𝟎", "９", "१", "٣"]),
    (1 << 58, r"[[\p{Nl}\p{No}]&&\p{Age=13.0}]", &["𐄇", "㊉", "Ⅷ", "²"]),
    // What ends a line for ECMA-262.
    (1 << 60, r"[\u2028\u2029]", &["\u{2028}"]),
    // Spaces.
    (1 << 61, r"[\xA0\u1680\u2000-\u200A\u202F\u205F\u3000]", &["\u{A0}", "\u{3000}"]),
    // A space for Python alone, and one for ECMA-262 alone.
    (1 << 62, r"[\x85\uFEFF]", &["\u{85}", "\u{FEFF}"]),
];

/// The code points of up to three bytes, for which there is a table of classes.
const IN_TABLE: usize = 0x1_0000;

struct Above {
    /// The named classes, then all the others.
    classes: Vec<AboveAscii>,
    /// By code point, its class's place among them.
    table: Vec<u8>,
    /// The same in fewer parts.
    coarse: Vec<AboveAscii>,
}

static ABOVE: LazyLock<Above> = LazyLock::new(|| {
    let mut classes: Vec<AboveAscii> = NAMED
        .iter()
        .map(|&(class, pattern, samples)| AboveAscii { class, ranges: ranges_of(pattern), samples })
        .collect();
    let mut named: Vec<(u32, u32)> =
        classes.iter().flat_map(|class| class.ranges.iter().copied()).collect();
    // Surrogates are no code points.
    named.push((0xD800, 0xDFFF));
    named.sort_unstable();
    let mut ranges = Vec::new();
    let mut from = 0x80;
    for (low, high) in named {
        if from < low {
            ranges.push((from, low - 1));
        }
        from = high + 1;
    }
    ranges.push((from, 0x10_FFFF));
    let samples = &["😀", "\u{E000}", "、", "—", "\u{301}", "\u{80}"];
    classes.push(AboveAscii { class: OTHERS, ranges, samples });
    let mut table = vec![classes.len() as u8 - 1; IN_TABLE];
    for (number, class) in (0..).zip(&classes) {
        for &(low, high) in &class.ranges {
            if let Some(codes) = table.get_mut(low as usize..IN_TABLE.min(high as usize + 1)) {
                codes.fill(number);
            }
        }
    }
    let coarse = [
        (ANY_ABOVE_ASCII & !(0b111 << 60), &["é"]),
        (1 << 60, &["\u{2028}"]),
        (1 << 61, &["\u{3000}"]),
        (1 << 62, &["\u{FEFF}"]),
    ];
    let coarse = coarse.map(|(class, samples)| {
        let parts = classes.iter().filter(|part| part.class & class != 0);
        let ranges = merged(parts.flat_map(|part| part.ranges.clone()).collect(), 1);
        AboveAscii { class, ranges, samples }
    });
    Above { classes, table, coarse: coarse.into() }
});

fn ranges_of(pattern: &str) -> Vec<(u32, u32)> {
    let parsed = regex_syntax::parse(pattern);
    match parsed.as_ref().map(|hir| hir.kind()) {
        Ok(HirKind::Class(Class::Unicode(class))) => {
            class.iter().map(|range| (range.start() as u32, range.end() as u32)).collect()
        }
        _ => Vec::new(),
    }
}

/// The classes above ASCII, which make up all that is above it.
pub fn above_ascii() -> &'static [AboveAscii] {
    &ABOVE.classes
}

/// The same in few parts: spaces in their several meanings, and all others.
pub fn coarse() -> &'static [AboveAscii] {
    &ABOVE.coarse
}

impl AboveAscii {
    /// Whether a code point from `low` to `high` is in the class.
    fn meets(&self, low: u32, high: u32) -> bool {
        let at = self.ranges.partition_point(|range| range.1 < low);
        self.ranges.get(at).is_some_and(|range| range.0 <= high)
    }
}

/// All of [`above_ascii`].
pub const ANY_ABOVE_ASCII: ClassSet = 0b111_1111 << 56;
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
    assert!(next <= 56);
    (class, members)
};

/// The class of an ASCII character.
pub fn of_ascii(byte: u8) -> ClassSet {
    1 << TABLE.0[usize::from(byte & 0x7F)]
}

/// Letters.
pub const LETTERS: ClassSet = 0b1111 | 1 << 56;

/// Which of two sets is over more of what tokens are made of: letters more than anything else.
pub fn weight(set: ClassSet) -> u32 {
    set.count_ones() + 64 * (set & LETTERS).count_ones()
}

/// A character of one of the classes, of the first that has any; none of [`BROKEN`].
pub fn sample(set: ClassSet) -> Option<char> {
    let ascii = set & !(ANY_ABOVE_ASCII | BROKEN);
    if ascii != 0 {
        let members = TABLE.1[ascii.trailing_zeros() as usize];
        return (members != 0).then(|| members.trailing_zeros() as u8 as char);
    }
    let above = above_ascii().iter().find(|above| above.class & set != 0)?;
    above.samples.first()?.chars().next()
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
    let above = above_ascii().iter().filter(|above| above.ranges.iter().all(covered));
    within(characters) | above.fold(0, |set, above| set | above.class)
}

/// The class of a code point above ASCII.
fn of_above_ascii(code: u32) -> ClassSet {
    let Above { classes, table, .. } = &*ABOVE;
    match table.get(code as usize) {
        Some(&number) => classes[number as usize].class,
        None => classes.iter().find(|class| class.meets(code, code)).map_or(OTHERS, |it| it.class),
    }
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
        let met = above_ascii().iter().filter(|class| class.meets(first, last));
        met.fold(0, |set, class| set | class.class)
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
    fn classes_above_ascii_are_what_they_are_named() {
        assert_eq!(above_ascii().iter().fold(0, |all, above| all | above.class), ANY_ABOVE_ASCII);
        for above in above_ascii() {
            assert!(!above.ranges.is_empty());
            for sample in above.samples {
                let class = sample.bytes().fold((Place::Whole, 0), |at, byte| at.0.step(byte)).1;
                assert_eq!(class, above.class, "{sample}");
            }
        }
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
                    let mut all = above_ascii().iter().filter(|above| above.meets(code, code));
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
