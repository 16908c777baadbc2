//! The states that the tokens of a state lead to.

use rustc_hash::FxHashMap;

use super::Budget;
use crate::automaton::StateId;
use crate::error::Result;
use crate::index::Inner;
use crate::vocabulary::Trie;

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
        let open = inner.automaton.forget_texts(state)?;
        let mut found = Found::default();
        let mut deferred = Vec::new();
        let all = 0..trie.nodes().len();
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
            let at = &trie.nodes()[node];
            let path = &vocabulary.token(trie.first_token(node))[..at.depth as usize];
            let reached = inner.automaton.run(state, path)?;
            if reached == StateId::DEAD {
                continue;
            }
            found.add(self, reached, trie.tokens_at(node));
            let below = node + 1..at.end as usize;
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
        range: std::ops::Range<usize>,
        start: StateId,
        fuel: &mut Fuel,
        found: &mut Found,
        mut deferred: Option<&mut Vec<usize>>,
    ) -> Result<bool> {
        let nodes = trie.nodes();
        let mut at = range.start;
        let Some(base) = nodes.get(at).map(|node| node.depth as usize - 1) else {
            return Ok(true);
        };
        let mut path = vec![start];
        while at < range.end {
            if fuel.0 == 0 {
                return Ok(false);
            }
            fuel.0 -= 1;
            let node = nodes[at];
            let depth = node.depth as usize - base;
            path.truncate(depth);
            let next = inner.automaton.step(path[depth - 1], node.byte)?;
            if next == StateId::DEAD || next == StateId::DEFERRED {
                if let (StateId::DEFERRED, Some(deferred)) = (next, deferred.as_deref_mut()) {
                    deferred.push(at);
                }
                at = node.end as usize;
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
