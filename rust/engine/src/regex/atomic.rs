//! Atomic groups and possessive repetition, rewritten into look-ahead.
//!
//! An atomic group matches in the first way a backtracking matcher would find, and in no other.
//! "The first way of `a|b`" is `a`, or `b` where `a` does not match; "the first way of `x*k`", for
//! an `x` that can only match in one way, is as many `x` as leave a `k` to follow: `x*(?!x+k)k`. So
//! the first way of a sequence is found from its front, with what follows inside the group at hand.
//! What this does not reach (a repeated body that can itself match in several ways) is refused.
//!
//! Possessive repetition is an atomic group around the repetition and, in Python, around each of
//! its rounds.

use rustc_hash::FxHashMap;

use super::ast::{deep, Kind, Look, Mode, Node, Repeat};
use super::code_set::CodeSet;
use super::cursor::error_at;
use super::edges::outer;
use super::{lower, zero_width};
use crate::error::{Error, Result};
use crate::expr::{ExprId, Exprs, UNBOUNDED};

/// The largest tree this may make.
const MOST_NODES: u64 = 20_000;
/// The greatest difference of a repetition's bounds that is written out.
const MOST_ROUNDS: u32 = 64;
/// How many states a test for prefix-free texts may visit.
const MOST_STATES: usize = 500;
/// How many such tests there may be.
const MOST_TESTS: usize = 32;

/// An equivalent without atomic groups and possessive repetition.
pub(super) fn eliminate(pattern: &str, node: &Node) -> Result<Node> {
    if !node.facts.atomic {
        return Ok(node.clone());
    }
    let mut exprs = Exprs::new();
    exprs.emptiness_limit = MOST_STATES;
    let one_way = FxHashMap::default();
    Eliminate { pattern, position: 0, exprs, tests: 0, one_way }.eliminate(node)
}

struct Eliminate<'p> {
    pattern: &'p str,
    /// Where the atomic group or possessive quantifier stands.
    position: usize,
    /// To find out which nodes are prefix-free.
    exprs: Exprs,
    tests: usize,
    /// Which nodes have one way, by address; the nodes are kept so that they stay where they are.
    one_way: FxHashMap<usize, (Node, bool)>,
}

impl Eliminate<'_> {
    fn eliminate(&mut self, node: &Node) -> Result<Node> {
        if !node.facts.atomic {
            return Ok(node.clone());
        }
        deep(|| match node.kind() {
            Kind::Empty | Kind::Class(_) | Kind::Mark(_) => Ok(node.clone()),
            Kind::Concat(items) => Ok(Node::concat(self.eliminate_all(items)?)),
            Kind::Alt(items) => Ok(Node::alt(self.eliminate_all(items)?)),
            Kind::Look(look) => {
                let body = self.eliminate(&look.body)?;
                Ok(Node::look(Look { body, ..look.clone() }))
            }
            Kind::Repeat(repeat) if repeat.mode == Mode::Possessive => self.possessive(repeat),
            Kind::Repeat(repeat) => {
                let body = self.eliminate(&repeat.body)?;
                Ok(Node::repeat(Repeat { body, ..repeat.clone() }))
            }
            Kind::Atomic { body, position } => {
                self.position = *position;
                self.first_way(vec![body.clone()])
            }
        })
    }

    /// Possessive repetition: each round is atomic too, and there are as many as there can be. A
    /// round that is empty is the last one, but counts as often as rounds are still needed.
    fn possessive(&mut self, repeat: &Repeat) -> Result<Node> {
        let Repeat { ref body, min, max, position, .. } = *repeat;
        self.position = position;
        let body = self.first_way(vec![body.clone()])?;
        let zero = zero_width::zero(&body);
        let Some(round) = zero_width::nonempty(self.pattern, &body)? else {
            return Ok(if min == 0 { Node::empty() } else { body });
        };
        let times = |min: u32, max: u32| {
            Node::repeat(Repeat { body: round.clone(), min, max, mode: Mode::Greedy, position })
        };
        let last = Node::ahead(round.clone(), true, position);
        let mut branches = Vec::new();
        if max == UNBOUNDED {
            branches.push(Node::concat(vec![times(min, max), last.clone()]));
        } else {
            branches.push(times(max, max));
            if min < max {
                branches.push(Node::concat(vec![times(min, max - 1), last.clone()]));
            }
        }
        if let (Some(zero), true) = (zero, min > 0) {
            branches.push(Node::concat(vec![times(0, min - 1), last, zero]));
        }
        Ok(Node::alt(branches))
    }

    fn eliminate_all(&mut self, items: &[Node]) -> Result<Vec<Node>> {
        items.iter().map(|item| self.eliminate(item)).collect()
    }

    /// The first way to match a sequence, given from back to front.
    fn first_way(&mut self, mut sequence: Vec<Node>) -> Result<Node> {
        let mut parts = Vec::new();
        while let Some(first) = sequence.pop() {
            if self.has_one_way(&first) {
                parts.push(self.eliminate(&first)?);
            } else {
                parts.push(deep(|| self.first_way_of(&first, sequence))?);
                break;
            }
        }
        let way = Node::concat(parts);
        if way.facts.size > MOST_NODES {
            return Err(self.refuse("is too complex"));
        }
        Ok(way)
    }

    /// The first way to match `first`, which has several, and then `rest`, from back to front.
    fn first_way_of(&mut self, first: &Node, mut rest: Vec<Node>) -> Result<Node> {
        match first.kind() {
            Kind::Concat(items) => {
                rest.extend(items.iter().rev().cloned());
                self.first_way(rest)
            }
            Kind::Alt(items) => {
                let after = self.all_ways(&rest)?;
                let mut refused = Vec::new();
                let mut branches = Vec::new();
                for item in items {
                    let mut sequence = rest.clone();
                    sequence.push(item.clone());
                    let way = self.first_way(sequence)?;
                    let mut parts = refused.clone();
                    parts.push(way);
                    branches.push(Node::concat(parts));
                    let taken = Node::concat(vec![self.eliminate(item)?, after.clone()]);
                    refused.push(Node::ahead(taken, true, self.position));
                }
                Ok(Node::alt(branches))
            }
            Kind::Repeat(repeat) => self.first_way_of_repeat(repeat, rest),
            Kind::Empty | Kind::Class(_) | Kind::Mark(_) | Kind::Look(_) | Kind::Atomic { .. } => {
                Err(self.refuse("is not understood"))
            }
        }
    }

    fn first_way_of_repeat(&mut self, repeat: &Repeat, rest: Vec<Node>) -> Result<Node> {
        let Repeat { ref body, min, max, mode, .. } = *repeat;
        if !self.has_one_way(body) || body.facts.min == 0 {
            return self.first_way_by_rounds(repeat, rest);
        }
        let position = self.position;
        let after = self.all_ways(&rest)?;
        let way = self.first_way(rest)?;
        let body = self.eliminate(body)?;
        let times = |min: u32, max: u32| {
            Node::repeat(Repeat { body: body.clone(), min, max, mode: Mode::Greedy, position })
        };
        let not_before = |node: Node| Node::ahead(node, true, position);
        if mode == Mode::Lazy {
            let round = Node::concat(vec![not_before(after), body.clone()]);
            let more = if max == UNBOUNDED { max } else { max - min };
            let rounds = Repeat { body: round, min: 0, max: more, mode: Mode::Greedy, position };
            return Ok(Node::concat(vec![times(min, min), Node::repeat(rounds), way]));
        }
        // Greedy: a further round and the rest would not do.
        if max == UNBOUNDED {
            let further = match after.facts.total {
                true => body.clone(),
                false => Node::concat(vec![times(1, UNBOUNDED), after]),
            };
            return Ok(Node::concat(vec![times(min, max), not_before(further), way]));
        }
        let mut branches = vec![Node::concat(vec![times(max, max), way.clone()])];
        if min < max && after.facts.total {
            let fewer = times(min, max - 1);
            branches.push(Node::concat(vec![fewer, not_before(body.clone()), way]));
        } else {
            if max - min > MOST_ROUNDS {
                return Err(self.refuse("repeats up to too great a count"));
            }
            for rounds in min..max {
                let further = Node::concat(vec![times(1, max - rounds), after.clone()]);
                let parts = vec![times(rounds, rounds), not_before(further), way.clone()];
                branches.push(Node::concat(parts));
            }
        }
        Ok(Node::alt(branches))
    }

    /// The first way of a repetition whose body can match in several ways: round by round.
    fn first_way_by_rounds(&mut self, repeat: &Repeat, mut rest: Vec<Node>) -> Result<Node> {
        let Repeat { ref body, min, max, mode, position } = *repeat;
        if max == UNBOUNDED || max > MOST_ROUNDS {
            return Err(self.refuse("repeats a part that can match in several ways"));
        }
        if max == 0 {
            return self.first_way(rest);
        }
        let (min, max) = (min.saturating_sub(1), max - 1);
        let fewer = Node::repeat(Repeat { body: body.clone(), min, max, mode, position });
        let again = Node::concat(vec![body.clone(), fewer]);
        let choice = match mode {
            _ if repeat.min > 0 => again,
            Mode::Lazy => Node::alt(vec![Node::empty(), again]),
            _ => Node::alt(vec![again, Node::empty()]),
        };
        rest.push(choice);
        self.first_way(rest)
    }

    /// A sequence, given from back to front, as it matches outside an atomic group.
    fn all_ways(&mut self, sequence: &[Node]) -> Result<Node> {
        let items = sequence.iter().rev().map(|item| self.eliminate(item));
        Ok(Node::concat(items.collect::<Result<_>>()?))
    }

    /// Whether, at any place of any text, the node can only end in one place.
    fn has_one_way(&mut self, node: &Node) -> bool {
        if node.facts.fixed_width() {
            return true;
        }
        if let Some(&(_, known)) = self.one_way.get(&node.address()) {
            return known;
        }
        let by_parts = deep(|| match node.kind() {
            Kind::Empty | Kind::Class(_) | Kind::Mark(_) | Kind::Look(_) | Kind::Atomic { .. } => {
                true
            }
            Kind::Concat(items) => items.iter().all(|item| self.has_one_way(item)),
            Kind::Alt(items) => {
                let mut seen = CodeSet::NONE;
                items.iter().all(|item| {
                    let first = outer(item, true);
                    let apart = item.facts.min > 0 && seen.is_disjoint(&first);
                    seen = seen.union(&first);
                    apart && self.has_one_way(item)
                })
            }
            Kind::Repeat(Repeat { mode: Mode::Possessive, .. }) => true,
            Kind::Repeat(repeat) => repeat.min == repeat.max && self.has_one_way(&repeat.body),
        });
        let one_way = by_parts || self.is_prefix_free(node);
        self.one_way.insert(node.address(), (node.clone(), one_way));
        one_way
    }

    /// Whether no text of the node starts another one.
    fn is_prefix_free(&mut self, node: &Node) -> bool {
        let plain = !node.facts.looks && !node.facts.atomic;
        if !plain || node.facts.min == 0 || self.tests == MOST_TESTS {
            return false;
        }
        self.tests += 1;
        let exprs = &mut self.exprs;
        let Ok(text) = lower::plain(exprs, node) else {
            return false;
        };
        let byte = exprs.byte_range(0, 255);
        let longer = exprs.concat(&[text, byte, ExprId::ALL]);
        let both = exprs.and(vec![text, longer]);
        exprs.matches_nothing(both).unwrap_or(false)
    }

    fn refuse(&self, why: &str) -> Error {
        let message = format!("this atomic group or possessive quantifier {why}");
        error_at(self.pattern, self.position, message)
    }
}
