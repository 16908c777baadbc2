//! Goals for one JSON type: formulas over [`Atom`]s.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::formula::{Atom, Formula, FormulaId};
use super::limits::on_enough_stack;
use super::pointer::Place;
use super::schema::{Applied, ArraySpec, ObjectSpec, Schema, SchemaId, Type, Types};
use super::Front;
use crate::error::Result;
use crate::expr::Exprs;

/// What has been found out so far.
#[derive(Default)]
pub(super) struct Memory {
    goals: FxHashMap<(FormulaId, Type), FormulaId>,
    schemas: FxHashMap<(SchemaId, Type), FormulaId>,
    /// By the text of the value.
    constants: FxHashMap<String, SchemaId>,
    /// By the text of the list.
    listed: FxHashMap<String, SchemaId>,
}

impl Front {
    /// The types that values satisfying a goal may have, as far as schemas say it directly.
    pub(super) fn types_of(&self, goal: FormulaId) -> Types {
        match self.formulas.get(goal) {
            Formula::False => Types::NONE,
            Formula::Schema(schema) => self.schemas.get(*schema).types,
            Formula::And(items) => {
                items.iter().fold(Types::ALL, |all, &item| all.and(self.types_of(item)))
            }
            Formula::Or(items) | Formula::One(items) => {
                items.iter().fold(Types::NONE, |all, &item| all.or(self.types_of(item)))
            }
            Formula::Not(inner) => match self.formulas.get(*inner) {
                Formula::Schema(schema) => {
                    let schema = self.schemas.get(*schema);
                    if schema.is_types_only() {
                        Types::ALL.without(schema.types)
                    } else {
                        Types::ALL
                    }
                }
                _ => Types::ALL,
            },
            Formula::True | Formula::Atom(_) => Types::ALL,
        }
    }

    /// What a goal asks of values of one type.
    pub(super) fn typed(&mut self, goal: FormulaId, of: Type) -> FormulaId {
        match goal {
            FormulaId::FALSE | FormulaId::TRUE => return goal,
            _ => {}
        }
        if let Formula::Schema(schema) = *self.formulas.get(goal) {
            return self.typed_schema(schema, of);
        }
        if let Some(&known) = self.typed.goals.get(&(goal, of)) {
            return known;
        }
        let result = match self.formulas.get(goal).clone() {
            Formula::Not(inner) => {
                let inner = self.typed(inner, of);
                self.formulas.not(inner)
            }
            Formula::And(items) => {
                let items = items.iter().map(|&item| self.typed(item, of)).collect();
                self.formulas.and(items)
            }
            Formula::Or(items) => {
                let items = items.iter().map(|&item| self.typed(item, of)).collect();
                self.formulas.or(items)
            }
            Formula::One(items) => {
                let items = items.iter().map(|&item| self.typed(item, of)).collect();
                self.formulas.one(items)
            }
            _ => goal,
        };
        self.typed.goals.insert((goal, of), result);
        result
    }

    /// What a schema asks of values of one type.
    pub(super) fn typed_schema(&mut self, id: SchemaId, of: Type) -> FormulaId {
        if !self.schemas.get(id).types.has(of) {
            return FormulaId::FALSE;
        }
        if self.schemas.get(id).is_types_only() {
            return FormulaId::TRUE;
        }
        if let Some(&known) = self.typed.schemas.get(&(id, of)) {
            return known;
        }
        let result = on_enough_stack(|| self.typed_now(id, of));
        self.typed.schemas.insert((id, of), result);
        result
    }

    fn typed_now(&mut self, id: SchemaId, of: Type) -> FormulaId {
        let mut parts = Vec::new();
        let schema = self.schemas.get(id);
        let (applied, has_values) = (schema.applied.clone(), schema.values.is_some());
        if has_values {
            parts.push(match of {
                Type::Null => FormulaId::TRUE,
                _ => self.formulas.atom(Atom::Value(id)),
            });
        }
        let schema = self.schemas.get(id);
        match of {
            Type::Null | Type::Boolean => {}
            Type::Number if schema.number.is_some() => {
                parts.push(self.formulas.atom(Atom::Number(id)));
            }
            Type::String if schema.text.is_some() => {
                parts.push(self.formulas.atom(Atom::Text(id)));
            }
            Type::Number | Type::String => {}
            Type::Array => {
                if let Some(spec) = schema.array.clone() {
                    self.array_parts(id, &spec, &mut parts);
                }
            }
            Type::Object => {
                if let Some(spec) = schema.object.clone() {
                    self.object_parts(id, &spec, &mut parts);
                }
            }
        }
        for applied in &applied {
            let part = self.typed_applied(applied, of);
            parts.push(part);
        }
        self.formulas.and(parts)
    }

    /// The formula with every list of arrays or objects as alternatives, so that they combine with
    /// other schemas like any other.
    pub(super) fn spelled_out(
        &mut self,
        formula: FormulaId,
        of: Type,
        exprs: &mut Exprs,
    ) -> Result<FormulaId> {
        let mut replaced = FxHashMap::default();
        let mut lists_any = false;
        for atom in self.formulas.atoms(formula) {
            let same = match atom {
                Atom::Value(id) => {
                    lists_any = true;
                    self.alternatives_of(id, of, exprs)?
                }
                _ => self.formulas.atom(atom),
            };
            replaced.insert(atom, same);
        }
        Ok(if lists_any { self.formulas.replace_atoms(formula, &replaced) } else { formula })
    }

    fn alternatives_of(&mut self, id: SchemaId, of: Type, exprs: &mut Exprs) -> Result<FormulaId> {
        let values = self.schemas.get(id).values.clone().unwrap_or_default();
        let mut any = Vec::new();
        for value in values.iter().filter(|value| Type::of(value) == of) {
            self.burn(exprs)?;
            let constant = self.constant(value);
            any.push(self.typed_schema(constant, of));
        }
        Ok(self.formulas.or(any))
    }

    /// A schema that allows one value. Arrays and objects are taken apart.
    fn constant(&mut self, value: &Value) -> SchemaId {
        let text = value.to_string();
        if let Some(&known) = self.typed.constants.get(&text) {
            return known;
        }
        let mut schema = Schema::of_types(Place::ROOT, Types::only(Type::of(value)));
        match value {
            Value::Array(items) => {
                let count = items.len() as u32;
                let prefix = items.iter().map(|item| self.constant(item)).collect();
                let items = Some(SchemaId::FALSE);
                let spec =
                    ArraySpec { prefix, items, min: count, max: Some(count), ..Default::default() };
                schema.array = Some(Arc::new(spec));
            }
            Value::Object(members) => {
                let properties: Box<_> = members
                    .iter()
                    .map(|(name, value)| (self.schemas.names.intern(name), self.constant(value)))
                    .collect();
                let required = properties.iter().map(|&(name, _)| name).collect();
                let additional = Some(SchemaId::FALSE);
                let spec = ObjectSpec { properties, required, additional, ..Default::default() };
                schema.object = Some(Arc::new(spec));
            }
            scalar => schema.values = Some([scalar.clone()].into()),
        }
        let id = self.schemas.push(schema);
        self.typed.constants.insert(text, id);
        id
    }

    /// A schema that allows exactly these values.
    pub(super) fn listed(&mut self, values: Vec<Value>) -> SchemaId {
        let text = Value::Array(values.clone()).to_string();
        if let Some(&known) = self.typed.listed.get(&text) {
            return known;
        }
        let types = values.iter().fold(Types::NONE, |all, v| all.or(Types::only(Type::of(v))));
        let mut schema = Schema::of_types(Place::ROOT, types);
        schema.values = Some(values.into());
        let id = self.schemas.push(schema);
        self.typed.listed.insert(text, id);
        id
    }

    fn array_parts(&mut self, id: SchemaId, spec: &ArraySpec, parts: &mut Vec<FormulaId>) {
        if !spec.prefix.is_empty() || spec.items.is_some() {
            parts.push(self.formulas.atom(Atom::Items(id)));
        }
        parts.push(self.formulas.atom(Atom::MinItems(spec.min)));
        if let Some(max) = spec.max {
            parts.push(self.formulas.atom(Atom::MaxItems(max)));
        }
        if let Some(contains) = spec.contains {
            parts.push(self.formulas.atom(Atom::ContainsMin(contains.schema, contains.min)));
            if let Some(max) = contains.max {
                parts.push(self.formulas.atom(Atom::ContainsMax(contains.schema, max)));
            }
        }
        if spec.unique {
            parts.push(self.formulas.atom(Atom::Unique));
        }
        if let Some(unevaluated) = spec.unevaluated {
            parts.push(self.unevaluated_items(id, unevaluated));
        }
    }

    fn object_parts(&mut self, id: SchemaId, spec: &ObjectSpec, parts: &mut Vec<FormulaId>) {
        if spec.has_group() {
            parts.push(self.formulas.atom(Atom::Group(id)));
        }
        for &name in &spec.required {
            parts.push(self.formulas.atom(Atom::Required(name)));
        }
        parts.push(self.formulas.atom(Atom::MinProperties(spec.min)));
        if let Some(max) = spec.max {
            parts.push(self.formulas.atom(Atom::MaxProperties(max)));
        }
        if let Some(names) = spec.names.filter(|&names| names != SchemaId::TRUE) {
            parts.push(self.formulas.atom(Atom::Names(names)));
        }
        for (name, required) in &spec.dependent_required {
            let name = self.formulas.atom(Atom::Required(*name));
            let absent = self.formulas.not(name);
            let required = required.iter().map(|&n| self.formulas.atom(Atom::Required(n)));
            let required = required.collect();
            let required = self.formulas.and(required);
            parts.push(self.formulas.or(vec![absent, required]));
        }
        if let Some(unevaluated) = spec.unevaluated {
            parts.push(self.unevaluated_properties(id, unevaluated));
        }
    }

    fn typed_applied(&mut self, applied: &Applied, of: Type) -> FormulaId {
        let all = |front: &mut Self, list: &[SchemaId]| -> Vec<FormulaId> {
            list.iter().map(|&schema| front.typed_schema(schema, of)).collect()
        };
        match applied {
            Applied::Ref(schema) => self.typed_schema(*schema, of),
            Applied::All(list) => {
                let items = all(self, list);
                self.formulas.and(items)
            }
            Applied::Any(list) => {
                let items = all(self, list);
                self.formulas.or(items)
            }
            Applied::One(list) => {
                let items = all(self, list);
                self.formulas.one(items)
            }
            Applied::Not(schema) => {
                let inner = self.typed_schema(*schema, of);
                self.formulas.not(inner)
            }
            Applied::If { condition, then, otherwise } => {
                let condition = self.typed_schema(*condition, of);
                let mut branch = |schema: &Option<SchemaId>| match schema {
                    Some(schema) => self.typed_schema(*schema, of),
                    None => FormulaId::TRUE,
                };
                let (then, otherwise) = (branch(then), branch(otherwise));
                let unless = self.formulas.not(condition);
                let then = self.formulas.and(vec![condition, then]);
                let otherwise = self.formulas.and(vec![unless, otherwise]);
                self.formulas.or(vec![then, otherwise])
            }
            Applied::Dependent(..) if of != Type::Object => FormulaId::TRUE,
            Applied::Dependent(name, schema) => {
                let present = self.formulas.atom(Atom::Required(*name));
                let absent = self.formulas.not(present);
                let dependent = self.typed_schema(*schema, of);
                self.formulas.or(vec![absent, dependent])
            }
        }
    }
}
