//! The syntax tree both front ends produce: what a pattern says once flags, escapes, case folding
//! and anchors are resolved.
//!
//! Nodes are shared (`Rc`) and carry what the rewriting passes ask again and again ([`Facts`]).
//! Anchors and word boundaries are look-around: the start of the text is "not after any code
//! point".

use std::rc::Rc;

use super::code_set::CodeSet;
use crate::expr::UNBOUNDED;

/// One node of the tree, cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Node {
    kind: Rc<Kind>,
    pub facts: Facts,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// The empty text.
    Empty,
    /// One code point of the set.
    Class(CodeSet),
    /// One after another.
    Concat(Vec<Node>),
    /// Any of them; the order is that of preference, which only matters inside [`Kind::Atomic`].
    Alt(Vec<Node>),
    Repeat(Repeat),
    Look(Look),
    /// The body's preferred way to match at its place, and no other.
    Atomic {
        body: Node,
        position: usize,
    },
    /// The empty text, of note to [`super::conditional`], after which there are none of these.
    Mark(Mark),
}

/// A place that knows of groups.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// The numbered group has taken part.
    Takes(u32),
    /// The way goes on only if the numbered group has (or has not) taken part.
    Asks { group: u32, taken: bool },
}

/// `body`, `min` to `max` times ([`UNBOUNDED`] for no upper bound).
#[derive(Clone, Debug)]
pub(super) struct Repeat {
    pub body: Node,
    pub min: u32,
    pub max: u32,
    pub mode: Mode,
    /// Where the quantifier stands in the pattern.
    pub position: usize,
}

/// Which number of rounds a repetition prefers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Greedy,
    Lazy,
    /// Greedy, and never fewer rounds than it could have had.
    Possessive,
}

/// A condition on the text before or after a place.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub body: Node,
    pub behind: bool,
    pub negated: bool,
    /// Where the assertion stands in the pattern.
    pub position: usize,
}

/// What is known of a node from its structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// The least number of code points it takes.
    pub min: u32,
    /// The greatest number of code points it takes; none if there is no bound.
    pub max: Option<u32>,
    /// How many code points after its start it may look at; none if there is no bound.
    pub reach: Option<u32>,
    /// Matches somehow at any place of any text.
    pub total: bool,
    /// Has look-around.
    pub looks: bool,
    /// Has look-ahead.
    pub looks_ahead: bool,
    /// Has atomic groups or possessive repetition.
    pub atomic: bool,
    /// Has marks.
    pub marks: bool,
    /// The number of nodes, shared ones counted each time.
    pub size: u64,
}

const EMPTY_FACTS: Facts = Facts {
    min: 0,
    max: Some(0),
    reach: Some(0),
    total: true,
    looks: false,
    looks_ahead: false,
    atomic: false,
    marks: false,
    size: 1,
};

impl Node {
    fn of(kind: Kind, facts: Facts) -> Self {
        Node { kind: Rc::new(kind), facts }
    }

    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The same for two nodes only if they are one and shared.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.kind) as usize
    }

    pub fn empty() -> Self {
        Node::of(Kind::Empty, EMPTY_FACTS)
    }

    /// No text at all.
    pub fn never() -> Self {
        Node::class(CodeSet::NONE)
    }

    pub fn class(set: CodeSet) -> Self {
        let facts = Facts { min: 1, max: Some(1), reach: Some(1), total: false, ..EMPTY_FACTS };
        Node::of(Kind::Class(set), facts)
    }

    pub fn any() -> Self {
        Node::class(CodeSet::ANY)
    }

    pub fn concat(mut items: Vec<Node>) -> Self {
        items.retain(|item| !matches!(item.kind(), Kind::Empty));
        if items.len() <= 1 {
            return items.pop().unwrap_or_else(Node::empty);
        }
        let mut facts = EMPTY_FACTS;
        for item in &items {
            let one = item.facts;
            facts = Facts {
                min: facts.min.saturating_add(one.min),
                reach: facts.reach.max_bound(facts.max.plus(one.reach)),
                max: facts.max.plus(one.max),
                total: facts.total && one.total,
                ..facts.with_parts_of(one)
            };
        }
        Node::of(Kind::Concat(items), facts)
    }

    pub fn alt(mut items: Vec<Node>) -> Self {
        if items.len() <= 1 {
            return items.pop().unwrap_or_else(Node::never);
        }
        let mut facts = Facts { min: u32::MAX, total: false, ..EMPTY_FACTS };
        for item in &items {
            let one = item.facts;
            facts = Facts {
                min: facts.min.min(one.min),
                max: facts.max.max_bound(one.max),
                reach: facts.reach.max_bound(one.reach),
                total: facts.total || one.total,
                ..facts.with_parts_of(one)
            };
        }
        Node::of(Kind::Alt(items), facts)
    }

    pub fn repeat(repeat: Repeat) -> Self {
        let Repeat { ref body, min, max, mode, .. } = repeat;
        let one = body.facts;
        let times = |bound: Option<u32>| match (bound, max) {
            (Some(0), _) => Some(0),
            (None, 0) => Some(0),
            (_, UNBOUNDED) | (None, _) => None,
            (Some(bound), max) => bound.checked_mul(max),
        };
        let all_but_last = if max == UNBOUNDED {
            if one.max == Some(0) {
                Some(0)
            } else {
                None
            }
        } else {
            one.max.and_then(|width| width.checked_mul(max.saturating_sub(1)))
        };
        let facts = Facts {
            min: one.min.saturating_mul(min),
            max: times(one.max),
            reach: all_but_last.plus(one.reach),
            total: min == 0 || one.total,
            atomic: one.atomic || mode == Mode::Possessive,
            marks: one.marks,
            looks: one.looks,
            looks_ahead: one.looks_ahead,
            size: one.size.saturating_add(1),
        };
        Node::of(Kind::Repeat(repeat), facts)
    }

    /// `body` any number of times.
    pub fn star(body: Node) -> Self {
        let mode = Mode::Greedy;
        Node::repeat(Repeat { body, min: 0, max: UNBOUNDED, mode, position: 0 })
    }

    pub fn look(look: Look) -> Self {
        let one = look.body.facts;
        let reach = if !look.behind || one.looks_ahead { one.reach } else { Some(0) };
        let facts = Facts {
            reach,
            total: false,
            looks: true,
            looks_ahead: one.looks_ahead || !look.behind,
            ..EMPTY_FACTS.with_parts_of(one)
        };
        Node::of(Kind::Look(look), facts)
    }

    pub fn ahead(body: Node, negated: bool, position: usize) -> Self {
        Node::look(Look { body, behind: false, negated, position })
    }

    pub fn behind(body: Node, negated: bool, position: usize) -> Self {
        Node::look(Look { body, behind: true, negated, position })
    }

    /// The start of the text.
    pub fn text_start(position: usize) -> Self {
        Node::behind(Node::any(), true, position)
    }

    /// The end of the text.
    pub fn text_end(position: usize) -> Self {
        Node::ahead(Node::any(), true, position)
    }

    pub fn atomic(body: Node, position: usize) -> Self {
        let facts = Facts { atomic: true, size: body.facts.size.saturating_add(1), ..body.facts };
        Node::of(Kind::Atomic { body, position }, facts)
    }

    pub fn mark(mark: Mark) -> Self {
        Node::of(Kind::Mark(mark), Facts { total: false, marks: true, ..EMPTY_FACTS })
    }

    /// Whether this is [`Node::text_start`] (`behind`) or [`Node::text_end`].
    pub fn is_text_edge(&self, at_start: bool) -> bool {
        match self.kind() {
            Kind::Look(look) if look.negated && look.behind == at_start => {
                matches!(look.body.kind(), Kind::Class(set) if *set == CodeSet::ANY)
            }
            _ => false,
        }
    }
}

impl Facts {
    /// The same with what one more part adds to any node that has it.
    fn with_parts_of(self, part: Facts) -> Facts {
        Facts {
            looks: self.looks || part.looks,
            looks_ahead: self.looks_ahead || part.looks_ahead,
            atomic: self.atomic || part.atomic,
            marks: self.marks || part.marks,
            size: self.size.saturating_add(part.size),
            ..self
        }
    }

    /// Takes the same number of code points however it matches.
    pub fn fixed_width(&self) -> bool {
        self.max == Some(self.min)
    }
}

/// Runs a step of a recursion over the tree, on more stack if little is left.
pub(super) fn deep<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, step)
}

/// Arithmetic on upper bounds, where none is no bound.
trait Bound {
    fn plus(self, other: Self) -> Self;
    fn max_bound(self, other: Self) -> Self;
}

impl Bound for Option<u32> {
    fn plus(self, other: Self) -> Self {
        self?.checked_add(other?)
    }

    fn max_bound(self, other: Self) -> Self {
        Some(self?.max(other?))
    }
}
