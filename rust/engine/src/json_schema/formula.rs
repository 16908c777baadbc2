//! Boolean combinations of schemas, and of what schemas ask of one type, each once.
//!
//! A *goal* is a formula over schemas: what a value must satisfy. For one JSON type it becomes a
//! *typed* formula over [`Atom`]s. Formulas are kept in a normal form (negation only on schemas,
//! atoms and [`Formula::One`]; flat, sorted, no constants inside), which is what keeps the number
//! of different ones small while a value is written.

use std::cell::Cell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::limits::on_enough_stack;
use super::names::Name;
use super::schema::SchemaId;
use crate::ids::{Hashed, Ids};

/// A formula of a [`Formulas`] arena.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct FormulaId(u32);

impl FormulaId {
    pub const FALSE: FormulaId = FormulaId(0);
    pub const TRUE: FormulaId = FormulaId(1);
}

/// One thing that is asked of a value of one type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Atom {
    /// One of the schema's `enum`.
    Value(SchemaId),
    /// The schema's keywords of numbers.
    Number(SchemaId),
    /// The schema's keywords of strings.
    Text(SchemaId),
    /// The schema's `prefixItems` and `items`.
    Items(SchemaId),
    MinItems(u32),
    MaxItems(u32),
    /// So many items that the schema allows are still to come, at least.
    ContainsMin(SchemaId, u32),
    /// So many items that the schema allows may still come, at most.
    ContainsMax(SchemaId, u32),
    /// No two items are equal.
    Unique,
    /// Two items are equal. What is not unique becomes this before the first item.
    Repeats,
    /// Items that nothing else has looked at; a number of a list of [`super::unevaluated::Rest`].
    UnevaluatedItems(u32),
    /// The schema's `properties`, `patternProperties` and `additionalProperties`.
    Group(SchemaId),
    Required(Name),
    MinProperties(u32),
    MaxProperties(u32),
    /// All property names are what the schema allows.
    Names(SchemaId),
    /// Properties that nothing else has looked at; numbered like the items.
    UnevaluatedProperties(u32),
}

/// The shapes of a formula.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Formula {
    False,
    True,
    Schema(SchemaId),
    Atom(Atom),
    /// Of a schema, an atom or a `One`.
    Not(FormulaId),
    And(Box<[FormulaId]>),
    Or(Box<[FormulaId]>),
    /// Exactly one of them.
    One(Box<[FormulaId]>),
}

/// All formulas met so far.
pub(crate) struct Formulas {
    list: Vec<Formula>,
    ids: Ids<FormulaId>,
    /// The negations of conjunctions and disjunctions met so far.
    negations: FxHashMap<FormulaId, FormulaId>,
    /// How many members of formulas have been looked at.
    work: Cell<u64>,
}

/// What [`Formulas::visit`] has been to: formulas of several members, each with its sign.
type Visited = FxHashSet<(FormulaId, bool, bool)>;

impl Formulas {
    pub fn new() -> Self {
        let mut formulas = Formulas {
            list: Vec::new(),
            ids: Ids::default(),
            negations: FxHashMap::default(),
            work: Cell::new(0),
        };
        let constants = (formulas.intern(Formula::False), formulas.intern(Formula::True));
        debug_assert_eq!(constants, (FormulaId::FALSE, FormulaId::TRUE));
        formulas
    }

    pub fn get(&self, id: FormulaId) -> &Formula {
        &self.list[id.0 as usize]
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// How many members of formulas have been looked at since this was last asked.
    pub fn take_work(&self) -> u64 {
        self.work.take()
    }

    fn count(&self, members: usize) {
        self.work.set(self.work.get() + members as u64);
    }

    pub fn schema(&mut self, schema: SchemaId) -> FormulaId {
        match schema {
            SchemaId::FALSE => FormulaId::FALSE,
            SchemaId::TRUE => FormulaId::TRUE,
            _ => self.intern(Formula::Schema(schema)),
        }
    }

    pub fn atom(&mut self, atom: Atom) -> FormulaId {
        match atom {
            Atom::MinItems(0) | Atom::MinProperties(0) | Atom::ContainsMin(_, 0) => FormulaId::TRUE,
            _ => self.intern(Formula::Atom(atom)),
        }
    }

    pub fn not(&mut self, id: FormulaId) -> FormulaId {
        let negate = |formulas: &mut Self, items: &[FormulaId]| -> Vec<FormulaId> {
            on_enough_stack(|| items.iter().map(|&item| formulas.not(item)).collect())
        };
        if let Some(&known) = self.negations.get(&id) {
            return known;
        }
        let negation = match self.get(id).clone() {
            Formula::False => return FormulaId::TRUE,
            Formula::True => return FormulaId::FALSE,
            Formula::Not(inner) => return inner,
            Formula::And(items) => {
                let items = negate(self, &items);
                self.or(items)
            }
            Formula::Or(items) => {
                let items = negate(self, &items);
                self.and(items)
            }
            _ => return self.intern(Formula::Not(id)),
        };
        self.negations.insert(id, negation);
        negation
    }

    pub fn and(&mut self, items: Vec<FormulaId>) -> FormulaId {
        let mut flat = Vec::with_capacity(items.len());
        for item in items {
            match self.get(item) {
                Formula::And(inner) => flat.extend_from_slice(inner),
                Formula::True => {}
                Formula::False => return FormulaId::FALSE,
                _ => flat.push(item),
            }
        }
        self.count(flat.len());
        flat.sort_unstable();
        flat.dedup();
        if self.has_opposites(&flat) {
            return FormulaId::FALSE;
        }
        match flat.len() {
            0 => FormulaId::TRUE,
            1 => flat[0],
            _ => self.intern(Formula::And(flat.into())),
        }
    }

    pub fn or(&mut self, items: Vec<FormulaId>) -> FormulaId {
        let mut flat = Vec::with_capacity(items.len());
        for item in items {
            match self.get(item) {
                Formula::Or(inner) => flat.extend_from_slice(inner),
                Formula::False => {}
                Formula::True => return FormulaId::TRUE,
                _ => flat.push(item),
            }
        }
        self.count(flat.len());
        flat.sort_unstable();
        flat.dedup();
        if self.has_opposites(&flat) {
            return FormulaId::TRUE;
        }
        match flat.len() {
            0 => FormulaId::FALSE,
            1 => flat[0],
            _ => self.intern(Formula::Or(flat.into())),
        }
    }

    /// Exactly one of the items.
    pub fn one(&mut self, mut items: Vec<FormulaId>) -> FormulaId {
        items.retain(|&item| item != FormulaId::FALSE);
        self.count(items.len());
        items.sort_unstable();
        let mut once = Vec::with_capacity(items.len());
        let mut must = Vec::new();
        let mut true_before = false;
        for equal in items.chunk_by(|a, b| a == b) {
            match (equal[0], equal.len()) {
                (FormulaId::TRUE, 1) => true_before = true,
                (FormulaId::TRUE, _) => return FormulaId::FALSE,
                (item, 1) => once.push(item),
                // What is there twice cannot be the one.
                (item, _) => must.push(self.not(item)),
            }
        }
        if true_before {
            must.extend(once.iter().map(|&item| self.not(item)).collect::<Vec<_>>());
            return self.and(must);
        }
        must.push(match once.len() {
            0 => FormulaId::FALSE,
            1 => once[0],
            _ => self.intern(Formula::One(once.into())),
        });
        self.and(must)
    }

    /// The formula with every schema and atom replaced.
    pub fn map(
        &mut self,
        id: FormulaId,
        replace: &mut impl FnMut(&mut Self, &Formula) -> FormulaId,
    ) -> FormulaId {
        self.map_known(id, replace, &mut FxHashMap::default())
    }

    fn map_known(
        &mut self,
        id: FormulaId,
        replace: &mut impl FnMut(&mut Self, &Formula) -> FormulaId,
        known: &mut FxHashMap<FormulaId, FormulaId>,
    ) -> FormulaId {
        let formula = self.get(id).clone();
        // Most are schemas and atoms: looking for those would take longer than doing them again.
        match &formula {
            Formula::False | Formula::True => return id,
            Formula::Schema(_) | Formula::Atom(_) => return replace(self, &formula),
            _ => {}
        }
        if let Some(&done) = known.get(&id) {
            return done;
        }
        let mut all = |formulas: &mut Self, items: &[FormulaId]| -> Vec<FormulaId> {
            let mut map = |&item: &FormulaId| formulas.map_known(item, replace, known);
            on_enough_stack(|| items.iter().map(&mut map).collect())
        };
        let mapped = match &formula {
            Formula::False | Formula::True | Formula::Schema(_) | Formula::Atom(_) => id,
            Formula::Not(inner) => {
                let inner = self.map_known(*inner, replace, known);
                self.not(inner)
            }
            Formula::And(items) => {
                let items = all(self, items);
                self.and(items)
            }
            Formula::Or(items) => {
                let items = all(self, items);
                self.or(items)
            }
            Formula::One(items) => {
                let items = all(self, items);
                self.one(items)
            }
        };
        known.insert(id, mapped);
        mapped
    }

    /// Calls `visit` with every schema and atom in a formula, and with its sign: whether it occurs
    /// unnegated, and whether it occurs negated. Each is visited at least once.
    pub fn visit(&self, id: FormulaId, visit: &mut impl FnMut(&Formula, bool, bool)) {
        self.visit_signed((id, true, false), visit, &mut Visited::default());
    }

    fn visit_signed(
        &self,
        (id, positive, negative): (FormulaId, bool, bool),
        visit: &mut impl FnMut(&Formula, bool, bool),
        visited: &mut Visited,
    ) {
        let (items, positive, negative) = match self.get(id) {
            Formula::False | Formula::True => return,
            formula @ (Formula::Schema(_) | Formula::Atom(_)) => {
                return visit(formula, positive, negative);
            }
            Formula::Not(inner) => {
                return self.visit_signed((*inner, negative, positive), visit, visited);
            }
            Formula::And(items) | Formula::Or(items) => (items, positive, negative),
            Formula::One(items) => (items, true, true),
        };
        self.count(items.len());
        for &item in items {
            let inner = (item, positive, negative);
            match self.get(item) {
                // Formulas share parts: without this a visit could take exponential time.
                Formula::And(_) | Formula::Or(_) | Formula::One(_) | Formula::Not(_) => {
                    if visited.insert(inner) {
                        on_enough_stack(|| self.visit_signed(inner, visit, visited));
                    }
                }
                _ => self.visit_signed(inner, visit, visited),
            }
        }
    }

    /// The atoms in a formula, each once.
    pub fn atoms(&self, id: FormulaId) -> Vec<Atom> {
        let (mut atoms, mut seen) = (Vec::new(), FxHashSet::default());
        self.visit(id, &mut |formula, _, _| {
            if let Formula::Atom(atom) = formula {
                if seen.insert(*atom) {
                    atoms.push(*atom);
                }
            }
        });
        atoms
    }

    /// The schemas in a formula, each once.
    pub fn schemas(&self, id: FormulaId) -> Vec<SchemaId> {
        let (mut schemas, mut seen) = (Vec::new(), FxHashSet::default());
        self.visit(id, &mut |formula, _, _| {
            if let Formula::Schema(schema) = formula {
                if seen.insert(*schema) {
                    schemas.push(*schema);
                }
            }
        });
        schemas
    }

    /// The formula with these schemas settled.
    pub fn settle_schemas(
        &mut self,
        id: FormulaId,
        settled: &FxHashMap<SchemaId, FormulaId>,
    ) -> FormulaId {
        self.map(id, &mut |formulas, formula| match formula {
            Formula::Schema(schema) => match settled.get(schema) {
                Some(&value) => value,
                None => formulas.schema(*schema),
            },
            Formula::Atom(atom) => formulas.atom(*atom),
            _ => FormulaId::FALSE,
        })
    }

    /// The formula with its atoms replaced, of which there is an entry for each.
    pub fn replace_atoms(
        &mut self,
        id: FormulaId,
        replaced: &FxHashMap<Atom, FormulaId>,
    ) -> FormulaId {
        self.map(id, &mut |_, formula| match formula {
            Formula::Atom(atom) => replaced.get(atom).copied().unwrap_or(FormulaId::FALSE),
            _ => FormulaId::FALSE,
        })
    }

    /// The members of a conjunction; the formula itself if it is none.
    pub fn conjuncts(&self, id: FormulaId) -> Vec<FormulaId> {
        match self.get(id) {
            Formula::True => Vec::new(),
            Formula::And(items) => items.to_vec(),
            _ => vec![id],
        }
    }

    fn has_opposites(&self, sorted: &[FormulaId]) -> bool {
        sorted.iter().any(|&item| match self.get(item) {
            Formula::Not(inner) => sorted.binary_search(inner).is_ok(),
            _ => false,
        })
    }

    fn intern(&mut self, formula: Formula) -> FormulaId {
        let hash = Hashed::of(&formula);
        if let Some(id) = self.ids.find(hash, |id| self.list[id.0 as usize] == formula) {
            return id;
        }
        let id = FormulaId(self.list.len() as u32);
        self.list.push(formula);
        self.ids.insert(hash, id);
        id
    }
}
