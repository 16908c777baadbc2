//! The classes that have names: `\w`, `\d`, `\s` in their several meanings, and `\p{...}`.
//!
//! Unicode's tables come from `regex-syntax`. Large ones are made once per process.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::code_set::{CodeSet, Range};

pub(super) const ASCII_DIGIT: CodeSet = CodeSet::from_sorted(&[(0x30, 0x39)]);

/// `[A-Za-z]`.
pub(super) const ASCII_LETTERS: CodeSet = CodeSet::from_sorted(&[(0x41, 0x5A), (0x61, 0x7A)]);

/// `[A-Za-z0-9_]`.
pub(super) const ASCII_WORD: CodeSet =
    CodeSet::from_sorted(&[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]);

/// Space, tab, line feed, vertical tab, form feed, carriage return.
pub(super) const ASCII_SPACE: CodeSet = CodeSet::from_sorted(&[(0x09, 0x0D), (0x20, 0x20)]);

/// What Python's `str.isspace` calls a space.
pub(super) const PYTHON_SPACE: CodeSet = CodeSet::from_sorted(&[
    (0x09, 0x0D),
    (0x1C, 0x20),
    (0x85, 0x85),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
]);

/// ECMA-262's WhiteSpace and LineTerminator.
pub(super) const ECMA_SPACE: CodeSet = CodeSet::from_sorted(&[
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
]);

pub(super) const NEWLINE: CodeSet = CodeSet::from_sorted(&[(0x0A, 0x0A)]);

/// Python's `.`.
pub(super) const NOT_NEWLINE: CodeSet = CodeSet::from_sorted(&[(0, 0x09), (0x0B, 0x10_FFFF)]);

/// ECMA-262's `.`.
pub(super) const ECMA_NOT_LINE_END: CodeSet =
    CodeSet::from_sorted(&[(0, 0x09), (0x0B, 0x0C), (0x0E, 0x2027), (0x202A, 0x10_FFFF)]);

/// The version of Unicode that the process's Python has, if it has been told.
static PYTHON_UNICODE: OnceLock<String> = OnceLock::new();

/// Says which version of Unicode (`"15.1.0"`) the process's Python knows. Code points assigned
/// later are then neither word characters, nor digits, nor cased in [`super::python`]. To be called
/// once, before the first pattern is read; later calls change nothing.
pub fn set_python_unicode(version: &str) {
    _ = PYTHON_UNICODE.set(version.to_owned());
}

/// Finds a character by the name that `\N{...}` gives it.
type CharacterNames = Box<dyn Fn(&str) -> Option<char> + Send + Sync>;

static CHARACTER_NAMES: OnceLock<CharacterNames> = OnceLock::new();

/// Says how characters are found by their names, which [`super::python`] needs for `\N{...}`. To be
/// called once, before the first pattern is read; later calls change nothing.
pub fn set_character_names(names: impl Fn(&str) -> Option<char> + Send + Sync + 'static) {
    _ = CHARACTER_NAMES.set(Box::new(names));
}

pub(super) fn character_named(name: &str) -> Option<char> {
    CHARACTER_NAMES.get().and_then(|find| find(name))
}

/// What Python's `str.isalnum` calls alphanumeric (every letter and every number), and `_`.
pub(super) fn python_word() -> CodeSet {
    static TABLE: OnceLock<Vec<Range>> = OnceLock::new();
    CodeSet::from_sorted(TABLE.get_or_init(|| known_to_python(r"[\p{L}\p{N}_]")))
}

/// What Python's `str.isdecimal` calls a digit.
pub(super) fn python_digit() -> CodeSet {
    static TABLE: OnceLock<Vec<Range>> = OnceLock::new();
    CodeSet::from_sorted(TABLE.get_or_init(|| known_to_python(r"\p{Nd}")))
}

/// What may have another case in Python.
pub(super) fn python_cased() -> CodeSet {
    CodeSet::new(known_to_python(r"\p{Changes_When_Casemapped}"))
}

/// The class without the code points assigned after Python's version of Unicode.
fn known_to_python(class: &str) -> Vec<Range> {
    let version = PYTHON_UNICODE.get().and_then(|version| {
        let mut numbers = version.split('.');
        Some(format!("{}.{}", numbers.next()?, numbers.next()?))
    });
    let known = version
        .and_then(|version| regex_syntax::parse(&format!(r"[{class}&&\p{{Age={version}}}]")).ok());
    // A version newer than our tables knows all of them.
    known
        .or_else(|| regex_syntax::parse(class).ok())
        .and_then(|hir| ranges_of(&hir))
        .unwrap_or_default()
}

/// The code points with a Unicode property, by the text between the braces of `\p{...}`; none if
/// there is no such property.
pub(super) fn property(name: &str) -> Option<CodeSet> {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_=- ".contains(char);
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    ranges_of(&regex_syntax::parse(&format!(r"\p{{{name}}}")).ok()?).map(CodeSet::new)
}

/// Code points equal to a member under Unicode's simple case folding, and the members.
pub(super) fn fold_simple(set: &CodeSet) -> CodeSet {
    let ranges = set.ranges().iter().flat_map(|&(low, high)| {
        // The fold tables know no surrogates, and they have no case.
        let halves = [(low, high.min(0xD7FF)), (low.max(0xE000), high)];
        halves.into_iter().filter_map(|(low, high)| {
            let (low, high) = (char::from_u32(low)?, char::from_u32(high)?);
            (low <= high).then(|| regex_syntax::hir::ClassUnicodeRange::new(low, high))
        })
    });
    let mut class = regex_syntax::hir::ClassUnicode::new(ranges);
    if class.try_case_fold_simple().is_err() {
        return set.clone();
    }
    let folded = class.iter().map(|range| (range.start() as u32, range.end() as u32));
    set.union(&CodeSet::new(folded.collect()))
}

/// Whether a Python identifier may start with the character.
pub(super) fn starts_name(char: char) -> bool {
    match char.is_ascii() {
        true => char.is_ascii_alphabetic() || char == '_',
        false => has_property(char, "XID_Start"),
    }
}

/// Whether a Python identifier may go on with the character.
pub(super) fn continues_name(char: char) -> bool {
    match char.is_ascii() {
        true => char.is_ascii_alphanumeric() || char == '_',
        false => has_property(char, "XID_Continue"),
    }
}

fn has_property(char: char, name: &str) -> bool {
    property(name).is_some_and(|set| set.contains(u32::from(char)))
}

fn ranges_of(hir: &Hir) -> Option<Vec<Range>> {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            Some(class.iter().map(|range| (range.start() as u32, range.end() as u32)).collect())
        }
        HirKind::Class(Class::Bytes(class)) => {
            Some(class.iter().map(|range| (range.start().into(), range.end().into())).collect())
        }
        HirKind::Literal(literal) => {
            let char = std::str::from_utf8(&literal.0).ok()?.chars().next()? as u32;
            Some(vec![(char, char)])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_there() {
        for char in "aZ09_éß中٣Ⅷ²".chars() {
            assert!(python_word().contains(char as u32), "{char}");
        }
        for char in "- \u{301}\u{200d}😀".chars() {
            assert!(!python_word().contains(char as u32), "{char}");
        }
        assert!(python_digit().contains('٣' as u32) && !python_digit().contains('²' as u32));
    }

    #[test]
    fn properties_by_name() {
        for name in [
            "L",
            "Letter",
            "Lu",
            "gc=Lu",
            "Script=Greek",
            "sc=Grek",
            "Alphabetic",
            "Any",
            "ASCII",
            "Emoji",
            "Zl",
        ] {
            assert!(property(name).is_some_and(|set| !set.is_none()), "{name}");
        }
        for name in ["", "Nonsense", "L}a", "^L", "Script=Nowhere"] {
            assert_eq!(property(name), None, "{name}");
        }
    }

    #[test]
    fn folding_is_symmetric() {
        let k = fold_simple(&CodeSet::single('k' as u32));
        assert_eq!(k.ranges(), [(0x4B, 0x4B), (0x6B, 0x6B), (0x212A, 0x212A)]);
        assert_eq!(fold_simple(&CodeSet::ANY), CodeSet::ANY);
    }
}
