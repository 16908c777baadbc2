//! Inline flags: `(?aimsux)` for the whole pattern and `(?aimsux-imsx:...)` for a group.

use super::Parser;
use crate::error::Result;

/// The flags in force at a place.
#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    pub ascii: bool,
    pub ignore_case: bool,
    pub multi_line: bool,
    pub dot_all: bool,
    pub verbose: bool,
}

/// What the flags read are for.
pub(super) enum Scope {
    /// The whole pattern; they are in force already.
    Pattern,
    /// The group that follows, with these.
    Group(Flags),
}

impl Parser<'_> {
    /// Reads flags up to the `)` or `:` after them. `char` is the first, and has been read.
    pub(super) fn flags(&mut self, char: char) -> Result<Scope> {
        let start = self.source.at() - 1;
        self.source.seek(start);
        let on = self.flag_letters(char == '-')?;
        let has = |letters: &str, letter: char| letters.contains(letter);
        let modes = ['a', 'u'].iter().filter(|&&mode| has(&on, mode)).count();
        if modes > 1 {
            return Err(self.source.error(start, "the flags 'a' and 'u' exclude each other"));
        }
        let mut flags = self.flags;
        flags.ignore_case |= has(&on, 'i');
        flags.multi_line |= has(&on, 'm');
        flags.dot_all |= has(&on, 's');
        flags.verbose |= has(&on, 'x');
        if modes == 1 {
            flags.ascii = has(&on, 'a');
        }
        match self.source.next() {
            Some(')') => {
                self.unicode_asked |= has(&on, 'u');
                flags.ascii |= self.flags.ascii;
                if flags.ascii && self.unicode_asked {
                    return Err(self
                        .source
                        .error(start, "the flags 'a' and 'u' exclude each other"));
                }
                self.flags = flags;
                return Ok(Scope::Pattern);
            }
            Some(':') => return Ok(Scope::Group(flags)),
            Some('-') => {}
            _ => return Err(self.source.error(start, "missing '-', ':' or ')' after the flags")),
        }
        let off = self.flag_letters(false)?;
        if let Some(mode) = off.chars().find(|mode| "au".contains(*mode)) {
            let message = format!("the flag '{mode}' cannot be turned off");
            return Err(self.source.error(start, message));
        }
        if !self.source.eat(":") {
            return Err(self.source.error(start, "missing ':' after the flags"));
        }
        if let Some(both) = off.chars().find(|&letter| on.contains(letter)) {
            let message = format!("the flag '{both}' is turned on and off");
            return Err(self.source.error(start, message));
        }
        flags.ignore_case &= !has(&off, 'i');
        flags.multi_line &= !has(&off, 'm');
        flags.dot_all &= !has(&off, 's');
        flags.verbose &= !has(&off, 'x');
        Ok(Scope::Group(flags))
    }

    /// Flag letters; at least one, unless there may be `none`.
    fn flag_letters(&mut self, none: bool) -> Result<String> {
        let position = self.source.at();
        let letters = self.source.take_while(usize::MAX, char::is_alphabetic);
        if let Some(at) = letters.chars().position(|letter| !"aimsux".contains(letter)) {
            let message = match letters.chars().nth(at) {
                Some('L') => "the flag 'L' is for bytes patterns only".to_owned(),
                Some(letter) => format!("unknown flag '{letter}'"),
                None => "unknown flag".to_owned(),
            };
            return Err(self.source.error(position + at, message));
        }
        if letters.is_empty() && !none {
            return Err(self.source.error(position, "missing flag"));
        }
        Ok(letters)
    }
}
