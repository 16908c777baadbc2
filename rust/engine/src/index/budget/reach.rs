//! The states that the tokens of a state lead to.

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

impl Budget {
    /// The tokens of `state` by where they lead, stop tokens left out.
    pub(super) fn reach(&mut self, inner: &mut Inner, state: StateId) -> Result<Reached> {
        let vocabulary = inner.vocabulary.clone();
        let trie = vocabulary.trie();
        let open = inner.automaton.without_texts(state)?;
        let mut found = Found::default();
        let mut deferred = Vec::new();
        let all = trie.child_range(ROOT);
        let walked = self.walk(inner, trie, all, open, &mut found, Some(&mut deferred));
        let mut whole = in_time(walked)?.is_some();
        let mut groups = Vec::with_capacity(found.groups.len());
        for (reached, tokens) in std::mem::take(&mut found.groups) {
            let mut true_state = reached;
            if open != state {
                let run = inner.automaton.run(state, vocabulary.token(tokens[0]));
                let Some(state) = in_time(run)? else {
                    whole = false;
                    break;
                };
                true_state = state;
            }
            let differ = true_state != reached && tokens.len() > 1;
            groups.push(Group { tokens, state: true_state, differ });
        }
        for node in deferred {
            whole = whole && in_time(self.follow(inner, trie, node, state, &mut found))?.is_some();
        }
        groups.extend(found.groups.into_iter().map(|(state, tokens)| Group {
            tokens,
            state,
            differ: false,
        }));
        Ok(Reached { groups, whole })
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
