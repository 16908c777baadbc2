//! Which nodes match the empty text.

use rustc_hash::FxHashSet;

use super::{Grammar, Node, NodeId};

impl Grammar {
    /// Whether the node matches the empty text. Rules count as settled by [`Grammar::finish`].
    pub fn is_nullable(&mut self, id: NodeId) -> bool {
        if let Some(known) = self.nullable[id.index()] {
            return known;
        }
        let nullable = self.nullable_now(id, &self.rule_nullable);
        self.nullable[id.index()] = Some(nullable);
        nullable
    }

    /// Where it is known of rules, without remembering.
    fn nullable_now(&self, id: NodeId, rules: &[bool]) -> bool {
        match self.node(id) {
            Node::Empty => true,
            Node::Never | Node::Dynamic(_) | Node::WithText(_) | Node::NonEmpty(_) => false,
            Node::Capture { terminal, then } => {
                self.exprs.is_nullable(*terminal) && self.nullable_now(*then, rules)
            }
            Node::Terminal(terminal) | Node::Greedy(terminal) => self.exprs.is_nullable(*terminal),
            Node::Rule(rule) => rules[rule.index()],
            Node::Seq(items) => items.iter().all(|&item| self.nullable_now(item, rules)),
            Node::Alt(items) => items.iter().any(|&item| self.nullable_now(item, rules)),
            Node::Repeat { body, min, .. } => *min == 0 || self.nullable_now(*body, rules),
        }
    }

    /// Finds which rules match the empty text.
    pub(super) fn settle_nullable(&mut self) {
        self.rule_nullable = self.least(Grammar::nullable_now);
        self.nullable.fill(None);
    }

    /// Which rules have a property: the least fixed point of what `holds` says of a body, given the
    /// rules that have it.
    pub(super) fn least(&self, holds: impl Fn(&Self, NodeId, &[bool]) -> bool) -> Vec<bool> {
        let users = self.users();
        let mut known = vec![false; self.rules.len()];
        let mut waiting: Vec<usize> = (0..self.rules.len()).collect();
        while let Some(rule) = waiting.pop() {
            if !known[rule] && holds(self, self.rules[rule], &known) {
                known[rule] = true;
                waiting.extend(&users[rule]);
            }
        }
        known
    }

    /// By rule: the rules whose bodies name it.
    fn users(&self) -> Vec<Vec<usize>> {
        let mut users = vec![Vec::new(); self.rules.len()];
        let mut seen = FxHashSet::default();
        for (user, &body) in self.rules.iter().enumerate() {
            seen.clear();
            let mut waiting = vec![body];
            while let Some(node) = waiting.pop() {
                if !seen.insert(node) {
                    continue;
                }
                match self.node(node) {
                    Node::Rule(rule) => users[rule.index()].push(user),
                    Node::Seq(items) | Node::Alt(items) => waiting.extend_from_slice(items),
                    Node::NonEmpty(body) | Node::Repeat { body, .. } => waiting.push(*body),
                    Node::Capture { then, .. } => waiting.push(*then),
                    _ => {}
                }
            }
        }
        users
    }
}
