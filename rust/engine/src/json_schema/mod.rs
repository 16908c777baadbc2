//! JSON Schema: the texts of the values that a schema allows, as a grammar.
//!
//! A text is in the language if and only if it is JSON that validates, within these conventions:
//! the order of properties ([`PropertyOrder`]), no duplicate keys, one spelling per character of a
//! string, bounded digits ([`leaf`]) and bounded whitespace ([`separators`]).
//!
//! The schema is read once ([`scan`], over [`document`]s) into a list of [`schema`]s. What a value
//! must satisfy is a *goal*: a boolean [`formula`] over schemas. For one JSON type a goal becomes a
//! formula over single assertions ([`typed`]); from there
//!
//! - [`scalar`]s become terminals, which know intersection and complement;
//! - arrays and objects that are [`listed`] are written as a tree of their common beginnings;
//! - other [`object`]s and [`array`]s are written property by property and item by item: a state holds
//!   what is still asked for, and writing a member leads to another one. Where a formula has
//!   several ways to come true, the member's goal says which of them is taken;
//! - [`satisfiable`] decides which goals have a value at all, so that no way is a dead end.
//!
//! Nothing is made before it is reached: nodes of the grammar are [`Node::Dynamic`] keys, expanded
//! by [`Front`].

mod array;
mod count;
mod document;
mod draft;
mod equal;
mod evaluate;
mod formula;
pub mod leaf;
mod limits;
mod listed;
mod names;
mod object;
mod options;
mod patterns;
mod pointer;
mod satisfiable;
mod scalar;
mod scan;
mod schema;
mod separators;
mod split;
mod trace;
mod typed;
mod unevaluated;
mod value;

use rustc_hash::FxHashMap;
use serde_json::Value;

pub use draft::Draft;
pub use options::{Options, PropertyOrder, Registry};

use crate::error::Result;
use crate::grammar::{Expander, Grammar, NodeId};
use array::ArrayState;
use formula::{FormulaId, Formulas};
use listed::Listed;
use object::ObjectState;
use schema::Schemas;
use separators::Separators;
use trace::{After, Course};

/// The node of a schema, and what expands the nodes below it.
///
/// # Errors
/// [`crate::error::Error::JsonSchema`] for a schema that is none, that cannot be honoured or that
/// allows no value; [`crate::error::Error::Limit`] for one that is too large to decide that.
pub fn compile(
    grammar: &mut Grammar,
    schema: &Value,
    options: &Options,
) -> Result<(NodeId, Box<dyn Expander>)> {
    grammar.exprs.start_clock_now();
    let (schemas, root) = scan::scan(schema, options, &mut grammar.exprs)?;
    let separators = Separators::new(grammar, options.whitespace_pattern.as_deref())?;
    let mut front = Front::new(schemas, options.property_order, separators);
    let goal = front.formulas.schema(root);
    front.refuel();
    if !front.is_satisfiable(goal, grammar)? {
        return Err(front.conflict(root, grammar)?);
    }
    let root = front.goal_node(goal, grammar)?;
    Ok((root, Box::new(front)))
}

/// What a dynamic node, or what follows a capture, stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Key {
    /// A value that satisfies a goal.
    Goal(FormulaId),
    /// The rest of an object after a property.
    Object(ObjectState, Course),
    /// The same, where the name of the property is the captured text.
    AfterName(ObjectState),
    /// The value of a property whose name is the captured text, and the rest of the object, which is
    /// remembered.
    Named(FormulaId, ObjectState, Course),
    /// The rest of an array after an item.
    Array(ArrayState, Course),
    /// A value that satisfies a goal and is remembered, and what follows it.
    Traced(FormulaId, u32),
    /// What follows the scalar that is the captured text.
    AfterScalar(u32),
    /// What follows a container that is remembered.
    AfterContainer(u32, u32),
    /// What may come at a place in values that are listed.
    Listed(Listed),
    /// What follows the scalar there that is the captured text.
    AfterListed(Listed),
}

/// The front end at work: the schemas read, and everything derived from them so far.
struct Front {
    schemas: Schemas,
    formulas: Formulas,
    order: PropertyOrder,
    separators: Separators,
    keys: Vec<Key>,
    key_ids: FxHashMap<Key, u32>,
    typed: typed::Memory,
    scalars: scalar::Memory,
    satisfiable: satisfiable::Memory,
    objects: object::Memory,
    arrays: array::Memory,
    unevaluated: unevaluated::Memory,
    traces: trace::Memory,
    lists: listed::Memory,
    evaluate: evaluate::Memory,
    goals: FxHashMap<FormulaId, NodeId>,
    fuel: limits::Fuel,
}

impl Front {
    fn new(schemas: Schemas, order: PropertyOrder, separators: Separators) -> Self {
        Front {
            schemas,
            formulas: Formulas::new(),
            order,
            separators,
            keys: Vec::new(),
            key_ids: FxHashMap::default(),
            typed: typed::Memory::default(),
            scalars: scalar::Memory::default(),
            satisfiable: satisfiable::Memory::default(),
            objects: object::Memory::default(),
            arrays: array::Memory::default(),
            unevaluated: unevaluated::Memory::default(),
            traces: trace::Memory::default(),
            lists: listed::Memory::default(),
            evaluate: evaluate::Memory::default(),
            goals: FxHashMap::default(),
            fuel: limits::Fuel::default(),
        }
    }

    /// The number by which the grammar knows a key.
    fn key(&mut self, key: Key) -> u32 {
        let keys = &mut self.keys;
        *self.key_ids.entry(key).or_insert_with(|| {
            keys.push(key);
            keys.len() as u32 - 1
        })
    }

    fn dynamic(&mut self, key: Key, grammar: &mut Grammar) -> NodeId {
        let key = self.key(key);
        grammar.dynamic(key)
    }
}

impl Expander for Front {
    fn expand(&mut self, key: u32, text: Option<&[u8]>, grammar: &mut Grammar) -> Result<NodeId> {
        self.refuel();
        match (self.keys[key as usize], text) {
            (Key::Goal(goal), _) => self.expand_goal(goal, grammar),
            (Key::Object(state, course), _) => self.object_rest(state, course, grammar),
            (Key::Array(state, course), _) => self.array_rest(state, course, grammar),
            (Key::AfterName(state), text) => {
                let state = self.object_after_name(state, text.unwrap_or_default());
                self.object_rest(state, Course::NONE, grammar)
            }
            (Key::Named(goal, state, course), text) => {
                let text = text.unwrap_or_default();
                let state = self.object_after_name(state, text);
                let name = String::from_utf8_lossy(text);
                let course = self.before_member(course, Some(&name));
                let value = self.value_then(goal, After::Object(state), course, grammar)?;
                Ok(grammar.seq([self.separators.colon, value]))
            }
            (Key::Traced(goal, trace), _) => self.expand_traced(goal, trace, grammar),
            (Key::AfterScalar(trace), text) => {
                let text = String::from_utf8_lossy(text.unwrap_or_default()).into_owned();
                self.after_value(trace, &text, grammar)
            }
            (Key::AfterContainer(trace, text), _) => self.after_container(trace, text, grammar),
            (Key::Listed(at), _) => self.expand_listed(at, grammar),
            (Key::AfterListed(at), text) => {
                self.after_listed_scalar(at, text.unwrap_or_default(), grammar)
            }
        }
    }
}
