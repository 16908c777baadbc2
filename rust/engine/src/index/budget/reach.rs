//! The states that the tokens of a state lead to.

use rustc_hash::FxHashMap;

use super::Budget;
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

/// How many nodes of the trie may still be visited.
pub(super) struct Fuel(pub usize);

impl Budget {
    /// The tokens of `state` by where they lead, stop tokens left out; none if the fuel does not
    /// suffice.
    pub(super) fn reach(
        &mut self,
        inner: &mut Inner,
        state: StateId,
        fuel: &mut Fuel,
    ) -> Result<Option<Vec<Group>>> {
        let vocabulary = inner.vocabulary.clone();
        let trie = vocabulary.trie();
        let open = inner.automaton.without_texts(state)?;
        let mut found = Found::default();
        let mut deferred = Vec::new();
        let all = trie.child_range(ROOT);
        if !self.walk(inner, trie, all, open, fuel, &mut found, Some(&mut deferred))? {
            return Ok(None);
        }
        let mut groups = Vec::with_capacity(found.groups.len());
        for (reached, tokens) in std::mem::take(&mut found.groups) {
            let mut true_state = reached;
            if open != state {
                true_state = inner.automaton.run(state, vocabulary.token(tokens[0]))?;
            }
            let differ = true_state != reached && tokens.len() > 1;
            groups.push(Group { tokens, state: true_state, differ });
        }
        for node in deferred {
            let path = &vocabulary.token(trie.first_token(node))[..trie.depth(node)];
            let reached = inner.automaton.run(state, path)?;
            if reached == StateId::DEAD {
                continue;
            }
            found.add(self, reached, trie.tokens_at(node));
            let below = trie.child_range(node);
            if !self.walk(inner, trie, below, reached, fuel, &mut found, None)? {
                return Ok(None);
            }
        }
        groups.extend(found.groups.into_iter().map(|(state, tokens)| Group {
            tokens,
            state,
            differ: false,
        }));
        Ok(Some(groups))
    }

    /// Collects the tokens of a range of nodes by the state they lead to from `start`, and the
    /// nodes at which that depends on the text of a capture. False if the fuel ran out.
    #[allow(clippy::too_many_arguments)]
    fn walk(
        &self,
        inner: &mut Inner,
        trie: &Trie,
        (first, end): (u32, u32),
        start: StateId,
        fuel: &mut Fuel,
        found: &mut Found,
        mut deferred: Option<&mut Vec<u32>>,
    ) -> Result<bool> {
        if first == end {
            return Ok(true);
        }
        let base = trie.depth(first) - 1;
        let mut path = vec![start];
        let mut at = first;
        while at < end {
            if fuel.0 == 0 {
                return Ok(false);
            }
            fuel.0 -= 1;
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
        Ok(true)
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
