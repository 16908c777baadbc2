//! The order in which declared properties are written.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::formula::{Atom, Formula, FormulaId};
use super::super::limits::on_enough_stack;
use super::super::names::Name;
use super::super::schema::{Applied, SchemaId};
use super::super::Front;

impl Front {
    /// The names that a thread declares, as the schemas of its goal are written: `properties`,
    /// `allOf`, references and branches where they stand. A schema's own `properties` come in their
    /// own order, even if a branch written before them mentions some of the names. `groups` are the
    /// schemas whose properties the thread asks for.
    pub(super) fn declared(&self, goal: FormulaId, groups: &[SchemaId]) -> Vec<Name> {
        let mut order = Order {
            front: self,
            wanted: groups.iter().copied().collect(),
            seen: FxHashSet::default(),
            known: FxHashSet::default(),
            kept: FxHashMap::default(),
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
    /// Names that schemas around this one are still to list, by how many of them.
    kept: FxHashMap<Name, u32>,
    names: Vec<Name>,
}

impl Order<'_> {
    fn walk(&mut self, id: SchemaId) {
        if !self.seen.insert(id) {
            return;
        }
        let front = self.front;
        let schema = front.schemas.get(id);
        let own = if self.wanted.contains(&id) { schema.object.as_deref() } else { None };
        let own = own.map_or(&[][..], |spec| &spec.properties);
        for (name, _) in own {
            *self.kept.entry(*name).or_default() += 1;
        }
        let (first, then) = schema.applied.split_at(schema.applied_first.min(schema.applied.len()));
        self.walk_applied(first);
        for (name, _) in own {
            if let Some(around) = self.kept.get_mut(name) {
                *around -= 1;
            }
        }
        self.add(id);
        self.walk_applied(then);
    }

    fn walk_applied(&mut self, applied: &[Applied]) {
        for applied in applied.iter().filter(|applied| !matches!(applied, Applied::Not(_))) {
            on_enough_stack(|| {
                applied.schemas().into_iter().for_each(|schema| self.walk(schema));
            });
        }
    }

    fn add(&mut self, id: SchemaId) {
        if !self.wanted.remove(&id) {
            return;
        }
        if let Some(spec) = self.front.schemas.object(id) {
            for &(name, _) in &spec.properties {
                let kept = self.kept.get(&name).is_some_and(|&around| around > 0);
                if !kept && self.known.insert(name) {
                    self.names.push(name);
                }
            }
        }
    }
}
