//! Objects, property by property.
//!
//! What is asked of an object is first split into a few *threads* ([`threads`]): conjunctions, the
//! branches of `anyOf` and `oneOf` each on their own. A thread's conjunction becomes a [`Plan`]: the
//! names it knows in the order they are written, with the goal of each one's value, and classes of
//! other names. What is not a conjunction stays a formula, which every property written takes
//! further ([`step`]).
//!
//! A state is a place in a plan: which names may still come, and what is left of the formula.
//! [`nodes`] makes the grammar of a state; [`complete`] decides which states have a way on.

mod complete;
mod nodes;
mod order;
mod plan;
mod step;
mod threads;

use rustc_hash::FxHashMap;

use super::formula::FormulaId;
use super::names::Name;
use super::satisfiable::Answer;
use super::Front;
use crate::expr::ExprId;
use crate::grammar::NodeId;
pub(super) use plan::NameKind;
use plan::Plan;

/// Where an object stands after some of its properties.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct ObjectState {
    plan: u32,
    /// What the plan's conjunction does not say.
    rest: FormulaId,
    /// The first declared name that may still come, where they come in order.
    from: u32,
    /// The names written that `from` does not tell; a number of a list of sets.
    written: u32,
    /// The other names written; a number of a list of chains.
    used: u32,
    /// How many properties there are, as far as the plan's limits care.
    count: u32,
}

/// One property among those that may come next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum PropertyRef {
    /// One that the plan knows.
    Key(u32),
    /// One of a class of the others.
    Class(u32),
}

/// Plans and states met so far.
#[derive(Default)]
pub(super) struct Memory {
    plans: Vec<Plan>,
    starts: FxHashMap<FormulaId, Vec<ObjectState>>,
    written: Sets,
    used: Used,
    completable: FxHashMap<complete::Search, Answer>,
    name_nodes: FxHashMap<Name, NodeId>,
    pattern_matches: FxHashMap<(super::patterns::PatternId, Name), bool>,
    name_matches: FxHashMap<(super::schema::SchemaId, Name), bool>,
}

/// Sets of positions of a plan's keys.
struct Sets {
    list: Vec<Vec<u32>>,
    ids: FxHashMap<Vec<u32>, u32>,
}

impl Default for Sets {
    fn default() -> Self {
        Sets { list: vec![Vec::new()], ids: [(Vec::new(), 0)].into_iter().collect() }
    }
}

impl Sets {
    fn has(&self, set: u32, key: u32) -> bool {
        self.list[set as usize].binary_search(&key).is_ok()
    }

    fn with(&mut self, set: u32, key: u32) -> u32 {
        let mut larger = self.list[set as usize].clone();
        if let Err(at) = larger.binary_search(&key) {
            larger.insert(at, key);
        }
        if let Some(&known) = self.ids.get(&larger) {
            return known;
        }
        self.list.push(larger.clone());
        let id = self.list.len() as u32 - 1;
        self.ids.insert(larger, id);
        id
    }
}

/// Names written that the plan does not know, each with its quotes.
struct Used {
    /// Each chain is another one and a name more; the terminal matches all of them.
    chains: Vec<(u32, Box<[u8]>, ExprId)>,
    ids: FxHashMap<(u32, Box<[u8]>), u32>,
}

impl Default for Used {
    fn default() -> Self {
        Used { chains: vec![(0, Box::new([]), ExprId::NEVER)], ids: FxHashMap::default() }
    }
}

impl Used {
    fn with(&mut self, chain: u32, text: &[u8]) -> u32 {
        let key = (chain, text.into());
        if let Some(&known) = self.ids.get(&key) {
            return known;
        }
        self.chains.push((chain, text.into(), ExprId::NEVER));
        let id = self.chains.len() as u32 - 1;
        self.ids.insert(key, id);
        id
    }

    fn texts(&self, mut chain: u32) -> Vec<&[u8]> {
        let mut texts = Vec::new();
        while chain != 0 {
            let (before, text, _) = &self.chains[chain as usize];
            texts.push(&**text);
            chain = *before;
        }
        texts
    }
}

impl Front {
    /// The state after a property whose name turned out to be this text, quotes included.
    pub(super) fn object_after_name(&mut self, state: ObjectState, text: &[u8]) -> ObjectState {
        ObjectState { used: self.objects.used.with(state.used, text), ..state }
    }

    fn plan(&self, state: &ObjectState) -> &Plan {
        &self.objects.plans[state.plan as usize]
    }
}
