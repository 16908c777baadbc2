//! Arrays and objects of which `enum` and `const` leave a list.
//!
//! They are tried one by one, and those that satisfy all of a goal are written as a tree of their
//! common beginnings: a state is which of them are still possible, and how far they are written.
//! That takes as little for twenty thousand values as for one. Each is written as it is listed, or
//! its properties in any order.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::equal::{canonical, ValueSet};
use super::evaluate::Verdict;
use super::formula::{Atom, Formula, FormulaId};
use super::names::Name;
use super::schema::{SchemaId, Type};
use super::trace::Course;
use super::{Front, Key, PropertyOrder};
use crate::error::Result;
use crate::grammar::{Grammar, NodeId};

/// How many parts of a formula are looked at for schemas that list its values.
const LOOKED_AT: u32 = 4096;

/// Some of a list of values, and a place in them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Listed {
    /// Which list it is.
    list: u32,
    /// Which of its values are meant; a number of a list of sets.
    left: u32,
    place: Place,
    /// What follows the whole value if it is remembered.
    below: u32,
}

/// A place in values that are alike up to there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum Place {
    /// At a value that is still to be written; a number of a list of [`Path`]s.
    Before(u32),
    /// In a container, by its path and what is written of it.
    Inside(u32, Written),
}

/// How much of a container is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum Written {
    Items(u32),
    /// The members of these names; a number of a list of sets.
    Members(u32),
}

/// Where a value stands: in which container, after what, and under which name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Path {
    container: u32,
    after: Written,
    name: Option<Name>,
}

/// Lists and places met so far.
pub(super) struct Memory {
    of_goals: FxHashMap<(FormulaId, Type), Option<u32>>,
    lists: Vec<Arc<[Value]>>,
    sets: Vec<Arc<[u32]>>,
    set_ids: FxHashMap<Arc<[u32]>, u32>,
    /// The first is the whole value.
    paths: Vec<Option<Path>>,
    path_ids: FxHashMap<Path, u32>,
    /// By value, which are left where several scalars may stand.
    scalars: FxHashMap<Listed, Arc<FxHashMap<String, u32>>>,
}

impl Default for Memory {
    fn default() -> Self {
        let none: Arc<[u32]> = Arc::new([]);
        Memory {
            of_goals: FxHashMap::default(),
            lists: Vec::new(),
            sets: vec![none.clone()],
            set_ids: [(none, 0)].into_iter().collect(),
            paths: vec![None],
            path_ids: FxHashMap::default(),
            scalars: FxHashMap::default(),
        }
    }
}

impl Memory {
    fn set(&mut self, members: Vec<u32>) -> u32 {
        let members: Arc<[u32]> = members.into();
        let sets = &mut self.sets;
        *self.set_ids.entry(members).or_insert_with_key(|members| {
            sets.push(members.clone());
            sets.len() as u32 - 1
        })
    }

    fn path(&mut self, path: Path) -> u32 {
        let paths = &mut self.paths;
        *self.path_ids.entry(path).or_insert_with(|| {
            paths.push(Some(path));
            paths.len() as u32 - 1
        })
    }
}

impl Front {
    /// The values of a type that satisfy a goal, if schemas list them.
    pub(super) fn listed_values(
        &mut self,
        goal: FormulaId,
        of: Type,
        grammar: &mut Grammar,
    ) -> Result<Option<Arc<[Value]>>> {
        let list = self.list_of(goal, of, grammar)?;
        Ok(list.map(|list| self.lists.lists[list as usize].clone()))
    }

    fn list_of(&mut self, goal: FormulaId, of: Type, grammar: &mut Grammar) -> Result<Option<u32>> {
        if let Some(&known) = self.lists.of_goals.get(&(goal, of)) {
            return Ok(known);
        }
        let formula = self.typed(goal, of);
        let list = match self.listing(formula, &mut { LOOKED_AT }) {
            Some(schemas) => self.find_listed(formula, &schemas, of, grammar)?,
            None => None,
        };
        self.lists.of_goals.insert((goal, of), list);
        Ok(list)
    }

    /// Schemas that between them list every value that can satisfy a formula.
    fn listing(&self, formula: FormulaId, left: &mut u32) -> Option<Vec<SchemaId>> {
        *left = left.checked_sub(1)?;
        match self.formulas.get(formula) {
            Formula::False => Some(Vec::new()),
            Formula::Atom(Atom::Value(id)) => Some(vec![*id]),
            Formula::And(items) => items.iter().find_map(|&item| self.listing(item, left)),
            Formula::Or(items) | Formula::One(items) => {
                let branches = items.iter().map(|&item| self.listing(item, left));
                branches.collect::<Option<Vec<_>>>().map(|all| all.concat())
            }
            _ => None,
        }
    }

    fn find_listed(
        &mut self,
        formula: FormulaId,
        schemas: &[SchemaId],
        of: Type,
        grammar: &mut Grammar,
    ) -> Result<Option<u32>> {
        let (mut known, mut found) = (ValueSet::default(), Vec::new());
        for &schema in schemas {
            let values = self.schemas.get(schema).values.clone().unwrap_or_default();
            for value in values.iter().filter(|value| Type::of(value) == of) {
                match self.satisfies_typed(formula, value, grammar)? {
                    Verdict::All if known.insert(value) => found.push(value.clone()),
                    Verdict::All | Verdict::None => {}
                    Verdict::Some => return Ok(None),
                }
            }
        }
        self.lists.lists.push(found.into());
        Ok(Some(self.lists.lists.len() as u32 - 1))
    }

    /// The arrays or objects that satisfy a goal, if schemas list them.
    pub(super) fn listed_node(
        &mut self,
        goal: FormulaId,
        of: Type,
        course: Course,
        grammar: &mut Grammar,
    ) -> Result<Option<NodeId>> {
        let Some(list) = self.list_of(goal, of, grammar)? else { return Ok(None) };
        let all = (0..self.lists.lists[list as usize].len() as u32).collect();
        let left = self.lists.set(all);
        let whole = Listed { list, left, place: Place::Before(0), below: course.below() };
        self.expand_listed(whole, grammar).map(Some)
    }

    /// What may come at a place in listed values, and everything after it.
    pub(super) fn expand_listed(&mut self, at: Listed, grammar: &mut Grammar) -> Result<NodeId> {
        match at.place {
            Place::Before(path) => self.listed_value(at, path, grammar),
            Place::Inside(path, written) => {
                let (whole, more) = self.listed_ends(&at, path, written);
                let mut any = Vec::new();
                if !whole.is_empty() {
                    let close = match written {
                        Written::Items(_) => self.separators.close_array,
                        Written::Members(_) => self.separators.close_object,
                    };
                    let after = self.after_listed(&at, whole, path, grammar);
                    any.push(grammar.seq([close, after]));
                }
                let next = self.listed_members(&at, more, path, written, grammar);
                any.push(grammar.seq([self.separators.comma, next]));
                Ok(grammar.alt(any))
            }
        }
    }

    /// The values at a path.
    fn listed_value(&mut self, at: Listed, path: u32, grammar: &mut Grammar) -> Result<NodeId> {
        let mut scalars: Vec<(Value, Vec<u32>)> = Vec::new();
        let mut by_value: FxHashMap<String, usize> = FxHashMap::default();
        let mut containers = [(Written::Items(0), Vec::new()), (Written::Members(0), Vec::new())];
        for (which, value) in self.listed_parts(&at, path) {
            match value {
                Value::Array(_) => containers[0].1.push(which),
                Value::Object(_) => containers[1].1.push(which),
                scalar => {
                    let group = *by_value.entry(canonical(scalar)).or_insert(scalars.len());
                    if group == scalars.len() {
                        scalars.push((scalar.clone(), Vec::new()));
                    }
                    scalars[group].1.push(which);
                }
            }
        }
        let mut any = Vec::new();
        let mut texts = Vec::with_capacity(scalars.len());
        for (value, _) in &scalars {
            let schema = self.listed(vec![value.clone()]);
            let goal = self.formulas.schema(schema);
            let formula = self.typed(goal, Type::of(value));
            texts.push(self.scalar(formula, Type::of(value), &mut grammar.exprs)?);
        }
        if let [text] = *texts {
            let (_, left) = scalars.remove(0);
            let text = grammar.terminal(text);
            let after = self.after_listed(&at, left, path, grammar);
            any.push(grammar.seq([text, after]));
        } else if !texts.is_empty() {
            let left =
                scalars.into_iter().map(|(_, left)| self.lists.set(left)).collect::<Vec<_>>();
            let by_value = by_value.into_iter().map(|(text, group)| (text, left[group])).collect();
            self.lists.scalars.insert(at, Arc::new(by_value));
            let text = grammar.exprs.or(texts);
            let then = self.key(Key::AfterListed(at));
            let then = grammar.with_text(then);
            any.push(grammar.capture(text, then));
        }
        for (nothing, left) in containers.into_iter().filter(|(_, left)| !left.is_empty()) {
            let (open, empty) = match nothing {
                Written::Items(_) => (self.separators.open_array, self.separators.empty_array),
                Written::Members(_) => (self.separators.open_object, self.separators.empty_object),
            };
            let left = self.lists.set(left);
            let (whole, more) = self.listed_ends(&Listed { left, ..at }, path, nothing);
            if !whole.is_empty() {
                let after = self.after_listed(&at, whole, path, grammar);
                any.push(grammar.seq([empty, after]));
            }
            let members = self.listed_members(&at, more, path, nothing, grammar);
            any.push(grammar.seq([open, members]));
        }
        Ok(grammar.alt(any))
    }

    /// What follows the scalar at a place, which turned out to be this text.
    pub(super) fn after_listed_scalar(
        &mut self,
        at: Listed,
        text: &[u8],
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let value = serde_json::from_slice(text).unwrap_or(Value::Null);
        let left = self.lists.scalars.get(&at).and_then(|all| all.get(&canonical(&value)));
        let (Some(&left), Place::Before(path)) = (left, at.place) else {
            return Ok(NodeId::NEVER);
        };
        match self.listed_rest(&Listed { left, ..at }, path) {
            Some(rest) => self.expand_listed(rest, grammar),
            None => Ok(NodeId::NEVER),
        }
    }

    /// What follows the value at a path.
    fn after_listed(
        &mut self,
        at: &Listed,
        left: Vec<u32>,
        path: u32,
        grammar: &mut Grammar,
    ) -> NodeId {
        let at = Listed { left: self.lists.set(left), ..*at };
        if let Some(rest) = self.listed_rest(&at, path) {
            return self.dynamic(Key::Listed(rest), grammar);
        }
        let value = self.listed_parts(&at, path).first().map(|(_, value)| value.to_string());
        match value {
            Some(text) if at.below != 0 => {
                let text = self.traces.text(text);
                self.dynamic(Key::AfterContainer(at.below, text), grammar)
            }
            _ => NodeId::EMPTY,
        }
    }

    /// The place after the value at a path; `None` if that is the whole value.
    fn listed_rest(&mut self, at: &Listed, path: u32) -> Option<Listed> {
        let Path { container, after, name } = self.lists.paths[path as usize]?;
        let written = match (after, name) {
            (Written::Members(names), Some(name)) => {
                let mut names = self.lists.sets[names as usize].to_vec();
                let name = name.index() as u32;
                names.insert(names.partition_point(|&known| known < name), name);
                Written::Members(self.lists.set(names))
            }
            (Written::Items(count), _) => Written::Items(count + 1),
            (written, None) => written,
        };
        Some(Listed { place: Place::Inside(container, written), ..*at })
    }

    /// Of the containers at a path, those of which this is all, and those that go on.
    fn listed_ends(&self, at: &Listed, path: u32, written: Written) -> (Vec<u32>, Vec<u32>) {
        let (mut whole, mut more) = (Vec::new(), Vec::new());
        for (which, value) in self.listed_parts(at, path) {
            let ends = match (value, written) {
                (Value::Array(items), Written::Items(count)) => items.len() == count as usize,
                (Value::Object(members), Written::Members(names)) => {
                    members.len() == self.lists.sets[names as usize].len()
                }
                _ => continue,
            };
            if ends { &mut whole } else { &mut more }.push(which);
        }
        (whole, more)
    }

    /// The next member of the containers at a path that go on.
    fn listed_members(
        &mut self,
        at: &Listed,
        more: Vec<u32>,
        path: u32,
        written: Written,
        grammar: &mut Grammar,
    ) -> NodeId {
        let at = Listed { left: self.lists.set(more), ..*at };
        let before = |front: &mut Self, left: Vec<u32>, name, grammar: &mut Grammar| {
            let path = Path { container: path, after: written, name };
            let place = Place::Before(front.lists.path(path));
            let left = front.lists.set(left);
            front.dynamic(Key::Listed(Listed { left, place, ..at }), grammar)
        };
        let Written::Members(names) = written else {
            let left = self.lists.sets[at.left as usize].to_vec();
            return match left.is_empty() {
                true => NodeId::NEVER,
                false => before(self, left, None, grammar),
            };
        };
        let written = self.lists.sets[names as usize].clone();
        let mut next: Vec<(Name, Vec<u32>)> = Vec::new();
        let mut by_name: FxHashMap<Name, usize> = FxHashMap::default();
        let members: Vec<(u32, Vec<String>)> = self
            .listed_parts(&at, path)
            .into_iter()
            .filter_map(|(which, value)| {
                Some((which, value.as_object()?.keys().cloned().collect()))
            })
            .collect();
        for (which, members) in members {
            for name in members {
                let name = self.schemas.names.intern(&name);
                if written.binary_search(&(name.index() as u32)).is_ok() {
                    continue;
                }
                let group = *by_name.entry(name).or_insert(next.len());
                if group == next.len() {
                    next.push((name, Vec::new()));
                }
                next[group].1.push(which);
                if self.order == PropertyOrder::Schema {
                    break;
                }
            }
        }
        let mut any = Vec::with_capacity(next.len());
        for (name, left) in next {
            let value = before(self, left, Some(name), grammar);
            let name = self.name_node(name, grammar);
            any.push(grammar.seq([name, value]));
        }
        grammar.alt(any)
    }

    /// The values meant, each with its position in the list, and the part of it at a path.
    fn listed_parts(&self, at: &Listed, mut path: u32) -> Vec<(u32, &Value)> {
        let mut steps = Vec::new();
        while let Some(step) = &self.lists.paths[path as usize] {
            steps.push((step.after, step.name.map(|name| self.schemas.names.text(name))));
            path = step.container;
        }
        let list = &self.lists.lists[at.list as usize];
        let left = self.lists.sets[at.left as usize].iter();
        let parts = left.filter_map(|&which| {
            let whole = &list[which as usize];
            let part = steps.iter().rev().try_fold(whole, |value, &step| match step {
                (Written::Items(index), _) => value.get(index as usize),
                (_, Some(name)) => value.get(name),
                _ => None,
            });
            part.map(|part| (which, part))
        });
        parts.collect()
    }
}
