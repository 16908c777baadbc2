//! Numbers, strings, booleans and null as terminals.
//!
//! A conjunction is handed to the leaf as one constraint where it can be, since the leaf knows
//! more of its parts than an intersection of their texts would; everything else is intersection,
//! union and complement of terminals. Not every text of a value is written, so complements are
//! taken of all its texts.

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::formula::{Atom, Formula, FormulaId};
use super::leaf::{self, Decimal, NumberConstraint, NumberKind, StringConstraint};
use super::limits::on_enough_stack;
use super::schema::{NumberSpec, SchemaId, TextSpec, Type};
use super::Front;
use crate::error::Result;
use crate::expr::{ExprId, Exprs};

/// Terminals made so far.
#[derive(Default)]
pub(super) struct Memory {
    known: FxHashMap<(FormulaId, Type), ExprId>,
    /// Of strings without their quotes, and of formulas inside others; whether they are exact.
    parts: FxHashMap<(FormulaId, Type, bool), ExprId>,
}

impl Front {
    /// The texts of the values of a scalar type that satisfy a typed formula.
    pub(super) fn scalar(
        &mut self,
        formula: FormulaId,
        of: Type,
        exprs: &mut Exprs,
    ) -> Result<ExprId> {
        if formula == FormulaId::FALSE {
            return Ok(ExprId::NEVER);
        }
        if let Some(&known) = self.scalars.known.get(&(formula, of)) {
            return Ok(known);
        }
        let text = match of {
            Type::String => {
                let body = self.string(formula, exprs)?;
                let quote = exprs.literal(b"\"");
                exprs.concat(&[quote, body, quote])
            }
            Type::Number => self.number(formula, exprs)?,
            Type::Boolean => self.boolean(formula, exprs)?,
            Type::Null if self.holds(formula, &Value::Null) => exprs.literal(b"null"),
            _ => ExprId::NEVER,
        };
        self.scalars.known.insert((formula, of), text);
        Ok(text)
    }

    fn boolean(&mut self, formula: FormulaId, exprs: &mut Exprs) -> Result<ExprId> {
        let mut texts: Vec<&[u8]> = Vec::new();
        for (value, text) in [(false, b"false".as_slice()), (true, b"true")] {
            if self.holds(formula, &Value::Bool(value)) {
                texts.push(text);
            }
        }
        Ok(exprs.literal_set(texts))
    }

    /// Whether null, or a boolean, satisfies a formula of its type.
    fn holds(&mut self, formula: FormulaId, value: &Value) -> bool {
        let schemas = &self.schemas;
        let settled = self.formulas.map(formula, &mut |_, formula| {
            let holds = match formula {
                Formula::Atom(Atom::Value(id)) => {
                    schemas.get(*id).values.as_ref().is_none_or(|values| values.contains(value))
                }
                _ => true,
            };
            if holds {
                FormulaId::TRUE
            } else {
                FormulaId::FALSE
            }
        });
        settled == FormulaId::TRUE
    }

    /// What `make` makes of a part of a formula, once: formulas share parts, and nest deeply.
    fn part(
        &mut self,
        key: (FormulaId, Type, bool),
        make: impl FnOnce(&mut Self) -> Result<ExprId>,
    ) -> Result<ExprId> {
        if let Some(&known) = self.scalars.parts.get(&key) {
            return Ok(known);
        }
        let part = on_enough_stack(|| make(self))?;
        self.scalars.parts.insert(key, part);
        Ok(part)
    }

    /// The text between the quotes.
    fn string(&mut self, formula: FormulaId, exprs: &mut Exprs) -> Result<ExprId> {
        self.part((formula, Type::String, false), |front| front.make_string(formula, exprs))
    }

    fn make_string(&mut self, formula: FormulaId, exprs: &mut Exprs) -> Result<ExprId> {
        match self.formulas.get(formula).clone() {
            Formula::False => Ok(ExprId::NEVER),
            Formula::Or(items) => {
                let items: Result<Vec<ExprId>> =
                    items.iter().map(|&item| self.string(item, exprs)).collect();
                Ok(exprs.or(items?))
            }
            Formula::One(items) => {
                let written: Result<Vec<ExprId>> =
                    items.iter().map(|&item| self.string(item, exprs)).collect();
                let written = exprs.or(written?);
                let exact = self.exact(formula, Type::String, exprs)?;
                Ok(exprs.and(vec![written, exact]))
            }
            Formula::True | Formula::And(_) | Formula::Not(_) | Formula::Atom(_) => {
                self.string_conjunction(formula, exprs)
            }
            Formula::Schema(_) => Ok(ExprId::NEVER),
        }
    }

    fn string_conjunction(&mut self, formula: FormulaId, exprs: &mut Exprs) -> Result<ExprId> {
        let mut constraint = StringConstraint::default();
        let mut listed: Option<ExprId> = None;
        let mut others = Vec::new();
        for part in self.formulas.conjuncts(formula) {
            let (atom, negated) = self.literal(part);
            match (atom, negated) {
                (Some(Atom::Text(id)), false) => self.add_text(&mut constraint, id),
                (Some(Atom::Text(id)), true) => {
                    if !self.add_negated_text(&mut constraint, id) {
                        others.push(self.exact(part, Type::String, exprs)?);
                    }
                }
                (Some(Atom::Value(id)), false) => {
                    let bodies: Vec<ExprId> =
                        self.strings(id).iter().map(|s| leaf::string_equal(exprs, s)).collect();
                    let bodies = exprs.or(bodies);
                    listed = Some(match listed {
                        Some(listed) => exprs.and(vec![listed, bodies]),
                        None => bodies,
                    });
                }
                (Some(Atom::Value(id)), true) => {
                    constraint.not_values.extend(self.strings(id));
                }
                _ => {
                    let body = match self.formulas.get(part).clone() {
                        Formula::Not(_) => self.exact(part, Type::String, exprs)?,
                        _ => self.string(part, exprs)?,
                    };
                    others.push(body);
                }
            }
        }
        if constraint != StringConstraint::default() || listed.is_none() {
            others.push(leaf::string_body(exprs, &constraint)?);
        }
        others.extend(listed);
        let body = exprs.and(others);
        Ok(if exprs.matches_nothing(body)? { ExprId::NEVER } else { body })
    }

    fn number(&mut self, formula: FormulaId, exprs: &mut Exprs) -> Result<ExprId> {
        self.part((formula, Type::Number, false), |front| front.make_number(formula, exprs))
    }

    fn make_number(&mut self, formula: FormulaId, exprs: &mut Exprs) -> Result<ExprId> {
        match self.formulas.get(formula).clone() {
            Formula::False => Ok(ExprId::NEVER),
            Formula::Or(items) => {
                let items: Result<Vec<ExprId>> =
                    items.iter().map(|&item| self.number(item, exprs)).collect();
                Ok(exprs.or(items?))
            }
            Formula::One(items) => {
                let written: Result<Vec<ExprId>> =
                    items.iter().map(|&item| self.number(item, exprs)).collect();
                let written = exprs.or(written?);
                let exact = self.exact(formula, Type::Number, exprs)?;
                Ok(exprs.and(vec![written, exact]))
            }
            Formula::True | Formula::And(_) | Formula::Not(_) | Formula::Atom(_) => {
                self.number_conjunction(formula, exprs)
            }
            Formula::Schema(_) => Ok(ExprId::NEVER),
        }
    }

    fn number_conjunction(&mut self, formula: FormulaId, exprs: &mut Exprs) -> Result<ExprId> {
        let mut constraint = NumberConstraint::default();
        let mut listed: Option<ExprId> = None;
        let mut others = Vec::new();
        for part in self.formulas.conjuncts(formula) {
            let (atom, negated) = self.literal(part);
            match (atom, negated) {
                (Some(Atom::Number(id)), false) => self.add_number(&mut constraint, id)?,
                (Some(Atom::Number(id)), true) => {
                    if !self.add_negated_number(&mut constraint, id)? {
                        others.push(self.exact(part, Type::Number, exprs)?);
                    }
                }
                (Some(Atom::Value(id)), false) => {
                    let mut texts = Vec::new();
                    for value in self.numbers(id)? {
                        texts.push(leaf::number_equal(exprs, &value)?);
                    }
                    let texts = exprs.or(texts);
                    listed = Some(match listed {
                        Some(listed) => exprs.and(vec![listed, texts]),
                        None => texts,
                    });
                }
                (Some(Atom::Value(id)), true) => {
                    constraint.not_values.extend(self.numbers(id)?);
                }
                _ => {
                    let text = match self.formulas.get(part).clone() {
                        Formula::Not(_) => self.exact(part, Type::Number, exprs)?,
                        _ => self.number(part, exprs)?,
                    };
                    others.push(text);
                }
            }
        }
        if constraint != NumberConstraint::default() || listed.is_none() {
            others.push(leaf::number(exprs, &constraint)?);
        }
        others.extend(listed);
        let text = exprs.and(others);
        Ok(if exprs.matches_nothing(text)? { ExprId::NEVER } else { text })
    }

    /// All texts that numbers, or strings between their quotes, may have under whatever constraint,
    /// if their value satisfies the formula. Other than of what is written, complements are exact.
    fn exact(&mut self, formula: FormulaId, of: Type, exprs: &mut Exprs) -> Result<ExprId> {
        self.part((formula, of, true), |front| front.make_exact(formula, of, exprs))
    }

    fn make_exact(&mut self, formula: FormulaId, of: Type, exprs: &mut Exprs) -> Result<ExprId> {
        let all = |front: &mut Self, items: &[FormulaId], exprs: &mut Exprs| {
            items.iter().map(|&item| front.exact(item, of, exprs)).collect::<Result<Vec<_>>>()
        };
        match self.formulas.get(formula).clone() {
            Formula::False | Formula::Schema(_) => Ok(ExprId::NEVER),
            Formula::True if of == Type::Number => leaf::number_exact(exprs, &Default::default()),
            Formula::True => leaf::string_exact(exprs, &Default::default()),
            Formula::Atom(atom) => self.exact_atom(atom, of, exprs),
            Formula::Not(inner) => {
                let inner = self.exact(inner, of, exprs)?;
                let any = self.exact(FormulaId::TRUE, of, exprs)?;
                let others = exprs.not(inner);
                Ok(exprs.and(vec![any, others]))
            }
            Formula::And(items) => {
                let items = all(self, &items, exprs)?;
                Ok(exprs.and(items))
            }
            Formula::Or(items) => {
                let items = all(self, &items, exprs)?;
                Ok(exprs.or(items))
            }
            Formula::One(items) => {
                let items = all(self, &items, exprs)?;
                Ok(exactly_one(exprs, &items))
            }
        }
    }

    fn exact_atom(&mut self, atom: Atom, of: Type, exprs: &mut Exprs) -> Result<ExprId> {
        match atom {
            Atom::Number(id) => {
                let mut only = NumberConstraint::default();
                self.add_number(&mut only, id)?;
                leaf::number_exact(exprs, &only)
            }
            Atom::Text(id) => {
                let mut only = StringConstraint::default();
                self.add_text(&mut only, id);
                leaf::string_exact(exprs, &only)
            }
            Atom::Value(id) if of == Type::Number => {
                let mut texts = Vec::new();
                for value in self.numbers(id)? {
                    let (minimum, maximum) = (Some(value.clone()), Some(value));
                    let only = NumberConstraint { minimum, maximum, ..Default::default() };
                    texts.push(leaf::number_exact(exprs, &only)?);
                }
                Ok(exprs.or(texts))
            }
            Atom::Value(id) => {
                let texts = self.strings(id).iter().map(|s| leaf::string_equal(exprs, s)).collect();
                Ok(exprs.or(texts))
            }
            _ => Ok(ExprId::NEVER),
        }
    }

    /// The atom that a formula is or negates, and whether it negates it.
    pub(super) fn literal(&self, formula: FormulaId) -> (Option<Atom>, bool) {
        match self.formulas.get(formula) {
            Formula::Atom(atom) => (Some(*atom), false),
            Formula::Not(inner) => match self.formulas.get(*inner) {
                Formula::Atom(atom) => (Some(*atom), true),
                _ => (None, true),
            },
            _ => (None, false),
        }
    }

    /// The strings among a schema's values.
    fn strings(&self, id: SchemaId) -> Vec<String> {
        let values = self.schemas.get(id).values.iter().flat_map(|values| values.iter());
        values.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The numbers among a schema's values.
    fn numbers(&self, id: SchemaId) -> Result<Vec<Decimal>> {
        let values = self.schemas.get(id).values.iter().flat_map(|values| values.iter());
        values.filter_map(Value::as_number).map(Decimal::from_json).collect()
    }

    fn text_spec(&self, id: SchemaId) -> TextSpec {
        self.schemas.get(id).text.as_deref().cloned().unwrap_or_default()
    }

    fn add_text(&mut self, constraint: &mut StringConstraint, id: SchemaId) {
        let spec = self.text_spec(id);
        constraint.min_length = constraint.min_length.max(spec.min_length);
        constraint.max_length = match (constraint.max_length, spec.max_length) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if let Some(pattern) = spec.pattern {
            constraint.patterns.push(self.schemas.patterns.text(pattern).to_owned());
        }
        if let Some(format) = spec.format {
            constraint.formats.push(format.into());
        }
    }

    /// Adds the negation of a schema's keywords of strings, if it has only one and that can be.
    fn add_negated_text(&mut self, constraint: &mut StringConstraint, id: SchemaId) -> bool {
        let TextSpec { min_length, max_length, pattern, format } = self.text_spec(id);
        match (min_length, max_length, pattern, format) {
            (0, None, Some(pattern), None) => {
                constraint.not_patterns.push(self.schemas.patterns.text(pattern).to_owned());
            }
            (0, None, None, Some(format)) => constraint.not_formats.push(format.into()),
            (min, None, None, None) if min > 0 => {
                let most = constraint.max_length.unwrap_or(u32::MAX).min(min - 1);
                constraint.max_length = Some(most);
            }
            (0, Some(max), None, None) => {
                constraint.min_length = constraint.min_length.max(max + 1);
            }
            _ => return false,
        }
        true
    }

    /// Which numbers a schema allows by their type.
    pub(super) fn number_kind(&self, id: SchemaId) -> NumberKind {
        self.schemas.get(id).number.as_ref().map(|spec| spec.kind).unwrap_or_default()
    }

    fn number_spec(&self, id: SchemaId) -> NumberSpec {
        self.schemas.get(id).number.as_deref().cloned().unwrap_or_default()
    }

    fn add_number(&mut self, constraint: &mut NumberConstraint, id: SchemaId) -> Result<()> {
        let spec = self.number_spec(id);
        let strictness = |kind| match kind {
            NumberKind::Number => 0,
            NumberKind::Integer => 1,
            NumberKind::PlainInteger => 2,
        };
        if strictness(spec.kind) > strictness(constraint.kind) {
            constraint.kind = spec.kind;
        }
        for bound in &spec.minimum {
            let value = Decimal::from_json(&bound.value)?;
            raise(constraint, value, bound.exclusive);
        }
        for bound in &spec.maximum {
            let value = Decimal::from_json(&bound.value)?;
            lower(constraint, value, bound.exclusive);
        }
        if let Some(factor) = &spec.multiple_of {
            constraint.multiple_of.push(Decimal::from_json(factor)?);
        }
        Ok(())
    }

    /// Adds the negation of a schema's keywords of numbers, if it has only one.
    fn add_negated_number(
        &mut self,
        constraint: &mut NumberConstraint,
        id: SchemaId,
    ) -> Result<bool> {
        let NumberSpec { kind, minimum, maximum, multiple_of } = self.number_spec(id);
        match (kind, minimum.as_slice(), maximum.as_slice(), multiple_of) {
            (NumberKind::Number, [], [], Some(factor)) => {
                constraint.not_multiple_of.push(Decimal::from_json(&factor)?);
            }
            (NumberKind::Number, [bound], [], None) => {
                let value = Decimal::from_json(&bound.value)?;
                lower(constraint, value, !bound.exclusive);
            }
            (NumberKind::Number, [], [bound], None) => {
                let value = Decimal::from_json(&bound.value)?;
                raise(constraint, value, !bound.exclusive);
            }
            (kind, [], [], None) if kind != NumberKind::Number => constraint.not_kinds.push(kind),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The texts that exactly one of the expressions matches. Linear in their number.
fn exactly_one(exprs: &mut Exprs, items: &[ExprId]) -> ExprId {
    let (mut none, mut one) = (ExprId::ALL, ExprId::NEVER);
    for &item in items {
        let not_item = exprs.not(item);
        let first = exprs.and(vec![none, item]);
        let still = exprs.and(vec![one, not_item]);
        one = exprs.or(vec![first, still]);
        none = exprs.and(vec![none, not_item]);
    }
    one
}

/// Values below `value` no longer satisfy the constraint.
fn raise(constraint: &mut NumberConstraint, value: Decimal, exclusive: bool) {
    let bound = if exclusive { &mut constraint.exclusive_minimum } else { &mut constraint.minimum };
    if bound.as_ref().is_none_or(|known| *known < value) {
        *bound = Some(value);
    }
}

/// Values above `value` no longer satisfy the constraint.
fn lower(constraint: &mut NumberConstraint, value: Decimal, exclusive: bool) {
    let bound = if exclusive { &mut constraint.exclusive_maximum } else { &mut constraint.maximum };
    if bound.as_ref().is_none_or(|known| *known > value) {
        *bound = Some(value);
    }
}
