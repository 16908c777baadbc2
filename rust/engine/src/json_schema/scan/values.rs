//! `type`, `enum`, `const`, and the keywords of numbers and strings.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Scan, Scanner, Site};
use crate::json_schema::draft::Draft;
use crate::json_schema::equal::ValueSet;
use crate::json_schema::leaf::{Decimal, NumberKind};
use crate::json_schema::schema::{Bound, NumberSpec, Schema, TextSpec, Type, Types};

impl Schema {
    pub(super) fn number_mut(&mut self) -> &mut NumberSpec {
        self.number.get_or_insert_default()
    }

    pub(super) fn text_mut(&mut self) -> &mut TextSpec {
        self.text.get_or_insert_default()
    }

    /// Whether only numbers are allowed, and nothing else is said but how they are restricted.
    pub(super) fn is_number_only(&self) -> bool {
        self.values.is_none()
            && self.text.is_none()
            && self.array.is_none()
            && self.object.is_none()
            && self.applied.is_empty()
    }
}

impl NumberSpec {
    /// Whether integers of the later drafts are asked for and nothing more.
    pub(super) fn is_integer_only(&self) -> bool {
        self.kind == NumberKind::Integer
            && self.minimum.is_empty()
            && self.maximum.is_empty()
            && self.multiple_of.is_none()
    }
}

impl<'v> Scanner<'v, '_> {
    pub(super) fn read_type(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        site: Site,
    ) -> Scan<()> {
        let mut types = Types::NONE;
        let mut integer = false;
        let mut number = false;
        let listed = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for item in listed {
            types = types.or(Types::only(match item.as_str() {
                Some("null") => Type::Null,
                Some("boolean") => Type::Boolean,
                Some("string") => Type::String,
                Some("array") => Type::Array,
                Some("object") => Type::Object,
                Some("number") => {
                    number = true;
                    Type::Number
                }
                Some("integer") => {
                    integer = true;
                    Type::Number
                }
                _ => {
                    let place = self.below(site, "type");
                    let message = format!("{item} is not a type of JSON Schema");
                    return Err(self.fault(place, message));
                }
            }));
        }
        schema.types = schema.types.and(types);
        if integer && !number {
            let plain = self.plain_integers || site.dialect.draft == Draft::Draft4;
            schema.number_mut().kind =
                if plain { NumberKind::PlainInteger } else { NumberKind::Integer };
        }
        Ok(())
    }

    pub(super) fn read_enum(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        site: Site,
    ) -> Scan<()> {
        let Value::Array(values) = value else {
            let place = self.below(site, "enum");
            return Err(self.fault(place, "enum must be a list of values"));
        };
        restrict(schema, values);
        Ok(())
    }

    pub(super) fn read_const(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        _site: Site,
    ) -> Scan<()> {
        restrict(schema, std::slice::from_ref(value));
        Ok(())
    }

    pub(super) fn read_bound(
        &mut self,
        schema: &mut Schema,
        keyword: &str,
        value: &Value,
        members: &Map<String, Value>,
        site: Site,
    ) -> Scan<()> {
        let (keyword, lower, exclusive) = match keyword {
            "minimum" => ("minimum", true, false),
            "maximum" => ("maximum", false, false),
            "exclusiveMinimum" => ("exclusiveMinimum", true, true),
            _ => ("exclusiveMaximum", false, true),
        };
        let boolean = site.dialect.draft == Draft::Draft4 || site.dialect.lenient;
        let number = match value {
            Value::Number(number) if !exclusive || site.dialect.draft > Draft::Draft4 => number,
            // Draft 4: a flag on the bound beside it.
            Value::Bool(_) if exclusive && boolean => return Ok(()),
            _ => {
                let place = self.below(site, keyword);
                let form = match (exclusive, site.dialect.draft == Draft::Draft4) {
                    (true, true) => "true or false (draft 4)",
                    _ => "a number",
                };
                return Err(self.fault(place, format!("{keyword} must be {form}")));
            }
        };
        let flag = if lower { "exclusiveMinimum" } else { "exclusiveMaximum" };
        let flagged = boolean && members.get(flag) == Some(&Value::Bool(true));
        let bound = Bound { value: number.clone(), exclusive: exclusive || flagged };
        let spec = schema.number_mut();
        if lower { &mut spec.minimum } else { &mut spec.maximum }.push(bound);
        Ok(())
    }

    pub(super) fn read_multiple_of(
        &mut self,
        schema: &mut Schema,
        value: &Value,
        site: Site,
    ) -> Scan<()> {
        if let Value::Number(number) = value {
            let factor = Decimal::from_json(number)?;
            if !factor.is_negative() && !factor.is_zero() {
                schema.number_mut().multiple_of = Some(number.clone());
                return Ok(());
            }
        }
        let place = self.below(site, "multipleOf");
        Err(self.fault(place, "multipleOf must be a number above zero"))
    }

    pub(super) fn read_format(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        site: Site,
    ) -> Scan<()> {
        let format = self.text(value, site, "format")?;
        schema.text_mut().format = Some(format.into());
        Ok(())
    }

    /// Drops what concerns types that are not allowed, and values of such types.
    pub(super) fn settle(&mut self, schema: &mut Schema, site: Site) -> Scan<()> {
        if let Some(values) = &schema.values {
            let types = schema.types;
            let values: Arc<[Value]> =
                values.iter().filter(|value| types.has(Type::of(value))).cloned().collect();
            schema.types =
                values.iter().fold(Types::NONE, |all, v| all.or(Types::only(Type::of(v))));
            schema.values = Some(values);
        }
        if !schema.types.has(Type::Number) {
            schema.number = None;
        }
        if !schema.types.has(Type::String) {
            schema.text = None;
        }
        if !schema.types.has(Type::Array) {
            schema.array = None;
        }
        if !schema.types.has(Type::Object) {
            schema.object = None;
        }
        if let Some(object) = &schema.object {
            if object.unevaluated.is_some() && object.additional.is_some() {
                // All properties are evaluated by then.
                schema.object_mut().unevaluated = None;
            }
        }
        let _ = site;
        Ok(())
    }
}

/// Leaves only the values allowed that are among `values`.
fn restrict(schema: &mut Schema, values: &[Value]) {
    let values: Arc<[Value]> = match &schema.values {
        Some(known) => {
            let values: ValueSet = values.iter().collect();
            known.iter().filter(|value| values.contains(value)).cloned().collect()
        }
        None => values.into(),
    };
    schema.values = Some(values);
}
