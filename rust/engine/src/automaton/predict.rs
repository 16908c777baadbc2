//! Prediction: from what follows on the stack to the terminals that may come next.
//!
//! Nodes still to be expanded wait on an agenda ordered by rank, callers first, so that a node
//! reached in several ways is expanded once, on the union of the stacks.

use std::collections::BinaryHeap;

use rustc_hash::FxHashSet;

use super::stack::{Frame, Next, StackId};
use super::text::TextId;
use super::{Automaton, Config, StateId};
use crate::error::{Error, Result};
use crate::expr::{ExprId, UNBOUNDED};
use crate::grammar::{Node, NodeId};

const RANK_UNKNOWN: u32 = u32::MAX;
const RANK_PENDING: u32 = u32::MAX - 1;

/// What holds around a node that is entered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Context {
    /// See [`Config::guard`].
    guard: ExprId,
    /// The text of the capture around the node, if the node uses it.
    text: TextId,
}

/// The next state under construction.
#[derive(Default)]
pub(super) struct Prediction {
    configs: Vec<Config>,
    /// The highest rank first; those with all but the stack in common come out together.
    agenda: BinaryHeap<(u32, NodeId, Context, StackId)>,
    /// The frames that were passed over as empty.
    skipped: FxHashSet<(Frame, Context)>,
    accepting: bool,
    /// Something reached a hole: the step cannot be answered here.
    deferred: bool,
    /// What is left to be done of a pop, and the stacks of what comes out together: kept, to be
    /// filled again.
    waiting: Vec<(StackId, TextId)>,
    same: Vec<StackId>,
}

impl Prediction {
    fn clear(&mut self) {
        self.configs.clear();
        self.agenda.clear();
        self.skipped.clear();
        self.accepting = false;
        self.deferred = false;
    }
}

impl Automaton {
    pub(super) fn start_state(&mut self) -> Result<StateId> {
        let root = self.grammar.root();
        let mut prediction = self.prediction();
        let context = Context { guard: ExprId::NEVER, text: TextId::NONE };
        self.enter(&mut prediction, root, StackId::BOTTOM, context)?;
        self.finish(prediction)
    }

    /// An empty one, in the memory of the last.
    pub(super) fn prediction(&mut self) -> Prediction {
        let mut spare = std::mem::take(&mut self.spare);
        spare.clear();
        spare
    }

    /// The state of these configurations and nothing else.
    pub(super) fn state_of(&mut self, configs: &[Config], accepting: bool) -> Result<StateId> {
        let mut prediction = self.prediction();
        prediction.configs.extend_from_slice(configs);
        prediction.accepting = accepting;
        self.finish(prediction)
    }

    pub(super) fn add(&mut self, prediction: &mut Prediction, config: Config) -> Result<()> {
        if self.can_be_completed(&config)? {
            prediction.configs.push(config);
        }
        Ok(())
    }

    /// What is on the stack comes next; `text` is that of the capture which has just ended.
    pub(super) fn pop(
        &mut self,
        prediction: &mut Prediction,
        stack: StackId,
        guard: ExprId,
        captured: TextId,
    ) -> Result<()> {
        prediction.waiting.clear();
        prediction.waiting.push((stack, captured));
        while let Some((stack, captured)) = prediction.waiting.pop() {
            for at in 0..self.stacks.frames(stack).len() {
                let frame = self.stacks.frames(stack)[at];
                let (node, text) = match frame.next {
                    Next::End => {
                        prediction.accepting |= !self.grammar.exprs.is_nullable(guard);
                        continue;
                    }
                    Next::Cut => {
                        prediction.deferred = true;
                        continue;
                    }
                    Next::Hole(number) => {
                        // What has ended stands there, for the state itself to go on from.
                        let stack = self.stacks.hole(number);
                        let ended = Config {
                            terminal: ExprId::EMPTY,
                            guard,
                            text: captured,
                            greedy: false,
                            loose: false,
                            stack,
                        };
                        prediction.configs.push(ended);
                        continue;
                    }
                    Next::Node { node, text } => (node, text),
                    Next::Captured(then) => (then, captured),
                };
                let context = Context { guard, text };
                if self.grammar.is_nullable(node) {
                    // Stacks share what lies below: without this, every path would be taken.
                    if !prediction.skipped.insert((frame, context)) {
                        continue;
                    }
                    prediction.waiting.push((frame.below, TextId::NONE));
                }
                self.enqueue(prediction, node, frame.below, context)?;
            }
        }
        Ok(())
    }

    /// `node` comes next, then `stack`.
    fn enter(
        &mut self,
        prediction: &mut Prediction,
        node: NodeId,
        stack: StackId,
        context: Context,
    ) -> Result<()> {
        if self.grammar.is_nullable(node) {
            self.pop(prediction, stack, context.guard, TextId::NONE)?;
        }
        self.enqueue(prediction, node, stack, context)
    }

    /// A text of `node` that is not empty comes next, then `stack`.
    fn enqueue(
        &mut self,
        prediction: &mut Prediction,
        node: NodeId,
        stack: StackId,
        context: Context,
    ) -> Result<()> {
        let rank = self.rank(node)?;
        prediction.agenda.push((rank, node, self.scoped(node, context), stack));
        Ok(())
    }

    /// The context without a text that the node does not use.
    fn scoped(&self, node: NodeId, context: Context) -> Context {
        if self.grammar.uses_text(node) {
            context
        } else {
            Context { text: TextId::NONE, ..context }
        }
    }

    /// `stack` with `node` on top of it.
    fn push(&mut self, node: NodeId, stack: StackId, context: Context) -> StackId {
        if node == NodeId::EMPTY {
            return stack;
        }
        let text = self.scoped(node, context).text;
        self.stacks.push(Next::Node { node, text }, stack)
    }

    /// Works off the agenda and interns the state.
    pub(super) fn finish(&mut self, mut prediction: Prediction) -> Result<StateId> {
        let state = self.work_off(&mut prediction);
        self.spare = prediction;
        state
    }

    fn work_off(&mut self, prediction: &mut Prediction) -> Result<StateId> {
        self.grammar.exprs.check_deadline()?;
        while let Some((rank, node, context, stack)) = prediction.agenda.pop() {
            self.grammar.exprs.check_deadline()?;
            prediction.same.clear();
            prediction.same.push(stack);
            while let Some(&(.., more)) = prediction
                .agenda
                .peek()
                .filter(|next| (next.0, next.1, next.2) == (rank, node, context))
            {
                prediction.agenda.pop();
                prediction.same.push(more);
            }
            let stack = self.stacks.union_all(&prediction.same);
            self.expand(prediction, node, stack, context)?;
        }
        if prediction.deferred {
            return Ok(StateId::DEFERRED);
        }
        let Prediction { configs, same, accepting, .. } = prediction;
        configs.sort_unstable();
        // Those alike but for the stack become the first of them.
        let mut count = 0;
        let mut at = 0;
        while at < configs.len() {
            let first = configs[at];
            same.clear();
            while let Some(alike) =
                configs.get(at).filter(|other| Config { stack: other.stack, ..first } == **other)
            {
                same.push(alike.stack);
                at += 1;
            }
            configs[count] = Config { stack: self.stacks.union_all(same), ..first };
            count += 1;
        }
        if count == 0 && !*accepting {
            return Ok(StateId::DEAD);
        }
        self.intern_checked(&configs[..count], *accepting)
    }

    fn expand(
        &mut self,
        prediction: &mut Prediction,
        node: NodeId,
        stack: StackId,
        context: Context,
    ) -> Result<()> {
        let Context { guard, text } = context;
        let start = |terminal| Config {
            terminal,
            guard,
            text: TextId::NONE,
            greedy: false,
            loose: false,
            stack,
        };
        match self.grammar.node(node).clone() {
            Node::Empty | Node::Never => Ok(()),
            Node::Terminal(terminal) => self.add(prediction, start(terminal)),
            Node::Greedy(terminal) => {
                self.add(prediction, Config { greedy: true, ..start(terminal) })
            }
            Node::Capture { terminal, then } => {
                if self.grammar.exprs.is_nullable(terminal) {
                    let context = Context { guard, text: TextId::EMPTY };
                    self.enqueue(prediction, then, stack, context)?;
                }
                let stack = self.stacks.push(Next::Captured(then), stack);
                self.add(prediction, Config { text: TextId::EMPTY, stack, ..start(terminal) })
            }
            Node::WithText(_) if text == TextId::UNKNOWN => {
                prediction.deferred = true;
                Ok(())
            }
            Node::WithText(key) => {
                let body = self.expand_with(key, text)?;
                self.enqueue(prediction, body, stack, context)
            }
            Node::Rule(rule) => {
                let body = self.grammar.body(rule);
                self.enqueue(prediction, body, stack, context)
            }
            Node::NonEmpty(body) => self.enqueue(prediction, body, stack, context),
            Node::Dynamic(key) => {
                let body = self.expand_dynamic(key)?;
                self.enqueue(prediction, body, stack, context)
            }
            Node::Alt(items) => {
                items.iter().try_for_each(|&item| self.enqueue(prediction, item, stack, context))
            }
            Node::Seq(items) => {
                let rest = self.grammar.after_first(node);
                if self.grammar.is_nullable(items[0]) {
                    self.enqueue(prediction, rest, stack, context)?;
                }
                let stack = self.push(rest, stack, context);
                self.enqueue(prediction, items[0], stack, context)
            }
            Node::Repeat { body, min, max } => {
                let more = if max == UNBOUNDED { UNBOUNDED } else { max - 1 };
                let again = self.grammar.repeat(body, min.saturating_sub(1), more);
                let stack = self.push(again, stack, context);
                self.enqueue(prediction, body, stack, context)
            }
        }
    }

    pub(super) fn expand_dynamic(&mut self, key: u32) -> Result<NodeId> {
        if let Some(&known) = self.expanded.get(&key) {
            return Ok(known);
        }
        let body = self.ask_expander(key, None)?;
        self.expanded.insert(key, body);
        Ok(body)
    }

    pub(super) fn expand_with(&mut self, key: u32, text: TextId) -> Result<NodeId> {
        if let Some(&known) = self.expanded_with.get(&(key, text)) {
            return Ok(known);
        }
        let bytes = self.texts.bytes(text);
        let body = self.ask_expander(key, Some(&bytes))?;
        self.expanded_with.insert((key, text), body);
        Ok(body)
    }

    fn ask_expander(&mut self, key: u32, text: Option<&[u8]>) -> Result<NodeId> {
        // Taken out for the call, which needs the grammar as well.
        let mut expander = self.expander.take().ok_or_else(|| {
            Error::limit("a dynamic node in a grammar without an expander".to_owned())
        })?;
        let body = expander.expand(key, text, &mut self.grammar);
        self.expander = Some(expander);
        body
    }

    /// How far a node is from the terminals it may start with: more than any node it predicts.
    fn rank(&mut self, node: NodeId) -> Result<u32> {
        if self.ranks.len() < self.grammar.len() {
            self.ranks.resize(self.grammar.len(), RANK_UNKNOWN);
        }
        match self.ranks[node.index()] {
            RANK_UNKNOWN => {}
            RANK_PENDING => {
                return Err(Error::limit(
                    "the grammar reaches itself without reading anything".to_owned(),
                ));
            }
            known => return Ok(known),
        }
        self.ranks[node.index()] = RANK_PENDING;
        let rank = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.rank_of(node));
        self.ranks[node.index()] = *rank.as_ref().unwrap_or(&RANK_UNKNOWN);
        rank
    }

    fn rank_of(&mut self, node: NodeId) -> Result<u32> {
        let below = match self.grammar.node(node).clone() {
            Node::Empty | Node::Never => return Ok(0),
            Node::Terminal(_) | Node::Greedy(_) => return Ok(0),
            // What a text leads to is entered on its own, after everything that waits here.
            Node::WithText(_) => return Ok(0),
            Node::Capture { terminal, then } => {
                if !self.grammar.exprs.is_nullable(terminal) {
                    return Ok(0);
                }
                self.rank(then)?
            }
            Node::Rule(rule) => self.rank(self.grammar.body(rule))?,
            Node::NonEmpty(body) | Node::Repeat { body, .. } => self.rank(body)?,
            Node::Dynamic(key) => {
                let body = self.expand_dynamic(key)?;
                self.rank(body)?
            }
            Node::Alt(items) => {
                let mut rank = 0;
                for &item in items.iter() {
                    rank = rank.max(self.rank(item)?);
                }
                rank
            }
            Node::Seq(items) => {
                let mut rank = self.rank(items[0])?;
                if self.grammar.is_nullable(items[0]) {
                    let rest = self.grammar.after_first(node);
                    rank = rank.max(self.rank(rest)?);
                }
                rank
            }
        };
        Ok(below + 1)
    }
}
