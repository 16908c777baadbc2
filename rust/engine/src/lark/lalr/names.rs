//! The names that order terminals where nothing else does: Lark makes some up for the texts and
//! regular expressions that are written in rules.

use super::super::pattern::Pattern;

/// What the names of numbered terminals start with.
const NUMBERED: &str = "__ANON_";

/// The names of single signs.
#[rustfmt::skip]
const SIGNS: [(&str, &str); 36] = [
    (".", "DOT"), (",", "COMMA"), (":", "COLON"), (";", "SEMICOLON"), ("+", "PLUS"), ("-", "MINUS"),
    ("*", "STAR"), ("/", "SLASH"), ("\\", "BACKSLASH"), ("|", "VBAR"), ("?", "QMARK"), ("!", "BANG"),
    ("@", "AT"), ("#", "HASH"), ("$", "DOLLAR"), ("%", "PERCENT"), ("^", "CIRCUMFLEX"),
    ("&", "AMPERSAND"), ("_", "UNDERSCORE"), ("<", "LESSTHAN"), (">", "MORETHAN"), ("=", "EQUAL"),
    ("\"", "DBLQUOTE"), ("'", "QUOTE"), ("`", "BACKQUOTE"), ("~", "TILDE"), ("(", "LPAR"),
    (")", "RPAR"), ("{", "LBRACE"), ("}", "RBRACE"), ("[", "LSQB"), ("]", "RSQB"), ("\n", "NEWLINE"),
    ("\r\n", "CRLF"), ("\t", "TAB"), (" ", "SPACE"),
];

/// What the name says of a terminal's place in the order.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Rank {
    /// The name in the grammar.
    Named(String),
    /// The name that Lark gives to a text.
    Called(String),
    /// Lark only numbers it.
    Numbered,
    /// Several texts come by the name; which of them gets it hangs on where they are written.
    Unsure,
}

impl Rank {
    /// The rank of what is written in a rule.
    pub fn of_pattern(pattern: &Pattern, is_taken: impl Fn(&str) -> bool) -> Self {
        let text = &pattern.value;
        if pattern.is_regex {
            return Rank::Numbered;
        }
        if !text.is_ascii() {
            return Rank::Unsure;
        }
        let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !text.starts_with(|first: char| first.is_ascii_digit());
        let name = match SIGNS.iter().find(|(sign, _)| sign == text) {
            Some((_, name)) => (*name).to_owned(),
            None if is_name => text.to_ascii_uppercase(),
            None => return Rank::Numbered,
        };
        match is_taken(&name) {
            true => Rank::Numbered,
            false => Rank::Called(name),
        }
    }

    /// Whether a terminal comes before another. Where that is not known, each does.
    pub fn is_before(&self, other: &Rank) -> bool {
        let (one, other) = (self.name(), other.name());
        one.zip(other).is_none_or(|(one, other)| one <= other)
    }

    fn name(&self) -> Option<&str> {
        match self {
            Rank::Named(name) | Rank::Called(name) => Some(name),
            Rank::Numbered => Some(NUMBERED),
            Rank::Unsure => None,
        }
    }
}
