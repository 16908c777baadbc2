//! The documents a schema consists of, and what references in them lead to.
//!
//! A document falls into *resources*: the root, and every subschema with an identifier of its own.
//! Most schemas have one resource and local pointers only; for them nothing is looked through
//! ahead. The first reference that needs an identifier or an anchor has its document indexed.

mod dialect;
mod index;
mod uri;

pub(crate) use dialect::Dialect;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::options::Registry;

/// A schema with an identifier of its own, or the root of a document.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct ResourceId(u32);

struct Resource<'v> {
    root: &'v Value,
    uri: String,
    dialect: Dialect,
    /// The JSON pointer of the root, with the document's URI before it unless it is the schema.
    pointer: String,
    document: u32,
    anchors: FxHashMap<String, Anchor<'v>>,
}

#[derive(Clone)]
struct Anchor<'v> {
    value: &'v Value,
    pointer: String,
    dynamic: bool,
}

/// What a reference leads to.
pub(crate) struct Target<'v> {
    pub value: &'v Value,
    pub resource: ResourceId,
    pub pointer: String,
    /// The dynamic anchor by which it was named, if it was.
    pub dynamic_anchor: Option<String>,
}

/// The dynamic anchor that `$recursiveAnchor` stands for.
pub(crate) const RECURSIVE: &str = "";

/// The schema, the documents of the registry that it uses, and their resources.
pub(crate) struct Documents<'v> {
    registry: &'v Registry,
    resources: Vec<Resource<'v>>,
    by_uri: FxHashMap<String, ResourceId>,
    by_value: FxHashMap<usize, ResourceId>,
    /// Per document, whether its resources and anchors have been looked for.
    indexed: Vec<bool>,
}

impl<'v> Documents<'v> {
    /// The root resource is the first.
    pub const ROOT: ResourceId = ResourceId(0);

    pub fn new(schema: &'v Value, registry: &'v Registry) -> Self {
        let mut documents = Documents {
            registry,
            resources: Vec::new(),
            by_uri: FxHashMap::default(),
            by_value: FxHashMap::default(),
            indexed: Vec::new(),
        };
        documents.add_document(schema, "", "", Dialect::DEFAULT);
        documents
    }

    pub fn dialect(&self, resource: ResourceId) -> Dialect {
        self.resource(resource).dialect
    }

    /// The resource that a subschema of `resource` belongs to: itself, if it has an identifier.
    pub fn enter(&mut self, value: &'v Value, resource: ResourceId, pointer: &str) -> ResourceId {
        match self.identifier(value, self.dialect(resource)) {
            Some(_) => self.add_resource(value, resource, pointer.to_owned()),
            None => resource,
        }
    }

    /// Whether a schema has an identifier that makes it a resource.
    pub fn has_identifier(&self, value: &Value, resource: ResourceId) -> bool {
        self.identifier(value, self.dialect(resource)).is_some()
    }

    /// What `reference`, which stands in `resource`, leads to; an error says why to nothing.
    pub fn resolve(&mut self, reference: &str, resource: ResourceId) -> Result<Target<'v>, String> {
        let (uri, fragment) = uri::split_fragment(reference);
        let resource = if uri.is_empty() { resource } else { self.find(uri, resource)? };
        let fragment = fragment.unwrap_or("");
        let Some(fragment) = uri::percent_decode(fragment) else {
            return Err(format!("{reference:?} is not a URI reference"));
        };
        if fragment.is_empty() || fragment.starts_with('/') {
            return self.follow(&fragment, resource).ok_or_else(|| {
                format!("{reference:?} leads nowhere: nothing is at {fragment:?} of its document")
            });
        }
        self.index(resource);
        match self.resource(resource).anchors.get(&fragment).cloned() {
            Some(Anchor { value, pointer, dynamic }) => Ok(Target {
                value,
                resource: self.enter(value, resource, &pointer),
                pointer,
                dynamic_anchor: dynamic.then_some(fragment),
            }),
            None => {
                Err(format!("{reference:?} leads nowhere: no schema has the anchor {fragment:?}"))
            }
        }
    }

    /// The dynamic anchors of a resource, `$recursiveAnchor` as [`RECURSIVE`].
    pub fn dynamic_anchors(&mut self, resource: ResourceId) -> Vec<String> {
        self.index(resource);
        let anchors = &self.resource(resource).anchors;
        let mut names: Vec<String> =
            anchors.iter().filter(|(_, a)| a.dynamic).map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// The schema with a dynamic anchor.
    pub fn dynamic_target(&mut self, resource: ResourceId, name: &str) -> Option<Target<'v>> {
        let Anchor { value, pointer, .. } = self.resource(resource).anchors.get(name)?.clone();
        let resource = self.enter(value, resource, &pointer);
        Some(Target { value, resource, pointer, dynamic_anchor: Some(name.to_owned()) })
    }

    fn resource(&self, id: ResourceId) -> &Resource<'v> {
        &self.resources[id.0 as usize]
    }

    /// The identifier of a schema, without its fragment.
    fn identifier<'a>(&self, value: &'a Value, dialect: Dialect) -> Option<&'a str> {
        let object = value.as_object()?;
        if dialect.ref_overrides() && object.contains_key("$ref") {
            return None;
        }
        let (id, _) = uri::split_fragment(object.get(dialect.id_keyword())?.as_str()?);
        (!id.is_empty()).then_some(id)
    }

    fn add_document(
        &mut self,
        root: &'v Value,
        uri: &str,
        pointer: &str,
        dialect: Dialect,
    ) -> ResourceId {
        let document = self.indexed.len() as u32;
        self.indexed.push(false);
        self.push_resource(root, uri, dialect, pointer.to_owned(), document)
    }

    fn add_resource(
        &mut self,
        value: &'v Value,
        parent: ResourceId,
        pointer: String,
    ) -> ResourceId {
        if let Some(&known) = self.by_value.get(&address(value)) {
            return known;
        }
        let Resource { uri, dialect, document, .. } = self.resource(parent);
        let (uri, dialect, document) = (uri.clone(), *dialect, *document);
        self.push_resource(value, &uri, dialect, pointer, document)
    }

    /// `base` is the URI from which the identifier of `root`, if it has one, is resolved.
    fn push_resource(
        &mut self,
        root: &'v Value,
        base: &str,
        dialect: Dialect,
        pointer: String,
        document: u32,
    ) -> ResourceId {
        let dialect = self.dialect_of(root, dialect);
        let uri = match self.identifier(root, dialect) {
            Some(id) => uri::resolve(base, id),
            None => base.to_owned(),
        };
        let id = ResourceId(self.resources.len() as u32);
        self.by_value.insert(address(root), id);
        self.by_uri.entry(uri.clone()).or_insert(id);
        self.by_uri.entry(base.to_owned()).or_insert(id);
        let anchors = FxHashMap::default();
        self.resources.push(Resource { root, uri, dialect, pointer, document, anchors });
        id
    }

    /// The dialect that `$schema` in the root of a resource names.
    fn dialect_of(&self, root: &Value, inherited: Dialect) -> Dialect {
        let Some(uri) = root.get("$schema").and_then(Value::as_str) else {
            return inherited;
        };
        if let Some(dialect) = Dialect::of_uri(uri) {
            return dialect;
        }
        match self.registered(uri).and_then(Value::as_object) {
            Some(metaschema) => {
                let base = metaschema.get("$schema").and_then(Value::as_str);
                let base = base.and_then(Dialect::of_uri).unwrap_or(inherited);
                Dialect::of_metaschema(metaschema, base)
            }
            None => inherited,
        }
    }

    fn registered(&self, uri: &str) -> Option<&'v Value> {
        let bare = uri.strip_suffix('#').unwrap_or(uri);
        self.registry.get(bare).or_else(|| self.registry.get(&format!("{bare}#")))
    }

    /// The resource that a URI without fragment names.
    fn find(&mut self, uri: &str, from: ResourceId) -> Result<ResourceId, String> {
        let full = uri::resolve(&self.resource(from).uri, uri);
        if let Some(&known) = self.by_uri.get(&full) {
            return Ok(known);
        }
        for document in 0..self.resources.len() {
            self.index(ResourceId(document as u32));
        }
        if let Some(&known) = self.by_uri.get(&full) {
            return Ok(known);
        }
        let Some(root) = self.registered(&full) else {
            return Err(format!(
                "the reference leads to {full:?}, which is neither in the schema nor in the \
                 registry; nothing is fetched, so pass that document in the registry"
            ));
        };
        let pointer = format!("{full}#");
        Ok(self.add_document(root, &full, &pointer, self.dialect(from)))
    }

    /// The schema at a JSON pointer, and the resource it belongs to.
    fn follow(&mut self, fragment: &str, resource: ResourceId) -> Option<Target<'v>> {
        let mut resource = resource;
        let mut value = self.resource(resource).root;
        let mut pointer = self.resource(resource).pointer.clone();
        for segment in fragment.split('/').skip(1) {
            pointer.push('/');
            pointer.push_str(segment);
            value = if segment.contains('~') {
                step(value, &segment.replace("~1", "/").replace("~0", "~"))?
            } else {
                step(value, segment)?
            };
            resource = self.enter(value, resource, &pointer);
        }
        Some(Target { value, resource, pointer, dynamic_anchor: None })
    }
}

fn step<'v>(value: &'v Value, segment: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.get(segment),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    }
}

/// A value's identity while its document is borrowed.
pub(crate) fn address(value: &Value) -> usize {
    std::ptr::from_ref(value) as usize
}
