//! Repetition of what may match the empty text in some places only, as in `(?:\b|a)*`.
//!
//! Such a round does not move on, so repeating it would never end. It is taken apart: a text of
//! the repetition is either all empty rounds, or some rounds that take text (`nonempty`) and, if
//! they are too few, empty rounds at one place (`zero`), which count without moving.

use super::ast::{deep, Kind, Mode, Node, Repeat};
use super::cursor::error_at;
use crate::error::Result;
use crate::expr::UNBOUNDED;

/// The most empty rounds told apart.
const MOST_ROUNDS: u32 = 64;
/// The largest tree this may make.
const MOST_NODES: u64 = 200_000;

/// An equivalent of the repetition without a repeated body that may be empty. The body has no
/// atomic groups.
pub(super) fn rewrite(pattern: &str, repeat: &Repeat) -> Result<Node> {
    let whole = Node::repeat(repeat.clone());
    let mut branches: Vec<Node> = zero(&whole).into_iter().collect();
    branches.extend(nonempty(pattern, &whole)?);
    Ok(Node::alt(branches))
}

/// The condition under which the node matches the empty text; none if it never does.
pub(super) fn zero(node: &Node) -> Option<Node> {
    deep(|| match node.kind() {
        _ if node.facts.min > 0 => None,
        _ if node.facts.total => Some(Node::empty()),
        Kind::Empty | Kind::Mark(_) | Kind::Look(_) => Some(node.clone()),
        Kind::Class(_) => None,
        Kind::Concat(items) => items.iter().map(zero).collect::<Option<Vec<_>>>().map(Node::concat),
        Kind::Alt(items) => {
            let branches: Vec<Node> = items.iter().filter_map(zero).collect();
            (!branches.is_empty()).then(|| Node::alt(branches))
        }
        Kind::Repeat(Repeat { body, .. }) | Kind::Atomic { body, .. } => zero(body),
    })
}

/// What is left of the node's texts without the empty one; none if nothing is.
pub(super) fn nonempty(pattern: &str, node: &Node) -> Result<Option<Node>> {
    if node.facts.min > 0 {
        return Ok(Some(node.clone()));
    }
    deep(|| {
        Ok(match node.kind() {
            Kind::Empty | Kind::Mark(_) | Kind::Look(_) => None,
            Kind::Class(_) => Some(node.clone()),
            Kind::Concat(items) => {
                let mut branches = Vec::new();
                let mut before = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    if let Some(first) = nonempty(pattern, item)? {
                        let mut parts = before.clone();
                        parts.push(first);
                        parts.extend_from_slice(&items[at + 1..]);
                        branches.push(Node::concat(parts));
                    }
                    match zero(item) {
                        Some(condition) => before.push(condition),
                        None => break,
                    }
                }
                (!branches.is_empty()).then(|| Node::alt(branches))
            }
            Kind::Alt(items) => {
                let mut branches = Vec::new();
                for item in items {
                    branches.extend(nonempty(pattern, item)?);
                }
                (!branches.is_empty()).then(|| Node::alt(branches))
            }
            Kind::Atomic { body, .. } => nonempty(pattern, body)?,
            Kind::Repeat(repeat) => nonempty_rounds(pattern, repeat)?,
        })
    })
}

fn nonempty_rounds(pattern: &str, repeat: &Repeat) -> Result<Option<Node>> {
    let Repeat { ref body, min, max, position, .. } = *repeat;
    let (Some(round), true) = (nonempty(pattern, body)?, max > 0) else {
        return Ok(None);
    };
    let mode = Mode::Greedy;
    let times = |min, max| Node::repeat(Repeat { body: round.clone(), min, max, mode, position });
    if round.facts.size > MOST_NODES {
        return Err(error_at(pattern, position, "this repetition is too complex"));
    }
    let zero = zero(body);
    let free = zero.as_ref().is_some_and(|zero| zero.facts.total);
    let mut branches = vec![times(if free { 1 } else { min.max(1) }, max)];
    if let (Some(zero), false) = (zero, free || min <= 1) {
        // Fewer rounds that take text than there must be: the others are empty, at one place.
        let few = min - 1;
        branches.push(Node::concat(vec![zero.clone(), times(1, few)]));
        if max == UNBOUNDED || max / 2 >= few {
            branches.push(Node::concat(vec![times(1, few), zero, times(0, few)]));
        } else if few <= MOST_ROUNDS {
            for rounds in 1..=few {
                let rest = times(0, few - rounds);
                branches.push(Node::concat(vec![times(rounds, rounds), zero.clone(), rest]));
            }
        } else {
            let message = format!(
                "a repetition of what may be empty in some places needs a least count of at most {}",
                MOST_ROUNDS + 1
            );
            return Err(error_at(pattern, position, message));
        }
    }
    Ok(Some(Node::alt(branches)))
}
