//! What a property does to what is asked of the object.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::formula::{Atom, Formula, FormulaId};
use super::super::names::Name;
use super::super::split::Case;
use super::super::Front;
use super::plan::NameKind;
use super::{ObjectState, PropertyRef};
use crate::error::Result;
use crate::grammar::Grammar;

impl Front {
    /// The ways to write a property: the goal of its value, and what is then left of the rest.
    pub(super) fn property_cases(
        &mut self,
        plan: u32,
        rest: FormulaId,
        property: PropertyRef,
        grammar: &mut Grammar,
    ) -> Result<Vec<Case>> {
        let plan = &self.objects.plans[plan as usize];
        let (goal, class, name);
        match property {
            PropertyRef::Key(key) => {
                let key = &plan.keys[key as usize];
                (goal, class, name) = (key.goal, None, Some(key.name));
            }
            PropertyRef::Class(class_at) => {
                let known = plan.classes.as_ref().and_then(|all| all.get(class_at as usize));
                let Some(known) = known.cloned() else { return Ok(Vec::new()) };
                (goal, class, name) = (known.goal, Some(known), None);
            }
        }
        if goal == FormulaId::FALSE {
            return Ok(Vec::new());
        }
        if rest == FormulaId::TRUE {
            let satisfiable = self.is_satisfiable(goal, grammar)?;
            return Ok(if satisfiable { vec![(goal, rest)] } else { Vec::new() });
        }
        let kind = match (&class, name) {
            (Some(class), _) => NameKind::Class(class),
            (None, Some(name)) => NameKind::Known(name),
            (None, None) => return Ok(Vec::new()),
        };
        let rest = self.after_property(rest, kind, grammar)?;
        self.split(goal, rest, grammar)
    }

    /// The formula after a property, over schemas for its value and atoms for what is to come.
    pub(super) fn after_property(
        &mut self,
        rest: FormulaId,
        name: NameKind<'_>,
        grammar: &mut Grammar,
    ) -> Result<FormulaId> {
        let mut replaced = FxHashMap::default();
        for atom in self.formulas.atoms(rest) {
            let after = self.atom_after_property(atom, name, grammar)?;
            replaced.insert(atom, after);
        }
        Ok(self.formulas.replace_atoms(rest, &replaced))
    }

    fn atom_after_property(
        &mut self,
        atom: Atom,
        name: NameKind<'_>,
        grammar: &mut Grammar,
    ) -> Result<FormulaId> {
        let same = self.formulas.atom(atom);
        let mut goals = vec![same];
        match atom {
            Atom::Group(group) => self.group_schemas(group, name, &mut goals, grammar)?,
            Atom::UnevaluatedProperties(number) => {
                self.unevaluated_schemas(number, name, &mut goals, grammar)?;
            }
            Atom::Names(names) if !self.allows_name(names, name, grammar)? => {
                return Ok(FormulaId::FALSE);
            }
            Atom::Names(_) => {}
            Atom::Required(required) => {
                if matches!(name, NameKind::Known(name) if name == required) {
                    return Ok(FormulaId::TRUE);
                }
            }
            Atom::MinProperties(least) => {
                return Ok(self.formulas.atom(Atom::MinProperties(least.saturating_sub(1))));
            }
            Atom::MaxProperties(0) => return Ok(FormulaId::FALSE),
            Atom::MaxProperties(most) => {
                return Ok(self.formulas.atom(Atom::MaxProperties(most - 1)));
            }
            _ => {}
        }
        Ok(self.formulas.and(goals))
    }

    /// The formula with the atoms decided that no property still open can change.
    pub(super) fn settle(
        &mut self,
        plan: u32,
        rest: FormulaId,
        open: &[(u32, bool)],
        grammar: &mut Grammar,
    ) -> Result<FormulaId> {
        if rest == FormulaId::TRUE || rest == FormulaId::FALSE {
            return Ok(rest);
        }
        self.find_classes(plan, grammar)?;
        let plan = &self.objects.plans[plan as usize];
        let others = plan.classes.as_ref().is_some_and(|classes| !classes.is_empty());
        let open: FxHashSet<Name> =
            open.iter().map(|&(key, _)| plan.keys[key as usize].name).collect();
        let more = others || !open.is_empty();
        let schemas = &self.schemas;
        Ok(self.formulas.map(rest, &mut |formulas, formula| {
            let Formula::Atom(atom) = *formula else { return FormulaId::FALSE };
            match atom {
                Atom::Required(name) if !open.contains(&name) => FormulaId::FALSE,
                Atom::MinProperties(_) if !more => FormulaId::FALSE,
                Atom::MaxProperties(_) | Atom::Names(_) | Atom::UnevaluatedProperties(_)
                    if !more =>
                {
                    FormulaId::TRUE
                }
                Atom::Group(group) => {
                    let spec = schemas.object(group);
                    let changes = spec.is_some_and(|spec| {
                        let any_name = !spec.patterns.is_empty() || spec.additional.is_some();
                        (any_name && more)
                            || spec.properties.iter().any(|(name, _)| open.contains(name))
                    });
                    if changes {
                        formulas.atom(atom)
                    } else {
                        FormulaId::TRUE
                    }
                }
                _ => formulas.atom(atom),
            }
        }))
    }

    /// Whether an object may end with this left of the rest.
    pub(super) fn rest_holds_at_end(&mut self, rest: FormulaId) -> bool {
        let settled = self.formulas.map(rest, &mut |_, formula| match formula {
            Formula::Atom(Atom::Required(_) | Atom::MinProperties(_)) => FormulaId::FALSE,
            _ => FormulaId::TRUE,
        });
        settled == FormulaId::TRUE
    }

    /// The state after a property that the plan knows, or after one that it does not (whose name is
    /// still to be added).
    pub(super) fn object_after(
        &mut self,
        state: ObjectState,
        property: PropertyRef,
        rest: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<ObjectState> {
        let plan = self.plan(&state);
        let (declared, min, max) = (plan.declared, plan.min, plan.max);
        // Beyond the limits one count is as good as another.
        let enough = if max == u32::MAX { min } else { max };
        let count = (state.count + 1).min(enough);
        let in_order = self.order == super::super::PropertyOrder::Schema;
        let (mut from, mut written) = (state.from, state.written);
        match property {
            PropertyRef::Key(key) if in_order && key < declared => from = key + 1,
            PropertyRef::Key(key) => {
                written = self.objects.written.with(written, key);
                if in_order {
                    from = declared;
                }
            }
            PropertyRef::Class(_) if in_order => from = declared,
            PropertyRef::Class(_) => {}
        }
        let after = ObjectState { from, written, count, ..state };
        let open: Vec<(u32, bool)> = match rest {
            FormulaId::TRUE => Vec::new(),
            _ => self.open_keys(&after).collect(),
        };
        let rest = self.settle(state.plan, rest, &open, grammar)?;
        Ok(ObjectState { rest, ..after })
    }
}
