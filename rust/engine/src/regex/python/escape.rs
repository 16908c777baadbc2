//! Everything that opens with a backslash.

use super::Parser;
use crate::error::{Error, Result};
use crate::regex::ast::Node;
use crate::regex::code_set::{CodeSet, LAST};
use crate::regex::tables;

/// What an escape stands for.
pub(super) enum Escape {
    Char(u32),
    Class(CodeSet),
}

impl Parser<'_> {
    /// An anchor, if the escape whose backslash has been read is one.
    pub(super) fn anchor(&mut self, position: usize) -> Option<Node> {
        let node = match self.source.peek()? {
            'A' => Node::text_start(position),
            'Z' => Node::text_end(position),
            char @ ('b' | 'B') => self.word_boundary(char == 'B', position),
            _ => return None,
        };
        self.source.next();
        Some(node)
    }

    /// Another escape outside a class; its backslash, at `position`, has been read.
    pub(super) fn escape(&mut self, position: usize) -> Result<Escape> {
        match self.source.peek() {
            Some('1'..='9') => self.number(position),
            _ => self.common_escape(position),
        }
    }

    /// An escape inside a class; its backslash, at `position`, has been read.
    pub(super) fn class_escape(&mut self, position: usize) -> Result<Escape> {
        match self.source.peek() {
            Some('b') => {
                self.source.next();
                Ok(Escape::Char(0x08))
            }
            Some('1'..='7') => self.octal(position).map(Escape::Char),
            _ => self.common_escape(position),
        }
    }

    fn common_escape(&mut self, position: usize) -> Result<Escape> {
        let Some(char) = self.source.next() else {
            return Err(self.source.error(position, "the pattern ends in a backslash"));
        };
        let ascii = self.flags.ascii;
        let set = match char {
            'd' | 'D' if ascii => tables::ASCII_DIGIT,
            'd' | 'D' => tables::python_digit(),
            's' | 'S' if ascii => tables::ASCII_SPACE,
            's' | 'S' => tables::PYTHON_SPACE,
            'w' | 'W' => self.word(),
            'p' | 'P' => self.property(position)?,
            _ => return self.char_escape(char, position).map(Escape::Char),
        };
        Ok(Escape::Class(if char.is_uppercase() { set.complement() } else { set }))
    }

    /// An escape for one code point.
    fn char_escape(&mut self, char: char, position: usize) -> Result<u32> {
        Ok(match char {
            'a' => 0x07,
            'f' => 0x0C,
            'n' => 0x0A,
            'r' => 0x0D,
            't' => 0x09,
            'v' => 0x0B,
            '0' => {
                self.source.seek(position + 1);
                return self.octal(position);
            }
            'x' => self.code_point(2, position)?,
            'u' => self.code_point(4, position)?,
            'U' => self.code_point(8, position)?,
            'N' => {
                let name = if self.source.eat("{") { self.source.take_until('}') } else { None };
                let Some(name) = name else {
                    let message = "a character by its name is written \\N{...}";
                    return Err(self.source.error(position, message));
                };
                let Some(char) = tables::character_named(&name) else {
                    let message = format!("there is no character named {name:?}");
                    return Err(self.source.error(position, message));
                };
                u32::from(char)
            }
            _ if char.is_ascii_alphanumeric() => {
                return Err(self.source.error(position, format!("bad escape \\{char}")));
            }
            _ => u32::from(char),
        })
    }

    fn code_point(&mut self, digits: usize, position: usize) -> Result<u32> {
        match self.source.hexadecimal(digits) {
            Some(code) if code <= LAST => Ok(code),
            Some(_) => Err(self.source.error(position, "there is no such code point")),
            None => {
                let message = format!("this escape needs {digits} hexadecimal digits");
                Err(self.source.error(position, message))
            }
        }
    }

    /// Up to three octal digits.
    fn octal(&mut self, position: usize) -> Result<u32> {
        let digits = self.source.take_while(3, |char| char.is_digit(8));
        match u32::from_str_radix(&digits, 8) {
            Ok(code) if code <= 0o377 => Ok(code),
            _ => Err(self.source.error(position, "an octal escape goes up to \\377")),
        }
    }

    /// Outside a class, a number is octal if it has three octal digits, else a back-reference.
    fn number(&mut self, position: usize) -> Result<Escape> {
        let digits = self.source.take_while(3, |char| char.is_digit(8));
        if digits.len() == 3 {
            self.source.seek(position + 1);
            return self.octal(position).map(Escape::Char);
        }
        self.source.seek(position + 1);
        let digits = self.source.take_while(2, |char| char.is_ascii_digit());
        let group = digits.parse::<u32>().unwrap_or(u32::MAX);
        Err(if group <= self.groups.count {
            self.back_reference(position)
        } else {
            self.source.error(position, format!("there is no group {digits}"))
        })
    }

    pub(super) fn back_reference(&self, position: usize) -> Error {
        self.source.error(position, "back-references are not regular and cannot be honoured")
    }

    /// The braces of `\p{...}`, which Python itself does not have.
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
