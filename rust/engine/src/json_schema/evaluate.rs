//! Whether a scalar satisfies a goal.

use serde_json::Value;

use super::equal::equal;
use super::formula::{Atom, Formula, FormulaId};
use super::leaf::{self, Decimal};
use super::schema::{SchemaId, Type, Types};
use super::Front;
use crate::error::Result;
use crate::grammar::Grammar;

impl Front {
    /// Whether a value that is neither an array nor an object satisfies a goal.
    pub(super) fn satisfies(
        &mut self,
        goal: FormulaId,
        value: &Value,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        let of = Type::of(value);
        if !self.types_of(goal).has(of) {
            return Ok(false);
        }
        let formula = self.typed(goal, of);
        let mut atoms = Vec::new();
        self.formulas.visit(formula, &mut |formula, _, _| {
            if let Formula::Atom(atom) = formula {
                atoms.push(*atom);
            }
        });
        let mut holds = Vec::with_capacity(atoms.len());
        for atom in atoms {
            holds.push((atom, self.atom_holds(atom, value, grammar)?));
        }
        let settled = self.formulas.map(formula, &mut |_, formula| match formula {
            Formula::Atom(atom) if holds.contains(&(*atom, true)) => FormulaId::TRUE,
            _ => FormulaId::FALSE,
        });
        Ok(settled == FormulaId::TRUE)
    }

    fn atom_holds(&mut self, atom: Atom, value: &Value, grammar: &mut Grammar) -> Result<bool> {
        if let Atom::Value(id) = atom {
            let values = self.schemas.get(id).values.as_ref();
            return Ok(values.is_none_or(|values| values.iter().any(|v| equal(v, value))));
        }
        let formula = self.formulas.atom(atom);
        let exprs = &mut grammar.exprs;
        match value {
            Value::String(_) => {
                let text = self.scalar(formula, Type::String, exprs)?;
                exprs.matches(text, value.to_string().as_bytes())
            }
            Value::Number(number) => {
                let text = self.scalar(formula, Type::Number, exprs)?;
                let spellings = leaf::number_equal(exprs, &Decimal::from_json(number)?)?;
                let both = exprs.and(vec![text, spellings]);
                Ok(!exprs.matches_nothing(both)?)
            }
            _ => Ok(true),
        }
    }

    /// The values that a schema lists, if it does and none of them is an array or an object.
    pub(super) fn scalar_values(&self, schema: SchemaId) -> Option<&[Value]> {
        let schema = self.schemas.get(schema);
        let values = schema.values.as_deref()?;
        (schema.types.and(Types::CONTAINERS) == Types::NONE).then_some(values)
    }
}
