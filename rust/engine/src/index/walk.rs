//! Walks: what the tokens of a vocabulary lead to from a state.
//!
//! A state allows what any of its configurations allows. Those that read few bytes are walked at
//! once: only the children they read are looked at, and a literal is compared with the trie without
//! a state for each of its bytes. One that reads many is answered by its horizon
//! ([`super::horizon`]), which many states share and which is walked once, and by what comes after
//! the horizon's exits. The same at each node of the trie with much below it.
//!
//! What is made of what a walk comes upon is a [`Visitor`]'s matter: a mask ([`super::fill`]), or
//! how much room the tokens need ([`super::budget`]).

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::horizon::{path, Below, ExitKind, Horizon, HorizonVisitor};
use super::Inner;
use crate::automaton::{KnownTexts, StateId, LONGEST_CHARACTER};
use crate::error::Result;
use crate::expr::ExprId;
use crate::vocabulary::trie::{Trie, ROOT};

/// A configuration that reads no more bytes than this is walked without a horizon.
const FEW_BYTES: u32 = 9;
/// A state of more configurations with a horizon than this has one horizon as a whole.
const FEW_WIDE: usize = 3;
/// For a subtree of more nodes than this it is worth asking whether it is allowed as a whole, also
/// where that takes more than a look at what is known of the state.
const LARGE: u32 = 24;
/// For a subtree of fewer nodes than this it is not worth finding out what is read as a whole.
const FEW: u32 = 12;
/// For a subtree of more nodes than this a horizon is made.
const VERY_LARGE: u32 = 96;

/// Where the bytes lead from a state, as far as that was asked for, and whether back to it.
struct Looping {
    state: StateId,
    targets: [Option<(StateId, bool)>; 256],
}

/// What is made of what a walk comes upon.
pub(super) trait Visitor {
    /// Whether large parts of the trie are answered by horizons.
    const ASKS_HORIZONS: bool;

    /// These tokens lead to `state`.
    fn reach(&mut self, inner: &mut Inner, state: StateId, tokens: &[u32]) -> Result<()>;

    /// The tokens that end in a range of nodes of `trie` stay inside a terminal of `state`.
    fn stay(
        &mut self,
        inner: &mut Inner,
        state: StateId,
        trie: &Trie,
        nodes: (u32, u32),
    ) -> Result<()>;

    /// A walk comes to a node of `trie` at which terminals may have ended at a hole; only horizons and
    /// states with shallow stacks have such.
    fn end(&mut self, _: &mut Inner, _trie: &Trie, _node: u32, _state: StateId) -> Result<()> {
        Ok(())
    }

    /// A walk comes to a node of `trie`.
    fn come(&mut self, inner: &mut Inner, trie: &Trie, node: u32, state: StateId) -> Result<()> {
        let tokens = trie.tokens_at(node);
        if !tokens.is_empty() {
            self.reach(inner, state, tokens)?;
        }
        self.end(inner, trie, node, state)
    }

    /// What the horizon of `state` allows, its exits apart.
    fn within(&mut self, inner: &mut Inner, state: StateId, horizon: &Horizon) -> Result<()>;

    /// The tokens at and below a node of `trie`, which a step from `before` leads to, are for the
    /// whole state to tell.
    fn defer(&mut self, inner: &mut Inner, trie: &Trie, node: u32, before: StateId) -> Result<()>;

    /// Where in what was found so far this is, for [`Visitor::take_back`].
    fn mark(&self) -> (usize, usize);

    /// Takes back those of the tokens found since the mark.
    fn take_back(&mut self, mark: (usize, usize), tokens: &FxHashSet<u32>);
}

impl Inner {
    /// Visits what the tokens below `node` of the vocabulary's trie lead to from `state`, which is
    /// where `node` leads.
    pub(super) fn collect<V: Visitor>(
        &mut self,
        state: StateId,
        node: u32,
        visitor: &mut V,
    ) -> Result<()> {
        let count = self.automaton.config_count(state);
        let mut narrow = Vec::with_capacity(count);
        let mut wide = Vec::new();
        for config in self.automaton.ended_count(state)..count {
            let width = self.automaton.width(state, config)?;
            if width <= FEW_BYTES { &mut narrow } else { &mut wide }.push(config);
        }
        if wide.len() > FEW_WIDE {
            return self.ask_horizon(state, node, visitor);
        }
        if !narrow.is_empty() {
            let vocabulary = self.vocabulary.clone();
            let part = self.automaton.part(state, &narrow)?;
            self.walk(vocabulary.trie(), node, part, visitor)?;
        }
        for config in wide {
            let part = self.automaton.part(state, &[config])?;
            if self.reads_child(part, node)? {
                self.ask_horizon(part, node, visitor)?;
            }
        }
        Ok(())
    }

    /// Whether a state reads the byte of any child of a node of the vocabulary's trie.
    fn reads_child(&mut self, state: StateId, node: u32) -> Result<bool> {
        let vocabulary = self.vocabulary.clone();
        let trie = vocabulary.trie();
        for cell in self.automaton.cells(state)? {
            let (low, high) = self.automaton.cell_range(cell);
            if trie.has_child_within(node, low, high) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// As [`Inner::collect`], by the state's horizon.
    fn ask_horizon<V: Visitor>(
        &mut self,
        state: StateId,
        node: u32,
        visitor: &mut V,
    ) -> Result<()> {
        let horizon = self.horizon(state, node)?;
        visitor.within(self, state, &horizon)?;
        let vocabulary = self.vocabulary.clone();
        let source = horizon.source.trie(&vocabulary);
        let depth = if node == ROOT { 0 } else { vocabulary.trie().depth(node) };
        let path = |node: u32| path(&vocabulary, source, node, depth);
        let exceptions = self.automaton.exceptions(state);
        let exceptions = self.automaton.exprs().or(exceptions);
        let open = self.automaton.without_texts(state)?;
        let bytes = self.reach_of_tokens();
        for exit in &*horizon.exits {
            if let ExitKind::Ended { by_counts } = exit.kind {
                if by_counts && self.automaton.leaves_counts_open(state, bytes) {
                    for &node in &exit.nodes {
                        let reached = self.automaton.follow(open, path(node))?;
                        self.leave_by(reached, source, &[node], &Below::Apart, visitor)?;
                    }
                } else {
                    let reached = self.automaton.follow(open, path(exit.nodes[0]))?;
                    self.leave_by(reached, source, &exit.nodes, &exit.below, visitor)?;
                }
                continue;
            }
            let excepted = match exceptions {
                ExprId::NEVER => Vec::new(),
                _ => self.matched(source, node, exceptions, &exit.nodes)?,
            };
            let usual = exit.nodes.iter().copied().find(|node| !excepted.contains(node));
            let mark = visitor.mark();
            if let Some(node) = usual {
                let reached = self.automaton.run(open, path(node))?;
                self.leave_by(reached, source, &exit.nodes, &exit.below, visitor)?;
            }
            if excepted.is_empty() {
                continue;
            }
            let mut apart: FxHashSet<u32> = FxHashSet::default();
            for &node in &excepted {
                apart.extend(source.tokens_at(node));
                apart.extend(source.tokens_within(source.child_range(node)));
            }
            visitor.take_back(mark, &apart);
            for node in excepted {
                // An exception may still go on.
                if self.automaton.run(open, path(node))? != StateId::DEAD {
                    visitor.defer(self, source, node, StateId::DEFERRED)?;
                }
            }
        }
        Ok(())
    }

    /// Of some nodes below `node`, sorted, those to which one of some texts leads.
    fn matched(
        &mut self,
        trie: &Trie,
        node: u32,
        texts: ExprId,
        nodes: &[u32],
    ) -> Result<Vec<u32>> {
        let mut matched = Vec::new();
        let mut waiting = vec![(node, texts)];
        let mut ranges = Vec::new();
        while let Some((node, texts)) = waiting.pop() {
            ranges.clear();
            self.automaton.exprs().each_range(texts, |low, high| ranges.push((low, high)))?;
            for byte in ranges.iter().flat_map(|&(low, high)| low..=high) {
                let Some(child) = trie.child(node, byte) else { continue };
                let first = nodes.partition_point(|&node| node < child);
                let Some(&first) = nodes.get(first).filter(|&&node| node < trie.edge(child).1)
                else {
                    continue;
                };
                let rest = self.automaton.exprs().step(texts, byte)?;
                if first == child && self.automaton.exprs().is_nullable(rest) {
                    matched.push(child);
                }
                waiting.push((child, rest));
            }
        }
        Ok(matched)
    }

    /// Visits the tokens of an exit, all of whose places lead to one state.
    fn leave_by<V: Visitor>(
        &mut self,
        reached: StateId,
        source: &Trie,
        nodes: &[u32],
        below: &Below,
        visitor: &mut V,
    ) -> Result<()> {
        match (reached, below) {
            (StateId::DEAD, _) => Ok(()),
            // It takes the text to tell, which each token makes another one.
            (StateId::DEFERRED, _) => {
                nodes.iter().try_for_each(|&node| visitor.defer(self, source, node, reached))
            }
            (_, Below::Apart) => {
                for &node in nodes {
                    let ends = source.tokens_at(node);
                    if !ends.is_empty() {
                        visitor.reach(self, reached, ends)?;
                    }
                    visitor.end(self, source, node, reached)?;
                    self.go_below(source, node, reached, visitor)?;
                }
                Ok(())
            }
            (_, Below::Joined { ends, rest }) => {
                if !ends.is_empty() {
                    visitor.reach(self, reached, ends)?;
                }
                let mut wanted = [false; 256];
                rest.iter().for_each(|branch| wanted[branch.byte as usize] = true);
                let ways_on = self.automaton.ways_on(reached, &wanted)?;
                for branch in rest.iter().filter(|branch| ways_on[branch.byte as usize]) {
                    let rest = branch.trie(source);
                    visitor.end(self, rest, ROOT, reached)?;
                    self.walk(rest, ROOT, reached, visitor)?;
                }
                Ok(())
            }
        }
    }

    /// What the horizon of `state` allows below a node of the vocabulary's trie.
    pub(super) fn horizon(&mut self, state: StateId, node: u32) -> Result<Arc<Horizon>> {
        let start = self.automaton.horizon(state, self.reach_of_tokens())?;
        if let Some(horizon) = self.horizons.get(&(start, node)) {
            return Ok(horizon.clone());
        }
        let key = self.automaton.fingerprint(start).map(|print| (print, node));
        let kept = key.and_then(|key| self.kept.get(key));
        let horizon = match &kept {
            Some(horizon) => horizon.clone(),
            None => Arc::new(self.make_horizon(start, node)?),
        };
        match key {
            Some(key) => {
                self.share(&horizon, kept.is_none());
                if kept.is_none() {
                    self.kept.insert(key, &horizon);
                }
            }
            None => self.own(&horizon),
        }
        self.horizons.insert((start, node), horizon.clone());
        Ok(horizon)
    }

    /// How many bytes have a say in a mask: those of a token, and the character after it, on which it
    /// depends whether a terminal has ended.
    fn reach_of_tokens(&self) -> u32 {
        self.vocabulary.longest() as u32 + LONGEST_CHARACTER
    }

    fn make_horizon(&mut self, start: StateId, node: u32) -> Result<Horizon> {
        let vocabulary = self.vocabulary.clone();
        let source = self.source(start, node)?;
        let trie = source.trie(&vocabulary);
        let mut visitor = HorizonVisitor::new(self.automaton.is_loose(start));
        self.walk(trie, node, start, &mut visitor)?;
        visitor.finish(self, source, node)
    }

    /// Visits what the tokens below `node` lead to from `start`, which is where `node` leads.
    fn walk<V: Visitor>(
        &mut self,
        trie: &Trie,
        node: u32,
        start: StateId,
        visitor: &mut V,
    ) -> Result<()> {
        let mut waiting = vec![(node, start)];
        let mut looping = None;
        while let Some((node, state)) = waiting.pop() {
            let range = trie.child_range(node);
            if range.1 - range.0 > LARGE {
                let (classes, chars) = trie.below(node);
                if self.automaton.reads_all(state, classes, chars)? {
                    visitor.stay(self, state, trie, range)?;
                    continue;
                }
            }
            let Some(state) = self.read_literals(trie, node, state, visitor, &mut waiting)? else {
                continue;
            };
            // What a terminal reads from here as a whole is not stepped through.
            let known = match range.1 - range.0 < FEW || trie.is_inside(node) {
                true => KnownTexts::NONE,
                false => self.automaton.known_to_read(state)?,
            };
            if known.are_endless_words() && range.1 - range.0 > LARGE {
                self.scan(trie, range, (state, known), &mut looping, visitor, &mut waiting)?;
                continue;
            }
            let stays = |child| {
                let (classes, chars) = trie.through(child);
                known.all(classes, chars)
            };
            let cells = self.automaton.cells(state)?;
            if let Some(fan) = trie.fan_of(node) {
                let last = fan.last();
                for cell in cells {
                    let (low, high) = self.automaton.cell_range(cell);
                    if low > last {
                        break;
                    }
                    let children = trie.children_within(fan, low, high);
                    if children.is_empty() {
                        continue;
                    }
                    let target = self.automaton.cell_target(state, cell)?;
                    for &child in children {
                        if stays(child) {
                            let below = (child, trie.edge(child).1);
                            visitor.stay(self, state, trie, below)?;
                            continue;
                        }
                        self.visit(trie, child, (state, target), visitor, &mut waiting)?;
                    }
                }
                continue;
            }
            let (mut child, mut cell) = (range.0, cells.start);
            while child < range.1 {
                let (byte, next) = trie.edge(child);
                while cell < cells.end && self.automaton.cell_range(cell).1 < byte {
                    cell += 1;
                }
                if cell == cells.end {
                    break;
                }
                if stays(child) {
                    visitor.stay(self, state, trie, (child, next))?;
                } else if self.automaton.cell_range(cell).0 <= byte {
                    let target = self.automaton.cell_target(state, cell)?;
                    self.visit(trie, child, (state, target), visitor, &mut waiting)?;
                }
                child = next;
            }
        }
        Ok(())
    }

    /// Visits nodes of a trie below one to which `state` leads, from which much leads back to it: for
    /// as long as it does, that is one pass over the nodes in their order.
    fn scan<V: Visitor>(
        &mut self,
        trie: &Trie,
        (first, end): (u32, u32),
        (state, known): (StateId, KnownTexts),
        looping: &mut Option<Box<Looping>>,
        visitor: &mut V,
        waiting: &mut Vec<(u32, StateId)>,
    ) -> Result<()> {
        let looping = match looping {
            Some(looping) if looping.state == state => looping,
            _ => looping.insert(Box::new(Looping { state, targets: [None; 256] })),
        };
        let mut at = first;
        while at < end {
            // Siblings that stay inside as a whole lie side by side.
            let from = at;
            while at < end {
                let (classes, chars) = trie.through(at);
                if !known.all(classes, chars) {
                    break;
                }
                at = trie.edge(at).1;
            }
            if from < at {
                visitor.stay(self, state, trie, (from, at))?;
                continue;
            }
            let (byte, next) = trie.edge(at);
            let (target, returns) = match looping.targets[byte as usize] {
                Some(known) => known,
                None => {
                    let target = self.automaton.step(state, byte)?;
                    let lives = !matches!(target, StateId::DEAD | StateId::DEFERRED);
                    let returns = lives && self.automaton.opened(target)? == state;
                    *looping.targets[byte as usize].insert((target, returns))
                }
            };
            if returns && !self.is_large::<V>(trie, at) {
                visitor.come(self, trie, at, target)?;
                at += 1;
                continue;
            }
            if target != StateId::DEAD {
                self.visit(trie, at, (state, target), visitor, waiting)?;
            }
            at = next;
        }
        Ok(())
    }

    /// Visits the tokens below `node` that begin with a literal of `state`; the rest of the state,
    /// if any is left.
    fn read_literals<V: Visitor>(
        &mut self,
        trie: &Trie,
        node: u32,
        state: StateId,
        visitor: &mut V,
        waiting: &mut Vec<(u32, StateId)>,
    ) -> Result<Option<StateId>> {
        let count = self.automaton.config_count(state);
        let is_literal = |&config: &usize| self.automaton.literal(state, config).is_some();
        let Some(first) = (0..count).find(is_literal) else { return Ok(Some(state)) };
        let mut rest: Vec<usize> = (0..first).collect();
        for config in first..count {
            let Some(literal) = self.automaton.literal(state, config) else {
                rest.push(config);
                continue;
            };
            let (mut at, mut read, mut passed) = (Some(node), 0, Vec::new());
            while let (Some(here), true) = (at, read + 1 < literal.len()) {
                at = trie.child(here, literal[read]);
                if let Some(child) = at {
                    if !trie.tokens_at(child).is_empty() {
                        passed.push(child);
                    }
                    read += 1;
                }
            }
            let last = at.and_then(|here| trie.child(here, literal[read]));
            let byte = literal[read];
            for child in passed {
                visitor.stay(self, state, trie, (child, child + 1))?;
            }
            if let Some(last) = last {
                let before = self.automaton.after_literal(state, config, read)?;
                let target = self.automaton.step(before, byte)?;
                self.visit(trie, last, (before, target), visitor, waiting)?;
            }
        }
        if rest.is_empty() {
            return Ok(None);
        }
        self.automaton.part(state, &rest).map(Some)
    }

    /// A walk comes to a node, from one state to another.
    #[inline]
    fn visit<V: Visitor>(
        &mut self,
        trie: &Trie,
        node: u32,
        (before, state): (StateId, StateId),
        visitor: &mut V,
        waiting: &mut Vec<(u32, StateId)>,
    ) -> Result<()> {
        match state {
            StateId::DEAD => return Ok(()),
            StateId::DEFERRED => return visitor.defer(self, trie, node, before),
            _ => {}
        }
        visitor.come(self, trie, node, state)?;
        let (first, end) = trie.child_range(node);
        if first == end {
            return Ok(());
        }
        let (classes, chars) = trie.below(node);
        let open = self.automaton.opened(state)?;
        if self.automaton.known_to_read(open)?.all(classes, chars) {
            // All that is below stays in a terminal that goes on here, whatever ends here too.
            return visitor.stay(self, open, trie, (first, end));
        }
        if self.is_large::<V>(trie, node) {
            return self.collect(state, node, visitor);
        }
        waiting.push((node, open));
        Ok(())
    }

    /// As [`Inner::walk`], by horizons where there is much below `node`.
    fn go_below<V: Visitor>(
        &mut self,
        trie: &Trie,
        node: u32,
        start: StateId,
        visitor: &mut V,
    ) -> Result<()> {
        if self.is_large::<V>(trie, node) {
            return self.collect(start, node, visitor);
        }
        self.walk(trie, node, start, visitor)
    }

    /// Whether horizons are asked about what is below a node.
    fn is_large<V: Visitor>(&self, trie: &Trie, node: u32) -> bool {
        let (first, end) = trie.child_range(node);
        V::ASKS_HORIZONS && end - first > VERY_LARGE && std::ptr::eq(trie, self.vocabulary.trie())
    }
}
