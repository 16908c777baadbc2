//! The conjunction of what is asked of an array.

use super::super::formula::{Atom, Formula, FormulaId};
use super::super::schema::{SchemaId, Type};
use super::super::Front;
use super::ArrayState;
use crate::error::Result;
use crate::expr::Exprs;

/// What every array of a goal must satisfy.
pub(super) struct Plan {
    /// Schemas with `prefixItems` or `items`.
    pub items: Vec<SchemaId>,
    pub unevaluated: Vec<u32>,
    pub min: u32,
    pub max: u32,
    /// Whether items must differ from each other.
    pub unique: bool,
    /// Whether the rest's formula needs to know the items written.
    pub remembers: bool,
    /// From this index on all items are alike.
    pub alike_from: u32,
}

impl Front {
    /// The states before the first item: one for arrays whose items differ and one for the others,
    /// where that matters.
    pub(super) fn array_starts(
        &mut self,
        goal: FormulaId,
        exprs: &mut Exprs,
    ) -> Result<Vec<ArrayState>> {
        if let Some(known) = self.arrays.starts.get(&goal) {
            return Ok(known.clone());
        }
        let formula = self.typed(goal, Type::Array);
        let formula = self.spelled_out(formula, Type::Array, exprs)?;
        let mut cases = self.by_uniqueness(formula);
        cases.retain(|&case| case != FormulaId::FALSE);
        let starts: Vec<_> = cases.into_iter().map(|case| self.lay_out_array(case)).collect();
        self.arrays.starts.insert(goal, starts.clone());
        Ok(starts)
    }

    fn by_uniqueness(&mut self, formula: FormulaId) -> Vec<FormulaId> {
        let (mut wanted, mut barred) = (false, false);
        self.formulas.visit(formula, &mut |formula, positive, negative| {
            if *formula == Formula::Atom(Atom::Unique) {
                wanted |= positive;
                barred |= negative;
            }
        });
        if !wanted && !barred {
            return vec![formula];
        }
        let mut assume = |value| {
            self.formulas.map(formula, &mut |formulas, formula| match formula {
                Formula::Atom(Atom::Unique) => value,
                Formula::Atom(atom) => formulas.atom(*atom),
                _ => FormulaId::FALSE,
            })
        };
        let (mut unique, mut others) = (assume(FormulaId::TRUE), assume(FormulaId::FALSE));
        // What only helps need not be refuted where it is done without.
        if wanted {
            let differ = self.formulas.atom(Atom::Unique);
            unique = self.formulas.and(vec![unique, differ]);
        }
        if barred {
            let repeats = self.formulas.atom(Atom::Repeats);
            others = self.formulas.and(vec![others, repeats]);
        }
        vec![unique, others]
    }

    fn lay_out_array(&mut self, formula: FormulaId) -> ArrayState {
        let mut plan = Plan {
            items: Vec::new(),
            unevaluated: Vec::new(),
            min: 0,
            max: u32::MAX,
            unique: false,
            remembers: false,
            alike_from: 0,
        };
        let mut rest = Vec::new();
        for part in self.formulas.conjuncts(formula) {
            match self.literal(part) {
                (Some(Atom::Items(items)), false) => plan.items.push(items),
                (Some(Atom::UnevaluatedItems(number)), false) => plan.unevaluated.push(number),
                (Some(Atom::MinItems(min)), false) => plan.min = plan.min.max(min),
                (Some(Atom::MaxItems(max)), false) => plan.max = plan.max.min(max),
                (Some(Atom::Unique), false) => plan.unique = true,
                _ => rest.push(part),
            }
        }
        let rest = self.formulas.and(rest);
        let mut alike_from = 0;
        self.formulas.visit(formula, &mut |formula, _, _| match formula {
            Formula::Atom(Atom::Items(id)) => {
                let prefix = self.schemas.array(*id).map_or(0, |spec| spec.prefix.len());
                alike_from = alike_from.max(prefix as u32);
            }
            Formula::Atom(Atom::UnevaluatedItems(number)) => {
                alike_from = alike_from.max(self.unevaluated_rest(*number).seen.prefix);
            }
            _ => {}
        });
        self.formulas.visit(rest, &mut |formula, _, _| {
            plan.remembers |= *formula == Formula::Atom(Atom::Repeats);
        });
        plan.alike_from = alike_from;
        self.arrays.plans.push(plan);
        let plan = self.arrays.plans.len() as u32 - 1;
        ArrayState { plan, rest, index: 0, count: 0, written: 0, supposed: 0 }
    }

    pub(super) fn array_plan(&self, state: &ArrayState) -> &Plan {
        &self.arrays.plans[state.plan as usize]
    }
}
