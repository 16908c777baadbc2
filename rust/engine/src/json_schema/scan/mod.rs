//! Reads a JSON document into [`Schemas`]: follows references, checks the form of every keyword.
//!
//! Only what the root leads to is read, each schema once. A keyword that the draft does not define
//! is an annotation; one that it defines and whose value has the wrong form is an error.
//!
//! - [`values`]: `type`, `enum`, `const`, numbers and strings.
//! - [`arrays`], [`objects`]: their keywords.
//! - [`applicators`]: keywords that apply schemas to the same value, and references.
//! - [`read`]: the forms that keywords share.

mod applicators;
mod arrays;
mod objects;
mod read;
mod values;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use super::document::{address, Dialect, Documents, ResourceId};
use super::draft::Draft;
use super::limits::on_enough_stack;
use super::options::Options;
use super::pointer::{Place, Segment};
use super::schema::{Schema, SchemaId, Schemas, Types};
use crate::error::Result;
use crate::expr::Exprs;

/// How many schemas there may be.
const SCHEMA_LIMIT: usize = 200_000;

/// Reads a document. Returns the schemas and which of them is the root.
///
/// # Errors
/// [`crate::error::Error::JsonSchema`] with the place of the first fault.
pub(crate) fn scan(
    document: &Value,
    options: &Options,
    exprs: &mut Exprs,
) -> Result<(Schemas, SchemaId)> {
    let mut scanner = Scanner::new(document, options, exprs, false);
    let root = match scanner.read_root(document) {
        Err(Stop::Dynamic) => {
            scanner = Scanner::new(document, options, scanner.exprs, true);
            scanner.read_root(document)
        }
        root => root,
    };
    match root {
        Ok(root) => {
            applicators::check_loops(&scanner.schemas, root)?;
            Ok((scanner.schemas, root))
        }
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::Dynamic) => Err(scanner.schemas.error(Place::ROOT, "dynamic references")),
    }
}

/// Why reading ended early.
enum Stop {
    Error(crate::error::Error),
    /// A dynamic reference was met: what it leads to depends on the way to it, so that each schema
    /// must be read once for each dynamic scope.
    Dynamic,
}

impl From<crate::error::Error> for Stop {
    fn from(error: crate::error::Error) -> Self {
        Stop::Error(error)
    }
}

type Scan<T> = std::result::Result<T, Stop>;

/// For each dynamic anchor, the outermost resource that has it.
type Scope = Vec<(String, ResourceId)>;

/// Where a schema stands.
#[derive(Clone, Copy)]
struct Site {
    resource: ResourceId,
    dialect: Dialect,
    /// The number of the dynamic scope; always 0 where there are no dynamic references.
    scope: u32,
    place: Place,
}

struct Scanner<'v, 'e> {
    documents: Documents<'v>,
    schemas: Schemas,
    exprs: &'e mut Exprs,
    known: FxHashMap<(usize, u32), Known>,
    types_only: [Option<SchemaId>; 128],
    dynamic: bool,
    plain_integers: bool,
    ignore_formats: bool,
    scopes: Vec<Scope>,
}

#[derive(Clone, Copy)]
enum Known {
    Id(SchemaId),
    /// Nothing but a reference, which is being followed.
    Following,
}

impl<'v, 'e> Scanner<'v, 'e> {
    fn new(document: &'v Value, options: &'v Options, exprs: &'e mut Exprs, dynamic: bool) -> Self {
        Scanner {
            documents: Documents::new(document, &options.registry),
            schemas: Schemas::new(),
            exprs,
            known: FxHashMap::default(),
            types_only: [None; 128],
            dynamic,
            plain_integers: options.plain_integers,
            ignore_formats: options.ignore_formats,
            scopes: vec![Scope::new()],
        }
    }

    fn read_root(&mut self, document: &'v Value) -> Scan<SchemaId> {
        let resource = Documents::ROOT;
        let scope = self.enter_scope(0, resource);
        let dialect = self.documents.dialect(resource);
        self.read(document, Site { resource, dialect, scope, place: Place::ROOT })
    }

    /// Reads the schema at a site.
    fn read(&mut self, value: &'v Value, site: Site) -> Scan<SchemaId> {
        let members = match value {
            Value::Bool(true) => return Ok(SchemaId::TRUE),
            Value::Bool(false) => return Ok(SchemaId::FALSE),
            Value::Object(members) => members,
            _ => return Err(self.fault(site.place, "a schema must be an object or a boolean")),
        };
        let key = (address(value), site.scope);
        match self.known.get(&key) {
            Some(Known::Id(id)) => return Ok(*id),
            Some(Known::Following) => {
                return Err(self.fault(site.place, "the reference leads back to itself"));
            }
            None => {}
        }
        if self.schemas.len() > SCHEMA_LIMIT {
            let message = format!("the schema has more than {SCHEMA_LIMIT} subschemas");
            return Err(crate::error::Error::limit(message).into());
        }
        let is_reference = members.contains_key("$ref")
            && (site.dialect.ref_overrides() || members.keys().all(|key| is_annotation(key)));
        if is_reference {
            self.known.insert(key, Known::Following);
            let id = on_enough_stack(|| self.read_ref(&members["$ref"], site))?;
            self.known.insert(key, Known::Id(id));
            return Ok(id);
        }
        let id = self.schemas.push(Schema::of_types(site.place, Types::ALL));
        self.known.insert(key, Known::Id(id));
        let schema = on_enough_stack(|| self.keywords(members, site))?;
        let id = self.place(id, schema);
        self.known.insert(key, Known::Id(id));
        Ok(id)
    }

    /// Puts a schema where room was made for it, unless it is one of the few simplest.
    fn place(&mut self, id: SchemaId, schema: Schema) -> SchemaId {
        let integer = schema.number.as_ref().is_some_and(|n| n.is_integer_only());
        if !(schema.is_types_only() || integer && schema.is_number_only()) {
            self.schemas.set(id, schema);
            return id;
        }
        if schema.types == Types::ALL && !integer {
            return SchemaId::TRUE;
        }
        let slot = schema.types.bits() + if integer { 64 } else { 0 };
        if let Some(known) = self.types_only[slot] {
            return known;
        }
        self.types_only[slot] = Some(id);
        self.schemas.set(id, schema);
        id
    }

    fn keywords(&mut self, members: &'v Map<String, Value>, site: Site) -> Scan<Schema> {
        let mut schema = Schema::of_types(site.place, Types::ALL);
        let Dialect { draft, lenient, validation } = site.dialect;
        let since = |first: Draft| lenient || draft >= first;
        for (keyword, value) in members {
            match keyword.as_str() {
                "type" if validation => self.read_type(&mut schema, value, site)?,
                "properties" => self.read_properties(&mut schema, value, site)?,
                "required" if validation => self.read_required(&mut schema, value, site)?,
                "additionalProperties" => {
                    let additional = self.child(value, site, "additionalProperties")?;
                    schema.object_mut().additional = Some(additional);
                }
                "patternProperties" => self.read_pattern_properties(&mut schema, value, site)?,
                "propertyNames" if since(Draft::Draft6) => {
                    let names = self.child(value, site, "propertyNames")?;
                    schema.object_mut().names = Some(names);
                }
                "minProperties" if validation => {
                    schema.object_mut().min = self.count(value, site, "minProperties")?;
                }
                "maxProperties" if validation => {
                    let most = self.count(value, site, "maxProperties")?;
                    schema.object_mut().max = Some(most);
                }
                "dependencies" => self.read_dependencies(&mut schema, value, site)?,
                "dependentRequired" if since(Draft::Draft201909) && validation => {
                    self.read_dependent_required(&mut schema, value, site)?;
                }
                "dependentSchemas" if since(Draft::Draft201909) => {
                    self.read_dependent_schemas(&mut schema, value, site)?;
                }
                "unevaluatedProperties" if since(Draft::Draft201909) => {
                    let unevaluated = self.child(value, site, "unevaluatedProperties")?;
                    schema.object_mut().unevaluated = Some(unevaluated);
                }
                "items" => self.read_items(&mut schema, value, members, site)?,
                "prefixItems" if since(Draft::Draft202012) => {
                    self.read_prefix_items(&mut schema, value, site)?;
                }
                "contains" if since(Draft::Draft6) => {
                    self.read_contains(&mut schema, value, members, site)?;
                }
                "minItems" if validation => {
                    schema.array_mut().min = self.count(value, site, "minItems")?;
                }
                "maxItems" if validation => {
                    let most = self.count(value, site, "maxItems")?;
                    schema.array_mut().max = Some(most);
                }
                "uniqueItems" if validation => {
                    let unique = self.flag(value, site, "uniqueItems")?;
                    schema.array_mut().unique = unique;
                }
                "unevaluatedItems" if since(Draft::Draft201909) => {
                    let unevaluated = self.child(value, site, "unevaluatedItems")?;
                    schema.array_mut().unevaluated = Some(unevaluated);
                }
                "enum" if validation => self.read_enum(&mut schema, value, site)?,
                "const" if since(Draft::Draft6) && validation => {
                    self.read_const(&mut schema, value, site)?;
                }
                "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" if validation => {
                    self.read_bound(&mut schema, keyword, value, members, site)?;
                }
                "multipleOf" if validation => self.read_multiple_of(&mut schema, value, site)?,
                "minLength" if validation => {
                    schema.text_mut().min_length = self.count(value, site, "minLength")?;
                }
                "maxLength" if validation => {
                    let most = self.count(value, site, "maxLength")?;
                    schema.text_mut().max_length = Some(most);
                }
                "pattern" if validation => {
                    let pattern = self.text(value, site, "pattern")?;
                    let place = self.below(site, "pattern");
                    let pattern = self.pattern(pattern, place)?;
                    schema.text_mut().pattern = Some(pattern);
                }
                "format" if !self.ignore_formats => self.read_format(&mut schema, value, site)?,
                "allOf" | "anyOf" | "oneOf" | "not" | "if" | "$ref" | "$dynamicRef"
                | "$recursiveRef" => {
                    self.read_applicator(&mut schema, keyword, value, members, site)?;
                }
                _ => {}
            }
        }
        self.settle(&mut schema, site)?;
        Ok(schema)
    }

    /// Reads the schema that is the value of a keyword.
    fn child(&mut self, value: &'v Value, site: Site, keyword: &'static str) -> Scan<SchemaId> {
        let place = self.below(site, keyword);
        self.subschema(value, site, place)
    }

    /// Reads a schema below another one.
    fn subschema(&mut self, value: &'v Value, site: Site, place: Place) -> Scan<SchemaId> {
        let mut site = Site { place, ..site };
        if self.documents.has_identifier(value, site.resource) {
            let pointer = self.schemas.places.pointer(place, &self.schemas.names);
            site.resource = self.documents.enter(value, site.resource, &pointer);
            site.dialect = self.documents.dialect(site.resource);
            site.scope = self.enter_scope(site.scope, site.resource);
        }
        self.read(value, site)
    }

    /// The dynamic scope after entering a resource.
    fn enter_scope(&mut self, scope: u32, resource: ResourceId) -> u32 {
        if !self.dynamic {
            return 0;
        }
        let mut entered = self.scopes[scope as usize].clone();
        for anchor in self.documents.dynamic_anchors(resource) {
            if entered.iter().all(|(known, _)| *known != anchor) {
                entered.push((anchor, resource));
            }
        }
        entered.sort_unstable();
        match self.scopes.iter().position(|known| *known == entered) {
            Some(known) => known as u32,
            None => {
                self.scopes.push(entered);
                self.scopes.len() as u32 - 1
            }
        }
    }

    fn below(&mut self, site: Site, keyword: &'static str) -> Place {
        self.schemas.places.under(site.place, Segment::Keyword(keyword))
    }

    fn fault(&self, place: Place, message: impl Into<String>) -> Stop {
        Stop::Error(self.schemas.error(place, message))
    }
}

/// Whether a keyword beside `$ref` leaves it a plain reference, whatever the draft.
fn is_annotation(keyword: &str) -> bool {
    matches!(
        keyword,
        "$ref"
            | "title"
            | "description"
            | "default"
            | "examples"
            | "$comment"
            | "deprecated"
            | "readOnly"
            | "writeOnly"
            | "$schema"
            | "definitions"
            | "$defs"
    )
}
