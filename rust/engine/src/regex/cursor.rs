//! A pattern being read, code point by code point, and the errors that point into it.

use crate::error::{Error, Result};

/// How deeply groups may be nested.
pub(super) const NESTING_LIMIT: usize = 500;

/// A pattern, and how far it has been read.
pub(super) struct Cursor<'p> {
    pattern: &'p str,
    chars: Vec<char>,
    at: usize,
}

impl<'p> Cursor<'p> {
    pub fn new(pattern: &'p str) -> Self {
        Cursor { pattern, chars: pattern.chars().collect(), at: 0 }
    }

    /// The position of the next code point.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes back, or on, to a position.
    pub fn seek(&mut self, at: usize) {
        self.at = at;
    }

    pub fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    /// Reads `text` if it comes next.
    pub fn eat(&mut self, text: &str) -> bool {
        let mut rest = self.chars[self.at..].iter();
        if !text.chars().all(|char| rest.next() == Some(&char)) {
            return false;
        }
        self.at += text.chars().count();
        true
    }

    /// Reads at most `most` code points as long as they are wanted.
    pub fn take_while(&mut self, most: usize, wanted: impl Fn(char) -> bool) -> String {
        let rest = self.chars[self.at..].iter().take(most);
        let taken: String = rest.copied().take_while(|&char| wanted(char)).collect();
        self.at += taken.chars().count();
        taken
    }

    /// The text up to `end`, which is read too; none, and nothing read, if there is no `end`.
    pub fn take_until(&mut self, end: char) -> Option<String> {
        let len = self.chars[self.at..].iter().position(|&char| char == end)?;
        let taken = self.chars[self.at..self.at + len].iter().collect();
        self.at += len + 1;
        Some(taken)
    }

    /// A hexadecimal number of exactly `digits` digits; nothing is read otherwise.
    pub fn hexadecimal(&mut self, digits: usize) -> Option<u32> {
        let start = self.at;
        let text = self.take_while(digits, |char| char.is_ascii_hexdigit());
        if text.len() < digits {
            self.at = start;
            return None;
        }
        u32::from_str_radix(&text, 16).ok()
    }

    /// A repetition count; none if there are no digits. An error if it is too large.
    pub fn count(&mut self) -> Result<Option<u32>> {
        let start = self.at;
        let digits = self.take_while(usize::MAX, |char| char.is_ascii_digit());
        if digits.is_empty() {
            return Ok(None);
        }
        match digits.parse() {
            Ok(u32::MAX) | Err(_) => Err(self.error(start, "the repetition count is too large")),
            Ok(count) => Ok(Some(count)),
        }
    }

    /// An error at a position.
    pub fn error(&self, position: usize, message: impl Into<String>) -> Error {
        error_at(self.pattern, position, message)
    }

    /// An error if groups are nested too deeply.
    pub fn check_depth(&self, depth: usize) -> Result<()> {
        if depth > NESTING_LIMIT {
            let message = format!("groups are nested more than {NESTING_LIMIT} deep");
            return Err(self.error(self.at, message));
        }
        Ok(())
    }
}

/// An error at a position of a pattern.
pub(super) fn error_at(pattern: &str, position: usize, message: impl Into<String>) -> Error {
    Error::Regex { message: message.into(), pattern: pattern.to_owned(), position }
}
