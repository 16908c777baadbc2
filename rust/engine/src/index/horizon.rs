//! What a horizon (see [`crate::automaton`]) allows below a node of the vocabulary's trie: tokens,
//! and the places at which the answer is for the state itself to give.
//!
//! Horizons hold for every index on a vocabulary, so they are kept with it: the inside of a string
//! is walked once per vocabulary, not once per schema.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::mask::Mask;
use super::walk::Visitor;
use super::Inner;
use crate::automaton::StateId;
use crate::error::Result;
use crate::expr::Fingerprint;
use crate::vocabulary::trie::ROOT;
use crate::vocabulary::{trie, Trie, Vocabulary};

/// From this many places on that lead to one state, what is below them is joined.
const JOINED_FROM: usize = 4;
/// How many bytes the horizons kept with a vocabulary may take. Past it they are made anew.
const KEPT_BYTES: usize = 24 << 20;

/// Which trie of a vocabulary was walked.
#[derive(Clone, Copy)]
pub(super) enum Source {
    All,
    /// What is left of a slice whose tokens up to a length are taken as a whole.
    Slice(usize, u32),
}

impl Source {
    pub fn trie(self, vocabulary: &Vocabulary) -> &Trie {
        match self {
            Source::All => vocabulary.trie(),
            Source::Slice(slice, _) => &vocabulary.slices()[slice].rest,
        }
    }
}

/// A place in a trie that a walk of a horizon could not enter.
struct Deferred {
    node: u32,
    /// The state of the horizon before it, and whether all paths there lead to one state.
    before: StateId,
    alike: bool,
}

/// Collects what a horizon allows.
#[derive(Default)]
pub(super) struct HorizonVisitor {
    tokens: Vec<u32>,
    deferred: Vec<Deferred>,
}

impl Visitor for HorizonVisitor {
    const ASKS_HORIZONS: bool = false;

    fn reach(&mut self, _: &mut Inner, _: StateId, tokens: &[u32]) -> Result<()> {
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    fn stay(&mut self, _: &mut Inner, _: StateId, tokens: &[u32]) -> Result<()> {
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    fn within(&mut self, _: &mut Inner, _: StateId, _: &Horizon) -> Result<()> {
        Ok(())
    }

    fn defer(&mut self, inner: &mut Inner, trie: &Trie, node: u32, before: StateId) -> Result<()> {
        let alike = inner.automaton.forgets(before, trie.edge(node).0)?;
        self.deferred.push(Deferred { node, before, alike });
        Ok(())
    }

    fn mark(&self) -> (usize, usize) {
        (0, 0)
    }

    fn take_back(&mut self, _: (usize, usize), _: &FxHashSet<u32>) {}
}

impl HorizonVisitor {
    /// The horizon below a node.
    pub fn finish(self, inner: &mut Inner, source: Source, node: u32) -> Horizon {
        let vocabulary = inner.vocabulary.clone();
        let exits = exits(&vocabulary, source.trie(&vocabulary), &self.deferred);
        let tokens = match node {
            ROOT => {
                let mask = inner.mask_of(source, self.tokens);
                Tokens::Mask(inner.masks.intern(mask))
            }
            _ => Tokens::List(self.tokens.into()),
        };
        Horizon { source, tokens, exits }
    }
}

impl Inner {
    /// What to walk below a node for a state: of the slices the first that the state takes as a
    /// whole, or up to a length.
    pub(super) fn source(&mut self, state: StateId, node: u32) -> Result<Source> {
        let vocabulary = self.vocabulary.clone();
        for (number, slice) in vocabulary.slices().iter().enumerate() {
            if node != ROOT {
                break;
            }
            if let Some(length) = self.automaton.takes(state, number, slice)? {
                return Ok(Source::Slice(number, length));
            }
        }
        Ok(Source::All)
    }
}

/// What a horizon allows below a node.
pub(super) struct Horizon {
    pub source: Source,
    pub tokens: Tokens,
    pub exits: Box<[Exit]>,
}

/// The tokens that a horizon allows, whatever follows.
pub(super) enum Tokens {
    /// Below the root.
    Mask(Arc<Mask>),
    /// Below another node.
    List(Box<[u32]>),
}

/// Places at which a state that has the horizon comes to one and the same state.
pub(super) struct Exit {
    /// For each place a token that passes through it, and how many of its bytes lead there from
    /// where the horizon was asked about.
    paths: Box<[(u32, u32)]>,
    pub below: Below,
}

/// What lies below the places of an exit.
pub(super) enum Below {
    /// One place: a node of the source's trie.
    Node(u32),
    /// Several: the tokens that end there, and the others by the bytes that are left of them.
    Joined { nodes: Box<[u32]>, ends: Box<[u32]>, rest: Box<Trie> },
}

impl Horizon {
    pub fn memory(&self) -> usize {
        let exits = self.exits.iter().map(|exit| {
            let below = match &exit.below {
                Below::Node(_) => 0,
                Below::Joined { nodes, ends, rest } => {
                    (nodes.len() + ends.len()) * 4 + rest.memory()
                }
            };
            size_of::<Exit>() + exit.paths.len() * 8 + below
        });
        let tokens = match &self.tokens {
            Tokens::Mask(mask) => mask.memory(),
            Tokens::List(tokens) => tokens.len() * 4,
        };
        size_of::<Horizon>() + tokens + exits.sum::<usize>()
    }
}

impl Exit {
    /// For each place the bytes from where the horizon was asked about, `depth` bytes into a token.
    pub fn paths<'a>(
        &'a self,
        vocabulary: &'a Vocabulary,
        depth: usize,
    ) -> impl Iterator<Item = &'a [u8]> {
        let path = move |&(token, end): &(u32, u32)| &vocabulary.token(token)[depth..end as usize];
        self.paths.iter().map(path)
    }

    /// The node of a place, by its number.
    pub fn node(&self, place: usize) -> u32 {
        match &self.below {
            Below::Node(node) => *node,
            Below::Joined { nodes, .. } => nodes[place],
        }
    }
}

/// Sorts the places by the state they lead to.
fn exits(vocabulary: &Vocabulary, source: &Trie, deferred: &[Deferred]) -> Box<[Exit]> {
    let mut alike: FxHashMap<(StateId, u8), Vec<u32>> = FxHashMap::default();
    let mut exits = Vec::new();
    for place in deferred {
        if place.alike {
            alike.entry((place.before, source.edge(place.node).0)).or_default().push(place.node);
        } else {
            exits.push(single(source, place.node));
        }
    }
    for nodes in alike.into_values() {
        if nodes.len() < JOINED_FROM {
            exits.extend(nodes.iter().map(|&node| single(source, node)));
        } else {
            let paths = paths(source, &nodes);
            exits.push(Exit { paths, below: join(vocabulary, source, nodes) });
        }
    }
    exits.into()
}

fn single(source: &Trie, node: u32) -> Exit {
    Exit { paths: paths(source, &[node]), below: Below::Node(node) }
}

fn paths(source: &Trie, nodes: &[u32]) -> Box<[(u32, u32)]> {
    nodes.iter().map(|&node| (source.first_token(node), source.depth(node) as u32)).collect()
}

fn join(vocabulary: &Vocabulary, source: &Trie, nodes: Vec<u32>) -> Below {
    let mut ends = Vec::new();
    let mut rest = Vec::new();
    let mut skip: FxHashMap<u32, usize> = FxHashMap::default();
    for &node in &nodes {
        ends.extend_from_slice(source.tokens_at(node));
        for &token in source.tokens_within(source.child_range(node)) {
            rest.push(token);
            skip.insert(token, source.depth(node));
        }
    }
    let text = |id: u32| &vocabulary.token(id)[skip.get(&id).copied().unwrap_or(0)..];
    trie::sort(&mut rest, text);
    let rest = Box::new(Trie::new(&rest, text));
    Below::Joined { nodes: nodes.into(), ends: ends.into(), rest }
}

/// The horizons kept with a vocabulary, by what they are in any index and the node they are for.
#[derive(Default)]
pub(super) struct Kept {
    inner: Mutex<KeptHorizons>,
}

#[derive(Default)]
struct KeptHorizons {
    by_key: FxHashMap<(Fingerprint, u32), Arc<Horizon>>,
    bytes: usize,
}

impl Kept {
    pub fn get(&self, key: (Fingerprint, u32)) -> Option<Arc<Horizon>> {
        let kept = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_key.get(&key).cloned()
    }

    pub fn insert(&self, key: (Fingerprint, u32), horizon: &Arc<Horizon>) {
        let bytes = horizon.memory() + 64;
        let mut kept = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + bytes > KEPT_BYTES {
            *kept = KeptHorizons::default();
        }
        if kept.by_key.insert(key, horizon.clone()).is_none() {
            kept.bytes += bytes;
        }
    }
}
