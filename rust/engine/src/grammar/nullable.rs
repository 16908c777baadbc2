//! Which nodes match the empty text.

use super::{Grammar, Node, NodeId};

impl Grammar {
    /// Whether the node matches the empty text. Rules count as settled by [`Grammar::finish`].
    pub fn is_nullable(&mut self, id: NodeId) -> bool {
        if let Some(known) = self.nullable[id.index()] {
            return known;
        }
        let nullable = self.nullable_now(id);
        self.nullable[id.index()] = Some(nullable);
        nullable
    }

    /// From the rules' present state, without remembering.
    fn nullable_now(&self, id: NodeId) -> bool {
        match self.node(id) {
            Node::Empty => true,
            Node::Never | Node::Dynamic(_) | Node::WithText(_) | Node::NonEmpty(_) => false,
            Node::Capture { terminal, then } => {
                self.exprs.is_nullable(*terminal) && self.nullable_now(*then)
            }
            Node::Terminal(terminal) | Node::Greedy(terminal) => self.exprs.is_nullable(*terminal),
            Node::Rule(rule) => self.rule_nullable[rule.index()],
            Node::Seq(items) => items.iter().all(|&item| self.nullable_now(item)),
            Node::Alt(items) => items.iter().any(|&item| self.nullable_now(item)),
            Node::Repeat { body, min, .. } => *min == 0 || self.nullable_now(*body),
        }
    }

    /// The least fixed point over the rules.
    pub(super) fn settle_nullable(&mut self) {
        loop {
            let mut changed = false;
            for rule in 0..self.rules.len() {
                if !self.rule_nullable[rule] && self.nullable_now(self.rules[rule]) {
                    self.rule_nullable[rule] = true;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        self.nullable.fill(None);
    }
}
