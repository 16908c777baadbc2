//! Strings, regular expressions and ranges as patterns of Python's `re`.
//!
//! Lark builds a terminal's regular expression as text, and what that text then says is what the
//! terminal is, also where pasting parts together changes their meaning (`/a|b/ "c"` is `a|bc`). So
//! the text is built here in the same way.

use std::cmp::Reverse;

use super::syntax::Value;
use crate::error::Result;
use crate::regex;

/// The longest regular expression that a terminal may come to, in bytes.
const LONGEST: usize = 1 << 20;

/// What one terminal matches.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Pattern {
    /// A text or a regular expression.
    pub value: String,
    pub is_regex: bool,
    /// Sorted letters; they hold for all of the value.
    pub flags: String,
}

impl Pattern {
    pub fn text(value: String) -> Self {
        Pattern { value, is_regex: false, flags: String::new() }
    }

    fn regex(value: String) -> Self {
        Pattern { value, is_regex: true, flags: String::new() }
    }

    /// The pattern of a string, regular expression or range as it is written.
    pub fn of_value(value: &Value) -> std::result::Result<Pattern, String> {
        match value {
            Value::Literal(source) => literal(source),
            Value::Range(first, last) => range(first, last),
            Value::Symbol(_) | Value::Template { .. } => Err("a literal is expected".to_owned()),
        }
    }

    /// The regular expression, flags included.
    pub fn to_regex(&self) -> String {
        let mut regex = if self.is_regex { self.value.clone() } else { escape(&self.value) };
        for flag in self.flags.chars() {
            regex = format!("(?{flag}:{regex})");
        }
        regex
    }

    /// The least and the greatest number of code points, if there is a greatest.
    fn width(&self) -> Result<(u32, Option<u32>)> {
        if self.is_regex {
            return regex::python_width(&self.to_regex());
        }
        let length = self.value.chars().count() as u32;
        Ok((length, Some(length)))
    }

    /// One after another.
    pub fn sequence(items: Vec<Pattern>) -> Pattern {
        match <[Pattern; 1]>::try_from(items) {
            Ok([only]) => only,
            Err(items) if items.is_empty() => Pattern::text(String::new()),
            Err(items) => Pattern::regex(items.iter().map(Pattern::to_regex).collect()),
        }
    }

    /// Any of them, those that can be longest tried first.
    pub fn any(mut items: Vec<Pattern>) -> Result<Pattern> {
        if items.len() == 1 {
            return Ok(items.swap_remove(0));
        }
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            let (min, max) = item.width()?;
            let length = item.value.chars().count();
            keyed.push(((Reverse(max.unwrap_or(u32::MAX)), Reverse(min), Reverse(length)), item));
        }
        keyed.sort_by_key(|(key, _)| *key);
        let regexes: Vec<String> = keyed.iter().map(|(_, item)| item.to_regex()).collect();
        Ok(Pattern::regex(format!("(?:{})", regexes.join("|"))))
    }

    /// The pattern repeated as a quantifier of `re` says.
    pub fn repeated(&self, quantifier: &str) -> Pattern {
        let value = format!("(?:{}){quantifier}", self.to_regex());
        Pattern { value, is_regex: true, flags: self.flags.clone() }
    }

    pub fn is_too_long(&self) -> bool {
        self.value.len() > LONGEST
    }
}

/// The pattern of a string or a regular expression as it is written.
fn literal(source: &str) -> std::result::Result<Pattern, String> {
    let end = source.rfind(['/', '"']).unwrap_or(0) + 1;
    let is_regex = source.starts_with('/');
    let mut flags: Vec<char> = source[end..].chars().collect();
    flags.sort_unstable();
    flags.dedup();
    if is_regex && source.contains('\n') && !flags.contains(&'x') {
        return Err("a regular expression may only span lines with the flag x".to_owned());
    }
    let content = &source[1..end - 1];
    let value = unescape(content)?;
    if value.is_empty() {
        return Err("a terminal cannot be empty".to_owned());
    }
    let value = if is_regex { value } else { value.replace("\\\\", "\\") };
    Ok(Pattern { value, is_regex, flags: flags.into_iter().collect() })
}

fn range(first: &str, last: &str) -> std::result::Result<Pattern, String> {
    let ends = [&first[1..first.len() - 1], &last[1..last.len() - 1]];
    for end in ends {
        if unescape(end)?.chars().count() != 1 {
            return Err("each end of a range is a string of one character, without flags".into());
        }
    }
    Ok(Pattern::regex(format!("[{}-{}]", ends[0], ends[1])))
}

/// The escapes of a literal. What Python's own strings would turn into a character is turned into
/// it; every other backslash stays, doubled ones doubled.
fn unescape(source: &str) -> std::result::Result<String, String> {
    // First what Lark hands to Python's reader of string literals ...
    let mut handed = String::with_capacity(source.len() + 8);
    let mut chars = source.chars();
    while let Some(char) = chars.next() {
        handed.push(char);
        if char != '\\' {
            continue;
        }
        match chars.next() {
            None => return Err(format!("the literal {source:?} ends in a backslash")),
            Some('\\') => handed.push_str("\\\\\\"),
            Some(escaped) => {
                if !"Uuxnftr".contains(escaped) {
                    handed.push('\\');
                }
                handed.push(escaped);
            }
        }
    }
    let handed = handed.replace("\\\"", "\"").replace('\'', "\\'");
    // ... then what that makes of it.
    let mut value = String::with_capacity(handed.len());
    let mut chars = handed.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            value.push(char);
            continue;
        }
        let Some(escaped) = chars.next() else {
            return Err(format!("the literal {source:?} ends in a backslash"));
        };
        let digits = match escaped {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        match escaped {
            '\\' | '\'' | '"' => value.push(escaped),
            'n' => value.push('\n'),
            'f' => value.push('\x0c'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            'x' | 'u' | 'U' => {
                let code: String = chars.by_ref().take(digits).collect();
                let wrong = || format!("\\{escaped}{code} in a literal is not a character");
                if code.len() != digits || !code.chars().all(|digit| digit.is_ascii_hexdigit()) {
                    return Err(wrong());
                }
                let code = u32::from_str_radix(&code, 16).map_err(|_| wrong())?;
                value.push(char::from_u32(code).ok_or_else(wrong)?);
            }
            _ => value.extend(['\\', escaped]),
        }
    }
    Ok(value)
}

/// The text as a regular expression.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(char) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{literal, range, unescape, Pattern};

    // (literal as written, the value that `lark.load_grammar._literal_to_pattern` gives it)
    const LITERALS: [(&str, &str); 14] = [
        (r#""a\"b""#, "a\"b"),
        (r#""it's""#, "it's"),
        (r#""\\""#, "\\"),
        (r#""\d""#, "\\d"),
        (r#""\n\t\x41\u00e9\U0001F600""#, "\n\tA\u{e9}\u{1F600}"),
        (r"/\//", "\\/"),
        (r"/\\/", "\\\\"),
        (r"/\d+\.\n/", "\\d+\\.\n"),
        (r#"/\"/"#, "\""),
        (r#"/\\"/"#, "\\\""),
        (r"/\'/", "\\'"),
        (r"/[^'\\]/i", "[^'\\\\]"),
        (r"/a\b/", "a\\b"),
        (r#""\'""#, "\\'"),
    ];

    #[test]
    fn literals() {
        for (source, value) in LITERALS {
            assert_eq!(
                literal(source).map(|pattern| pattern.value),
                Ok(value.to_owned()),
                "{source}"
            );
        }
    }

    #[test]
    fn refused() {
        assert!(literal("\"\"").is_err());
        assert!(literal("/a\nb/").is_err());
        assert!(literal("/a\nb/x").is_ok());
        assert!(unescape("\\x4").is_err() && unescape("\\ud800").is_err());
        assert!(range("\"a\"", "\"bc\"").is_err());
    }

    #[test]
    fn assembled_as_text() -> crate::error::Result<()> {
        let pattern = |source: &str| literal(source).expect("a literal");
        let pasted = Pattern::sequence(vec![pattern("/a|b/"), pattern("\"c.\"")]);
        assert_eq!(pasted.to_regex(), r"a|bc\.");
        let any = Pattern::any(vec![pattern("\"l\""), pattern("\"ll\"i"), pattern("/x*/")])?;
        assert_eq!(any.to_regex(), "(?:x*|(?i:ll)|l)");
        assert_eq!(pattern("\"a\"i").repeated("{2}").to_regex(), "(?i:(?:(?i:a)){2})");
        Ok(())
    }
}
