//! What a horizon (see [`crate::automaton`]) allows below a node of the vocabulary's trie: tokens,
//! and the places at which the answer is for the state itself to give.
//!
//! Horizons hold for every index on a vocabulary, so they are kept with it: the inside of a string
//! is walked once per vocabulary, not once per schema.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::mask::Mask;
use super::walk::Visitor;
use super::Inner;
use crate::automaton::{AfterEnded, StateId};
use crate::error::Result;
use crate::expr::{Fingerprint, Length};
use crate::memory;
use crate::pages::Pages;
use crate::ranges::merged;
use crate::vocabulary::classes::{of_first_byte, ClassSet};
use crate::vocabulary::trie::ROOT;
use crate::vocabulary::{Trie, Vocabulary};

/// From this many places on that lead to one state, what is below them is joined.
const JOINED_FROM: usize = 4;
/// Places with more tokens than this below them are walked on their own: they would make a large
/// part of what is joined, for little.
const APART_FROM: usize = 1024;
/// How many bytes a token takes where it is joined with others, about.
const JOINED_TOKEN: usize = 48;
/// From this many tokens on, those of a horizon are kept as a mask.
const MANY_TOKENS: usize = 2048;
/// For how many ranges of nodes there is room before any is found.
const FOUND_AT_FIRST: usize = 1 << 10;
/// How many bytes the horizons kept with a vocabulary may take. Past it they are made anew.
const KEPT_BYTES: usize = 24 << 20;

/// Which trie of a vocabulary was walked.
#[derive(Clone, Copy)]
pub(super) enum Source {
    All,
    /// What is left of a slice whose tokens, up to a length if there is one, are taken as a whole.
    Slice(usize, Option<u32>),
    /// The same of a slice of which each state that has the horizon takes another length.
    OpenSlice(usize),
}

impl Source {
    pub fn trie(self, vocabulary: &Vocabulary) -> &Trie {
        match self {
            Source::All => vocabulary.trie(),
            Source::Slice(slice, _) | Source::OpenSlice(slice) => &vocabulary.slices()[slice].rest,
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

/// A place in a trie at which terminals have ended.
struct Ended {
    node: u32,
    /// Whether other terminals go on there.
    goes_on: bool,
}

/// The places at which the same terminals have ended.
struct Group {
    ended: StateId,
    after: AfterEnded,
    /// The classes of the characters that may come next.
    open: ClassSet,
    places: Vec<Ended>,
}

/// Collects what a horizon allows.
pub(super) struct HorizonVisitor {
    /// Whether exceptions were left out of the horizon's start: then those are all there are.
    loose: bool,
    /// Where the tokens are that are allowed, as ranges of nodes.
    found: Vec<(u32, u32)>,
    deferred: Vec<Deferred>,
    /// By the terminals that have ended; see [`crate::automaton`].
    ended: Vec<Group>,
    /// By states.
    met: Pages<Met>,
}

/// What matters of a state that a walk comes to.
#[derive(Clone, Copy)]
struct Met {
    /// Whether terminals go on.
    goes_on: bool,
    /// Which of the groups of terminals have ended there.
    ended: Option<u32>,
}

impl Visitor for HorizonVisitor {
    const ASKS_HORIZONS: bool = false;

    fn reach(&mut self, _: &mut Inner, _: StateId, _: &[u32]) -> Result<()> {
        Ok(())
    }

    fn stay(&mut self, _: &mut Inner, _: StateId, _: &Trie, nodes: (u32, u32)) -> Result<()> {
        self.find(nodes);
        Ok(())
    }

    fn end(&mut self, inner: &mut Inner, trie: &Trie, node: u32, state: StateId) -> Result<()> {
        let Met { goes_on, ended: Some(group) } = self.met(inner, state)? else { return Ok(()) };
        let group = &mut self.ended[group as usize];
        if !goes_on || trie.below(node).0 & group.open != 0 {
            group.places.push(Ended { node, goes_on });
        }
        Ok(())
    }

    #[inline]
    fn come(&mut self, inner: &mut Inner, trie: &Trie, node: u32, state: StateId) -> Result<()> {
        let met = self.met(inner, state)?;
        if met.goes_on {
            self.find((node, node + 1));
        }
        if met.ended.is_some() {
            self.end(inner, trie, node, state)?;
        }
        Ok(())
    }

    fn within(&mut self, _: &mut Inner, _: StateId, _: &Horizon) -> Result<()> {
        Ok(())
    }

    fn defer(&mut self, inner: &mut Inner, trie: &Trie, node: u32, before: StateId) -> Result<()> {
        // Exceptions that come up only on the way are not known by those of a state itself.
        let known = self.loose || !inner.automaton.is_loose(before);
        let alike = known && inner.automaton.forgets(before, trie.edge(node).0)?;
        self.deferred.push(Deferred { node, before, alike });
        Ok(())
    }

    fn mark(&self) -> (usize, usize) {
        (0, 0)
    }

    fn take_back(&mut self, _: (usize, usize), _: &FxHashSet<u32>) {}
}

impl HorizonVisitor {
    pub fn new(loose: bool) -> Self {
        HorizonVisitor {
            loose,
            found: Vec::with_capacity(FOUND_AT_FIRST),
            deferred: Vec::new(),
            ended: Vec::new(),
            met: Pages::default(),
        }
    }

    /// The tokens that end in a range of nodes are allowed.
    #[inline]
    fn find(&mut self, nodes: (u32, u32)) {
        match self.found.last_mut() {
            Some(last) if last.1 == nodes.0 => last.1 = nodes.1,
            _ => self.found.push(nodes),
        }
    }

    #[inline]
    fn met(&mut self, inner: &mut Inner, state: StateId) -> Result<Met> {
        match self.met.get(state.index()) {
            Some(met) => Ok(*met),
            None => self.meet(inner, state),
        }
    }

    fn meet(&mut self, inner: &mut Inner, state: StateId) -> Result<Met> {
        let ended = match inner.automaton.ended(state)? {
            Some(ended) => Some(self.group(inner, ended)?),
            None => None,
        };
        let met = Met { goes_on: inner.automaton.goes_on(state), ended };
        self.met.set(state.index(), met);
        Ok(met)
    }

    /// The group of the terminals that have ended.
    fn group(&mut self, inner: &mut Inner, ended: StateId) -> Result<u32> {
        if let Some(known) = self.ended.iter().position(|group| group.ended == ended) {
            return Ok(known as u32);
        }
        let after = inner.automaton.after_ended(ended)?;
        let open = after.open.iter().fold(0, |all, &byte| all | of_first_byte(byte));
        self.ended.push(Group { ended, after, open, places: Vec::new() });
        Ok(self.ended.len() as u32 - 1)
    }

    /// The horizon below a node.
    pub fn finish(self, inner: &mut Inner, source: Source, node: u32) -> Result<Horizon> {
        let vocabulary = inner.vocabulary.clone();
        let trie = source.trie(&vocabulary);
        let mut exits = exits(trie, &self.deferred);
        for Group { after, places, .. } in self.ended {
            ends(trie, &places, &after, &mut exits);
        }
        let found = merged(self.found, 0);
        let tokens = found.iter().map(|&nodes| trie.tokens_within(nodes));
        let tokens =
            match node == ROOT || tokens.clone().map(<[u32]>::len).sum::<usize>() >= MANY_TOKENS {
                true => {
                    let mask = inner.mask_of_found(source, node, &found);
                    Tokens::Mask(inner.masks.intern(mask))
                }
                false => Tokens::List(tokens.flatten().copied().collect()),
            };
        Ok(Horizon::new(source, tokens, exits.into()))
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
                return Ok(match length {
                    Length::Any => Source::Slice(number, None),
                    Length::UpTo(length) => Source::Slice(number, Some(length)),
                    Length::Open => Source::OpenSlice(number),
                });
            }
        }
        Ok(Source::All)
    }

    /// The tokens of a slice that a state with an [open](Source::OpenSlice) horizon takes; none if
    /// that is not known at once.
    pub(super) fn open_slice(
        &mut self,
        state: StateId,
        number: usize,
    ) -> Result<Option<Arc<Mask>>> {
        let vocabulary = self.vocabulary.clone();
        let slice = &vocabulary.slices()[number];
        let Some(Length::UpTo(length)) = self.automaton.takes(state, number, slice)? else {
            return Ok(None);
        };
        let mask = self.kept.slice(number, length, || {
            slice.write(Some(length), &mut self.scratch);
            Mask::from_words(&self.scratch)
        });
        Ok(Some(mask))
    }

    /// A horizon is held here alone, and so is what it will be.
    pub(super) fn own(&mut self, horizon: &Horizon) {
        self.lent -= horizon.joined;
    }

    /// A horizon is held that is kept with the vocabulary as well, and has been `made` for it by
    /// this call or taken from there. It counts as that one's, unless the index holds more of them
    /// than can be kept there: then it may be the only one to hold them.
    pub(super) fn share(&mut self, horizon: &Horizon, made: bool) {
        self.shared += horizon.bytes;
        match (made, self.shared <= KEPT_BYTES) {
            (true, true) => self.lent += horizon.counted,
            (true, false) => self.lent -= horizon.joined,
            (false, false) => self.lent -= horizon.counted + horizon.joined,
            (false, true) => {}
        }
    }
}

/// What a horizon allows below a node.
pub(super) struct Horizon {
    pub source: Source,
    pub tokens: Tokens,
    pub exits: Box<[Exit]>,
    /// How much memory it takes.
    bytes: usize,
    /// How much of it is counted as it is made; and how much more it takes, at most, once all that
    /// is below its exits is joined.
    counted: isize,
    joined: isize,
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
    /// The nodes of the source's trie; sorted, where the step to them takes what was left out.
    pub nodes: Box<[u32]>,
    pub kind: ExitKind,
    pub below: Below,
}

/// Why a horizon has an exit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ExitKind {
    /// The step to it takes what the horizon leaves out.
    Deferred,
    /// Terminals have ended there, and what follows them is not known; what goes on is.
    Ended {
        /// Whether counts that the horizon leaves open may have a say in what follows.
        by_counts: bool,
    },
}

/// What lies below the places of an exit.
pub(super) enum Below {
    /// What the source's trie has there.
    Apart,
    /// The tokens that end there, and the others by the byte they go on with.
    Joined { ends: Box<[u32]>, rest: Box<[Branch]> },
}

/// What goes on with one and the same byte below several places.
pub(super) struct Branch {
    pub byte: u8,
    /// The children of the places by that byte.
    children: Box<[u32]>,
    /// How many tokens there are at and below them.
    tokens: usize,
    /// These by the bytes that are left of them; for the first state that goes on with the byte.
    joined: OnceLock<Box<Trie>>,
}

impl Branch {
    /// What is left of the tokens after the places.
    pub fn trie(&self, source: &Trie) -> &Trie {
        let join = || Box::new(Trie::joined(source, &self.children));
        // It is the horizon's, whoever needs it first.
        self.joined.get_or_init(|| memory::uncounted(join))
    }
}

/// What goes on below several places, by bytes.
struct Branches {
    children: Vec<Vec<u32>>,
}

impl Branches {
    fn new() -> Self {
        Branches { children: vec![Vec::new(); 256] }
    }

    fn add(&mut self, source: &Trie, child: u32) {
        self.children[source.edge(child).0 as usize].push(child);
    }

    fn finish(self, source: &Trie) -> Box<[Branch]> {
        let branches = (0..=255).zip(self.children).filter(|(_, children)| !children.is_empty());
        let branches = branches.map(|(byte, children)| {
            let range = |&child: &u32| (child, source.edge(child).1);
            let tokens =
                children.iter().map(|child| source.tokens_within(range(child)).len()).sum();
            Branch { byte, children: children.into(), tokens, joined: OnceLock::new() }
        });
        branches.collect()
    }
}

impl Horizon {
    fn new(source: Source, tokens: Tokens, exits: Box<[Exit]>) -> Self {
        let of_tokens = match &tokens {
            Tokens::Mask(mask) => mask.memory(),
            Tokens::List(tokens) => size_of_val(&**tokens),
        };
        let mut blocks = vec![size_of::<Horizon>(), of_tokens, size_of_val(&*exits)];
        let mut joined = 0;
        for exit in &exits {
            blocks.push(size_of_val(&*exit.nodes));
            if let Below::Joined { ends, rest } = &exit.below {
                blocks.extend([size_of_val(&**ends), size_of_val(&**rest)]);
                for branch in rest {
                    blocks.push(size_of_val(&*branch.children));
                    joined += branch.tokens * JOINED_TOKEN;
                }
            }
        }
        let bytes = blocks.iter().sum::<usize>() + joined;
        let counted = blocks.into_iter().map(memory::counted).sum();
        Horizon { source, tokens, exits, bytes, counted, joined: joined as isize }
    }
}

/// The bytes that lead to a node from where `depth` bytes of its tokens have been read.
pub(super) fn path<'a>(
    vocabulary: &'a Vocabulary,
    source: &Trie,
    node: u32,
    depth: usize,
) -> &'a [u8] {
    &vocabulary.token(source.first_token(node))[depth..source.depth(node)]
}

/// Sorts the places by the state they lead to.
fn exits(source: &Trie, deferred: &[Deferred]) -> Vec<Exit> {
    let kind = ExitKind::Deferred;
    let apart = |nodes: Vec<u32>| Exit { nodes: nodes.into(), kind, below: Below::Apart };
    let mut alike: FxHashMap<(StateId, u8), Vec<u32>> = FxHashMap::default();
    let mut exits = Vec::new();
    for place in deferred {
        if place.alike {
            alike.entry((place.before, source.edge(place.node).0)).or_default().push(place.node);
        } else {
            exits.push(apart(vec![place.node]));
        }
    }
    for mut nodes in alike.into_values() {
        nodes.sort_unstable();
        if nodes.len() < JOINED_FROM {
            exits.push(apart(nodes));
            continue;
        }
        let (mut ends, mut rest) = (Vec::new(), Branches::new());
        for &node in &nodes {
            ends.extend_from_slice(source.tokens_at(node));
            source.children_by(node, &[true; 256]).for_each(|child| rest.add(source, child));
        }
        let below = Below::Joined { ends: ends.into(), rest: rest.finish(source) };
        exits.push(Exit { nodes: nodes.into(), kind, below });
    }
    exits
}

/// The exits at places where the same terminals have ended.
fn ends(source: &Trie, places: &[Ended], after: &AfterEnded, exits: &mut Vec<Exit>) {
    let kind = ExitKind::Ended { by_counts: after.by_counts };
    let open = set_of(&after.open);
    let (mut apart, mut joined) = (Vec::new(), Vec::new());
    let (mut ends, mut rest) = (Vec::new(), Branches::new());
    for &Ended { node, goes_on } in places {
        let tokens = |range| source.tokens_within(range).len();
        if tokens(source.child_range(node)) > APART_FROM {
            let below = source.children_by(node, &open).map(|child| (child, source.edge(child).1));
            if below.map(tokens).sum::<usize>() > APART_FROM {
                apart.push(node);
                continue;
            }
        }
        if !goes_on {
            ends.extend_from_slice(source.tokens_at(node));
        }
        source.children_by(node, &open).for_each(|child| rest.add(source, child));
        joined.push(node);
    }
    if joined.len() < JOINED_FROM {
        apart.append(&mut joined);
    }
    if !apart.is_empty() {
        exits.push(Exit { nodes: apart.into(), kind, below: Below::Apart });
    }
    if !joined.is_empty() {
        let below = Below::Joined { ends: ends.into(), rest: rest.finish(source) };
        exits.push(Exit { nodes: joined.into(), kind, below });
    }
}

/// The bytes as a set.
pub(super) fn set_of(bytes: &[u8]) -> [bool; 256] {
    let mut set = [false; 256];
    bytes.iter().for_each(|&byte| set[byte as usize] = true);
    set
}

/// The horizons kept with a vocabulary, by what they are in any index and the node they are for.
#[derive(Default)]
pub(super) struct Kept {
    inner: Mutex<KeptHorizons>,
}

#[derive(Default)]
struct KeptHorizons {
    by_key: FxHashMap<(Fingerprint, u32), Arc<Horizon>>,
    /// Of slices, the tokens up to lengths. Few: a length that no token reaches is no bound.
    slices: FxHashMap<(usize, u32), Arc<Mask>>,
    bytes: usize,
}

impl Kept {
    /// The tokens of a slice up to a length, which `make` makes if they are not kept yet.
    pub fn slice(&self, number: usize, length: u32, make: impl FnOnce() -> Mask) -> Arc<Mask> {
        memory::uncounted(|| {
            let mut kept = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            kept.slices.entry((number, length)).or_insert_with(|| Arc::new(make())).clone()
        })
    }

    pub fn get(&self, key: (Fingerprint, u32)) -> Option<Arc<Horizon>> {
        let kept = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_key.get(&key).cloned()
    }

    pub fn insert(&self, key: (Fingerprint, u32), horizon: &Arc<Horizon>) {
        memory::uncounted(|| self.keep(key, horizon));
    }

    fn keep(&self, key: (Fingerprint, u32), horizon: &Arc<Horizon>) {
        let bytes = horizon.bytes + 64;
        let mut kept = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + bytes > KEPT_BYTES {
            *kept = KeptHorizons::default();
        }
        if kept.by_key.insert(key, horizon.clone()).is_none() {
            kept.bytes += bytes;
        }
    }
}
