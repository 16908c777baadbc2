//! The keywords of objects.

use std::sync::Arc;

use serde_json::Value;

use super::{Scan, Scanner, Site};
use crate::json_schema::names::Name;
use crate::json_schema::pointer::Segment;
use crate::json_schema::schema::{Applied, ObjectSpec, Schema, SchemaId};

impl Schema {
    pub(super) fn object_mut(&mut self) -> &mut ObjectSpec {
        Arc::make_mut(self.object.get_or_insert_default())
    }
}

impl<'v> Scanner<'v, '_> {
    pub(super) fn read_properties(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        site: Site,
    ) -> Scan<()> {
        let properties = self.named_schemas(value, site, "properties")?;
        schema.applied_first = schema.applied.len();
        schema.object_mut().properties = properties.into();
        Ok(())
    }

    pub(super) fn read_required(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        site: Site,
    ) -> Scan<()> {
        let place = self.below(site, "required");
        let required = self.names(value, place, "required")?;
        schema.object_mut().required = required;
        Ok(())
    }

    pub(super) fn read_pattern_properties(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        site: Site,
    ) -> Scan<()> {
        let place = self.below(site, "patternProperties");
        let mut patterns = Vec::new();
        for (pattern, value) in self.object(value, site, "patternProperties")? {
            let name = self.schemas.names.intern(pattern);
            let place = self.schemas.places.under(place, Segment::Name(name));
            let pattern = self.pattern(pattern, place)?;
            patterns.push((pattern, self.subschema(value, site, place)?));
        }
        schema.object_mut().patterns = patterns.into();
        Ok(())
    }

    /// Drafts 3 to 7: for each property a schema, or what else is required.
    pub(super) fn read_dependencies(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        site: Site,
    ) -> Scan<()> {
        let place = self.below(site, "dependencies");
        let mut required = Vec::new();
        for (name, value) in self.object(value, site, "dependencies")? {
            let name = self.schemas.names.intern(name);
            let place = self.schemas.places.under(place, Segment::Name(name));
            match value {
                Value::Array(_) => required.push((name, self.names(value, place, "it")?)),
                // Draft 3's short form of a list of one, still common.
                Value::String(other) if site.dialect.lenient => {
                    required.push((name, [self.schemas.names.intern(other)].into()));
                }
                _ => {
                    let dependent = self.subschema(value, site, place)?;
                    schema.applied.push(Applied::Dependent(name, dependent));
                }
            }
        }
        self.add_dependent_required(schema, required);
        Ok(())
    }

    pub(super) fn read_dependent_required(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        site: Site,
    ) -> Scan<()> {
        let place = self.below(site, "dependentRequired");
        let mut required = Vec::new();
        for (name, value) in self.object(value, site, "dependentRequired")? {
            let name = self.schemas.names.intern(name);
            let place = self.schemas.places.under(place, Segment::Name(name));
            required.push((name, self.names(value, place, "it")?));
        }
        self.add_dependent_required(schema, required);
        Ok(())
    }

    pub(super) fn read_dependent_schemas(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        site: Site,
    ) -> Scan<()> {
        for (name, dependent) in self.named_schemas(value, site, "dependentSchemas")? {
            schema.applied.push(Applied::Dependent(name, dependent));
        }
        Ok(())
    }

    fn add_dependent_required(&mut self, schema: &mut Schema, more: Vec<(Name, Box<[Name]>)>) {
        let object = schema.object_mut();
        let mut all = std::mem::take(&mut object.dependent_required).into_vec();
        all.extend(more.into_iter().filter(|(_, required)| !required.is_empty()));
        object.dependent_required = all.into();
    }

    fn named_schemas(
        &mut self,
        value: &'v Value,
        site: Site,
        keyword: &'static str,
    ) -> Scan<Vec<(Name, SchemaId)>> {
        let members = self.object(value, site, keyword)?;
        let place = self.below(site, keyword);
        let mut schemas = Vec::with_capacity(members.len());
        for (name, value) in members {
            let name = self.schemas.names.intern(name);
            let place = self.schemas.places.under(place, Segment::Name(name));
            schemas.push((name, self.subschema(value, site, place)?));
        }
        Ok(schemas)
    }
}
