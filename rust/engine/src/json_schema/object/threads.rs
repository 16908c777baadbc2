//! What is asked of an object, as alternatives that are written each on their own.
//!
//! An alternative has its own order of properties and needs no formula for what the others ask.
//! The branches of a `oneOf` that do not clearly exclude each other would each have to carry the
//! negation of all others, so many of them stay together.

use super::super::formula::{Atom, Formula, FormulaId};
use super::super::Front;

/// How many alternatives are written each on their own.
const THREADS: usize = 128;
/// How many branches of a `oneOf` are, where not all exclude each other.
const OVERLAPPING: usize = 3;

impl Front {
    /// The alternatives of a typed formula. Only disjunctions whose branches declare properties are
    /// taken apart: each branch then has its own order. All others are followed as formulas.
    pub(super) fn threads(&mut self, formula: FormulaId) -> Vec<FormulaId> {
        let mut done = Vec::new();
        let mut waiting = vec![formula];
        while let Some(formula) = waiting.pop() {
            if formula == FormulaId::FALSE || done.contains(&formula) {
                continue;
            }
            let room = THREADS.saturating_sub(done.len() + waiting.len());
            match self.alternatives(formula, room) {
                Some(alternatives) => waiting.extend(alternatives.into_iter().rev()),
                None => done.push(formula),
            }
        }
        done
    }

    fn alternatives(&mut self, formula: FormulaId, room: usize) -> Option<Vec<FormulaId>> {
        let parts = self.formulas.conjuncts(formula);
        let (at, exactly, branches) = parts.iter().enumerate().find_map(|(at, &part)| {
            let (exactly, branches) = match self.formulas.get(part) {
                Formula::Or(branches) => (false, branches),
                Formula::One(branches) => (true, branches),
                _ => return None,
            };
            let declaring = branches.iter().filter(|&&branch| self.declares(branch)).count();
            (declaring >= 2 && branches.len() <= room).then(|| (at, exactly, branches.clone()))
        })?;
        let mut others = parts;
        others.remove(at);
        let mut alternatives = Vec::with_capacity(branches.len());
        let mut overlapping = false;
        for (this, &branch) in branches.iter().enumerate() {
            let mut all = others.clone();
            all.push(branch);
            for (other, &excluded) in branches.iter().enumerate().filter(|_| exactly) {
                if other != this && !self.clearly_exclude(branch, excluded) {
                    overlapping = true;
                    all.push(self.formulas.not(excluded));
                }
            }
            alternatives.push(all);
        }
        if overlapping && branches.len() > OVERLAPPING {
            return None;
        }
        Some(alternatives.into_iter().map(|all| self.formulas.and(all)).collect())
    }

    /// Whether a branch declares properties.
    fn declares(&self, branch: FormulaId) -> bool {
        let mut declares = false;
        self.formulas.visit(branch, &mut |formula, positive, _| {
            declares |= positive && matches!(formula, Formula::Atom(Atom::Group(_)));
        });
        declares
    }

    /// Whether two branches require the same property with values that have nothing in common.
    fn clearly_exclude(&mut self, a: FormulaId, b: FormulaId) -> bool {
        let (a, b) = (self.formulas.conjuncts(a), self.formulas.conjuncts(b));
        let atoms = |front: &Self, parts: &[FormulaId]| -> Vec<Atom> {
            let literals = parts.iter().map(|&part| front.literal(part));
            literals.filter_map(|(atom, negated)| atom.filter(|_| !negated)).collect()
        };
        let (a, b) = (atoms(self, &a), atoms(self, &b));
        for atom in &a {
            let Atom::Required(name) = *atom else { continue };
            for theirs in &b {
                let Atom::Group(theirs) = *theirs else { continue };
                let required = b.contains(atom);
                let Some(spec) = self.schemas.object(theirs) else { continue };
                let Some(their_value) = spec.property(name) else { continue };
                if !required {
                    continue;
                }
                for ours in &a {
                    let Atom::Group(ours) = *ours else { continue };
                    let ours = self.schemas.object(ours).and_then(|spec| spec.property(name));
                    let Some(our_value) = ours else { continue };
                    let goal = self.formulas.schema(our_value);
                    if self.clearly_disjoint(goal, their_value) {
                        return true;
                    }
                }
            }
        }
        false
    }
}
