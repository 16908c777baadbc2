//! A schema as read: every keyword in one fixed form, whatever the draft, and no references left.

use std::sync::Arc;

use serde_json::{Number, Value};

use super::leaf::NumberKind;
use super::names::{Name, Names};
use super::patterns::{PatternId, Patterns};
use super::pointer::{Place, Places};
use crate::error::Error;

/// A schema of a [`Schemas`] arena.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct SchemaId(u32);

impl SchemaId {
    /// The schema that allows nothing.
    pub const FALSE: SchemaId = SchemaId(0);
    /// The schema that allows everything.
    pub const TRUE: SchemaId = SchemaId(1);

    /// The schema at a position of its arena.
    pub fn at(index: usize) -> SchemaId {
        SchemaId(index as u32)
    }
}

/// The six types of JSON values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Type {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    pub const ALL: [Type; 6] =
        [Type::Null, Type::Boolean, Type::Number, Type::String, Type::Array, Type::Object];

    /// The type of a value.
    pub fn of(value: &Value) -> Type {
        match value {
            Value::Null => Type::Null,
            Value::Bool(_) => Type::Boolean,
            Value::Number(_) => Type::Number,
            Value::String(_) => Type::String,
            Value::Array(_) => Type::Array,
            Value::Object(_) => Type::Object,
        }
    }
}

/// A set of types.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Types(u8);

impl Types {
    pub const NONE: Types = Types(0);
    pub const ALL: Types = Types(63);
    /// Arrays and objects.
    pub const CONTAINERS: Types = Types(48);

    pub fn only(of: Type) -> Types {
        Types(1 << of as u8)
    }

    pub fn has(self, of: Type) -> bool {
        self.0 & Types::only(of).0 != 0
    }

    pub fn or(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    pub fn and(self, other: Types) -> Types {
        Types(self.0 & other.0)
    }

    pub fn without(self, other: Types) -> Types {
        Types(self.0 & !other.0)
    }

    pub fn bits(self) -> usize {
        self.0 as usize
    }
}

/// A limit on numbers.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub value: Number,
    pub exclusive: bool,
}

/// What a schema asks of numbers.
#[derive(Clone, Default, Debug)]
pub(crate) struct NumberSpec {
    pub kind: NumberKind,
    pub minimum: Vec<Bound>,
    pub maximum: Vec<Bound>,
    pub multiple_of: Option<Number>,
}

/// What a schema asks of strings.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextSpec {
    pub min_length: u32,
    pub max_length: Option<u32>,
    pub pattern: Option<PatternId>,
    pub format: Option<Box<str>>,
}

/// What a schema asks of arrays.
#[derive(Clone, Debug, Default)]
pub(crate) struct ArraySpec {
    pub prefix: Box<[SchemaId]>,
    /// What follows the prefix.
    pub items: Option<SchemaId>,
    pub contains: Option<Contains>,
    pub min: u32,
    pub max: Option<u32>,
    pub unique: bool,
    pub unevaluated: Option<SchemaId>,
}

/// So many items as this schema allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contains {
    pub schema: SchemaId,
    pub min: u32,
    pub max: Option<u32>,
    /// Whether what it holds for counts as evaluated.
    pub evaluates: bool,
}

/// What a schema asks of objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct ObjectSpec {
    /// In the order written.
    pub properties: Box<[(Name, SchemaId)]>,
    pub patterns: Box<[(PatternId, SchemaId)]>,
    pub additional: Option<SchemaId>,
    pub required: Box<[Name]>,
    pub names: Option<SchemaId>,
    pub min: u32,
    pub max: Option<u32>,
    pub dependent_required: Box<[(Name, Box<[Name]>)]>,
    pub unevaluated: Option<SchemaId>,
}

impl ObjectSpec {
    /// Whether anything is asked of the properties' values.
    pub fn has_group(&self) -> bool {
        !self.properties.is_empty() || !self.patterns.is_empty() || self.additional.is_some()
    }

    /// The schema of a property among `properties`.
    pub fn property(&self, name: Name) -> Option<SchemaId> {
        self.properties.iter().find(|(known, _)| *known == name).map(|&(_, schema)| schema)
    }
}

/// A schema applied to the same value.
#[derive(Clone, Debug)]
pub(crate) enum Applied {
    Ref(SchemaId),
    All(Box<[SchemaId]>),
    Any(Box<[SchemaId]>),
    One(Box<[SchemaId]>),
    Not(SchemaId),
    If {
        condition: SchemaId,
        then: Option<SchemaId>,
        otherwise: Option<SchemaId>,
    },
    /// If there is such a property.
    Dependent(Name, SchemaId),
}

impl Applied {
    /// The schemas that the value must satisfy in any case.
    pub fn always(&self) -> &[SchemaId] {
        match self {
            Applied::Ref(schema) => std::slice::from_ref(schema),
            Applied::All(list) => list,
            _ => &[],
        }
    }

    /// The schemas applied.
    pub fn schemas(&self) -> Vec<SchemaId> {
        match self {
            Applied::Ref(schema) | Applied::Not(schema) | Applied::Dependent(_, schema) => {
                vec![*schema]
            }
            Applied::All(list) | Applied::Any(list) | Applied::One(list) => list.to_vec(),
            Applied::If { condition, then, otherwise } => {
                [Some(*condition), *then, *otherwise].into_iter().flatten().collect()
            }
        }
    }
}

/// One schema.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub place: Place,
    pub types: Types,
    /// What `enum` and `const` leave, of the types allowed.
    pub values: Option<Arc<[Value]>>,
    pub number: Option<Box<NumberSpec>>,
    pub text: Option<Box<TextSpec>>,
    pub array: Option<Arc<ArraySpec>>,
    pub object: Option<Arc<ObjectSpec>>,
    /// In the order written.
    pub applied: Vec<Applied>,
    /// How many of `applied` are written before `properties`.
    pub applied_first: usize,
}

impl Schema {
    /// Any value of these types.
    pub fn of_types(place: Place, types: Types) -> Schema {
        Schema {
            place,
            types,
            values: None,
            number: None,
            text: None,
            array: None,
            object: None,
            applied: Vec::new(),
            applied_first: 0,
        }
    }

    /// Whether the schema surely allows something, as far as can be said without looking further.
    pub fn surely_satisfiable(&self) -> bool {
        let has = |of| self.types.has(of);
        self.values.is_none()
            && self.applied.is_empty()
            && (has(Type::Null)
                || has(Type::Boolean)
                || (has(Type::String) && self.text.is_none())
                || (has(Type::Number) && self.number.as_ref().is_none_or(|n| n.is_plain()))
                || (has(Type::Array) && self.array.as_ref().is_none_or(|a| a.allows_empty()))
                || (has(Type::Object) && self.object.as_ref().is_none_or(|o| o.allows_empty())))
    }

    /// Whether nothing but the type is restricted.
    pub fn is_types_only(&self) -> bool {
        self.values.is_none()
            && self.number.is_none()
            && self.text.is_none()
            && self.array.is_none()
            && self.object.is_none()
            && self.applied.is_empty()
    }
}

impl NumberSpec {
    fn is_plain(&self) -> bool {
        self.minimum.is_empty() && self.maximum.is_empty() && self.multiple_of.is_none()
    }
}

impl ArraySpec {
    fn allows_empty(&self) -> bool {
        self.min == 0 && self.contains.is_none_or(|contains| contains.min == 0)
    }
}

impl ObjectSpec {
    fn allows_empty(&self) -> bool {
        self.min == 0 && self.required.is_empty()
    }
}

/// All schemas read, and what they share.
pub(crate) struct Schemas {
    list: Vec<Schema>,
    pub names: Names,
    pub places: Places,
    pub patterns: Patterns,
}

impl Schemas {
    pub fn new() -> Self {
        let list = vec![
            Schema::of_types(Place::ROOT, Types::NONE),
            Schema::of_types(Place::ROOT, Types::ALL),
        ];
        Schemas {
            list,
            names: Names::default(),
            places: Places::new(),
            patterns: Patterns::default(),
        }
    }

    pub fn push(&mut self, schema: Schema) -> SchemaId {
        self.list.push(schema);
        SchemaId(self.list.len() as u32 - 1)
    }

    pub fn set(&mut self, id: SchemaId, schema: Schema) {
        self.list[id.0 as usize] = schema;
    }

    pub fn get(&self, id: SchemaId) -> &Schema {
        &self.list[id.0 as usize]
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// What a schema asks of objects, for one that asks something.
    pub fn object(&self, id: SchemaId) -> Option<&ObjectSpec> {
        self.get(id).object.as_deref()
    }

    /// What a schema asks of arrays, for one that asks something.
    pub fn array(&self, id: SchemaId) -> Option<&ArraySpec> {
        self.get(id).array.as_deref()
    }

    /// An error at a place.
    pub fn error(&self, place: Place, message: impl Into<String>) -> Error {
        Error::schema(self.places.pointer(place, &self.names), message)
    }

    /// An error at a schema.
    pub fn error_at(&self, id: SchemaId, message: impl Into<String>) -> Error {
        self.error(self.get(id).place, message)
    }
}
