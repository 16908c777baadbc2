//! Automata given by a rule instead of an expression: divisibility of a decimal number, a bound on
//! its value, the context conditions of a format.
//!
//! Such an automaton is too large to write down as an expression, or endless, and yet each of its
//! states is easy to work out when it is reached. A rule names its states by numbers and expands a
//! state into an ordinary expression whose first byte leads to further states.

use std::sync::Arc;

use super::{Expr, ExprId, Exprs};
use crate::error::Result;

/// An automaton whose states are worked out on demand.
pub trait Rule: Send + Sync {
    /// Whether the text may end in this state.
    fn accepts(&self, state: u64) -> bool;

    /// An expression that matches what can be read from this state. In it, states of this rule
    /// ([`Exprs::rule_state`]) stand behind at least one byte, and unless [`Rule::has_dead_ends`],
    /// each matches something and there is no intersection, complement or look-around. Called once
    /// per state.
    fn expand(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> ExprId;

    /// The bytes that may lead on from a state with so many different ways on that expanding it is
    /// not worth it: each is asked for by itself, as far as walks reach it ([`Rule::step`]). None
    /// for a state that is expanded.
    fn bytes(&self, state: u64) -> Option<&'static [u8]> {
        let _ = state;
        None
    }

    /// What one of these bytes leads to.
    fn step(&self, exprs: &mut Exprs, rule: RuleId, state: u64, byte: u8) -> ExprId {
        let _ = (exprs, rule, state, byte);
        ExprId::NEVER
    }

    /// Some texts that complete this state, of its many: where other conditions have to hold too, they
    /// are tried before a search. None where a search finds such texts as easily.
    fn completions(&self, state: u64) -> Vec<Vec<u8>> {
        let _ = state;
        Vec::new()
    }

    /// No text from this state is shorter than this many bytes. A search goes first to where the
    /// least is missing.
    fn shortest(&self, state: u64) -> u32 {
        let _ = state;
        0
    }

    /// Whether there may be states that match nothing. They are then searched for.
    fn has_dead_ends(&self) -> bool {
        false
    }

    /// Whether a state means the same for every rule of this name, in whichever arena: so where
    /// the number is all there is to it, and not where states are numbered as they are met.
    fn is_lasting(&self) -> bool {
        false
    }

    /// For a text that ends in this state and was to be read greedily: the texts that may not
    /// follow it; see [`Exprs::overtaken`]. None if it is by the language alone.
    fn overtaken(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> Option<ExprId> {
        let _ = (exprs, rule, state);
        None
    }
}

/// A rule of an [`Exprs`] arena.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RuleId(u32);

/// A state of a rule that goes on byte by byte, in front of another expression.
pub(super) struct ByteByByte {
    pub head: ExprId,
    pub rule: RuleId,
    pub state: u64,
    pub bytes: &'static [u8],
    pub tail: ExprId,
}

/// A rule as the arena keeps it.
pub(super) type SharedRule = Arc<dyn Rule>;

impl Exprs {
    /// The rule of this name, made on first use. One name stands for one rule.
    pub fn rule(&mut self, name: &[u8], make: impl FnOnce() -> SharedRule) -> RuleId {
        if let Some(&rule) = self.rule_ids.get(name) {
            return rule;
        }
        let rule = RuleId(self.rules.len() as u32);
        self.rules.push((name.into(), make()));
        self.rule_ids.insert(name.into(), rule);
        rule
    }

    /// A state of a rule.
    pub fn rule_state(&mut self, rule: RuleId, state: u64) -> ExprId {
        self.intern(Expr::Rule { rule, state })
    }

    /// After a text that ends in `state` and is read greedily: the texts (all that follows, up to
    /// the end) that make another text the one to be read. Unless a rule says otherwise, those of
    /// which some beginning makes it a longer text of the same language.
    ///
    /// # Errors
    /// As for [`Exprs::row`].
    pub fn overtaken(&mut self, state: ExprId) -> Result<ExprId> {
        if let Expr::Rule { rule, state } = *self.node(state) {
            let shared = self.rule_of(rule);
            if let Some(overtaken) = shared.overtaken(self, rule, state) {
                return Ok(overtaken);
            }
        }
        let mut arms = self.row(state)?.to_vec();
        for arm in &mut arms {
            arm.target = self.concat2(arm.target, ExprId::ALL);
        }
        Ok(self.switch(arms))
    }

    /// A state that goes on byte by byte ([`Rule::bytes`]), and what follows it.
    pub(super) fn byte_by_byte(&self, state: ExprId) -> Option<ByteByByte> {
        let (head, tail) = match *self.node(state) {
            Expr::Concat(head, tail) => (head, tail),
            _ => (state, ExprId::EMPTY),
        };
        let Expr::Rule { rule, state } = *self.node(head) else { return None };
        let bytes = self.rules[rule.0 as usize].1.bytes(state)?;
        if self.facts(tail).look_behind {
            return None;
        }
        Some(ByteByByte { head, rule, state, bytes, tail })
    }

    /// The step of such a state.
    pub(super) fn step_one(&mut self, at: &ByteByByte, byte: u8) -> Result<ExprId> {
        self.check_size()?;
        let mut reached = ExprId::NEVER;
        if at.bytes.contains(&byte) {
            let target = self.rule_of(at.rule).step(self, at.rule, at.state, byte);
            reached = self.concat2(target, at.tail);
        }
        if self.is_nullable(at.head) {
            let skipped = super::row::lookup(self.row(at.tail)?, byte);
            reached = self.or(vec![reached, skipped]);
        }
        Ok(reached)
    }

    pub(super) fn rule_of(&self, rule: RuleId) -> SharedRule {
        Arc::clone(&self.rules[rule.0 as usize].1)
    }

    /// The name of a rule, and whether its states mean the same in every arena.
    pub(super) fn rule_name(&self, rule: RuleId) -> (&[u8], bool) {
        let (name, rule) = &self.rules[rule.0 as usize];
        (name, rule.is_lasting())
    }
}
