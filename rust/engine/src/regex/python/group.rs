//! Everything that opens with a parenthesis.

use rustc_hash::FxHashMap;

use super::flags::Scope;
use super::Parser;
use crate::error::Result;
use crate::regex::ast::{Mark, Node};
use crate::regex::tables;

/// The capturing groups opened so far.
#[derive(Default)]
pub(super) struct Groups {
    pub count: u32,
    /// Those that conditional groups ask for, and where.
    pub asked: Vec<(u32, usize)>,
    names: FxHashMap<String, u32>,
    /// Those not closed yet.
    open: Vec<u32>,
}

impl Parser<'_> {
    /// A group whose `(` stands at `position`; none for a comment and for flags of the whole
    /// pattern, which may only stand where it `starts`.
    pub(super) fn group(
        &mut self,
        depth: usize,
        position: usize,
        starts: bool,
    ) -> Result<Option<Node>> {
        if !self.source.eat("?") {
            return self.capture(depth, position).map(Some);
        }
        let Some(char) = self.source.next() else {
            return Err(self.source.error(position, "unexpected end of pattern after '(?'"));
        };
        match char {
            ':' => self.body(depth, position).map(Some),
            '>' => Ok(Some(Node::atomic(self.body(depth, position)?, position))),
            '=' | '!' => Ok(Some(Node::ahead(self.body(depth, position)?, char == '!', position))),
            '<' => self.look_behind(depth, position).map(Some),
            '#' => match self.skip_comment() {
                true => Ok(None),
                false => Err(self.source.error(position, "missing ) after a comment")),
            },
            'P' => self.python_group(depth, position).map(Some),
            '(' => self.conditional(depth, position).map(Some),
            _ if char == '-' || char.is_alphabetic() => match self.flags(char)? {
                Scope::Pattern if starts => Ok(None),
                Scope::Pattern => Err(self.source.error(
                    position,
                    "flags for the whole pattern must stand at its start; write (?i:...) for a part",
                )),
                Scope::Group(flags) => {
                    let outside = std::mem::replace(&mut self.flags, flags);
                    let body = self.body(depth, position)?;
                    self.flags = outside;
                    Ok(Some(body))
                }
            },
            _ => Err(self.source.error(position, format!("unknown kind of group '(?{char}'"))),
        }
    }

    /// The rest of a group.
    fn body(&mut self, depth: usize, position: usize) -> Result<Node> {
        let body = self.alternation(depth + 1)?;
        if !self.source.eat(")") {
            return Err(self.source.error(position, "missing ) for this group"));
        }
        Ok(body)
    }

    /// The rest of a capturing group.
    fn capture(&mut self, depth: usize, position: usize) -> Result<Node> {
        self.groups.count += 1;
        let group = self.groups.count;
        self.groups.open.push(group);
        let body = self.body(depth, position)?;
        self.groups.open.pop();
        match self.marks {
            true => Ok(Node::concat(vec![body, Node::mark(Mark::Takes(group))])),
            false => Ok(body),
        }
    }

    /// The rest of `(?(group)yes|no)`.
    fn conditional(&mut self, depth: usize, position: usize) -> Result<Node> {
        let Some(name) = self.source.take_until(')') else {
            return Err(self.source.error(position, "missing ) after a group"));
        };
        let number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        let group = match self.groups.names.get(&name) {
            Some(&group) => group,
            None if number => name.parse().unwrap_or(u32::MAX),
            None => {
                return Err(self.source.error(position, format!("there is no group {name:?}")));
            }
        };
        if group == 0 {
            return Err(self.source.error(position, "there is no group 0 to ask for"));
        }
        if self.groups.open.contains(&group) {
            let message = "a conditional group inside the group that it asks for depends on what \
                           that captured and cannot be honoured";
            return Err(self.source.error(position, message));
        }
        self.groups.asked.push((group, position));
        let mut branches = Vec::new();
        for taken in [true, false] {
            let branch = match taken || self.source.eat("|") {
                true => self.sequence(depth + 1, false)?,
                false => Node::empty(),
            };
            branches.push(Node::concat(vec![Node::mark(Mark::Asks { group, taken }), branch]));
        }
        match self.source.next() {
            Some(')') => Ok(Node::alt(branches)),
            Some('|') => {
                let message = "a conditional group has at most two branches";
                Err(self.source.error(position, message))
            }
            _ => Err(self.source.error(position, "missing ) for this group")),
        }
    }

    /// Skips to the end of a comment; false if it has none.
    fn skip_comment(&mut self) -> bool {
        while let Some(char) = self.source.next() {
            match char {
                ')' => return true,
                // As the `re` tokenizer does: a backslash hides a parenthesis after it.
                '\\' => _ = self.source.next(),
                _ => {}
            }
        }
        false
    }

    fn look_behind(&mut self, depth: usize, position: usize) -> Result<Node> {
        let negated = match self.source.next() {
            Some('=') => false,
            Some('!') => true,
            _ => {
                let message = "unknown kind of group '(?<'; a named group is (?P<name>...)";
                return Err(self.source.error(position, message));
            }
        };
        let body = self.body(depth, position)?;
        if !body.facts.fixed_width() {
            let message = "a look-behind must have a fixed width";
            return Err(self.source.error(position, message));
        }
        Ok(Node::behind(body, negated, position))
    }

    /// `(?P<name>...)` and `(?P=name)`.
    fn python_group(&mut self, depth: usize, position: usize) -> Result<Node> {
        if self.source.eat("<") {
            let name = self.name('>', position)?;
            if self.groups.names.insert(name.clone(), self.groups.count + 1).is_some() {
                let message = format!("the group name {name:?} is used twice");
                return Err(self.source.error(position, message));
            }
            return self.capture(depth, position);
        }
        if self.source.eat("=") {
            let name = self.name(')', position)?;
            return Err(match self.groups.names.contains_key(&name) {
                true => self.back_reference(position),
                false => self.source.error(position, format!("there is no group {name:?}")),
            });
        }
        Err(self.source.error(position, "unknown kind of group '(?P'"))
    }

    fn name(&mut self, end: char, position: usize) -> Result<String> {
        let Some(name) = self.source.take_until(end) else {
            return Err(self.source.error(position, format!("missing {end} after a group name")));
        };
        let mut chars = name.chars();
        let starts = chars.next().is_some_and(tables::starts_name);
        if !starts || !chars.all(tables::continues_name) {
            let message = format!("{name:?} is not a group name");
            return Err(self.source.error(position, message));
        }
        Ok(name)
    }
}
