//! The words of Lark's grammar language.
//!
//! Lark reads a grammar with one lexer for all places: the kinds below are tried in a fixed order
//! and the first that matches is taken, however long the others would be. That order shows (`+5` is
//! a number, a line break before a comment belongs to the comment), so it is kept.

use super::Place;
use crate::error::{Error, Result};

/// The kinds of words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Regexp,
    String,
    Rule,
    Terminal,
    /// A line break, then `|`.
    NewLineOr,
    NewLine,
    Number,
    Override,
    Declare,
    Extend,
    Ignore,
    Import,
    Modifiers,
    DotDot,
    To,
    Operator,
    Dot,
    LeftBracket,
    LeftBrace,
    LeftParenthesis,
    Or,
    RightBracket,
    RightBrace,
    RightParenthesis,
    Tilde,
    Colon,
    Comma,
    End,
}

impl Kind {
    /// What a user would call it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Regexp => "a regular expression",
            Kind::String => "a string",
            Kind::Rule => "a rule's name",
            Kind::Terminal => "a terminal's name",
            Kind::NewLineOr | Kind::Or => "\"|\"",
            Kind::NewLine => "the end of the line",
            Kind::Number => "a number",
            Kind::Override => "%override",
            Kind::Declare => "%declare",
            Kind::Extend => "%extend",
            Kind::Ignore => "%ignore",
            Kind::Import => "%import",
            Kind::Modifiers => "\"?\" or \"!\" before a rule's name",
            Kind::DotDot => "\"..\"",
            Kind::To => "\"->\"",
            Kind::Operator => "\"?\", \"*\" or \"+\"",
            Kind::Dot => "\".\"",
            Kind::LeftBracket => "\"[\"",
            Kind::LeftBrace => "\"{\"",
            Kind::LeftParenthesis => "\"(\"",
            Kind::RightBracket => "\"]\"",
            Kind::RightBrace => "\"}\"",
            Kind::RightParenthesis => "\")\"",
            Kind::Tilde => "\"~\"",
            Kind::Colon => "\":\"",
            Kind::Comma => "\",\"",
            Kind::End => "the end of the grammar",
        }
    }
}

/// One word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub kind: Kind,
    pub text: &'t str,
    pub place: Place,
}

/// The words of a grammar, with one [`Kind::End`] at the end. `name` is the file's, for errors.
pub(super) fn tokens<'t>(text: &'t str, name: Option<&str>) -> Result<Vec<Token<'t>>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut place = Place { line: 1, column: 1 };
    while at < text.len() {
        let rest = &text[at..];
        let Some((kind, length)) = word(rest) else {
            let found = rest.chars().next().unwrap_or_default();
            let message = format!("unexpected character {found:?}{}", super::in_file(name));
            return Err(Error::grammar(place.line, place.column, message));
        };
        let text = &rest[..length];
        if let Some(kind) = kind {
            tokens.push(Token { kind, text, place });
        }
        place = place.after(text);
        at += length;
    }
    // A grammar ends as if there were one more line break.
    tokens.push(Token { kind: Kind::NewLine, text: "", place });
    tokens.push(Token { kind: Kind::End, text: "", place });
    Ok(tokens)
}

/// The kind (none for what is skipped) and the length of the word that starts the text.
fn word(text: &str) -> Option<(Option<Kind>, usize)> {
    let bytes = text.as_bytes();
    let first = *bytes.first()?;
    let kept = |kind: Kind, length: usize| Some((Some(kind), length));
    if first == b'/' && bytes.get(1) != Some(&b'/') {
        if let Some(end) = quoted(bytes, b'/') {
            let flags = bytes[end..].iter().take_while(|flag| b"imslux".contains(flag)).count();
            return kept(Kind::Regexp, end + flags);
        }
    }
    if first == b'"' {
        if let Some(end) = quoted(bytes, b'"') {
            return kept(Kind::String, end + usize::from(bytes.get(end) == Some(&b'i')));
        }
    }
    let blank = text.len() - text.trim_start_matches(is_space).len();
    if bytes[blank..].starts_with(b"//") || bytes[blank..].starts_with(b"#") {
        let length = bytes[blank..].iter().take_while(|&&byte| byte != b'\n').count();
        return Some((None, blank + length));
    }
    if let Some(length) = identifier(bytes, |byte| byte.is_ascii_lowercase()) {
        return kept(Kind::Rule, length);
    }
    if let Some(length) = identifier(bytes, |byte| byte.is_ascii_uppercase()) {
        return kept(Kind::Terminal, length);
    }
    if bytes.starts_with(b"\n") || bytes.starts_with(b"\r\n") {
        return match bytes.get(blank) {
            Some(b'|') => kept(Kind::NewLineOr, blank + 1),
            _ => kept(Kind::NewLine, blank),
        };
    }
    if first == b'\\' {
        let spaces = bytes[1..].iter().take_while(|&&byte| byte == b' ').count();
        return (bytes.get(1 + spaces) == Some(&b'\n')).then_some((None, 2 + spaces));
    }
    let sign = usize::from(matches!(first, b'+' | b'-'));
    let digits = bytes[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 0 {
        return kept(Kind::Number, sign + digits);
    }
    let spaces = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if spaces > 0 {
        return Some((None, spaces));
    }
    symbol(bytes).map(|(kind, length)| (Some(kind), length))
}

fn symbol(bytes: &[u8]) -> Option<(Kind, usize)> {
    let fixed: [(&[u8], Kind); 5] = [
        (b"%override", Kind::Override),
        (b"%declare", Kind::Declare),
        (b"%extend", Kind::Extend),
        (b"%ignore", Kind::Ignore),
        (b"%import", Kind::Import),
    ];
    if let Some(&(word, kind)) = fixed.iter().find(|(word, _)| bytes.starts_with(word)) {
        return Some((kind, word.len()));
    }
    for modifiers in [&b"!"[..], b"!?", b"?!", b"?"] {
        let named = |byte: &u8| *byte == b'_' || byte.is_ascii_lowercase();
        if bytes.starts_with(modifiers) && bytes.get(modifiers.len()).is_some_and(named) {
            return Some((Kind::Modifiers, modifiers.len()));
        }
    }
    let one = |kind| Some((kind, 1));
    match bytes[0] {
        b'.' if bytes.get(1) == Some(&b'.') => Some((Kind::DotDot, 2)),
        b'-' if bytes.get(1) == Some(&b'>') => Some((Kind::To, 2)),
        b'+' | b'*' | b'?' => one(Kind::Operator),
        b'.' => one(Kind::Dot),
        b'[' => one(Kind::LeftBracket),
        b'{' => one(Kind::LeftBrace),
        b'(' => one(Kind::LeftParenthesis),
        b'|' => one(Kind::Or),
        b']' => one(Kind::RightBracket),
        b'}' => one(Kind::RightBrace),
        b')' => one(Kind::RightParenthesis),
        b'~' => one(Kind::Tilde),
        b':' => one(Kind::Colon),
        b',' => one(Kind::Comma),
        _ => None,
    }
}

/// The length of `_?`, a letter, then letters of the same case, digits and underscores.
fn identifier(bytes: &[u8], is_letter: impl Fn(u8) -> bool) -> Option<usize> {
    let start = usize::from(bytes[0] == b'_');
    if !bytes.get(start).is_some_and(|&byte| is_letter(byte)) {
        return None;
    }
    let inner = |byte: u8| is_letter(byte) || byte == b'_' || byte.is_ascii_digit();
    Some(start + bytes[start..].iter().take_while(|&&byte| inner(byte)).count())
}

/// The end of a literal that starts with `quote`: at the first quote that is not escaped. If there
/// is none, escapes are read as what they consist of, the last one first, as Lark's own pattern
/// does when it backtracks.
fn quoted(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    let end = loop {
        match bytes.get(at) {
            None => break at,
            Some(&byte) if byte == quote => return Some(at + 1),
            Some(b'\n') if quote == b'"' => break at,
            Some(b'\\')
                if bytes.get(at + 1).is_some_and(|&next| next == quote || next == b'\\') =>
            {
                at += 2;
            }
            Some(_) => at += 1,
        }
    };
    let mut closes = vec![None; end - 1];
    let ends_from = |at: usize, closes: &[Option<usize>]| match bytes.get(at) {
        Some(&byte) if byte == quote => Some(at + 1),
        _ if at >= end => None,
        _ => closes[at - 1],
    };
    for at in (1..end).rev() {
        closes[at - 1] = match bytes[at] {
            byte if byte == quote => Some(at + 1),
            b'\\' if bytes.get(at + 1).is_some_and(|&next| next == quote || next == b'\\') => {
                ends_from(at + 2, &closes).or_else(|| ends_from(at + 1, &closes))
            }
            _ => ends_from(at + 1, &closes),
        };
    }
    ends_from(1, &closes)
}

/// White space to Python's `re`.
fn is_space(char: char) -> bool {
    char.is_whitespace() || ('\x1c'..='\x1f').contains(&char)
}
