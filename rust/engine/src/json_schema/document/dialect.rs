//! The drafts of JSON Schema, and which of them a document is written in.

use serde_json::{Map, Value};

use crate::json_schema::draft::Draft;

/// How a document is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Dialect {
    pub draft: Draft,
    /// No `$schema` said which draft it is: the forms of older drafts are understood as well.
    pub lenient: bool,
    /// Whether the keywords that restrict values apply; a metaschema may leave that vocabulary out.
    pub validation: bool,
}

impl Dialect {
    /// What a document without `$schema` is read as.
    pub const DEFAULT: Dialect =
        Dialect { draft: Draft::Draft202012, lenient: true, validation: true };

    /// The dialect that a `$schema` URI names, if it is a published one.
    pub fn of_uri(uri: &str) -> Option<Dialect> {
        let uri = uri.strip_suffix('#').unwrap_or(uri);
        let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
        let draft = match rest {
            "json-schema.org/draft-04/schema" => Draft::Draft4,
            "json-schema.org/draft-06/schema" => Draft::Draft6,
            "json-schema.org/draft-07/schema" => Draft::Draft7,
            "json-schema.org/draft/2019-09/schema" => Draft::Draft201909,
            "json-schema.org/draft/2020-12/schema" => Draft::Draft202012,
            // What always meant "the latest".
            "json-schema.org/schema" => return Some(Dialect::DEFAULT),
            _ => return None,
        };
        Some(Dialect { draft, lenient: false, validation: true })
    }

    /// The dialect of a metaschema that lists its vocabularies.
    pub fn of_metaschema(metaschema: &Map<String, Value>, base: Dialect) -> Dialect {
        let validation = match metaschema.get("$vocabulary") {
            Some(Value::Object(vocabularies)) => {
                vocabularies.keys().any(|name| name.ends_with("/vocab/validation"))
            }
            _ => true,
        };
        Dialect { validation, ..base }
    }

    /// The keyword that names a schema.
    pub fn id_keyword(self) -> &'static str {
        if self.draft == Draft::Draft4 {
            "id"
        } else {
            "$id"
        }
    }

    /// Whether `$ref` makes the keywords beside it void.
    pub fn ref_overrides(self) -> bool {
        self.draft <= Draft::Draft7
    }
}
