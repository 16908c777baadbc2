//! "The pattern matches somewhere in the text", as "a pattern matches the text".
//!
//! That is `.*P.*` over any characters. Where `P` starts with `^`, nothing can come before it: the
//! alternatives of `P` that do are told from those that do not, so that `^[a-z]+$` comes out as
//! `[a-z]+`, without look-around and without a `.*`. An anchor anywhere else stays look-around.

use super::ast::{deep, Kind, Mode, Node, Repeat};

/// The pattern that matches a text if `node` matches somewhere in it.
pub(super) fn somewhere(node: &Node) -> Node {
    let anything = Node::star(Node::any());
    let mut branches = Vec::new();
    let from_start = Split::of(node, true);
    for (fixed, front) in
        [(from_start.anchored, Node::empty()), (from_start.free, anything.clone())]
    {
        let Some(part) = fixed else { continue };
        let to_end = Split::of(&part, false);
        for (part, back) in [(to_end.anchored, Node::empty()), (to_end.free, anything.clone())] {
            branches.extend(part.map(|part| Node::concat(vec![front.clone(), part, back])));
        }
    }
    Node::alt(branches)
}

/// The alternatives of a node by whether they have an anchor at one of its ends.
struct Split {
    /// Those that have it, without it.
    anchored: Option<Node>,
    free: Option<Node>,
}

impl Split {
    fn of(node: &Node, at_start: bool) -> Split {
        if !node.facts.looks {
            return Split { anchored: None, free: Some(node.clone()) };
        }
        deep(|| match node.kind() {
            _ if node.is_text_edge(at_start) => Split { anchored: Some(Node::empty()), free: None },
            Kind::Concat(items) => Split::of_concat(items, at_start),
            Kind::Alt(items) => {
                let (mut anchored, mut free) = (Vec::new(), Vec::new());
                for item in items {
                    let split = Split::of(item, at_start);
                    anchored.extend(split.anchored);
                    free.extend(split.free);
                }
                Split { anchored: one_of(anchored), free: one_of(free) }
            }
            Kind::Repeat(Repeat { body, min, max: 1, mode: Mode::Greedy | Mode::Lazy, .. }) => {
                let split = Split::of(body, at_start);
                let skipped = (*min == 0).then(Node::empty);
                Split {
                    anchored: split.anchored,
                    free: one_of(split.free.into_iter().chain(skipped).collect()),
                }
            }
            Kind::Empty
            | Kind::Class(_)
            | Kind::Look(_)
            | Kind::Mark(_)
            | Kind::Repeat(_)
            | Kind::Atomic { .. } => Split { anchored: None, free: Some(node.clone()) },
        })
    }

    fn of_concat(items: &[Node], at_start: bool) -> Split {
        let parts = if at_start { items.split_first() } else { items.split_last() };
        let Some((edge, rest)) = parts else {
            return Split { anchored: None, free: Some(Node::empty()) };
        };
        let split = Split::of(edge, at_start);
        let with_rest = |edge: Node| {
            let mut items = rest.to_vec();
            items.insert(if at_start { 0 } else { rest.len() }, edge);
            Node::concat(items)
        };
        Split { anchored: split.anchored.map(with_rest), free: split.free.map(with_rest) }
    }
}

fn one_of(nodes: Vec<Node>) -> Option<Node> {
    (!nodes.is_empty()).then(|| Node::alt(nodes))
}
