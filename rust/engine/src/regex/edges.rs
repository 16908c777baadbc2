//! What can stand right before and right after a place, as far as the structure tells.
//!
//! Most anchors and word boundaries are decided by it: in `^\w+\b` nothing is left to look at.

use super::ast::{deep, Kind, Node};
use super::code_set::CodeSet;

/// What may be the neighbour of a place, on one side.
#[derive(Clone, Debug)]
pub(super) struct Neighbour {
    /// There may be none: the text may end here.
    pub edge: bool,
    /// The code points that it may be.
    pub chars: CodeSet,
}

impl Neighbour {
    /// The edge of the text.
    pub const EDGE: Neighbour = Neighbour { edge: true, chars: CodeSet::NONE };
    /// Nothing is known.
    pub const UNKNOWN: Neighbour = Neighbour { edge: true, chars: CodeSet::ANY };

    /// The neighbour when `node` stands between the place and this one; `at_start` of the node,
    /// or at its end, is the place.
    pub fn beyond(&self, node: &Node, at_start: bool) -> Neighbour {
        let chars = outer(node, at_start);
        if node.facts.min > 0 {
            return Neighbour { edge: false, chars };
        }
        Neighbour { edge: self.edge, chars: self.chars.union(&chars) }
    }

    /// The neighbour inside a repetition of `body`, where another round may stand.
    pub fn or_round(&self, body: &Node, at_start: bool) -> Neighbour {
        Neighbour { edge: self.edge, chars: self.chars.union(&outer(body, at_start)) }
    }

    /// Whether a look at this neighbour finds `body`, if it can be told.
    pub fn finds(&self, body: &Node, at_start: bool) -> Option<bool> {
        if body.facts.total {
            return Some(true);
        }
        if body.facts.min > 0 && outer(body, at_start).is_disjoint(&self.chars) {
            return Some(false);
        }
        match body.kind() {
            Kind::Class(set) if !self.edge && self.chars.is_subset(set) => Some(true),
            _ => None,
        }
    }
}

/// The code points that a text of the node may start (or end) with, or more.
pub(super) fn outer(node: &Node, at_start: bool) -> CodeSet {
    deep(|| match node.kind() {
        Kind::Empty | Kind::Mark(_) | Kind::Look(_) => CodeSet::NONE,
        Kind::Class(set) => set.clone(),
        Kind::Concat(items) => {
            let mut all = CodeSet::NONE;
            let mut next = |item: &Node| {
                all = all.union(&outer(item, at_start));
                item.facts.min > 0
            };
            if at_start {
                _ = items.iter().any(&mut next);
            } else {
                _ = items.iter().rev().any(&mut next);
            }
            all
        }
        Kind::Alt(items) => {
            items.iter().fold(CodeSet::NONE, |all, item| all.union(&outer(item, at_start)))
        }
        Kind::Repeat(repeat) if repeat.max == 0 => CodeSet::NONE,
        Kind::Repeat(repeat) => outer(&repeat.body, at_start),
        Kind::Atomic { body, .. } => outer(body, at_start),
    })
}
