//! Guards: what may not follow a terminal that was read greedily.
//!
//! When such a terminal ends, the texts that would have made it another one become a language of
//! texts that must not be all that follows. It is stepped along with every terminal after it: once
//! every text is in it, the way is barred for good.
//!
//! A configuration is kept only if it can be completed. Where the grammar is clear
//! ([`Barriers::is_clear`](crate::grammar::Barriers::is_clear)) that is a matter of its terminal
//! and guard; elsewhere of its stack too.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::stack::{Frame, Next, StackId};
use super::{Automaton, Config};
use crate::error::Result;
use crate::expr::ExprId;
use crate::grammar::{after_byte, after_terminal, Barriers};

/// What is known of which configurations can be completed.
#[derive(Default)]
pub(super) struct Completable {
    /// None if no terminal of the grammar is read greedily.
    barriers: Option<Box<Barriers>>,
    /// By terminal and guard: whether some text gets past the guard.
    passes: FxHashMap<(ExprId, ExprId), bool>,
    /// By what is left of a terminal, its guard, whether it is greedy, and its stack.
    configs: FxHashMap<(ExprId, ExprId, bool, StackId), bool>,
    stacks: FxHashMap<(StackId, ExprId), bool>,
}

impl Completable {
    pub fn new(barriers: Option<Box<Barriers>>) -> Self {
        Completable { barriers, ..Completable::default() }
    }

    /// Whether every stack can be completed, whatever guard holds above it.
    pub fn any_stack(&self) -> bool {
        self.barriers.as_ref().is_none_or(|barriers| barriers.is_clear())
    }
}

impl Automaton {
    /// The guard after `byte`; none if the way is barred.
    pub(super) fn step_guard(&mut self, guard: ExprId, byte: u8) -> Result<Option<ExprId>> {
        if guard == ExprId::NEVER {
            return Ok(Some(guard));
        }
        let guard = self.grammar.exprs.step(guard, byte)?;
        let guard = self.grammar.exprs.representative(guard)?;
        Ok((guard != ExprId::ALL).then_some(guard))
    }

    /// The guard on what follows a terminal that ends here.
    pub(super) fn guard_after(&mut self, config: &Config) -> Result<ExprId> {
        after_terminal(&mut self.grammar.exprs, config.terminal, config.guard, config.greedy)
    }

    /// Whether some text completes the configuration.
    pub(super) fn can_be_completed(&mut self, config: &Config) -> Result<bool> {
        if !self.completable.any_stack() {
            return self.search_completion(config);
        }
        if config.guard == ExprId::NEVER {
            return Ok(true);
        }
        let key = (config.terminal, config.guard);
        if let Some(&known) = self.completable.passes.get(&key) {
            return Ok(known);
        }
        let passes = self.search_pass(config.terminal, config.guard)?;
        self.completable.passes.insert(key, passes);
        Ok(passes)
    }

    /// Whether `terminal` has a text that does not make the guard bar the way.
    fn search_pass(&mut self, terminal: ExprId, guard: ExprId) -> Result<bool> {
        let exprs = &mut self.grammar.exprs;
        let mut seen = FxHashSet::default();
        let mut waiting = vec![(terminal, guard)];
        while let Some((terminal, guard)) = waiting.pop() {
            for (left, under) in after_byte(exprs, terminal, guard)? {
                if under == ExprId::NEVER {
                    return Ok(true);
                }
                if under == ExprId::ALL || !seen.insert((left, under)) {
                    continue;
                }
                if exprs.is_nullable(left) {
                    return Ok(true);
                }
                waiting.push((left, under));
            }
        }
        Ok(false)
    }

    /// The same where the stack matters: a search for an end of the terminal under whose guard the
    /// stack can be completed, from where the shortest text is still to come.
    fn search_completion(&mut self, config: &Config) -> Result<bool> {
        let Config { terminal, guard, greedy, stack, .. } = *config;
        let key = |(left, under)| (left, under, greedy, stack);
        if let Some(&known) = self.completable.configs.get(&key((terminal, guard))) {
            return Ok(known);
        }
        let start = (terminal, guard);
        // The start is not among them before it is reached again, after something was read.
        let mut parents = FxHashMap::default();
        let mut waiting = BinaryHeap::from([Reverse((0, 0, start))]);
        while let Some(Reverse((_, _, at))) = waiting.pop() {
            for next in after_byte(&mut self.grammar.exprs, at.0, at.1)? {
                let (left, under) = next;
                if under == ExprId::ALL || parents.contains_key(&next) {
                    continue;
                }
                parents.insert(next, at);
                let mut completes =
                    self.completable.configs.get(&key(next)).copied().unwrap_or(false);
                if !completes && self.grammar.exprs.is_nullable(left) {
                    let exprs = &mut self.grammar.exprs;
                    let after = after_terminal(exprs, left, under, greedy)?;
                    completes = after != ExprId::ALL && self.can_follow(stack, after)?;
                }
                if completes {
                    // `next` may have ended here without a way on.
                    let mut on_the_way = at;
                    while on_the_way != start {
                        self.completable.configs.insert(key(on_the_way), true);
                        on_the_way = parents[&on_the_way];
                    }
                    self.completable.configs.insert(key(start), true);
                    return Ok(true);
                }
                let shortest = self.grammar.exprs.facts(left).shortest;
                waiting.push(Reverse((shortest, parents.len(), next)));
            }
        }
        for pair in parents.into_keys().chain([start]) {
            self.completable.configs.insert(key(pair), false);
        }
        Ok(false)
    }

    /// Whether what is on the stack has a text under the guard.
    fn can_follow(&mut self, stack: StackId, guard: ExprId) -> Result<bool> {
        if let Some(&known) = self.completable.stacks.get(&(stack, guard)) {
            return Ok(known);
        }
        let mut follows = false;
        for Frame { next, below } in self.stacks.frames(stack).to_vec() {
            follows = follows
                || match next {
                    Next::End => !self.grammar.exprs.is_nullable(guard),
                    // Stacks are cut where everything can follow.
                    Next::Cut | Next::Hole(_) | Next::Captured(_) => true,
                    Next::Node { node, .. } => {
                        let Some(barriers) = &mut self.completable.barriers else { continue };
                        let exits = barriers.exits(&mut self.grammar, node, guard)?;
                        self.any_can_follow(below, &exits)?
                    }
                };
        }
        self.completable.stacks.insert((stack, guard), follows);
        Ok(follows)
    }

    fn any_can_follow(&mut self, stack: StackId, guards: &[ExprId]) -> Result<bool> {
        for &guard in guards {
            // As deep as the stack, where nothing is known of it yet.
            if stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.can_follow(stack, guard))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether what is below a frame can be completed however the frame's text ends.
    pub(super) fn may_be_cut(&mut self, frame: &Frame) -> Result<bool> {
        let Frame { next: Next::Node { node, .. }, below } = *frame else { return Ok(true) };
        let Some(barriers) = &self.completable.barriers else { return Ok(true) };
        if barriers.is_clear() {
            return Ok(true);
        }
        let Some(left) = barriers.left(node).map(<[ExprId]>::to_vec) else { return Ok(false) };
        for guard in left {
            if !self.can_follow(below, guard)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
