//! The states that the tokens of a state lead to.
//!
//! The vocabulary is walked from the state without the texts of its captures; where the tokens lead
//! with them follows from that. All states within a key share such a walk, so the last few are kept.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{in_time, Budget};
use crate::automaton::StateId;
use crate::error::Result;
use crate::index::Inner;
use crate::vocabulary::trie::{Trie, ROOT};

/// Tokens that lead to one state, or to states that differ only in the text of a capture.
pub(super) struct Group {
    pub tokens: Vec<u32>,
    /// Where the first of the tokens leads.
    pub state: StateId,
    /// The others may lead to states with other texts.
    pub differ: bool,
}

/// How many nodes of the trie are visited between two looks at the clock, which has its own rhythm.
const NODES_AT_ONCE: u32 = 16;

/// Where the tokens of a state lead.
pub(super) struct Reached {
    pub groups: Vec<Group>,
    /// These are all; else there was no time for more.
    pub whole: bool,
}

/// How many walks are kept: up to some four bytes for each token of the vocabulary.
const WALKS_KEPT: usize = 4;

/// A walk of the whole vocabulary from one state.
struct Walk {
    /// The tokens by the state they lead to.
    groups: Vec<(StateId, Vec<u32>)>,
    /// The nodes at which that depends on the text of a capture.
    deferred: Vec<u32>,
}

/// The walks that came to their end, by the state they started from; the one used last is the last.
#[derive(Default)]
pub(super) struct Walks {
    kept: Vec<(StateId, Arc<Walk>)>,
}

impl Walks {
    fn get(&mut self, start: StateId) -> Option<Arc<Walk>> {
        let at = self.kept.iter().position(|(state, _)| *state == start)?;
        self.kept[at..].rotate_left(1);
        self.kept.last().map(|(_, walk)| walk.clone())
    }

    fn keep(&mut self, start: StateId, walk: Arc<Walk>) {
        if self.kept.len() == WALKS_KEPT {
            self.kept.remove(0);
        }
        self.kept.push((start, walk));
    }
}

impl Budget {
    /// The tokens of `state` by where they lead, stop tokens left out.
    pub(super) fn reach(&mut self, inner: &mut Inner, state: StateId) -> Result<Reached> {
        let vocabulary = inner.vocabulary.clone();
        let trie = vocabulary.trie();
        let open = inner.automaton.without_texts(state)?;
        let (walk, mut whole) = self.walk_all(inner, open)?;
        let mut groups = Vec::with_capacity(walk.groups.len());
        for (reached, tokens) in &walk.groups {
            let mut true_state = *reached;
            if open != state {
                let run = inner.automaton.run(state, vocabulary.token(tokens[0]));
                let Some(state) = in_time(run)? else {
                    whole = false;
                    break;
                };
                true_state = state;
            }
            let differ = true_state != *reached && tokens.len() > 1;
            groups.push(Group { tokens: tokens.clone(), state: true_state, differ });
        }
        let mut found = Found::default();
        for &node in &walk.deferred {
            whole = whole && in_time(self.follow(inner, trie, node, state, &mut found))?.is_some();
        }
        groups.extend(found.groups.into_iter().map(|(state, tokens)| Group {
            tokens,
            state,
            differ: false,
        }));
        Ok(Reached { groups, whole })
    }

    /// The walk from a state without captured texts, and whether it came to its end in time.
    fn walk_all(&mut self, inner: &mut Inner, open: StateId) -> Result<(Arc<Walk>, bool)> {
        if let Some(walk) = self.walks.get(open) {
            return Ok((walk, true));
        }
        let vocabulary = inner.vocabulary.clone();
        let trie = vocabulary.trie();
        let mut found = Found::default();
        let mut deferred = Vec::new();
        let all = trie.child_range(ROOT);
        let walked = self.walk(inner, trie, all, open, &mut found, Some(&mut deferred));
        let whole = in_time(walked)?.is_some();
        let walk = Arc::new(Walk { groups: found.groups.into_iter().collect(), deferred });
        if whole {
            self.walks.keep(open, walk.clone());
        }
        Ok((walk, whole))
    }

    /// Collects the tokens at and below a node, which the true state tells about.
    fn follow(
        &self,
        inner: &mut Inner,
        trie: &Trie,
        node: u32,
        state: StateId,
        found: &mut Found,
    ) -> Result<()> {
        let vocabulary = inner.vocabulary.clone();
        let path = &vocabulary.token(trie.first_token(node))[..trie.depth(node)];
        let reached = inner.automaton.run(state, path)?;
        if reached == StateId::DEAD {
            return Ok(());
        }
        found.add(self, reached, trie.tokens_at(node));
        self.walk(inner, trie, trie.child_range(node), reached, found, None)
    }

    /// Collects the tokens of a range of nodes by the state they lead to from `start`, and the
    /// nodes at which that depends on the text of a capture.
    fn walk(
        &self,
        inner: &mut Inner,
        trie: &Trie,
        (first, end): (u32, u32),
        start: StateId,
        found: &mut Found,
        mut deferred: Option<&mut Vec<u32>>,
    ) -> Result<()> {
        if first == end {
            return Ok(());
        }
        let base = trie.depth(first) - 1;
        let mut path = vec![start];
        let mut at = first;
        let mut visited = 0;
        while at < end {
            visited += 1;
            if visited % NODES_AT_ONCE == 0 {
                inner.automaton.exprs().check_deadline()?;
            }
            let (byte, after) = trie.edge(at);
            let depth = trie.depth(at) - base;
            path.truncate(depth);
            let next = inner.automaton.step(path[depth - 1], byte)?;
            if next == StateId::DEAD || next == StateId::DEFERRED {
                if let (StateId::DEFERRED, Some(deferred)) = (next, deferred.as_deref_mut()) {
                    deferred.push(at);
                }
                at = after;
                continue;
            }
            found.add(self, next, trie.tokens_at(at));
            path.push(next);
            at += 1;
        }
        Ok(())
    }
}

/// Tokens by state.
#[derive(Default)]
struct Found {
    groups: FxHashMap<StateId, Vec<u32>>,
}

impl Found {
    fn add(&mut self, budget: &Budget, state: StateId, tokens: &[u32]) {
        let mut usable = tokens.iter().filter(|id| !budget.spelling.is_stop(**id)).peekable();
        if usable.peek().is_some() {
            self.groups.entry(state).or_default().extend(usable);
        }
    }
}
