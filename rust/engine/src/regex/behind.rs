//! Look-ahead inside look-behind.
//!
//! A look-behind is run on the text up to its place alone. Look-ahead inside it that never looks
//! past that place is no trouble. Where it stands at the look-behind's end, as in `(?<=foo\b)`, it
//! is taken out of it: it holds at the very place.

use super::ast::{deep, Kind, Node};

/// The most alternatives told apart.
const MOST_PARTS: usize = 64;

/// One way a look-behind may hold: text before the place, and conditions at it.
#[derive(Clone)]
pub(super) struct Part {
    pub before: Node,
    pub here: Vec<Node>,
}

/// Takes the look-around at the end of a look-behind's body out of it; none if that makes too
/// many alternatives.
pub(super) fn split(body: &Node) -> Option<Vec<Part>> {
    if !body.facts.looks_ahead || !looks_past(body, 0) {
        return Some(vec![Part { before: body.clone(), here: Vec::new() }]);
    }
    deep(|| match body.kind() {
        Kind::Look(_) => Some(vec![Part { before: Node::empty(), here: vec![body.clone()] }]),
        Kind::Alt(items) => {
            let mut parts = Vec::new();
            for item in items {
                parts.extend(split(item)?);
            }
            (parts.len() <= MOST_PARTS).then_some(parts)
        }
        Kind::Concat(items) => split_concat(items),
        _ => Some(vec![Part { before: body.clone(), here: Vec::new() }]),
    })
}

fn split_concat(items: &[Node]) -> Option<Vec<Part>> {
    let Some((last, front)) = items.split_last() else {
        return Some(vec![Part { before: Node::empty(), here: Vec::new() }]);
    };
    let mut parts = Vec::new();
    for end in split(last)? {
        if end.before.facts.max != Some(0) {
            let before = [front, &[end.before]].concat();
            parts.push(Part { before: Node::concat(before), here: end.here });
            continue;
        }
        // Nothing is left of the last item but conditions: those before it may hold here too.
        for mut part in deep(|| split_concat(front))? {
            part.here.extend(end.here.iter().cloned());
            if !matches!(end.before.kind(), Kind::Empty) {
                part.here.push(end.before.clone());
            }
            parts.push(part);
        }
    }
    (parts.len() <= MOST_PARTS).then_some(parts)
}

/// Whether the node, with `after` code points sure to follow it inside the look-behind, may look
/// past the look-behind's place.
pub(super) fn looks_past(node: &Node, after: u32) -> bool {
    if !node.facts.looks_ahead {
        return false;
    }
    deep(|| match node.kind() {
        Kind::Empty | Kind::Class(_) | Kind::Mark(_) => false,
        Kind::Look(look) if look.behind => looks_past(&look.body, after),
        Kind::Look(look) => look.body.facts.reach.is_none_or(|reach| reach > after),
        Kind::Concat(items) => {
            let mut after = after;
            items.iter().rev().any(|item| {
                let past = looks_past(item, after);
                after = after.saturating_add(item.facts.min);
                past
            })
        }
        Kind::Alt(items) => items.iter().any(|item| looks_past(item, after)),
        Kind::Repeat(repeat) => looks_past(&repeat.body, after),
        Kind::Atomic { body, .. } => looks_past(body, after),
    })
}
