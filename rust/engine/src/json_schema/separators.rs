//! The punctuation between values, and the whitespace that goes with it.
//!
//! By default a document may be written compactly, as Python's `json.dumps` writes it (a space
//! after `,` and `:`), or indented, a line per member. A line's indentation is bounded, so that
//! whitespace cannot go on for ever.

use crate::error::{Error, Result};
use crate::expr::ExprId;
use crate::grammar::{Grammar, NodeId};
use crate::regex::{self, Encoding};

/// How many spaces a line may be indented by.
const INDENTATION: u32 = 40;

/// Punctuation of objects and arrays, as nodes.
pub(super) struct Separators {
    /// Between a name and its value; also as a terminal, to be put after a name's own.
    pub colon: NodeId,
    pub colon_terminal: ExprId,
    pub comma: NodeId,
    pub open_object: NodeId,
    pub close_object: NodeId,
    pub empty_object: NodeId,
    pub open_array: NodeId,
    pub close_array: NodeId,
    pub empty_array: NodeId,
}

impl Separators {
    /// The default, or with this whitespace between tokens.
    ///
    /// # Errors
    /// For a pattern that is not one.
    pub fn new(grammar: &mut Grammar, whitespace: Option<&str>) -> Result<Self> {
        let exprs = &mut grammar.exprs;
        let (inside, after_comma, after_colon, before_colon) = match whitespace {
            Some(pattern) => {
                let blank = regex::python(exprs, pattern, Encoding::Utf8)?;
                let json = exprs.class(&[(9, 10), (13, 13), (32, 32)]);
                let json = exprs.star(json);
                let outside = exprs.not(json);
                let other = exprs.and(vec![blank, outside]);
                if !exprs.matches_nothing(other)? {
                    return Err(Error::Regex {
                        message: "whitespace_pattern allows more than JSON's whitespace: space, \
                                  tab, line feed and carriage return"
                            .into(),
                        pattern: pattern.into(),
                        position: 0,
                    });
                }
                (blank, blank, blank, blank)
            }
            None => {
                let space = exprs.literal(b" ");
                let line = exprs.literal(b"\n");
                let indentation = exprs.repeat(space, 0, INDENTATION);
                let line = exprs.concat2(line, indentation);
                let inside = exprs.optional(line);
                let after_comma = exprs.or(vec![ExprId::EMPTY, space, line]);
                (inside, after_comma, exprs.optional(space), ExprId::EMPTY)
            }
        };
        let mut mark = |before: ExprId, mark: &[u8], after: ExprId| {
            let mark = exprs.literal(mark);
            exprs.concat(&[before, mark, after])
        };
        let colon_terminal = mark(before_colon, b":", after_colon);
        let comma = mark(before_colon, b",", after_comma);
        let open_object = mark(ExprId::EMPTY, b"{", inside);
        let close_object = mark(inside, b"}", ExprId::EMPTY);
        let open_array = mark(ExprId::EMPTY, b"[", inside);
        let close_array = mark(inside, b"]", ExprId::EMPTY);
        let (mut empty_object, mut empty_array) =
            (mark(ExprId::EMPTY, b"{}", ExprId::EMPTY), mark(ExprId::EMPTY, b"[]", ExprId::EMPTY));
        if whitespace.is_some() {
            let close = mark(ExprId::EMPTY, b"}", ExprId::EMPTY);
            empty_object = exprs.concat2(open_object, close);
            let close = exprs.literal(b"]");
            empty_array = exprs.concat2(open_array, close);
        }
        Ok(Separators {
            colon: grammar.terminal(colon_terminal),
            colon_terminal,
            comma: grammar.terminal(comma),
            open_object: grammar.terminal(open_object),
            close_object: grammar.terminal(close_object),
            empty_object: grammar.terminal(empty_object),
            open_array: grammar.terminal(open_array),
            close_array: grammar.terminal(close_array),
            empty_array: grammar.terminal(empty_array),
        })
    }
}
