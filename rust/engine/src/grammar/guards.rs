//! Which guards may hold where, whatever came before: the quick way to see that a grammar is clear.
//!
//! For every node, by one fixed point over the grammar: the bytes its texts start with, the guards
//! under which it is entered, and those under which it is left. A guard counts as barring every byte
//! it looks at. If even so each node that comes after another has a byte to start with, nothing ever
//! comes to a dead end; if not, [`super::barriers`] looks closely.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::barriers::Barriers;
use super::{Grammar, Node, NodeId};
use crate::error::Result;
use crate::expr::{ExprId, UNBOUNDED};

/// A set of guards by their numbers; guard 0 is none.
type Set = u128;

/// A set of bytes.
type Bytes = [u64; 4];

/// What is known of a node.
#[derive(Clone, Copy, Default, PartialEq)]
struct Facts {
    first: Bytes,
    entered: Set,
    /// By texts that are not empty.
    left: Set,
}

struct Guard {
    expr: ExprId,
    /// The bytes it looks at.
    bars: Bytes,
    /// Whether it may hold for more than a byte.
    lasts: bool,
}

struct Search<'g> {
    grammar: &'g mut Grammar,
    barriers: &'g mut Barriers,
    guards: Vec<Guard>,
    numbers: FxHashMap<ExprId, usize>,
    nodes: Vec<NodeId>,
    facts: FxHashMap<NodeId, Facts>,
    /// By node: what it is a part of.
    users: FxHashMap<NodeId, Vec<NodeId>>,
    /// The nodes to be looked at again, each once.
    waiting: VecDeque<NodeId>,
    is_waiting: FxHashSet<NodeId>,
    ends: FxHashMap<(ExprId, ExprId, bool), Set>,
    /// There are more guards than a set has room for.
    full: bool,
}

/// Whether the grammar is clear for certain.
///
/// # Errors
/// As for [`crate::expr::Exprs::row`].
pub(super) fn is_surely_clear(grammar: &mut Grammar, barriers: &mut Barriers) -> Result<bool> {
    let mut search = Search {
        grammar,
        barriers,
        guards: Vec::new(),
        numbers: FxHashMap::default(),
        nodes: Vec::new(),
        facts: FxHashMap::default(),
        users: FxHashMap::default(),
        waiting: VecDeque::new(),
        is_waiting: FxHashSet::default(),
        ends: FxHashMap::default(),
        full: false,
    };
    search.number(ExprId::NEVER)?;
    search.collect();
    let root = search.grammar.root;
    search.enter(root, 1);
    // Parts before what they are parts of.
    for at in (0..search.nodes.len()).rev() {
        search.look_again(search.nodes[at]);
    }
    while let Some(node) = search.waiting.pop_front().filter(|_| !search.full) {
        search.is_waiting.remove(&node);
        search.update(node)?;
    }
    Ok(!search.full && search.nothing_is_barred(root))
}

impl Search<'_> {
    /// Lists the nodes that the root reaches.
    fn collect(&mut self) {
        let mut waiting = vec![self.grammar.root];
        while let Some(node) = waiting.pop() {
            if self.facts.insert(node, Facts::default()).is_some() {
                continue;
            }
            self.nodes.push(node);
            let known = waiting.len();
            match self.grammar.node(node) {
                Node::Rule(rule) => waiting.push(self.grammar.body(*rule)),
                Node::NonEmpty(body) | Node::Repeat { body, .. } => waiting.push(*body),
                Node::Alt(items) | Node::Seq(items) => waiting.extend(items.iter()),
                _ => {}
            }
            for &part in &waiting[known..] {
                self.users.entry(part).or_default().push(node);
            }
        }
    }

    fn number(&mut self, expr: ExprId) -> Result<usize> {
        if let Some(&known) = self.numbers.get(&expr) {
            return Ok(known);
        }
        let row = self.grammar.exprs.row(expr)?;
        let lasts = row.iter().any(|arm| arm.target != ExprId::ALL);
        let bars = bytes_of(row.iter().map(|arm| (arm.low, arm.high)));
        self.full |= self.guards.len() == Set::BITS as usize;
        let number = self.guards.len().min(Set::BITS as usize - 1);
        self.guards.push(Guard { expr, bars, lasts });
        self.numbers.insert(expr, number);
        Ok(number)
    }

    fn facts(&self, node: NodeId) -> Facts {
        self.facts.get(&node).copied().unwrap_or_default()
    }

    fn look_again(&mut self, node: NodeId) {
        if self.is_waiting.insert(node) {
            self.waiting.push_back(node);
        }
    }

    fn enter(&mut self, node: NodeId, guards: Set) {
        if let Some(facts) = self.facts.get_mut(&node) {
            if facts.entered | guards != facts.entered {
                facts.entered |= guards;
                self.look_again(node);
            }
        }
    }

    fn update(&mut self, node: NodeId) -> Result<()> {
        self.grammar.exprs.check_deadline()?;
        let before = self.facts(node);
        let mut facts = before;
        match self.grammar.node(node).clone() {
            Node::Terminal(terminal) => self.terminal(terminal, false, &mut facts)?,
            Node::Greedy(terminal) => self.terminal(terminal, true, &mut facts)?,
            Node::Rule(rule) => self.like(self.grammar.body(rule), &mut facts),
            Node::NonEmpty(body) => self.like(body, &mut facts),
            Node::Alt(items) => items.iter().for_each(|&item| self.like(item, &mut facts)),
            Node::Repeat { body, max, .. } => {
                self.like(body, &mut facts);
                if max > 1 {
                    self.enter(body, self.facts(body).left);
                }
            }
            Node::Seq(items) => {
                let mut guards = facts.entered;
                let mut starts = true;
                for &item in items.iter() {
                    self.enter(item, guards);
                    let Facts { first, left, .. } = self.facts(item);
                    if starts {
                        add(&mut facts.first, &first);
                    }
                    let nullable = self.grammar.is_nullable(item);
                    starts &= nullable;
                    guards = left | if nullable { guards } else { 0 };
                }
                facts.left |= guards;
            }
            Node::Empty | Node::Never => {}
            // These are no part of a grammar with terminals that are read greedily.
            Node::Capture { .. } | Node::WithText(_) | Node::Dynamic(_) => {
                facts.first = [u64::MAX; 4];
                facts.left |= 1;
            }
        }
        if facts != before {
            // What was entered meanwhile stays.
            facts.entered |= self.facts(node).entered;
            self.facts.insert(node, facts);
            for user in self.users.get(&node).cloned().unwrap_or_default() {
                self.look_again(user);
            }
        }
        Ok(())
    }

    fn like(&mut self, part: NodeId, facts: &mut Facts) {
        self.enter(part, facts.entered);
        let Facts { first, left, .. } = self.facts(part);
        add(&mut facts.first, &first);
        facts.left |= left;
    }

    fn terminal(&mut self, terminal: ExprId, greedy: bool, facts: &mut Facts) -> Result<()> {
        if facts.left == 0 {
            let row = self.grammar.exprs.row(terminal)?;
            facts.first = bytes_of(row.iter().map(|arm| (arm.low, arm.high)));
            facts.left = self.ends(terminal, ExprId::NEVER, greedy)?;
        }
        for number in members(facts.entered) {
            let Guard { expr, lasts, .. } = self.guards[number];
            if lasts {
                facts.left |= self.ends(terminal, expr, greedy)?;
            }
        }
        Ok(())
    }

    fn ends(&mut self, terminal: ExprId, guard: ExprId, greedy: bool) -> Result<Set> {
        if let Some(&known) = self.ends.get(&(terminal, guard, greedy)) {
            return Ok(known);
        }
        let ends = self.barriers.ends(&mut self.grammar.exprs, terminal, guard, greedy)?;
        let mut set = 0;
        for &end in &*ends {
            set |= 1 << self.number(end)?;
        }
        self.ends.insert((terminal, guard, greedy), set);
        Ok(set)
    }

    /// Whether what comes next anywhere has a byte to start with, and the text may end where it ends.
    fn nothing_is_barred(&mut self, root: NodeId) -> bool {
        let ends = self.facts(root).left;
        let may_end = members(ends).all(|g| !self.grammar.exprs.is_nullable(self.guards[g].expr));
        may_end && (0..self.nodes.len()).all(|at| self.is_open(self.nodes[at]))
    }

    /// Whether the node's parts after the first can be entered, and a terminal be left.
    fn is_open(&mut self, node: NodeId) -> bool {
        match self.grammar.node(node).clone() {
            Node::Terminal(_) | Node::Greedy(_) => self.facts(node).left != 0,
            Node::Repeat { body, min, max } if min > 1 || (max > 1 && max != UNBOUNDED) => {
                let Facts { first, left, .. } = self.facts(body);
                min <= 1 || self.grammar.is_nullable(body) || self.all_pass(left, &first)
            }
            Node::Seq(items) => {
                // From the end: what each suffix starts with, and whether it may be empty.
                let mut suffixes = Vec::with_capacity(items.len());
                let (mut first, mut nullable) = ([0; 4], true);
                for &item in items.iter().rev() {
                    let starts = self.facts(item).first;
                    if self.grammar.is_nullable(item) {
                        add(&mut first, &starts);
                    } else {
                        (first, nullable) = (starts, false);
                    }
                    suffixes.push((first, nullable));
                }
                let mut guards = 0;
                items.iter().zip(suffixes.iter().rev().skip(1)).all(|(&item, (first, nullable))| {
                    let left = self.facts(item).left;
                    guards = left | if self.grammar.is_nullable(item) { guards } else { 0 };
                    *nullable || self.all_pass(guards, first)
                })
            }
            _ => true,
        }
    }

    fn all_pass(&self, guards: Set, first: &Bytes) -> bool {
        members(guards).all(|guard| {
            let bars = &self.guards[guard].bars;
            first.iter().zip(bars).any(|(first, bars)| first & !bars != 0)
        })
    }
}

fn members(set: Set) -> impl Iterator<Item = usize> {
    (0..Set::BITS as usize).filter(move |number| set >> number & 1 == 1)
}

fn add(to: &mut Bytes, bytes: &Bytes) {
    to.iter_mut().zip(bytes).for_each(|(to, more)| *to |= more);
}

fn bytes_of(ranges: impl Iterator<Item = (u8, u8)>) -> Bytes {
    let mut bytes = [0; 4];
    for (low, high) in ranges {
        (low..=high).for_each(|byte| bytes[byte as usize / 64] |= 1 << (byte % 64));
    }
    bytes
}
