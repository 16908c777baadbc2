//! How a schema is read, and how its values are written.

use std::collections::HashMap;

use serde_json::Value;

/// Documents that references may lead to, by URI.
pub type Registry = HashMap<String, Value>;

/// In which order the properties of an object may be written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum PropertyOrder {
    /// As the schema declares them, then the others in any order.
    #[default]
    Schema,
    /// In any order.
    Any,
}

/// How a schema is read, and how its values are written.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// In which order properties may be written.
    pub property_order: PropertyOrder,
    /// A Python regular expression for what may stand between JSON tokens, instead of the default.
    pub whitespace_pattern: Option<String>,
    /// Whether an integer is written without fraction and exponent, though `5.0` is one too.
    pub plain_integers: bool,
    /// Whether `format` asks nothing.
    pub ignore_formats: bool,
    /// What references to other documents lead to; nothing is ever fetched.
    pub registry: Registry,
}
