//! What an item does to what is asked of the array.

use super::super::formula::{Atom, Formula, FormulaId};
use super::super::schema::SchemaId;
use super::super::split::Case;
use super::super::Front;
use super::ArrayState;
use crate::error::Result;
use crate::grammar::Grammar;

impl Front {
    /// The ways to write the next item: its goal, and what is then left of the rest.
    pub(super) fn item_cases(
        &mut self,
        state: &ArrayState,
        grammar: &mut Grammar,
    ) -> Result<Vec<Case>> {
        let goal = self.item_goal(state);
        if goal == FormulaId::FALSE {
            return Ok(Vec::new());
        }
        if state.rest == FormulaId::TRUE {
            let satisfiable = self.is_satisfiable(goal, grammar)?;
            return Ok(if satisfiable { vec![(goal, state.rest)] } else { Vec::new() });
        }
        let rest = self.after_item(state);
        self.split(goal, rest, grammar)
    }

    /// What the next item must satisfy in any case.
    pub(super) fn item_goal(&mut self, state: &ArrayState) -> FormulaId {
        let plan = self.array_plan(state);
        let (items, unevaluated, unique) =
            (plan.items.clone(), plan.unevaluated.clone(), plan.unique);
        let mut goals: Vec<FormulaId> =
            items.iter().map(|&items| self.items_schema(items, state.index)).collect();
        for number in unevaluated {
            goals.push(self.unevaluated_item(number, state.index));
        }
        if unique {
            let written = self.written_schema(state.written);
            let written = self.formulas.schema(written);
            goals.push(self.formulas.not(written));
        }
        self.formulas.and(goals)
    }

    pub(in super::super) fn items_schema(&mut self, items: SchemaId, index: u32) -> FormulaId {
        let schema = self
            .schemas
            .array(items)
            .and_then(|spec| spec.prefix.get(index as usize).copied().or(spec.items));
        self.formulas.schema(schema.unwrap_or(SchemaId::TRUE))
    }

    pub(in super::super) fn unevaluated_item(&mut self, number: u32, index: u32) -> FormulaId {
        let rest = self.unevaluated_rest(number);
        if index < rest.seen.prefix {
            return FormulaId::TRUE;
        }
        let any: Vec<SchemaId> =
            rest.seen.contains.iter().copied().chain(std::iter::once(rest.schema)).collect();
        let any = any.into_iter().map(|schema| self.formulas.schema(schema)).collect();
        self.formulas.or(any)
    }

    /// The formula after the next item, over schemas for the item and atoms for what is to come.
    pub(super) fn after_item(&mut self, state: &ArrayState) -> FormulaId {
        let atoms = self.formulas.atoms(state.rest);
        let replaced =
            atoms.into_iter().map(|atom| (atom, self.atom_after_item(atom, state))).collect();
        self.formulas.replace_atoms(state.rest, &replaced)
    }

    fn atom_after_item(&mut self, atom: Atom, state: &ArrayState) -> FormulaId {
        let same = self.formulas.atom(atom);
        match atom {
            Atom::Items(items) => {
                let item = self.items_schema(items, state.index);
                self.formulas.and(vec![item, same])
            }
            Atom::UnevaluatedItems(number) => {
                let item = self.unevaluated_item(number, state.index);
                self.formulas.and(vec![item, same])
            }
            Atom::MinItems(least) => self.formulas.atom(Atom::MinItems(least.saturating_sub(1))),
            Atom::MaxItems(0) => FormulaId::FALSE,
            Atom::MaxItems(most) => self.formulas.atom(Atom::MaxItems(most - 1)),
            Atom::ContainsMin(schema, least) => {
                let fewer = self.formulas.atom(Atom::ContainsMin(schema, least.saturating_sub(1)));
                self.choose(schema, fewer, same)
            }
            Atom::ContainsMax(schema, most) => {
                let fewer = match most {
                    0 => FormulaId::FALSE,
                    _ => self.formulas.atom(Atom::ContainsMax(schema, most - 1)),
                };
                self.choose(schema, fewer, same)
            }
            Atom::Repeats => {
                let written = self.written_schema(state.written);
                let mut any = vec![self.formulas.schema(written), same];
                any.extend_from_slice(self.arrays.supposed.get(state.supposed));
                self.formulas.or(any)
            }
            _ => same,
        }
    }

    /// One formula if the item is what a schema allows, and the other if it is not. Each is implied
    /// by what it says of more items, so the weaker one needs no condition.
    fn choose(&mut self, schema: SchemaId, if_so: FormulaId, if_not: FormulaId) -> FormulaId {
        let holds = self.formulas.schema(schema);
        let fails = self.formulas.not(holds);
        let so = self.formulas.and(vec![holds, if_so]);
        let not = self.formulas.and(vec![fails, if_not]);
        self.formulas.or(vec![so, not])
    }

    /// Whether an array may end with this left of the rest.
    pub(super) fn array_rest_holds_at_end(&mut self, rest: FormulaId) -> bool {
        let settled = self.formulas.map(rest, &mut |_, formula| match formula {
            Formula::Atom(Atom::MinItems(_) | Atom::ContainsMin(..) | Atom::Repeats) => {
                FormulaId::FALSE
            }
            _ => FormulaId::TRUE,
        });
        settled == FormulaId::TRUE
    }

    /// The state after an item; the item itself is still to be added.
    pub(super) fn array_after(&self, state: &ArrayState, rest: FormulaId) -> ArrayState {
        let plan = self.array_plan(state);
        let enough = if plan.max == u32::MAX { plan.min } else { plan.max };
        ArrayState {
            rest,
            index: (state.index + 1).min(plan.alike_from),
            count: (state.count + 1).min(enough),
            ..*state
        }
    }
}
