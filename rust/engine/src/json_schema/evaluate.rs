//! Whether a value satisfies a goal.

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::equal::{equal, ValueSet};
use super::formula::{Atom, FormulaId};
use super::leaf::{self, Decimal, NumberKind};
use super::limits::on_enough_stack;
use super::object::NameKind;
use super::schema::{SchemaId, Type, Types};
use super::Front;
use crate::error::Result;
use crate::grammar::Grammar;

/// So many values are compared one by one.
const COMPARED: usize = 12;

/// Which texts of a value satisfy a goal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    All,
    None,
    /// To draft 4, `1` is an integer and `1.0` is not.
    Some,
}

impl Verdict {
    fn of(all: bool) -> Self {
        if all {
            Verdict::All
        } else {
            Verdict::None
        }
    }
}

/// The values of schemas that list some, for a look at whether there is one.
#[derive(Default)]
pub(super) struct Memory {
    sets: FxHashMap<SchemaId, ValueSet>,
}

impl Front {
    /// Which texts of a value satisfy a goal.
    pub(super) fn satisfies(
        &mut self,
        goal: FormulaId,
        value: &Value,
        grammar: &mut Grammar,
    ) -> Result<Verdict> {
        let of = Type::of(value);
        if !self.types_of(goal).has(of) {
            return Ok(Verdict::None);
        }
        let formula = self.typed(goal, of);
        self.satisfies_typed(formula, value, grammar)
    }

    /// Which texts of a value satisfy a formula of its type.
    pub(super) fn satisfies_typed(
        &mut self,
        formula: FormulaId,
        value: &Value,
        grammar: &mut Grammar,
    ) -> Result<Verdict> {
        self.burn(&mut grammar.exprs)?;
        let mut settled = FxHashMap::default();
        for atom in self.formulas.atoms(formula) {
            let holds = match on_enough_stack(|| self.atom_holds(atom, value, grammar))? {
                Verdict::All => FormulaId::TRUE,
                Verdict::None => FormulaId::FALSE,
                Verdict::Some => return Ok(Verdict::Some),
            };
            settled.insert(atom, holds);
        }
        let settled = self.formulas.replace_atoms(formula, &settled);
        Ok(Verdict::of(settled == FormulaId::TRUE))
    }

    fn atom_holds(&mut self, atom: Atom, value: &Value, grammar: &mut Grammar) -> Result<Verdict> {
        if let Atom::Value(id) = atom {
            return Ok(Verdict::of(self.lists(id, value)));
        }
        match value {
            Value::String(_) => {
                let formula = self.formulas.atom(atom);
                let text = self.scalar(formula, Type::String, &mut grammar.exprs)?;
                let matches = grammar.exprs.matches(text, value.to_string().as_bytes())?;
                Ok(Verdict::of(matches))
            }
            Value::Number(number) => self.number_holds(atom, &Decimal::from_json(number)?, grammar),
            Value::Array(items) => self.array_holds(atom, items, grammar),
            Value::Object(members) => self.object_holds(atom, members, grammar),
            Value::Null | Value::Bool(_) => Ok(Verdict::All),
        }
    }

    fn number_holds(
        &mut self,
        atom: Atom,
        value: &Decimal,
        grammar: &mut Grammar,
    ) -> Result<Verdict> {
        let formula = self.formulas.atom(atom);
        let exprs = &mut grammar.exprs;
        let text = self.scalar(formula, Type::Number, exprs)?;
        let spellings = leaf::number_equal(exprs, value)?;
        let both = exprs.and(vec![text, spellings]);
        if exprs.matches_nothing(both)? {
            return Ok(Verdict::None);
        }
        if matches!(atom, Atom::Number(id) if self.number_kind(id) == NumberKind::PlainInteger) {
            let others = exprs.not(text);
            let others = exprs.and(vec![spellings, others]);
            if !exprs.matches_nothing(others)? {
                return Ok(Verdict::Some);
            }
        }
        Ok(Verdict::All)
    }

    fn array_holds(
        &mut self,
        atom: Atom,
        items: &[Value],
        grammar: &mut Grammar,
    ) -> Result<Verdict> {
        let count = items.len() as u32;
        let differ = || {
            let mut seen = ValueSet::default();
            items.iter().all(|item| seen.insert(item))
        };
        Ok(match atom {
            Atom::MinItems(least) => Verdict::of(count >= least),
            Atom::MaxItems(most) => Verdict::of(count <= most),
            Atom::Unique => Verdict::of(differ()),
            Atom::Repeats => Verdict::of(!differ()),
            Atom::ContainsMin(schema, _) | Atom::ContainsMax(schema, _) => {
                let goal = self.formulas.schema(schema);
                let mut found = 0;
                for item in items {
                    match self.satisfies(goal, item, grammar)? {
                        Verdict::All => found += 1,
                        Verdict::None => {}
                        Verdict::Some => return Ok(Verdict::Some),
                    }
                }
                Verdict::of(match atom {
                    Atom::ContainsMin(_, least) => found >= least,
                    Atom::ContainsMax(_, most) => found <= most,
                    _ => false,
                })
            }
            Atom::Items(_) | Atom::UnevaluatedItems(_) => {
                let mut goals = Vec::with_capacity(items.len());
                for index in 0..count {
                    goals.push(match atom {
                        Atom::Items(id) => self.items_schema(id, index),
                        Atom::UnevaluatedItems(number) => self.unevaluated_item(number, index),
                        _ => FormulaId::FALSE,
                    });
                }
                self.all_satisfy(goals.into_iter().zip(items), grammar)?
            }
            _ => Verdict::None,
        })
    }

    fn object_holds(
        &mut self,
        atom: Atom,
        members: &serde_json::Map<String, Value>,
        grammar: &mut Grammar,
    ) -> Result<Verdict> {
        let count = members.len() as u32;
        Ok(match atom {
            Atom::MinProperties(least) => Verdict::of(count >= least),
            Atom::MaxProperties(most) => Verdict::of(count <= most),
            Atom::Required(name) => {
                Verdict::of(members.contains_key(self.schemas.names.text(name)))
            }
            Atom::Names(schema) => {
                for name in members.keys() {
                    let name = NameKind::Known(self.schemas.names.intern(name));
                    if !self.allows_name(schema, name, grammar)? {
                        return Ok(Verdict::None);
                    }
                }
                Verdict::All
            }
            Atom::Group(_) | Atom::UnevaluatedProperties(_) => {
                let mut goals = Vec::new();
                for (name, value) in members {
                    let name = NameKind::Known(self.schemas.names.intern(name));
                    let mut asked = Vec::new();
                    match atom {
                        Atom::Group(id) => self.group_schemas(id, name, &mut asked, grammar)?,
                        Atom::UnevaluatedProperties(number) => {
                            self.unevaluated_schemas(number, name, &mut asked, grammar)?;
                        }
                        _ => {}
                    }
                    goals.extend(asked.into_iter().map(|goal| (goal, value)));
                }
                self.all_satisfy(goals.into_iter(), grammar)?
            }
            _ => Verdict::None,
        })
    }

    fn all_satisfy<'v>(
        &mut self,
        goals: impl Iterator<Item = (FormulaId, &'v Value)>,
        grammar: &mut Grammar,
    ) -> Result<Verdict> {
        let mut verdict = Verdict::All;
        for (goal, value) in goals {
            match self.satisfies(goal, value, grammar)? {
                Verdict::All => {}
                Verdict::None => return Ok(Verdict::None),
                Verdict::Some => verdict = Verdict::Some,
            }
        }
        Ok(verdict)
    }

    /// Whether a schema that lists values lists this one.
    fn lists(&mut self, id: SchemaId, value: &Value) -> bool {
        let Some(values) = &self.schemas.get(id).values else { return true };
        if values.len() <= COMPARED {
            return values.iter().any(|listed| equal(listed, value));
        }
        let set = self.evaluate.sets.entry(id).or_insert_with(|| values.iter().collect());
        set.contains(value)
    }

    /// Whether two schemas that list values have one in common.
    pub(super) fn list_the_same(&mut self, a: SchemaId, b: SchemaId) -> bool {
        let values = self.schemas.get(a).values.clone().unwrap_or_default();
        values.iter().any(|value| self.lists(b, value))
    }

    /// The values that a schema lists, if it does and none of them is an array or an object.
    pub(super) fn scalar_values(&self, schema: SchemaId) -> Option<&[Value]> {
        let schema = self.schemas.get(schema);
        let values = schema.values.as_deref()?;
        (schema.types.and(Types::CONTAINERS) == Types::NONE).then_some(values)
    }
}
