//! The one intermediate representation that every front end produces and the automaton runs.
//!
//! A grammar is a hash-consed arena of nodes over terminals ([`crate::expr`]): equal nodes are one
//! [`NodeId`]. Rules give recursion. What cannot be written down ahead, because it depends on what
//! is written while generating (keys already used) or would be large and is rarely reached, is a
//! [`Node::Dynamic`]: the grammar's [`Expander`] makes its body the first time it is reached.
//!
//! - [`left_recursion`]: rewrites rules so that none reaches itself without reading something,
//!   which is what the automaton's prediction relies on.
//! - [`productive`]: which rules have a sentence at all.
//! - [`barriers`]: where terminals read greedily leave no way on; [`guards`], that they hardly do.

mod barriers;
mod guards;
mod left_recursion;
mod nullable;
mod productive;

use std::sync::Arc;

use crate::error::Result;
use crate::expr::{ExprId, Exprs, UNBOUNDED};
use crate::ids::{Hashed, Ids};
pub(crate) use barriers::{after_byte, after_terminal, Barriers};

/// One node of a [`Grammar`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NodeId(u32);

impl NodeId {
    /// The node of the empty text.
    pub const EMPTY: NodeId = NodeId(0);
    /// The node without any text.
    pub const NEVER: NodeId = NodeId(1);

    /// The position of this node in its grammar.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A named, possibly recursive part of a grammar.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RuleId(u32);

impl RuleId {
    /// The position of this rule in its grammar.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The shapes of a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Node {
    /// The empty text.
    Empty,
    /// No text.
    Never,
    /// A text of the terminal.
    Terminal(ExprId),
    /// A text of the terminal, as long as no longer prefix of what follows would be one too: a
    /// terminal as a lexer reads it. "Longest" is by the terminal's language.
    Greedy(ExprId),
    /// A text of the terminal, then `then`, in which [`Node::WithText`] stands for what depends on
    /// that text. States that differ in the text alone share a mask up to where it is used, so use
    /// it as late as possible.
    Capture {
        /// The terminal whose text is handed on.
        terminal: ExprId,
        /// What follows.
        then: NodeId,
    },
    /// What the expander makes of this key and the text of the innermost capture around it; never
    /// the empty text.
    WithText(u32),
    /// What the rule's body is.
    Rule(RuleId),
    /// One after another; at least two.
    Seq(Arc<[NodeId]>),
    /// Any of them; at least two, sorted.
    Alt(Arc<[NodeId]>),
    /// `body`, `min` to `max` times; [`UNBOUNDED`] for no upper bound.
    Repeat { body: NodeId, min: u32, max: u32 },
    /// `body`, but not the empty text.
    NonEmpty(NodeId),
    /// Whatever the expander makes of this key; never the empty text.
    Dynamic(u32),
}

/// Makes the bodies of [`Node::Dynamic`] and [`Node::WithText`].
pub trait Expander: Send {
    /// The body for `key`; `text` is the captured text for a [`Node::WithText`]. The body must not
    /// be nullable and must not reach the node itself before reading something. Called once for
    /// each (key, text).
    ///
    /// # Errors
    /// Any error is reported to whoever asked for the mask that needed it.
    fn expand(&mut self, key: u32, text: Option<&[u8]>, grammar: &mut Grammar) -> Result<NodeId>;
}

/// An arena of nodes, their terminals, and the node to start from.
pub struct Grammar {
    /// The arena of terminals.
    pub exprs: Exprs,
    nodes: Vec<Node>,
    nullable: Vec<Option<bool>>,
    uses_text: Vec<bool>,
    /// See [`Grammar::after_first`].
    after_first: Vec<Option<NodeId>>,
    ids: Ids<NodeId>,
    rules: Vec<NodeId>,
    rule_nullable: Vec<bool>,
    names: Vec<String>,
    root: NodeId,
    /// The expander whose keys come in now, and how many there are.
    expander: (u32, u32),
    /// What a front end has to say to its user, though the grammar works.
    pub warnings: Vec<String>,
    /// Where greedy terminals bar the way; see [`Grammar::find_barriers`].
    pub(crate) barriers: Option<Box<Barriers>>,
}

impl Default for Grammar {
    fn default() -> Self {
        Self::new()
    }
}

impl Grammar {
    /// A grammar without rules, whose root is the empty text.
    pub fn new() -> Self {
        let mut grammar = Grammar {
            exprs: Exprs::new(),
            nodes: Vec::new(),
            nullable: Vec::new(),
            uses_text: Vec::new(),
            after_first: Vec::new(),
            ids: Ids::default(),
            rules: Vec::new(),
            rule_nullable: Vec::new(),
            names: Vec::new(),
            root: NodeId::EMPTY,
            expander: (0, 1),
            warnings: Vec::new(),
            barriers: None,
        };
        let empty = grammar.intern(Node::Empty);
        let never = grammar.intern(Node::Never);
        debug_assert_eq!((empty, never), (NodeId::EMPTY, NodeId::NEVER));
        grammar
    }

    /// A text of `terminal`.
    pub fn terminal(&mut self, terminal: ExprId) -> NodeId {
        match terminal {
            ExprId::NEVER => NodeId::NEVER,
            ExprId::EMPTY => NodeId::EMPTY,
            _ => self.intern(Node::Terminal(terminal)),
        }
    }

    /// Exactly this text.
    pub fn literal(&mut self, text: &str) -> NodeId {
        let terminal = self.exprs.literal(text.as_bytes());
        self.terminal(terminal)
    }

    /// A text of `terminal` that could not have been longer.
    pub fn greedy(&mut self, terminal: ExprId) -> NodeId {
        match terminal {
            ExprId::NEVER => NodeId::NEVER,
            ExprId::EMPTY => NodeId::EMPTY,
            _ => self.intern(Node::Greedy(terminal)),
        }
    }

    /// A text of `terminal`, then `then`, in which [`Grammar::with_text`] nodes get that text (for
    /// instance a key, then `":`, its value and the members after it, which may not use the key
    /// again).
    pub fn capture(&mut self, terminal: ExprId, then: NodeId) -> NodeId {
        match (terminal, then) {
            (ExprId::NEVER, _) | (_, NodeId::NEVER) => NodeId::NEVER,
            _ => self.intern(Node::Capture { terminal, then }),
        }
    }

    /// What the expander makes of `key` and the text of the capture this is in. Never the empty
    /// text.
    pub fn with_text(&mut self, key: u32) -> NodeId {
        let key = self.key(key);
        self.intern(Node::WithText(key))
    }

    /// What the expander makes of `key`.
    pub fn dynamic(&mut self, key: u32) -> NodeId {
        let key = self.key(key);
        self.intern(Node::Dynamic(key))
    }

    /// From here on, keys are those of expander `which` of `count`: expander `key % count` made a
    /// node, and knows it as `key / count`.
    pub fn set_expander(&mut self, which: usize, count: usize) {
        self.expander = (which as u32, count as u32);
    }

    fn key(&self, key: u32) -> u32 {
        let (which, count) = self.expander;
        key * count + which
    }

    /// One after another.
    pub fn seq(&mut self, items: impl IntoIterator<Item = NodeId>) -> NodeId {
        let mut flat = Vec::new();
        for item in items {
            match self.node(item) {
                Node::Never => return NodeId::NEVER,
                Node::Empty => {}
                Node::Seq(inner) => flat.extend_from_slice(inner),
                _ => flat.push(item),
            }
        }
        match flat.len() {
            0 => NodeId::EMPTY,
            1 => flat[0],
            _ => self.intern(Node::Seq(flat.into())),
        }
    }

    /// What follows the first part of a sequence.
    pub(crate) fn after_first(&mut self, sequence: NodeId) -> NodeId {
        if let Some(known) = self.after_first[sequence.index()] {
            return known;
        }
        let rest = match self.node(sequence) {
            Node::Seq(items) => items.clone(),
            _ => return NodeId::EMPTY,
        };
        let rest = self.seq(rest[1..].iter().copied());
        self.after_first[sequence.index()] = Some(rest);
        rest
    }

    /// Any of them. Plain terminals among them become one terminal.
    pub fn alt(&mut self, items: impl IntoIterator<Item = NodeId>) -> NodeId {
        let mut flat = Vec::new();
        let mut terminals = Vec::new();
        for item in items {
            match self.node(item) {
                Node::Never => {}
                Node::Terminal(terminal) => terminals.push(*terminal),
                Node::Alt(inner) => {
                    for &inner in inner.iter() {
                        match self.node(inner) {
                            Node::Terminal(terminal) => terminals.push(*terminal),
                            _ => flat.push(inner),
                        }
                    }
                }
                _ => flat.push(item),
            }
        }
        if !terminals.is_empty() {
            let terminal = self.exprs.or(terminals);
            flat.push(self.terminal(terminal));
        }
        flat.sort_unstable();
        flat.dedup();
        match flat.len() {
            0 => NodeId::NEVER,
            1 => flat[0],
            _ => self.intern(Node::Alt(flat.into())),
        }
    }

    /// `body`, `min` to `max` times; [`UNBOUNDED`] for no upper bound.
    pub fn repeat(&mut self, body: NodeId, min: u32, max: u32) -> NodeId {
        debug_assert!(min <= max);
        match (body, min, max) {
            (NodeId::EMPTY, ..) | (_, _, 0) | (NodeId::NEVER, 0, _) => NodeId::EMPTY,
            (NodeId::NEVER, ..) => NodeId::NEVER,
            (_, 1, 1) => body,
            _ => self.intern(Node::Repeat { body, min, max }),
        }
    }

    /// `body` or nothing.
    pub fn optional(&mut self, body: NodeId) -> NodeId {
        self.repeat(body, 0, 1)
    }

    /// `body` any number of times.
    pub fn star(&mut self, body: NodeId) -> NodeId {
        self.repeat(body, 0, UNBOUNDED)
    }

    /// `body`, but not the empty text.
    pub fn non_empty(&mut self, body: NodeId) -> NodeId {
        match self.node(body) {
            Node::Empty | Node::Never => NodeId::NEVER,
            Node::NonEmpty(_) | Node::Dynamic(_) | Node::WithText(_) => body,
            _ => self.intern(Node::NonEmpty(body)),
        }
    }

    /// A new rule, to be given its body by [`Grammar::define`].
    pub fn declare(&mut self, name: &str) -> RuleId {
        let rule = RuleId(self.rules.len() as u32);
        self.rules.push(NodeId::NEVER);
        self.rule_nullable.push(false);
        self.names.push(name.to_owned());
        rule
    }

    /// Gives a rule its body.
    pub fn define(&mut self, rule: RuleId, body: NodeId) {
        self.rules[rule.index()] = body;
    }

    /// The node of a rule.
    pub fn rule(&mut self, rule: RuleId) -> NodeId {
        self.intern(Node::Rule(rule))
    }

    /// The body of a rule.
    pub fn body(&self, rule: RuleId) -> NodeId {
        self.rules[rule.index()]
    }

    /// The name a rule was declared with.
    pub fn name(&self, rule: RuleId) -> &str {
        &self.names[rule.index()]
    }

    /// How many rules there are.
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// Sets the node to start from.
    pub fn set_root(&mut self, root: NodeId) {
        self.root = root;
    }

    /// The node to start from.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// What a node is.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// Whether the node has a [`Node::WithText`] of a capture around it.
    pub(crate) fn uses_text(&self, id: NodeId) -> bool {
        self.uses_text[id.index()]
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// False: the constants are always there.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Makes a grammar with recursive rules fit for the automaton; front ends that define rules
    /// call it once, after the last definition. Unproductive alternatives are dropped, nullability
    /// is settled, left recursion is removed. Returns the rules without any sentence, so that the
    /// front end can name them; the root is [`NodeId::NEVER`] if nothing is left.
    ///
    /// # Errors
    /// [`crate::error::Error::Limit`] if that takes too long.
    pub fn finish(&mut self) -> Result<Vec<RuleId>> {
        let unproductive = self.drop_unproductive();
        self.settle_nullable();
        self.remove_left_recursion()?;
        Ok(unproductive)
    }

    fn intern(&mut self, node: Node) -> NodeId {
        let hash = Hashed::of(&node);
        if let Some(id) = self.ids.find(hash, |id| self.nodes[id.index()] == node) {
            return id;
        }
        let id = NodeId(self.nodes.len() as u32);
        let uses = |id: &NodeId| self.uses_text[id.index()];
        let uses_text = match &node {
            Node::WithText(_) => true,
            Node::Seq(items) | Node::Alt(items) => items.iter().any(uses),
            Node::Repeat { body, .. } | Node::NonEmpty(body) => uses(body),
            _ => false,
        };
        self.nodes.push(node);
        self.nullable.push(None);
        self.uses_text.push(uses_text);
        self.after_first.push(None);
        self.ids.insert(hash, id);
        id
    }
}
