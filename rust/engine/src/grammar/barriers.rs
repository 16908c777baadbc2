//! Where terminals that are read greedily bar the way.
//!
//! After such a terminal a *guard* holds (see [`crate::automaton`]): a language that what follows, up
//! to the end, must not be in. A node entered under a guard is left under one of some guards, its
//! *exits*, or not at all if every text of it is barred: `A "a"` has no text where `A` is `/a+/`,
//! since `A` takes every `a` there is. What is entered must have a way out, or else the text comes to
//! a dead end.
//!
//! The exits of a node under a guard are the least solution of equations over (node, guard) pairs,
//! found by tabling: a pair is expanded once, when it is first asked for, and remembers who asked, to
//! hand on exits that are found later. Guards are built of derivatives of the terminals, so there are
//! finitely many.
//!
//! In most grammars whatever may come next has a way out under every guard that may hold there. Then
//! no text comes to a dead end as long as each terminal gets past its guard: [`Barriers::is_clear`].

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{guards, Grammar, Node, NodeId};
use crate::error::{Error, Result};
use crate::expr::{ExprId, Exprs, Transition, UNBOUNDED};

/// How much the search may do.
const MOST_STEPS: usize = 2_000_000;

/// The number of a (node, guard) pair.
type Pair = u32;

/// What has still to be done for a pair.
enum Work {
    Expand(Pair),
    /// The first part of its text has ended under the guard; the node comes next.
    Continue(Pair, NodeId, ExprId),
}

/// The exits found so far.
#[derive(Default)]
pub(crate) struct Barriers {
    ids: FxHashMap<(NodeId, ExprId), Pair>,
    pairs: Vec<(NodeId, ExprId)>,
    exits: Vec<Vec<ExprId>>,
    /// By pair: who asked, and what comes after it there.
    callers: Vec<Vec<(Pair, NodeId)>>,
    waiting: Vec<Work>,
    found: FxHashSet<(Pair, ExprId)>,
    calls: FxHashSet<(Pair, Pair, NodeId)>,
    /// What came next somewhere, and under which guard.
    met: FxHashSet<(NodeId, ExprId)>,
    /// The guards under which a node is left, whatever it is entered under.
    left: FxHashMap<NodeId, Vec<ExprId>>,
    terminals: FxHashMap<(ExprId, ExprId, bool), Arc<[ExprId]>>,
    steps: usize,
    clear: bool,
}

impl Grammar {
    /// Finds where greedy terminals bar the way, for a grammar that [`Grammar::finish`] has made
    /// fit. Whether there is a sentence at all.
    ///
    /// # Errors
    /// As for [`Exprs::row`]; [`Error::Limit`] if there are too many guards.
    pub fn find_barriers(&mut self) -> Result<bool> {
        // Those of another front end's part stay.
        let known = self.barriers.take();
        let mut clear = known.as_ref().is_none_or(|barriers| barriers.clear);
        let mut barriers = known.unwrap_or_default();
        if guards::is_surely_clear(self, &mut barriers)? {
            barriers.clear = clear;
            self.barriers = Some(barriers);
            return Ok(true);
        }
        let exits = barriers.exits(self, self.root, ExprId::NEVER)?;
        let mut may_end = exits.iter().map(|&guard| !self.exprs.is_nullable(guard));
        let has_sentence = may_end.clone().any(|ends| ends);
        clear = clear && may_end.all(|ends| ends);
        for &(node, guard) in &barriers.met {
            clear = clear && (self.is_nullable(node) || barriers.is_entered(node, guard));
        }
        barriers.clear = clear;
        self.barriers = Some(barriers);
        Ok(has_sentence)
    }
}

impl Barriers {
    /// Whether everything that may come next has a way out, so that only terminals have to be
    /// tried.
    pub fn is_clear(&self) -> bool {
        self.clear
    }

    /// All guards under which `node` is left when entered under `guard`.
    pub fn exits(
        &mut self,
        grammar: &mut Grammar,
        node: NodeId,
        guard: ExprId,
    ) -> Result<Vec<ExprId>> {
        let pair = self.pair(grammar, node, guard);
        while let Some(work) = self.waiting.pop() {
            grammar.exprs.check_deadline()?;
            self.steps += 1;
            if self.steps > MOST_STEPS {
                let message = "terminals bar each other in too many ways";
                return Err(Error::limit(message));
            }
            match work {
                Work::Expand(pair) => self.expand(grammar, pair)?,
                Work::Continue(pair, rest, guard) => {
                    if rest == NodeId::EMPTY {
                        self.exit(pair, guard);
                        continue;
                    }
                    self.met.insert((rest, guard));
                    if grammar.is_nullable(rest) {
                        self.exit(pair, guard);
                    }
                    self.call(grammar, pair, rest, guard, NodeId::EMPTY);
                }
            }
        }
        let mut exits = self.exits[pair as usize].clone();
        if grammar.is_nullable(node) {
            exits.push(guard);
        }
        Ok(exits)
    }

    /// The guards under which a node is left anywhere; none if that is not known.
    pub fn left(&self, node: NodeId) -> Option<&[ExprId]> {
        self.left.get(&node).map(Vec::as_slice)
    }

    fn is_entered(&self, node: NodeId, guard: ExprId) -> bool {
        self.ids.get(&(node, guard)).is_some_and(|&pair| !self.exits[pair as usize].is_empty())
    }

    fn pair(&mut self, grammar: &mut Grammar, node: NodeId, guard: ExprId) -> Pair {
        if let Some(&known) = self.ids.get(&(node, guard)) {
            return known;
        }
        let pair = self.pairs.len() as Pair;
        self.ids.insert((node, guard), pair);
        self.pairs.push((node, guard));
        self.exits.push(Vec::new());
        self.callers.push(Vec::new());
        self.waiting.push(Work::Expand(pair));
        if grammar.is_nullable(node) {
            self.leave(node, guard);
        }
        pair
    }

    /// A text of `node` that is not empty comes next, then `rest`.
    fn call(
        &mut self,
        grammar: &mut Grammar,
        caller: Pair,
        node: NodeId,
        guard: ExprId,
        rest: NodeId,
    ) {
        let pair = self.pair(grammar, node, guard);
        if !self.calls.insert((caller, pair, rest)) {
            return;
        }
        self.callers[pair as usize].push((caller, rest));
        for &guard in &self.exits[pair as usize] {
            self.waiting.push(Work::Continue(caller, rest, guard));
        }
    }

    fn exit(&mut self, pair: Pair, guard: ExprId) {
        if !self.found.insert((pair, guard)) {
            return;
        }
        self.exits[pair as usize].push(guard);
        self.leave(self.pairs[pair as usize].0, guard);
        for &(caller, rest) in &self.callers[pair as usize] {
            self.waiting.push(Work::Continue(caller, rest, guard));
        }
    }

    fn leave(&mut self, node: NodeId, guard: ExprId) {
        let left = self.left.entry(node).or_default();
        if !left.contains(&guard) {
            left.push(guard);
        }
    }

    fn expand(&mut self, grammar: &mut Grammar, pair: Pair) -> Result<()> {
        let (node, guard) = self.pairs[pair as usize];
        match grammar.node(node).clone() {
            Node::Empty | Node::Never => {}
            Node::Terminal(terminal) => self.terminal(grammar, pair, terminal, false)?,
            Node::Greedy(terminal) => self.terminal(grammar, pair, terminal, true)?,
            Node::Rule(rule) => {
                self.call(grammar, pair, grammar.body(rule), guard, NodeId::EMPTY);
            }
            Node::NonEmpty(body) => self.call(grammar, pair, body, guard, NodeId::EMPTY),
            Node::Alt(items) => {
                for &item in items.iter() {
                    self.call(grammar, pair, item, guard, NodeId::EMPTY);
                }
            }
            Node::Seq(items) => {
                let rest = grammar.seq(items[1..].iter().copied());
                if grammar.is_nullable(items[0]) {
                    self.call(grammar, pair, rest, guard, NodeId::EMPTY);
                }
                self.call(grammar, pair, items[0], guard, rest);
            }
            Node::Repeat { body, min, max } => {
                let more = if max == UNBOUNDED { UNBOUNDED } else { max - 1 };
                let again = grammar.repeat(body, min.saturating_sub(1), more);
                self.call(grammar, pair, body, guard, again);
            }
            // These go with terminals that are not read greedily, after which no guard holds.
            Node::Capture { .. } | Node::WithText(_) | Node::Dynamic(_) => self.exit(pair, guard),
        }
        Ok(())
    }

    fn terminal(
        &mut self,
        grammar: &mut Grammar,
        pair: Pair,
        terminal: ExprId,
        greedy: bool,
    ) -> Result<()> {
        let guard = self.pairs[pair as usize].1;
        let exits = self.ends(&mut grammar.exprs, terminal, guard, greedy)?;
        exits.iter().for_each(|&guard| self.exit(pair, guard));
        Ok(())
    }

    /// The guards after the texts of a terminal that starts under `guard`.
    ///
    /// # Errors
    /// As for [`Exprs::row`].
    pub(super) fn ends(
        &mut self,
        exprs: &mut Exprs,
        terminal: ExprId,
        guard: ExprId,
        greedy: bool,
    ) -> Result<Arc<[ExprId]>> {
        if guard == ExprId::NEVER && !greedy {
            return Ok([ExprId::NEVER].into());
        }
        if let Some(known) = self.terminals.get(&(terminal, guard, greedy)) {
            return Ok(known.clone());
        }
        let mut ends = FxHashSet::default();
        // The start is not among them before it is reached again, after something was read.
        let mut seen = FxHashSet::default();
        let mut waiting = vec![(terminal, guard)];
        while let Some((left, under)) = waiting.pop() {
            for (left, under) in after_byte(exprs, left, under)? {
                self.steps += 1;
                if under == ExprId::ALL || !seen.insert((left, under)) {
                    continue;
                }
                if exprs.is_nullable(left) {
                    ends.insert(after_terminal(exprs, left, under, greedy)?);
                }
                if under != ExprId::NEVER || guard == ExprId::NEVER {
                    waiting.push((left, under));
                } else if left != ExprId::EMPTY {
                    // Once the guard is off, it does not matter what it was.
                    ends.extend(self.ends(exprs, left, under, greedy)?.iter());
                }
            }
        }
        ends.remove(&ExprId::ALL);
        let ends: Arc<[ExprId]> = ends.into_iter().collect();
        self.terminals.insert((terminal, guard, greedy), ends.clone());
        Ok(ends)
    }
}

/// The guard after a terminal of which `left` is left and may be empty.
///
/// # Errors
/// As for [`Exprs::row`].
pub(crate) fn after_terminal(
    exprs: &mut Exprs,
    left: ExprId,
    guard: ExprId,
    greedy: bool,
) -> Result<ExprId> {
    if !greedy || left == ExprId::EMPTY {
        return Ok(guard);
    }
    let overtaken = exprs.overtaken(left)?;
    let guard = exprs.or(vec![guard, overtaken]);
    exprs.representative(guard)
}

/// What is left of a terminal, and the guard, after each byte that may come next.
///
/// # Errors
/// As for [`Exprs::row`].
pub(crate) fn after_byte(
    exprs: &mut Exprs,
    terminal: ExprId,
    guard: ExprId,
) -> Result<Vec<(ExprId, ExprId)>> {
    let arms = exprs.row(terminal)?;
    if guard == ExprId::NEVER {
        return Ok(arms.iter().map(|arm| (arm.target, guard)).collect());
    }
    let arms = arms.to_vec();
    let mut guards: Vec<Transition> = exprs.row(guard)?.to_vec();
    for limit in &mut guards {
        limit.target = exprs.representative(limit.target)?;
    }
    let mut reached = Vec::with_capacity(arms.len());
    for arm in arms {
        // Bytes that the guard does not look at take it off.
        let mut next = arm.low as u16;
        for limit in guards.iter().filter(|limit| limit.low <= arm.high && limit.high >= arm.low) {
            if (limit.low as u16) > next {
                reached.push((arm.target, ExprId::NEVER));
            }
            reached.push((arm.target, limit.target));
            next = limit.high as u16 + 1;
        }
        if next <= arm.high as u16 {
            reached.push((arm.target, ExprId::NEVER));
        }
    }
    Ok(reached)
}
