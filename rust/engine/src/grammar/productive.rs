//! Which rules have a sentence, and the removal of what has none.

use rustc_hash::FxHashMap;

use super::{Grammar, Node, NodeId, RuleId};
use crate::expr::ExprId;

impl Grammar {
    /// Drops every alternative that cannot be completed, so that prediction never enters one.
    /// Returns the rules without a sentence.
    pub(super) fn drop_unproductive(&mut self) -> Vec<RuleId> {
        let productive = self.least(Grammar::is_productive);
        let barren: Vec<RuleId> =
            (0..self.rules.len() as u32).map(RuleId).filter(|r| !productive[r.index()]).collect();
        if !barren.is_empty() {
            let mut pruned = FxHashMap::default();
            for rule in 0..self.rules.len() {
                self.rules[rule] = self.prune(self.rules[rule], &productive, &mut pruned);
            }
            self.root = self.prune(self.root, &productive, &mut pruned);
        }
        barren
    }

    fn is_productive(&self, id: NodeId, rules: &[bool]) -> bool {
        match self.node(id) {
            Node::Never => false,
            Node::Empty | Node::Dynamic(_) | Node::WithText(_) => true,
            Node::Terminal(terminal) | Node::Greedy(terminal) => *terminal != ExprId::NEVER,
            Node::Capture { then, .. } => self.is_productive(*then, rules),
            Node::Rule(rule) => rules[rule.index()],
            Node::Seq(items) => items.iter().all(|&item| self.is_productive(item, rules)),
            Node::Alt(items) => items.iter().any(|&item| self.is_productive(item, rules)),
            Node::Repeat { body, min, .. } => *min == 0 || self.is_productive(*body, rules),
            Node::NonEmpty(body) => self.is_productive(*body, rules),
        }
    }

    fn prune(
        &mut self,
        id: NodeId,
        rules: &[bool],
        pruned: &mut FxHashMap<NodeId, NodeId>,
    ) -> NodeId {
        if let Some(&known) = pruned.get(&id) {
            return known;
        }
        let result = match self.node(id).clone() {
            Node::Rule(rule) if !rules[rule.index()] => NodeId::NEVER,
            Node::Seq(items) => {
                let items: Vec<NodeId> =
                    items.iter().map(|&item| self.prune(item, rules, pruned)).collect();
                self.seq(items)
            }
            Node::Alt(items) => {
                let items: Vec<NodeId> =
                    items.iter().map(|&item| self.prune(item, rules, pruned)).collect();
                self.alt(items)
            }
            Node::Repeat { body, min, max } => {
                let body = self.prune(body, rules, pruned);
                self.repeat(body, min, max)
            }
            Node::NonEmpty(body) => {
                let body = self.prune(body, rules, pruned);
                self.non_empty(body)
            }
            Node::Capture { terminal, then } => {
                let then = self.prune(then, rules, pruned);
                self.capture(terminal, then)
            }
            _ => id,
        };
        pruned.insert(id, result);
        result
    }
}
