//! Removal of left recursion, by the left-corner transform.
//!
//! The automaton predicts top-down, so no rule may reach itself in leftmost position: neither
//! directly, nor through other rules, nor behind items that match the empty text. Rules that do
//! form strongly connected components of the left-corner relation, and each such component is
//! rewritten by itself.
//!
//! Within a component, every text but the empty one that a rule `D` matches is either
//!
//! - a *base*: a node that starts outside the component, or
//! - a *growth* `B beta`: another rule `B` of the component, not empty, and then a node `beta`.
//!
//! Read bottom-up, a text of `A` starts with the base of some rule `C`, which then grows until it
//! is an `A`:
//!
//! ```text
//! A         = base(C) Rest(A, C)                 for every rule C of the component
//! Rest(A, C) = beta Rest(A, D)                   for every growth D = C beta, beta not empty
//!            | empty                             if A is C
//! ```
//!
//! where a growth by nothing (`D = C`, or a `beta` that may be empty) makes every `C` a `D` at
//! once. Direct left recursion becomes one tail-recursive rule, so stacks do not grow with it.
//!
//! Sources: Rosenkrantz and Lewis, "Deterministic left corner parsing" (1970); Johnson,
//! "Finite-state approximation of constraint-based grammars using left-corner grammar transforms"
//! (1998).

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Grammar, Node, NodeId, RuleId};
use crate::error::Result;
use crate::expr::UNBOUNDED;

/// What the texts of a rule start with.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Production {
    /// Starts outside the component; not the empty text.
    Base(NodeId),
    /// A rule of the component, not empty, then the node.
    Growth(RuleId, NodeId),
}

/// A component under rewriting.
struct Component {
    members: Vec<RuleId>,
    bases: Vec<(RuleId, NodeId)>,
    /// By the rule that grows: what it grows by (not empty), and into what.
    growths: FxHashMap<RuleId, Vec<(NodeId, RuleId)>>,
    /// By rule: the rules that it is without growing, itself included.
    also: FxHashMap<RuleId, Vec<RuleId>>,
    rests: FxHashMap<(RuleId, RuleId), RuleId>,
}

impl Grammar {
    /// Rewrites every rule that reaches itself without reading anything. Nullability must be
    /// settled, and stays as it is.
    ///
    /// # Errors
    /// [`crate::error::Error::Limit`] if that takes too long.
    pub(super) fn remove_left_recursion(&mut self) -> Result<()> {
        let mut corners: Vec<Vec<RuleId>> = Vec::with_capacity(self.rules.len());
        for rule in 0..self.rules.len() {
            let mut found = FxHashSet::default();
            self.collect_corners(self.rules[rule], &mut found, &mut FxHashSet::default());
            let mut found: Vec<RuleId> = found.into_iter().collect();
            found.sort_unstable();
            corners.push(found);
        }
        for members in components(&corners) {
            let cyclic = members.len() > 1 || corners[members[0].index()].contains(&members[0]);
            if cyclic {
                self.rewrite(members)?;
            }
        }
        Ok(())
    }

    /// The rules a text of the node may start with.
    fn collect_corners(
        &mut self,
        node: NodeId,
        found: &mut FxHashSet<RuleId>,
        seen: &mut FxHashSet<NodeId>,
    ) {
        if !seen.insert(node) {
            return;
        }
        match self.node(node).clone() {
            Node::Rule(rule) => {
                found.insert(rule);
            }
            Node::NonEmpty(body) | Node::Repeat { body, .. } => {
                self.collect_corners(body, found, seen);
            }
            Node::Alt(items) => {
                items.iter().for_each(|&item| self.collect_corners(item, found, seen));
            }
            Node::Seq(items) => {
                for &item in items.iter() {
                    self.collect_corners(item, found, seen);
                    if !self.is_nullable(item) {
                        break;
                    }
                }
            }
            Node::Empty
            | Node::Never
            | Node::Terminal(_)
            | Node::Greedy(_)
            | Node::Capture { .. }
            | Node::WithText(_)
            | Node::Dynamic(_) => {}
        }
    }

    fn rewrite(&mut self, members: Vec<RuleId>) -> Result<()> {
        let mut component = self.component(members)?;
        let needed = self.needed(&component);
        let mut bodies = Vec::with_capacity(component.members.len());
        for rule in component.members.clone() {
            if !needed.contains(&rule) {
                bodies.push((rule, NodeId::NEVER));
                continue;
            }
            let mut items = Vec::new();
            if self.rule_nullable[rule.index()] {
                items.push(NodeId::EMPTY);
            }
            for (base_of, base) in component.bases.clone() {
                let rest = self.rest(&mut component, rule, base_of)?;
                items.push(self.seq([base, rest]));
            }
            bodies.push((rule, self.alt(items)));
        }
        for (rule, body) in bodies {
            self.define(rule, body);
        }
        Ok(())
    }

    /// The rules named anywhere but in the leftmost positions that are about to go away.
    fn needed(&self, component: &Component) -> FxHashSet<RuleId> {
        let (mut needed, mut seen) = (FxHashSet::default(), FxHashSet::default());
        let mut waiting = vec![self.root];
        for (rule, &body) in self.rules.iter().enumerate() {
            if component.members.binary_search(&RuleId(rule as u32)).is_err() {
                waiting.push(body);
            }
        }
        waiting.extend(component.bases.iter().map(|&(_, base)| base));
        waiting.extend(component.growths.values().flatten().map(|&(by, _)| by));
        while let Some(node) = waiting.pop() {
            if !seen.insert(node) {
                continue;
            }
            match self.node(node) {
                Node::Rule(rule) => {
                    needed.insert(*rule);
                }
                Node::Seq(items) | Node::Alt(items) => waiting.extend_from_slice(items),
                Node::NonEmpty(body) | Node::Repeat { body, .. } => waiting.push(*body),
                Node::Capture { then, .. } => waiting.push(*then),
                Node::Empty
                | Node::Never
                | Node::Terminal(_)
                | Node::Greedy(_)
                | Node::WithText(_)
                | Node::Dynamic(_) => {}
            }
        }
        needed
    }

    fn component(&mut self, members: Vec<RuleId>) -> Result<Component> {
        let inside: FxHashSet<RuleId> = members.iter().copied().collect();
        let mut component = Component {
            members,
            bases: Vec::new(),
            growths: FxHashMap::default(),
            also: FxHashMap::default(),
            rests: FxHashMap::default(),
        };
        for &rule in &component.members {
            let mut productions = Vec::new();
            self.split(self.body(rule), &inside, &mut productions)?;
            let mut seen = FxHashSet::default();
            productions.retain(|&production| seen.insert(production));
            for production in productions {
                match production {
                    Production::Base(base) => component.bases.push((rule, base)),
                    Production::Growth(from, by) => {
                        if self.is_nullable(by) {
                            component.also.entry(from).or_default().push(rule);
                        }
                        let by = self.non_empty(by);
                        if by != NodeId::NEVER {
                            component.growths.entry(from).or_default().push((by, rule));
                        }
                    }
                }
            }
        }
        close(&mut component.also, &component.members);
        Ok(component)
    }

    /// The productions that together match all texts of `node` but the empty one.
    fn split(
        &mut self,
        node: NodeId,
        inside: &FxHashSet<RuleId>,
        into: &mut Vec<Production>,
    ) -> Result<()> {
        self.exprs.check_deadline()?;
        let mut corners = FxHashSet::default();
        self.collect_corners(node, &mut corners, &mut FxHashSet::default());
        if corners.is_disjoint(inside) {
            let base = self.non_empty(node);
            if base != NodeId::NEVER {
                into.push(Production::Base(base));
            }
            return Ok(());
        }
        match self.node(node).clone() {
            Node::Rule(rule) => into.push(Production::Growth(rule, NodeId::EMPTY)),
            Node::NonEmpty(body) => self.split(body, inside, into)?,
            Node::Alt(items) => {
                items.iter().try_for_each(|&item| self.split(item, inside, into))?;
            }
            Node::Seq(items) => {
                for (at, &item) in items.iter().enumerate() {
                    let rest = self.seq(items[at + 1..].iter().copied());
                    self.split_before(item, rest, inside, into)?;
                    if !self.is_nullable(item) {
                        break;
                    }
                }
            }
            Node::Repeat { body, min, max } => {
                // The first round that is not empty; a body that may be empty has no lower bound.
                let more = if max == UNBOUNDED { UNBOUNDED } else { max - 1 };
                let rest = self.repeat(body, min.saturating_sub(1), more);
                self.split_before(body, rest, inside, into)?;
            }
            Node::Empty
            | Node::Never
            | Node::Terminal(_)
            | Node::Greedy(_)
            | Node::Capture { .. }
            | Node::WithText(_)
            | Node::Dynamic(_) => unreachable!("starts with no rule"),
        }
        Ok(())
    }

    /// The productions of `head rest` whose text of `head` is not empty.
    fn split_before(
        &mut self,
        head: NodeId,
        rest: NodeId,
        inside: &FxHashSet<RuleId>,
        into: &mut Vec<Production>,
    ) -> Result<()> {
        let from = into.len();
        self.split(head, inside, into)?;
        for production in &mut into[from..] {
            *production = match *production {
                Production::Base(base) => Production::Base(self.seq([base, rest])),
                Production::Growth(rule, by) => Production::Growth(rule, self.seq([by, rest])),
            };
        }
        Ok(())
    }

    /// The node of what turns a text of `from` into one of `target`.
    fn rest(&mut self, component: &mut Component, target: RuleId, from: RuleId) -> Result<NodeId> {
        self.exprs.check_deadline()?;
        let also = component.also[&from].clone();
        if !also.iter().any(|grown| component.growths.contains_key(grown)) {
            // A rule that is only ever empty would still take a place on the stack.
            return Ok(if also.contains(&target) { NodeId::EMPTY } else { NodeId::NEVER });
        }
        if let Some(&known) = component.rests.get(&(target, from)) {
            return Ok(self.rule(known));
        }
        let name = format!("{} after {}", self.name(target), self.name(from));
        let rest = self.declare(&name);
        component.rests.insert((target, from), rest);
        let mut items = Vec::new();
        if also.contains(&target) {
            items.push(NodeId::EMPTY);
            self.rule_nullable[rest.index()] = true;
        }
        for grown in also {
            for (by, into) in component.growths.get(&grown).cloned().unwrap_or_default() {
                // As deep as the component has rules.
                let rest = stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
                    self.rest(component, target, into)
                })?;
                items.push(self.seq([by, rest]));
            }
        }
        let body = self.alt(items);
        self.define(rest, body);
        Ok(self.rule(rest))
    }
}

/// The reflexive and transitive closure.
fn close(relation: &mut FxHashMap<RuleId, Vec<RuleId>>, members: &[RuleId]) {
    let mut closed = FxHashMap::default();
    for &rule in members {
        let mut reached = vec![rule];
        let mut seen: FxHashSet<RuleId> = reached.iter().copied().collect();
        let mut next = 0;
        while next < reached.len() {
            for &further in relation.get(&reached[next]).map_or(&[][..], Vec::as_slice) {
                if seen.insert(further) {
                    reached.push(further);
                }
            }
            next += 1;
        }
        closed.insert(rule, reached);
    }
    *relation = closed;
}

/// The strongly connected components of a graph on rules (Tarjan's algorithm, without recursion).
fn components(edges: &[Vec<RuleId>]) -> Vec<Vec<RuleId>> {
    const UNSEEN: u32 = u32::MAX;
    let mut order = vec![UNSEEN; edges.len()];
    let mut low = vec![0; edges.len()];
    let mut open = vec![false; edges.len()];
    let mut stack: Vec<RuleId> = Vec::new();
    let mut found = Vec::new();
    let mut count = 0;
    for root in 0..edges.len() as u32 {
        if order[root as usize] != UNSEEN {
            continue;
        }
        let mut path: Vec<(RuleId, usize)> = vec![(RuleId(root), 0)];
        while let Some(&mut (rule, ref mut next)) = path.last_mut() {
            let at = rule.index();
            if *next == 0 {
                (order[at], low[at], open[at]) = (count, count, true);
                count += 1;
                stack.push(rule);
            }
            if let Some(&target) = edges[at].get(*next) {
                *next += 1;
                if order[target.index()] == UNSEEN {
                    path.push((target, 0));
                } else if open[target.index()] {
                    low[at] = low[at].min(order[target.index()]);
                }
                // A rule is entered while its counter is zero, and never again.
                continue;
            }
            path.pop();
            if let Some(&(parent, _)) = path.last() {
                low[parent.index()] = low[parent.index()].min(low[at]);
            }
            if low[at] == order[at] {
                let mut members = Vec::new();
                while let Some(member) = stack.pop() {
                    open[member.index()] = false;
                    members.push(member);
                    if member == rule {
                        break;
                    }
                }
                members.sort_unstable();
                found.push(members);
            }
        }
    }
    found
}
