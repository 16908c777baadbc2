//! Values that must be remembered: the items that `uniqueItems` compares.
//!
//! A value that need not be remembered is a node of its own, and what follows it is another one.
//! Of one that must be, every scalar and every free name in it is captured, and each piece is
//! followed by a node that knows all of the value so far: where it stands in which container
//! ([`Trace`]), and the text written. The text has no whitespace in it, so equal values of one order
//! have equal texts.

use rustc_hash::FxHashMap;

use super::array::ArrayState;
use super::formula::FormulaId;
use super::object::ObjectState;
use super::schema::Type;
use super::{Front, Key};
use crate::error::Result;
use crate::expr::ExprId;
use crate::grammar::{Grammar, NodeId};

/// What follows a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum After {
    /// The rest of the object it is a property of.
    Object(ObjectState),
    /// The rest of the array it is an item of.
    Array(ArrayState),
    /// The same, where the array must know the item.
    Item(ArrayState),
}

/// How a container is remembered while it is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Course {
    /// What follows the container; a number of a list of [`Trace`]s.
    below: u32,
    /// What has been written of it; a number of a list of texts.
    text: u32,
}

impl Course {
    /// It is not remembered.
    pub const NONE: Course = Course { below: 0, text: 0 };

    /// What follows the container if it is remembered; 0 if it is not.
    pub fn below(self) -> u32 {
        self.below
    }
}

/// A place in a container where a value that is remembered stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Trace {
    after: After,
    course: Course,
}

/// Traces and texts in use.
pub(super) struct Memory {
    /// The first stands for no trace.
    traces: Vec<Option<Trace>>,
    trace_ids: FxHashMap<Trace, u32>,
    texts: Vec<Box<str>>,
    text_ids: FxHashMap<Box<str>, u32>,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            traces: vec![None],
            trace_ids: FxHashMap::default(),
            texts: vec!["".into()],
            text_ids: [("".into(), 0)].into_iter().collect(),
        }
    }
}

impl Memory {
    pub fn text(&mut self, text: String) -> u32 {
        if let Some(&known) = self.text_ids.get(text.as_str()) {
            return known;
        }
        let id = self.texts.len() as u32;
        self.texts.push(text.as_str().into());
        self.text_ids.insert(text.into(), id);
        id
    }

    fn trace(&mut self, trace: Trace) -> u32 {
        let traces = &mut self.traces;
        *self.trace_ids.entry(trace).or_insert_with(|| {
            traces.push(Some(trace));
            traces.len() as u32 - 1
        })
    }
}

impl Front {
    /// A value that satisfies a goal, and what follows it.
    pub(super) fn value_then(
        &mut self,
        goal: FormulaId,
        after: After,
        course: Course,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let next = match after {
            After::Object(state) if course == Course::NONE => Key::Object(state, course),
            After::Array(state) if course == Course::NONE => Key::Array(state, course),
            _ => {
                let trace = self.traces.trace(Trace { after, course });
                return Ok(self.dynamic(Key::Traced(goal, trace), grammar));
            }
        };
        let value = self.goal_node(goal, grammar)?;
        let next = self.dynamic(next, grammar);
        Ok(grammar.seq([value, next]))
    }

    /// A value that satisfies a goal and is remembered, and what follows it.
    pub(super) fn expand_traced(
        &mut self,
        goal: FormulaId,
        trace: u32,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let types = self.types_of(goal);
        let mut scalars = Vec::new();
        let mut any = Vec::new();
        for of in Type::ALL.into_iter().filter(|&of| types.has(of)) {
            let formula = self.typed(goal, of);
            if formula == FormulaId::FALSE {
                continue;
            }
            let start = |front: &mut Self, mark: &str| {
                let text = front.traces.text(mark.to_owned());
                Course { below: trace, text }
            };
            match of {
                Type::Array => {
                    let course = start(self, "[");
                    any.push(self.array_node(goal, course, grammar)?);
                }
                Type::Object => {
                    let course = start(self, "{");
                    any.push(self.object_node(goal, course, grammar)?);
                }
                _ => scalars.push(self.scalar(formula, of, &mut grammar.exprs)?),
            }
        }
        let text = grammar.exprs.or(scalars);
        if text != ExprId::NEVER {
            let then = self.key(Key::AfterScalar(trace));
            let then = grammar.with_text(then);
            any.push(grammar.capture(text, then));
        }
        Ok(grammar.alt(any))
    }

    /// What follows a value with this text.
    pub(super) fn after_value(
        &mut self,
        trace: u32,
        text: &str,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let Some(Trace { after, course }) = self.traces.traces[trace as usize] else {
            return Ok(NodeId::NEVER);
        };
        let longer = self.continued(course, text);
        match after {
            After::Object(state) => self.object_rest(state, longer, grammar),
            After::Array(state) => self.array_rest(state, longer, grammar),
            After::Item(state) => {
                let state = self.array_after_item(state, text)?;
                self.array_rest(state, longer, grammar)
            }
        }
    }

    /// The course of a container after some more text of it.
    pub(super) fn continued(&mut self, course: Course, more: &str) -> Course {
        if course == Course::NONE {
            return course;
        }
        let text = format!("{}{more}", self.traces.texts[course.text as usize]);
        Course { text: self.traces.text(text), ..course }
    }

    /// The same, at the start of a member.
    pub(super) fn before_member(&mut self, course: Course, name: Option<&str>) -> Course {
        if course == Course::NONE {
            return course;
        }
        let text = &self.traces.texts[course.text as usize];
        let comma = if text.ends_with(['{', '[']) { "" } else { "," };
        let more = match name {
            Some(name) => format!("{comma}{name}:"),
            None => comma.to_owned(),
        };
        self.continued(course, &more)
    }

    /// The end of a container, and what follows it if it is remembered.
    pub(super) fn end(
        &mut self,
        close: NodeId,
        mark: &str,
        course: Course,
        grammar: &mut Grammar,
    ) -> NodeId {
        if course == Course::NONE {
            return close;
        }
        let Course { below, text } = self.continued(course, mark);
        let after = self.dynamic(Key::AfterContainer(below, text), grammar);
        grammar.seq([close, after])
    }

    /// What follows a container with this text.
    pub(super) fn after_container(
        &mut self,
        trace: u32,
        text: u32,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let text = self.traces.texts[text as usize].clone();
        self.after_value(trace, &text, grammar)
    }
}
