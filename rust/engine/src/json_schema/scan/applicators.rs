//! Keywords that apply schemas to the same value, and references.

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::{Scan, Scanner, Site, Stop};
use crate::error::Result;
use crate::json_schema::document::{Target, RECURSIVE};
use crate::json_schema::draft::Draft;
use crate::json_schema::schema::{Applied, Schema, SchemaId, Schemas};

impl<'v> Scanner<'v, '_> {
    pub(super) fn read_applicator(
        &mut self,
        schema: &mut Schema,
        keyword: &str,
        value: &'v Value,
        members: &'v Map<String, Value>,
        site: Site,
    ) -> Scan<()> {
        let (draft, lenient) = (site.dialect.draft, site.dialect.lenient);
        let applied = match keyword {
            "allOf" => Applied::All(self.list(value, site, "allOf")?),
            "anyOf" => Applied::Any(self.list(value, site, "anyOf")?),
            "oneOf" => Applied::One(self.list(value, site, "oneOf")?),
            "not" => Applied::Not(self.child(value, site, "not")?),
            "if" if lenient || draft >= Draft::Draft7 => {
                let condition = self.child(value, site, "if")?;
                let mut branch = |keyword| {
                    members.get(keyword).map(|value| self.child(value, site, keyword)).transpose()
                };
                Applied::If { condition, then: branch("then")?, otherwise: branch("else")? }
            }
            "$ref" => Applied::Ref(self.read_ref(value, site)?),
            "$dynamicRef" if lenient || draft == Draft::Draft202012 => {
                Applied::Ref(self.read_dynamic_ref(value, site, "$dynamicRef")?)
            }
            "$recursiveRef" if draft == Draft::Draft201909 => {
                Applied::Ref(self.read_dynamic_ref(value, site, "$recursiveRef")?)
            }
            _ => return Ok(()),
        };
        schema.applied.push(applied);
        Ok(())
    }

    pub(super) fn read_ref(&mut self, value: &'v Value, site: Site) -> Scan<SchemaId> {
        let target = self.target(value, site, "$ref")?;
        self.enter_target(target, site)
    }

    /// A reference to the outermost schema in the dynamic scope that has the anchor.
    fn read_dynamic_ref(
        &mut self,
        value: &'v Value,
        site: Site,
        keyword: &'static str,
    ) -> Scan<SchemaId> {
        if !self.dynamic {
            return Err(Stop::Dynamic);
        }
        let target = self.target(value, site, keyword)?;
        let anchor = if keyword == "$recursiveRef" {
            let anchors = self.documents.dynamic_anchors(target.resource);
            anchors.iter().any(|anchor| anchor == RECURSIVE).then(|| RECURSIVE.to_owned())
        } else {
            target.dynamic_anchor.clone()
        };
        let outermost = anchor.and_then(|anchor| {
            let scope = &self.scopes[site.scope as usize];
            let (_, resource) = scope.iter().find(|(known, _)| *known == anchor)?;
            self.documents.dynamic_target(*resource, &anchor)
        });
        self.enter_target(outermost.unwrap_or(target), site)
    }

    fn target(&mut self, value: &'v Value, site: Site, keyword: &'static str) -> Scan<Target<'v>> {
        let reference = self.text(value, site, keyword)?;
        self.documents.resolve(reference, site.resource).map_err(|message| {
            let place = self.below(site, keyword);
            self.fault(place, message)
        })
    }

    fn enter_target(&mut self, target: Target<'v>, site: Site) -> Scan<SchemaId> {
        let Target { value, resource, pointer, .. } = target;
        let mut scope = site.scope;
        if self.dynamic && resource != site.resource {
            scope = self.enter_scope(scope, resource);
        }
        if let Some(super::Known::Id(id)) = self.known.get(&(super::address(value), scope)) {
            return Ok(*id);
        }
        let place = self.schemas.places.base(&pointer);
        let dialect = self.documents.dialect(resource);
        self.read(value, Site { resource, dialect, scope, place })
    }
}

/// Refuses schemas that apply to a value what they apply to it already.
pub(super) fn check_loops(schemas: &Schemas, root: SchemaId) -> Result<()> {
    const OPEN: bool = false;
    let mut seen: FxHashMap<SchemaId, bool> = FxHashMap::default();
    let all =
        (0..schemas.len()).map(SchemaId::at).filter(|&id| !schemas.get(id).applied.is_empty());
    for start in std::iter::once(root).chain(all) {
        // Each entry: a schema, and those it applies that are still to be looked at.
        let mut path: Vec<(SchemaId, Vec<SchemaId>)> = vec![];
        let mut next = Some(start);
        loop {
            if let Some(id) = next.take() {
                match seen.get(&id) {
                    Some(&OPEN) => {
                        return Err(schemas.error_at(
                            id,
                            "the schema applies itself to the same value, without end",
                        ));
                    }
                    Some(_) => {}
                    None => {
                        seen.insert(id, OPEN);
                        let applied = &schemas.get(id).applied;
                        path.push((id, applied.iter().flat_map(Applied::schemas).collect()));
                    }
                }
            }
            let Some((id, waiting)) = path.last_mut() else { break };
            next = waiting.pop();
            if next.is_none() {
                seen.insert(*id, !OPEN);
                path.pop();
            }
        }
    }
    Ok(())
}
