//! ECMA-262's pattern syntax, in unicode mode (`u`), as JSON Schema recommends.
//!
//! What unicode mode forbids is read as the specification's Annex B does where only one meaning is
//! in use (`\-`, a lone `{`), and refused where it is likely to be another dialect's (`\Z`, `\1` for
//! an octal). Two things are taken over from other dialects because they can mean nothing else
//! here: `(?P<name>...)`, and `(?i)`, `(?m)`, `(?s)` at the start.

mod class;
mod escape;
mod group;

use super::ast::{deep, Look, Mode, Node, Repeat};
use super::code_set::CodeSet;
use super::cursor::Cursor;
use super::tables;
use crate::error::Result;
use crate::expr::UNBOUNDED;

/// Reads a pattern.
pub(super) fn parse(pattern: &str) -> Result<Node> {
    let mut parser = Parser { source: Cursor::new(pattern), flags: Flags::default() };
    let tree = parser.alternation(0)?;
    match parser.source.peek() {
        None => Ok(tree),
        Some(_) => Err(parser.source.error(parser.source.at(), "unbalanced parenthesis")),
    }
}

struct Parser<'p> {
    source: Cursor<'p>,
    /// The flags in force.
    flags: Flags,
}

#[derive(Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
}

/// An item of a sequence.
struct Item {
    node: Node,
    quantifiable: bool,
}

impl Parser<'_> {
    /// Alternatives up to a `)` or the end.
    fn alternation(&mut self, depth: usize) -> Result<Node> {
        self.source.check_depth(depth)?;
        deep(|| {
            let mut branches = vec![self.sequence(depth)?];
            while self.source.eat("|") {
                branches.push(self.sequence(depth)?);
            }
            Ok(Node::alt(branches))
        })
    }

    fn sequence(&mut self, depth: usize) -> Result<Node> {
        let mut items: Vec<Item> = Vec::new();
        loop {
            let position = self.source.at();
            let Some(char) = self.source.peek() else { break };
            if matches!(char, '|' | ')') {
                break;
            }
            self.source.next();
            if matches!(char, '*' | '+' | '?' | '{') {
                if let Some((min, max)) = self.quantifier(char)? {
                    self.quantify(&mut items, position, min, max)?;
                    continue;
                }
            }
            let mut quantifiable = true;
            let node = match char {
                '.' if self.flags.dot_all => Node::any(),
                '.' => Node::class(tables::ECMA_NOT_LINE_END),
                '^' | '$' => {
                    quantifiable = false;
                    self.line_edge(char == '^', position)
                }
                '[' => self.class(position)?,
                '(' => match self.group(depth, position)? {
                    Some(item) => {
                        items.push(item);
                        continue;
                    }
                    None => continue,
                },
                '\\' => match self.boundary(position) {
                    Some(node) => {
                        quantifiable = false;
                        node
                    }
                    None => self.escape(position)?,
                },
                _ => self.literal(u32::from(char)),
            };
            items.push(Item { node, quantifiable });
        }
        Ok(Node::concat(items.into_iter().map(|item| item.node).collect()))
    }

    /// One code point under the flags in force.
    fn literal(&self, code: u32) -> Node {
        Node::class(self.folded(CodeSet::single(code)))
    }

    fn folded(&self, set: CodeSet) -> CodeSet {
        if self.flags.ignore_case {
            tables::fold_simple(&set)
        } else {
            set
        }
    }

    /// The bounds of a quantifier whose first character has been read; none if a `{` is literal.
    fn quantifier(&mut self, char: char) -> Result<Option<(u32, u32)>> {
        Ok(match char {
            '*' => Some((0, UNBOUNDED)),
            '+' => Some((1, UNBOUNDED)),
            '?' => Some((0, 1)),
            _ => {
                let start = self.source.at();
                let Some(min) = self.source.count()? else { return Ok(None) };
                let max = match self.source.eat(",") {
                    true => self.source.count()?.unwrap_or(UNBOUNDED),
                    false => min,
                };
                if !self.source.eat("}") {
                    self.source.seek(start);
                    return Ok(None);
                }
                if max < min {
                    let message = "the least repetition count is greater than the greatest";
                    return Err(self.source.error(start, message));
                }
                Some((min, max))
            }
        })
    }

    fn quantify(&mut self, items: &mut [Item], position: usize, min: u32, max: u32) -> Result<()> {
        let mode = if self.source.eat("?") { Mode::Lazy } else { Mode::Greedy };
        match items.last_mut() {
            Some(item) if item.quantifiable => {
                let body = item.node.clone();
                item.node = Node::repeat(Repeat { body, min, max, mode, position });
                item.quantifiable = false;
                Ok(())
            }
            _ => Err(self.source.error(position, "there is nothing to repeat")),
        }
    }

    /// `^` or `$`.
    fn line_edge(&self, start: bool, position: usize) -> Node {
        let other = match self.flags.multi_line {
            true => tables::ECMA_NOT_LINE_END,
            false => CodeSet::ANY,
        };
        Node::look(Look { body: Node::class(other), behind: start, negated: true, position })
    }

    /// `\b` or `\B`, if it comes next; the backslash has been read.
    fn boundary(&mut self, position: usize) -> Option<Node> {
        let between = match self.source.peek()? {
            'b' => true,
            'B' => false,
            _ => return None,
        };
        self.source.next();
        let look = |behind: bool, negated: bool| {
            Node::look(Look { body: Node::class(self.word()), behind, negated, position })
        };
        let after_word = Node::concat(vec![look(true, false), look(false, between)]);
        let after_other = Node::concat(vec![look(true, true), look(false, !between)]);
        Some(Node::alt(vec![after_word, after_other]))
    }

    fn word(&self) -> CodeSet {
        self.folded(tables::ASCII_WORD)
    }
}
