//! Arrays, item by item.
//!
//! As for objects, what is asked of an array is a [`Plan`] (the goal of each item, how many there
//! may be) and a formula for what is not a conjunction, which every item written takes further.

mod complete;
mod distinct;
mod nodes;
mod plan;
mod step;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::formula::FormulaId;
use super::satisfiable::Answer;
use super::schema::SchemaId;
use super::Front;
use crate::error::Result;
use plan::Plan;

/// Where an array stands after some of its items.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct ArrayState {
    plan: u32,
    /// What the plan's conjunction does not say.
    rest: FormulaId,
    /// The next item, as far as items differ.
    index: u32,
    /// How many items there are, as far as the plan's limits care.
    count: u32,
    /// The items written, where they must differ or be equal; a number of a list of chains.
    written: u32,
    /// Goals of items that a search supposes are written; a number of a list of lists.
    supposed: u32,
}

/// Plans and states met so far.
#[derive(Default)]
pub(super) struct Memory {
    plans: Vec<Plan>,
    starts: FxHashMap<FormulaId, Vec<ArrayState>>,
    written: Written,
    supposed: distinct::Supposed,
    few: FxHashMap<FormulaId, distinct::Few>,
    completable: FxHashMap<ArrayState, Answer>,
}

/// Items written, by value.
struct Written {
    /// Each chain is another one and an item more; the schema allows exactly its items.
    chains: Vec<(u32, Value, Option<SchemaId>)>,
    ids: FxHashMap<(u32, String), u32>,
}

impl Default for Written {
    fn default() -> Self {
        Written { chains: vec![(0, Value::Null, None)], ids: FxHashMap::default() }
    }
}

impl Front {
    /// The state after an item that turned out to be this text.
    pub(super) fn array_after_item(&mut self, state: ArrayState, text: &str) -> Result<ArrayState> {
        let text = text.to_owned();
        let value: Value = serde_json::from_str(&text).map_err(|error| {
            crate::error::Error::limit(format!("an item that is no JSON text: {error}"))
        })?;
        let chains = &mut self.arrays.written.chains;
        let written = *self.arrays.written.ids.entry((state.written, text)).or_insert_with(|| {
            chains.push((state.written, value, None));
            chains.len() as u32 - 1
        });
        Ok(ArrayState { written, ..state })
    }

    /// The schema that allows exactly the items written.
    fn written_schema(&mut self, chain: u32) -> SchemaId {
        if chain == 0 {
            return SchemaId::FALSE;
        }
        let (_, _, known) = &self.arrays.written.chains[chain as usize];
        if let Some(known) = known {
            return *known;
        }
        let mut values = Vec::new();
        let mut at = chain;
        while at != 0 {
            let (before, value, _) = &self.arrays.written.chains[at as usize];
            values.push(value.clone());
            at = *before;
        }
        let schema = self.listed(values);
        self.arrays.written.chains[chain as usize].2 = Some(schema);
        schema
    }
}
