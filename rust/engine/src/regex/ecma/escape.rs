//! Everything that opens with a backslash.

use super::class::Member;
use super::Parser;
use crate::error::Result;
use crate::regex::ast::Node;
use crate::regex::code_set::{CodeSet, LAST};
use crate::regex::tables;

impl Parser<'_> {
    /// An escape outside a class; its backslash, at `position`, has been read.
    pub(super) fn escape(&mut self, position: usize) -> Result<Node> {
        if matches!(self.source.peek(), Some('1'..='9' | 'k')) {
            let message = "back-references are not regular and cannot be honoured";
            return Err(self.source.error(position, message));
        }
        Ok(match self.member_escape(position)? {
            Member::Char(code) => self.literal(code),
            Member::Class(set) => Node::class(self.folded(set)),
        })
    }

    /// An escape that stands for a code point or a class of them.
    pub(super) fn member_escape(&mut self, position: usize) -> Result<Member> {
        let Some(char) = self.source.next() else {
            return Err(self.source.error(position, "the pattern ends in a backslash"));
        };
        let set = match char {
            'd' | 'D' => tables::ASCII_DIGIT,
            's' | 'S' => tables::ECMA_SPACE,
            'w' | 'W' => self.word(),
            'p' | 'P' => self.property(position)?,
            _ => return self.char_escape(char, position).map(Member::Char),
        };
        Ok(Member::Class(if char.is_uppercase() { set.complement() } else { set }))
    }

    fn char_escape(&mut self, char: char, position: usize) -> Result<u32> {
        let code = match char {
            't' => Some(0x09),
            'n' => Some(0x0A),
            'v' => Some(0x0B),
            'f' => Some(0x0C),
            'r' => Some(0x0D),
            '0' if !self.source.peek().is_some_and(|next| next.is_ascii_digit()) => Some(0),
            'c' => match self.source.next() {
                Some(letter) if letter.is_ascii_alphabetic() => Some(u32::from(letter) % 32),
                _ => None,
            },
            'x' => self.source.hexadecimal(2),
            'u' => self.unicode_escape(),
            _ if char.is_ascii_alphanumeric() => None,
            _ => Some(u32::from(char)),
        };
        code.ok_or_else(|| {
            let hint = match char {
                'A' => "; the start of the text is ^",
                'Z' | 'z' => "; the end of the text is $",
                _ => "",
            };
            self.source.error(position, format!("\\{char} is no escape in ECMA-262 here{hint}"))
        })
    }

    /// `XXXX`, a surrogate pair `XXXX\uXXXX`, or `{X...}`.
    fn unicode_escape(&mut self) -> Option<u32> {
        if self.source.eat("{") {
            let digits = self.source.take_until('}')?;
            let hexadecimal = digits.chars().all(|digit| digit.is_ascii_hexdigit());
            let code = u32::from_str_radix(&digits, 16).ok()?;
            return (hexadecimal && code <= LAST).then_some(code);
        }
        let high = self.source.hexadecimal(4)?;
        let after = self.source.at();
        if (0xD800..0xDC00).contains(&high) && self.source.eat("\\u") {
            match self.source.hexadecimal(4) {
                Some(low @ 0xDC00..=0xDFFF) => {
                    return Some(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
                }
                _ => self.source.seek(after),
            }
        }
        Some(high)
    }

    fn property(&mut self, position: usize) -> Result<CodeSet> {
        let name = if self.source.eat("{") { self.source.take_until('}') } else { None };
        let Some(name) = name else {
            return Err(self.source.error(position, "a Unicode property is written \\p{...}"));
        };
        let property = tables::property(&name);
        property.ok_or_else(|| {
            self.source.error(position, format!("there is no Unicode property {name:?}"))
        })
    }
}
