//! The keywords of arrays.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Scan, Scanner, Site};
use crate::json_schema::draft::Draft;
use crate::json_schema::schema::{ArraySpec, Contains, Schema};

impl Schema {
    pub(super) fn array_mut(&mut self) -> &mut ArraySpec {
        Arc::make_mut(self.array.get_or_insert_default())
    }
}

impl<'v> Scanner<'v, '_> {
    pub(super) fn read_items(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        members: &'v Map<String, Value>,
        site: Site,
    ) -> Scan<()> {
        let listed = site.dialect.lenient || site.dialect.draft < Draft::Draft202012;
        if !value.is_array() {
            let items = self.child(value, site, "items")?;
            schema.array_mut().items = Some(items);
            return Ok(());
        }
        if !listed {
            let place = self.below(site, "items");
            return Err(self.fault(place, "items must be a schema; lists go into prefixItems"));
        }
        let prefix = self.list(value, site, "items")?;
        schema.array_mut().prefix = prefix;
        if let Some(value) = members.get("additionalItems") {
            let items = self.child(value, site, "additionalItems")?;
            schema.array_mut().items = Some(items);
        }
        Ok(())
    }

    pub(super) fn read_prefix_items(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        site: Site,
    ) -> Scan<()> {
        let prefix = self.list(value, site, "prefixItems")?;
        schema.array_mut().prefix = prefix;
        Ok(())
    }

    pub(super) fn read_contains(
        &mut self,
        schema: &mut Schema,
        value: &'v Value,
        members: &'v Map<String, Value>,
        site: Site,
    ) -> Scan<()> {
        let item = self.child(value, site, "contains")?;
        let counted = site.dialect.draft >= Draft::Draft201909 && site.dialect.validation;
        let mut contains = Contains {
            schema: item,
            min: 1,
            max: None,
            evaluates: site.dialect.draft >= Draft::Draft202012,
        };
        if let Some(value) = members.get("minContains").filter(|_| counted) {
            contains.min = self.count(value, site, "minContains")?;
        }
        if let Some(value) = members.get("maxContains").filter(|_| counted) {
            contains.max = Some(self.count(value, site, "maxContains")?);
        }
        schema.array_mut().contains = Some(contains);
        Ok(())
    }
}
