//! Python's `re` syntax, as CPython 3.11 to 3.13 read a `str` pattern.
//!
//! The parser is recursive over groups and resolves flags, classes and anchors on the way; what
//! cannot be a regular language is refused where it stands.

mod class;
mod escape;
mod flags;
mod group;

use super::ast::{deep, Look, Mode, Node, Repeat};
use super::code_set::CodeSet;
use super::cursor::Cursor;
use super::{python_case, tables};
use crate::error::Result;
use crate::expr::UNBOUNDED;
use escape::Escape;
use flags::Flags;
use group::Groups;

/// A pattern that has been read.
pub(super) struct Pattern {
    pub tree: Node,
    /// The groups that conditional groups ask for, and where; without any, the tree has no marks.
    pub asked: Vec<(u32, usize)>,
}

/// Reads a pattern.
pub(super) fn parse(pattern: &str) -> Result<Pattern> {
    let mut parser = Parser {
        source: Cursor::new(pattern),
        flags: Flags::default(),
        unicode_asked: false,
        groups: Groups::default(),
        marks: pattern.contains("(?("),
    };
    let backslashes = pattern.bytes().rev().take_while(|&byte| byte == b'\\').count();
    if backslashes % 2 == 1 {
        let position = pattern.chars().count() - 1;
        return Err(parser.source.error(position, "the pattern ends in a backslash"));
    }
    let tree = parser.alternation(0)?;
    if parser.source.peek().is_some() {
        return Err(parser.source.error(parser.source.at(), "unbalanced parenthesis"));
    }
    let Groups { count, asked, .. } = parser.groups;
    match asked.iter().find(|asked| asked.0 > count) {
        Some(&(group, position)) => {
            Err(parser.source.error(position, format!("there is no group {group}")))
        }
        None => Ok(Pattern { tree, asked }),
    }
}

struct Parser<'p> {
    source: Cursor<'p>,
    /// The flags in force.
    flags: Flags,
    /// There was a `(?u)`, which excludes a `(?a)`.
    unicode_asked: bool,
    groups: Groups,
    /// There are conditional groups: others are marked.
    marks: bool,
}

/// An item of a sequence, with what a quantifier after it must know.
struct Item {
    node: Node,
    quantifiable: Quantifiable,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quantifiable {
    Yes,
    /// An anchor.
    Anchor,
    /// Quantified already.
    Repeated,
}

impl Parser<'_> {
    /// Alternatives up to a `)` or the end.
    fn alternation(&mut self, depth: usize) -> Result<Node> {
        self.source.check_depth(depth)?;
        deep(|| {
            let mut branches = vec![self.sequence(depth, depth == 0)?];
            while self.source.eat("|") {
                branches.push(self.sequence(depth, false)?);
            }
            Ok(Node::alt(branches))
        })
    }

    /// A sequence of items. Flags for the whole pattern may stand at the start of the `first`.
    fn sequence(&mut self, depth: usize, first: bool) -> Result<Node> {
        let mut items: Vec<Item> = Vec::new();
        loop {
            let position = self.source.at();
            let Some(char) = self.source.peek() else { break };
            if matches!(char, '|' | ')') {
                break;
            }
            self.source.next();
            if self.flags.verbose && self.skip_verbose(char) {
                continue;
            }
            let mut quantifiable = Quantifiable::Yes;
            let node = match char {
                '.' => {
                    Node::class(if self.flags.dot_all { CodeSet::ANY } else { tables::NOT_NEWLINE })
                }
                '^' => {
                    quantifiable = Quantifiable::Anchor;
                    self.line_start(position)
                }
                '$' => {
                    quantifiable = Quantifiable::Anchor;
                    self.line_end(position)
                }
                '[' => self.class(position)?,
                '(' => match self.group(depth, position, first && items.is_empty())? {
                    Some(node) => node,
                    None => continue,
                },
                '\\' => match self.anchor(position) {
                    Some(node) => {
                        quantifiable = Quantifiable::Anchor;
                        node
                    }
                    None => match self.escape(position)? {
                        Escape::Class(set) => Node::class(set),
                        Escape::Char(code) => self.literal(code),
                    },
                },
                '*' | '+' | '?' | '{' => match self.quantifier(char)? {
                    Some((min, max)) => {
                        self.quantify(&mut items, position, min, max)?;
                        continue;
                    }
                    None => self.literal(u32::from(char)),
                },
                _ => self.literal(u32::from(char)),
            };
            items.push(Item { node, quantifiable });
        }
        Ok(Node::concat(items.into_iter().map(|item| item.node).collect()))
    }

    /// Skips white space and comments of the VERBOSE flag.
    fn skip_verbose(&mut self, char: char) -> bool {
        match char {
            ' ' | '\t' | '\n' | '\r' | '\x0B' | '\x0C' => true,
            '#' => {
                loop {
                    match self.source.next() {
                        None | Some('\n') => return true,
                        // To `re`, a backslash and what follows are one: it hides a newline.
                        Some('\\') => _ = self.source.next(),
                        Some(_) => {}
                    }
                }
            }
            _ => false,
        }
    }

    /// One code point under the flags in force.
    fn literal(&self, code: u32) -> Node {
        if !self.flags.ignore_case {
            return Node::class(CodeSet::single(code));
        }
        let ranges = [(code, code)];
        Node::class(python_case::ignore_case(&ranges, &CodeSet::NONE, self.flags.ascii, true))
    }

    /// The bounds of a quantifier whose first character has been read; none if a `{` is literal.
    fn quantifier(&mut self, char: char) -> Result<Option<(u32, u32)>> {
        Ok(match char {
            '*' => Some((0, UNBOUNDED)),
            '+' => Some((1, UNBOUNDED)),
            '?' => Some((0, 1)),
            _ => {
                let start = self.source.at();
                if self.source.peek() == Some('}') {
                    return Ok(None);
                }
                let min = self.source.count()?;
                let max = if self.source.eat(",") { self.source.count()? } else { min };
                if !self.source.eat("}") {
                    self.source.seek(start);
                    return Ok(None);
                }
                let (min, max) = (min.unwrap_or(0), max.unwrap_or(UNBOUNDED));
                if max < min {
                    let message = "the least repetition count is greater than the greatest";
                    return Err(self.source.error(start, message));
                }
                Some((min, max))
            }
        })
    }

    fn quantify(&mut self, items: &mut [Item], position: usize, min: u32, max: u32) -> Result<()> {
        let mode = if self.source.eat("?") {
            Mode::Lazy
        } else if self.source.eat("+") {
            Mode::Possessive
        } else {
            Mode::Greedy
        };
        match items.last_mut() {
            Some(item) if item.quantifiable == Quantifiable::Yes => {
                let body = item.node.clone();
                item.node = Node::repeat(Repeat { body, min, max, mode, position });
                item.quantifiable = Quantifiable::Repeated;
                Ok(())
            }
            Some(item) if item.quantifiable == Quantifiable::Repeated => Err(self
                .source
                .error(position, "this repeats what is repeated already; use a group")),
            _ => Err(self.source.error(position, "there is nothing to repeat")),
        }
    }

    /// `^`.
    fn line_start(&self, position: usize) -> Node {
        if self.flags.multi_line {
            return Node::behind(Node::class(tables::NOT_NEWLINE), true, position);
        }
        Node::text_start(position)
    }

    /// `$`: before a newline or the end; without MULTILINE only before a newline that is last.
    fn line_end(&self, position: usize) -> Node {
        let other = Node::class(tables::NOT_NEWLINE);
        let body = if self.flags.multi_line {
            other
        } else {
            let newline = Node::class(tables::NEWLINE);
            Node::alt(vec![other, Node::concat(vec![newline, Node::any()])])
        };
        Node::ahead(body, true, position)
    }

    /// `\b`, or `\B`. No place of the empty text is either.
    fn word_boundary(&self, negated: bool, position: usize) -> Node {
        let word = self.word();
        let other = word.complement();
        let look = |behind: bool, set: &CodeSet, negated: bool| {
            Node::look(Look { body: Node::class(set.clone()), behind, negated, position })
        };
        let (first, second) = if negated {
            // Between two word characters; or beside another one, with no word character near.
            (
                vec![look(true, &word, false), look(false, &word, false)],
                Node::alt(vec![
                    Node::concat(vec![look(true, &other, false), look(false, &word, true)]),
                    Node::concat(vec![look(true, &word, true), look(false, &other, false)]),
                ]),
            )
        } else {
            (
                vec![look(true, &word, false), look(false, &word, true)],
                Node::concat(vec![look(true, &word, true), look(false, &word, false)]),
            )
        };
        Node::alt(vec![Node::concat(first), second])
    }

    fn word(&self) -> CodeSet {
        if self.flags.ascii {
            tables::ASCII_WORD
        } else {
            tables::python_word()
        }
    }
}
