//! How little text completes a state.
//!
//! A length is put together from the shortest texts of the terminals in progress and of the nodes
//! on their stacks; a capture is taken to hold the shortest text that it can. It has two halves
//! ([`Length`]). The *certain* one is that of a text known to lead to the end, byte by byte. The
//! *likely* one leaves out of account that a guard may bar the way: good enough to know where to
//! look.
//!
//! Nodes are solved from the top down, the cheapest looking alternative first; one that cannot be
//! shorter than what has been found is not even expanded, so that of a large schema only the few
//! places matter that something short goes through. A node met again inside itself is left out: no
//! shortest text goes through its node twice.

use rustc_hash::{FxHashMap, FxHashSet};

use super::stack::{Next, StackId};
use super::text::TextId;
use super::{Automaton, Config, StateId};
use crate::error::Result;
use crate::expr::{ExprId, Shortest, ENDLESS};
use crate::grammar::{Node, NodeId};

/// How many nodes one question may visit.
const VISIT_LIMIT: usize = 2_000;
/// The longest text that is taken for a capture.
const CAPTURE_LIMIT: u32 = 64;
/// By how many bytes what follows a capture may be longer for one text than for another, as far as
/// a mask far from the end goes.
const CAPTURE_MARGIN: u32 = 16;

/// Lengths in bytes, [`ENDLESS`] where there is no such text or none is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Length {
    /// Of a text that certainly leads to the end. Never too small.
    pub certain: u32,
    /// Of what seems to be the shortest text.
    pub likely: u32,
}

impl Length {
    const ZERO: Length = Length { certain: 0, likely: 0 };
    const NONE: Length = Length { certain: ENDLESS, likely: ENDLESS };

    fn certain(length: u32) -> Self {
        Length { certain: length, likely: length }
    }

    fn likely(length: u32) -> Self {
        Length { certain: ENDLESS, likely: length }
    }

    fn then(self, next: Length) -> Self {
        Length {
            certain: self.certain.saturating_add(next.certain),
            likely: self.likely.saturating_add(next.likely),
        }
    }

    fn times(self, count: u32) -> Self {
        if count == 0 {
            return Length::ZERO;
        }
        Length {
            certain: self.certain.saturating_mul(count),
            likely: self.likely.saturating_mul(count),
        }
    }

    fn or(self, other: Length) -> Self {
        Length { certain: self.certain.min(other.certain), likely: self.likely.min(other.likely) }
    }
}

/// A node, the text of the capture around it if it uses that, and whether the empty text counts.
type Place = (NodeId, TextId, bool);

/// A state without captured texts.
pub(crate) type Outline = Box<[Config]>;

/// What has been found out so far.
pub(crate) struct Distances {
    shortest: Shortest,
    places: FxHashMap<Place, Length>,
    /// Places that are being solved.
    open: FxHashSet<Place>,
    stacks: FxHashMap<StackId, Length>,
    states: FxHashMap<StateId, Length>,
    /// Stacks without the texts that were captured.
    forgotten: FxHashMap<StackId, StackId>,
    visits: usize,
    /// Something was left out of the answer at hand: a node inside itself, or one past the limit.
    partial: bool,
}

impl Distances {
    /// `usable[b]`: texts may have byte `b` in them.
    pub fn new(usable: [bool; 256]) -> Self {
        Distances {
            shortest: Shortest::new(usable),
            places: FxHashMap::default(),
            open: FxHashSet::default(),
            stacks: FxHashMap::default(),
            states: FxHashMap::default(),
            forgotten: FxHashMap::default(),
            visits: 0,
            partial: false,
        }
    }

    /// How little text completes `state`; nothing where the text may end.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn state(&mut self, automaton: &mut Automaton, state: StateId) -> Result<Length> {
        if automaton.is_accepting(state) {
            return Ok(Length::ZERO);
        }
        if let Some(&known) = self.states.get(&state) {
            return Ok(known);
        }
        let mut best = Length::NONE;
        for at in 0..automaton.states[state.index()].configs.len() {
            let config = automaton.states[state.index()].configs[at];
            best = best.or(self.config(automaton, &config)?.0);
        }
        if self.is_final(best) {
            self.states.insert(state, best);
        }
        Ok(best)
    }

    /// What `state` has in common with those that differ from it in captured texts alone; nothing
    /// if no text that was captured matters any more.
    pub fn but_for_texts(&mut self, automaton: &mut Automaton, state: StateId) -> Option<Outline> {
        let configs = automaton.states[state.index()].configs.clone();
        let outline: Outline = configs
            .iter()
            .map(|config| Config {
                text: config.text.forgotten(),
                stack: self.forget(automaton, config.stack),
                ..*config
            })
            .collect();
        (outline != configs).then_some(outline)
    }

    fn forget(&mut self, automaton: &mut Automaton, stack: StackId) -> StackId {
        if stack == StackId::BOTTOM || stack == StackId::CUT {
            return stack;
        }
        if let Some(&known) = self.forgotten.get(&stack) {
            return known;
        }
        let mut result = None;
        for at in 0..automaton.stacks.frames(stack).len() {
            let mut frame = automaton.stacks.frames(stack)[at];
            if let Next::Node { text, .. } = &mut frame.next {
                *text = text.forgotten();
            }
            let below =
                stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.forget(automaton, frame.below));
            let one = automaton.stacks.push(frame.next, below);
            result = Some(match result {
                Some(others) => automaton.stacks.union(others, one),
                None => one,
            });
        }
        let result = result.unwrap_or(stack);
        self.forgotten.insert(stack, result);
        result
    }

    /// The first byte of what seems to be the shortest text that completes `state`.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn next_byte(&mut self, automaton: &mut Automaton, state: StateId) -> Result<Option<u8>> {
        let mut best = (u32::MAX, u32::MAX);
        let mut byte = None;
        for at in 0..automaton.states[state.index()].configs.len() {
            let config = automaton.states[state.index()].configs[at];
            let (length, first) = self.config(automaton, &config)?;
            // A certain way goes before one that may turn out to be none.
            let found = (length.certain, length.likely);
            if length.likely != ENDLESS && (byte.is_none() || found < best) {
                (best, byte) = (found, Some(first));
            }
        }
        Ok(byte)
    }

    /// The most that the certain length can be after any text that stays inside one of the
    /// terminals in progress, whichever it is. What follows a capture is taken to be about as long
    /// for one text as for another ([`CAPTURE_MARGIN`]).
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn inside(&mut self, automaton: &mut Automaton, state: StateId) -> Result<u32> {
        let mut most = 0;
        for at in 0..automaton.states[state.index()].configs.len() {
            let config = automaton.states[state.index()].configs[at];
            if !is_plain(&config) {
                return Ok(ENDLESS);
            }
            let peak = self.shortest.peak(&mut automaton.grammar.exprs, config.terminal)?;
            let captured = self.captured(automaton, config.terminal, config.text)?;
            let below = self.stack(automaton, config.stack, captured)?.certain;
            let margin = if config.text == TextId::NONE { 0 } else { CAPTURE_MARGIN };
            most = most.max(peak.saturating_add(below).saturating_add(margin));
        }
        Ok(most)
    }

    /// The length of the shortest text that is not empty by which `config` comes to the end, and
    /// its first byte.
    fn config(&mut self, automaton: &mut Automaton, config: &Config) -> Result<(Length, u8)> {
        let (length, byte) = self.shortest.step(&mut automaton.grammar.exprs, config.terminal)?;
        if length == ENDLESS {
            return Ok((Length::NONE, byte));
        }
        let captured = self.captured(automaton, config.terminal, config.text)?;
        let below = self.stack(automaton, config.stack, captured)?;
        let all = Length::certain(length).then(below);
        let all = if is_plain(config) { all } else { Length::likely(all.likely) };
        Ok((all, byte))
    }

    /// What a capture in progress may come to hold.
    fn captured(
        &mut self,
        automaton: &mut Automaton,
        terminal: ExprId,
        text: TextId,
    ) -> Result<TextId> {
        if text == TextId::NONE || text == TextId::UNKNOWN {
            return Ok(text);
        }
        let exprs = &mut automaton.grammar.exprs;
        let Some(rest) = self.shortest.text(exprs, terminal, CAPTURE_LIMIT)? else {
            return Ok(TextId::UNKNOWN);
        };
        Ok(rest.into_iter().fold(text, |text, byte| automaton.texts.push(text, byte)))
    }

    /// What a stack takes; `captured` is the text of the capture that ends on top of it.
    fn stack(
        &mut self,
        automaton: &mut Automaton,
        stack: StackId,
        captured: TextId,
    ) -> Result<Length> {
        if stack == StackId::BOTTOM || stack == StackId::CUT {
            return Ok(Length::ZERO);
        }
        if captured == TextId::NONE {
            if let Some(&known) = self.stacks.get(&stack) {
                return Ok(known);
            }
        }
        let mut best = Length::NONE;
        for at in 0..automaton.stacks.frames(stack).len() {
            let frame = automaton.stacks.frames(stack)[at];
            let top = match frame.next {
                Next::End | Next::Cut | Next::Hole(_) => Length::ZERO,
                Next::Node { node, text } => self.node(automaton, node, text)?,
                Next::Captured(then) => self.node(automaton, then, captured)?,
            };
            let below = stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
                self.stack(automaton, frame.below, TextId::NONE)
            })?;
            best = best.or(top.then(below));
        }
        if captured == TextId::NONE && self.is_final(best) {
            self.stacks.insert(stack, best);
        }
        Ok(best)
    }

    /// Whether an answer stays: one that the limit left open is found when it is asked for again,
    /// with the help of what has been solved by then.
    fn is_final(&self, length: Length) -> bool {
        length.certain != ENDLESS || self.visits <= VISIT_LIMIT
    }

    /// What a node takes.
    fn node(&mut self, automaton: &mut Automaton, node: NodeId, text: TextId) -> Result<Length> {
        if automaton.grammar.is_nullable(node) {
            return Ok(Length::ZERO);
        }
        let outermost = self.open.is_empty();
        if outermost {
            self.visits = 0;
            self.partial = false;
        }
        let result = self.place(automaton, (node, text, true));
        if outermost {
            // An error leaves places behind.
            self.open.clear();
        }
        result
    }

    fn place(&mut self, automaton: &mut Automaton, place: Place) -> Result<Length> {
        let (node, text, may_be_empty) = place;
        let text = if automaton.grammar.uses_text(node) { text } else { TextId::NONE };
        let may_be_empty = may_be_empty || !automaton.grammar.is_nullable(node);
        if may_be_empty && automaton.grammar.is_nullable(node) {
            return Ok(Length::ZERO);
        }
        let place = (node, text, may_be_empty);
        if let Some(&known) = self.places.get(&place) {
            return Ok(known);
        }
        automaton.grammar.exprs.check_deadline()?;
        self.visits += 1;
        if self.visits > VISIT_LIMIT || self.open.contains(&place) {
            self.partial = true;
            return Ok(Length::NONE);
        }
        let before = std::mem::replace(&mut self.partial, false);
        self.open.insert(place);
        let length = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.solve(automaton, place))?;
        self.open.remove(&place);
        // What was left out can only have made it longer; a place without any length yet is solved
        // again when it is asked for on its own.
        if !self.partial || length.likely != ENDLESS {
            self.places.insert(place, length);
        }
        self.partial |= before;
        Ok(length)
    }

    fn solve(&mut self, automaton: &mut Automaton, place: Place) -> Result<Length> {
        let (node, text, may_be_empty) = place;
        match automaton.grammar.node(node).clone() {
            Node::Empty | Node::Never => Ok(Length::NONE),
            Node::Terminal(terminal) => {
                let exprs = &mut automaton.grammar.exprs;
                Ok(Length::certain(self.shortest.step(exprs, terminal)?.0))
            }
            Node::Greedy(terminal) => {
                let exprs = &mut automaton.grammar.exprs;
                Ok(Length::likely(self.shortest.step(exprs, terminal)?.0))
            }
            Node::Capture { terminal, then } => {
                let exprs = &mut automaton.grammar.exprs;
                let length = self.shortest.length(exprs, terminal)?;
                if length > CAPTURE_LIMIT {
                    return Ok(Length::NONE);
                }
                let text = self.captured(automaton, terminal, TextId::EMPTY)?;
                let then = self.place(automaton, (then, text, length > 0 || may_be_empty))?;
                Ok(Length::certain(length).then(then))
            }
            Node::WithText(_) if text == TextId::UNKNOWN || text == TextId::NONE => {
                Ok(Length::NONE)
            }
            Node::WithText(key) => {
                let body = automaton.expand_with(key, text)?;
                self.place(automaton, (body, text, may_be_empty))
            }
            Node::Dynamic(key) => {
                let body = automaton.expand_dynamic(key)?;
                self.place(automaton, (body, text, may_be_empty))
            }
            Node::Rule(rule) => {
                let body = automaton.grammar.body(rule);
                self.place(automaton, (body, text, may_be_empty))
            }
            Node::NonEmpty(body) => self.place(automaton, (body, text, false)),
            Node::Repeat { body, min, .. } => {
                let one = self.place(automaton, (body, text, may_be_empty && min > 0))?;
                Ok(if may_be_empty { one.times(min) } else { one.times(min.max(1)) })
            }
            Node::Alt(items) => self.cheapest(automaton, &items, text, may_be_empty),
            Node::Seq(items) if may_be_empty => {
                let mut all = Length::ZERO;
                for &item in items.iter() {
                    all = all.then(self.place(automaton, (item, text, true))?);
                    if all == Length::NONE {
                        break;
                    }
                }
                Ok(all)
            }
            // All of them may be empty, and one must not be.
            Node::Seq(items) => self.cheapest(automaton, &items, text, false),
        }
    }

    /// The shortest of several, those first that look short.
    fn cheapest(
        &mut self,
        automaton: &mut Automaton,
        items: &[NodeId],
        text: TextId,
        may_be_empty: bool,
    ) -> Result<Length> {
        let mut order: Vec<(u32, NodeId)> =
            items.iter().map(|&item| (at_least(automaton, item, 4), item)).collect();
        order.sort_unstable();
        let mut best = Length::NONE;
        for (bound, item) in order {
            if bound >= best.certain {
                break;
            }
            best = best.or(self.place(automaton, (item, text, may_be_empty))?);
        }
        Ok(best)
    }
}

/// Whether nothing can bar a configuration's way.
fn is_plain(config: &Config) -> bool {
    config.guard == ExprId::NEVER && !config.greedy
}

/// A length that no text of the node is shorter than, seen without expanding anything.
fn at_least(automaton: &Automaton, node: NodeId, depth: u32) -> u32 {
    let grammar = &automaton.grammar;
    let below = |node: NodeId| at_least(automaton, node, depth - 1);
    match grammar.node(node) {
        Node::Empty => 0,
        Node::Never => ENDLESS,
        Node::Terminal(terminal) | Node::Greedy(terminal) => {
            let exprs = &grammar.exprs;
            exprs.facts(*terminal).shortest.max(u32::from(!exprs.is_nullable(*terminal)))
        }
        Node::WithText(_) | Node::Dynamic(_) => 1,
        _ if depth == 0 => 0,
        Node::Capture { terminal, then } => {
            grammar.exprs.facts(*terminal).shortest.saturating_add(below(*then))
        }
        Node::Rule(rule) => below(grammar.body(*rule)),
        Node::NonEmpty(body) => below(*body).max(1),
        Node::Seq(items) => items.iter().fold(0u32, |all, &item| all.saturating_add(below(item))),
        Node::Alt(items) => items.iter().map(|&item| below(item)).min().unwrap_or(ENDLESS),
        Node::Repeat { body, min, .. } => below(*body).saturating_mul(*min),
    }
}
