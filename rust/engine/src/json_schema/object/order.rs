//! The order in which declared properties are written.

use rustc_hash::FxHashSet;

use super::super::formula::{Atom, Formula, FormulaId};
use super::super::names::Name;
use super::super::schema::{Applied, SchemaId};
use super::super::Front;

impl Front {
    /// The names that a thread declares, as the schemas of its goal are written: `properties`,
    /// `allOf`, references and branches where they stand. `groups` are the schemas whose properties
    /// the thread asks for.
    pub(super) fn declared(&self, goal: FormulaId, groups: &[SchemaId]) -> Vec<Name> {
        let mut order = Order {
            front: self,
            wanted: groups.iter().copied().collect(),
            seen: FxHashSet::default(),
            known: FxHashSet::default(),
            names: Vec::new(),
        };
        if let [only] = groups {
            order.add(*only);
            return order.names;
        }
        let mut roots = Vec::new();
        self.formulas.visit(goal, &mut |formula, positive, _| {
            if let (Formula::Schema(schema), true) = (formula, positive) {
                roots.push(*schema);
            }
        });
        for root in roots {
            order.walk(root);
        }
        // What comes from the values of an enum is in no list of schemas applied.
        for &group in groups {
            order.add(group);
        }
        order.names
    }

    /// The schemas whose properties occur unnegated in a formula.
    pub(super) fn groups_of(&self, formula: FormulaId) -> Vec<SchemaId> {
        let mut groups = Vec::new();
        self.formulas.visit(formula, &mut |formula, positive, _| {
            if let (Formula::Atom(Atom::Group(group)), true) = (formula, positive) {
                if !groups.contains(group) {
                    groups.push(*group);
                }
            }
        });
        groups.sort_unstable();
        groups
    }
}

struct Order<'a> {
    front: &'a Front,
    wanted: FxHashSet<SchemaId>,
    seen: FxHashSet<SchemaId>,
    known: FxHashSet<Name>,
    names: Vec<Name>,
}

impl Order<'_> {
    fn walk(&mut self, id: SchemaId) {
        if !self.seen.insert(id) {
            return;
        }
        let schema = self.front.schemas.get(id);
        for (at, applied) in schema.applied.iter().enumerate() {
            if at == schema.applied_first {
                self.add(id);
            }
            if !matches!(applied, Applied::Not(_)) {
                stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
                    applied.schemas().into_iter().for_each(|schema| self.walk(schema));
                });
            }
        }
        self.add(id);
    }

    fn add(&mut self, id: SchemaId) {
        if !self.wanted.remove(&id) {
            return;
        }
        if let Some(spec) = self.front.schemas.object(id) {
            for &(name, _) in &spec.properties {
                if self.known.insert(name) {
                    self.names.push(name);
                }
            }
        }
    }
}
