//! Looks a document through for identifiers and anchors, where schemas stand and nowhere else.

use serde_json::Value;

use super::{Anchor, Documents, ResourceId, RECURSIVE};
use crate::json_schema::draft::Draft;

/// Keywords whose value is a schema.
const SCHEMA: [&str; 12] = [
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "contentSchema",
];
/// Keywords whose value is a list of schemas.
const SCHEMAS: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
/// Keywords whose value is an object of schemas.
const NAMED_SCHEMAS: [&str; 6] =
    ["properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies"];

impl<'v> Documents<'v> {
    /// Finds the resources and anchors of the document that `resource` belongs to, once.
    pub(super) fn index(&mut self, resource: ResourceId) {
        let document = self.resource(resource).document as usize;
        if std::mem::replace(&mut self.indexed[document], true) {
            return;
        }
        let Some(root) = self.resources.iter().position(|r| r.document as usize == document) else {
            return;
        };
        let root = ResourceId(root as u32);
        let pointer = self.resource(root).pointer.clone();
        let mut waiting = vec![(self.resource(root).root, root, pointer)];
        while let Some((value, resource, pointer)) = waiting.pop() {
            let Some(members) = value.as_object() else { continue };
            let resource = if self.by_value.contains_key(&super::address(value)) {
                self.by_value[&super::address(value)]
            } else {
                self.enter(value, resource, &pointer)
            };
            self.add_anchors(value, resource, &pointer);
            for (keyword, value) in members {
                let at = |segment: &str| {
                    let segment = segment.replace('~', "~0").replace('/', "~1");
                    format!("{pointer}/{keyword}/{segment}")
                };
                let keyword = keyword.as_str();
                match value {
                    Value::Object(named) if NAMED_SCHEMAS.contains(&keyword) => {
                        waiting.extend(named.iter().map(|(name, v)| (v, resource, at(name))));
                    }
                    Value::Object(_) if SCHEMA.contains(&keyword) => {
                        waiting.push((value, resource, format!("{pointer}/{keyword}")));
                    }
                    Value::Array(items) if SCHEMAS.contains(&keyword) => {
                        let items = items.iter().enumerate();
                        waiting.extend(items.map(|(i, v)| (v, resource, at(&i.to_string()))));
                    }
                    _ => {}
                }
            }
        }
    }

    fn add_anchors(&mut self, value: &'v Value, resource: ResourceId, pointer: &str) {
        let dialect = self.dialect(resource);
        let text = |keyword: &str| value.get(keyword).and_then(Value::as_str);
        let mut found: Vec<(String, bool)> = Vec::new();
        if dialect.draft <= Draft::Draft7 {
            if let Some((_, Some(anchor))) =
                text(dialect.id_keyword()).map(super::uri::split_fragment)
            {
                if !anchor.is_empty() && value.get("$ref").is_none() {
                    found.push((anchor.to_owned(), false));
                }
            }
        } else {
            found.extend(text("$anchor").map(|name| (name.to_owned(), false)));
            found.extend(text("$dynamicAnchor").map(|name| (name.to_owned(), true)));
            if value.get("$recursiveAnchor") == Some(&Value::Bool(true)) {
                found.push((RECURSIVE.to_owned(), true));
            }
        }
        for (name, dynamic) in found {
            let anchor = Anchor { value, pointer: pointer.to_owned(), dynamic };
            self.resources[resource.0 as usize].anchors.insert(name, anchor);
        }
    }
}
