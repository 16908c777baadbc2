//! Constraints and their options, from Python's arguments.

use outlines_engine::constraint::Constraint;
use outlines_engine::{json_schema, lark};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;

use crate::json_value;

pub fn json_schema(
    property_order: &str,
    whitespace_pattern: Option<String>,
    plain_integers: bool,
    ignore_formats: bool,
    registry: Option<&Bound<'_, PyAny>>,
) -> PyResult<json_schema::Options> {
    let property_order = match property_order {
        "schema" => json_schema::PropertyOrder::Schema,
        "any" => json_schema::PropertyOrder::Any,
        other => {
            return Err(PyValueError::new_err(format!(
                "property_order is {other:?}; it must be \"schema\" or \"any\""
            )));
        }
    };
    Ok(json_schema::Options {
        property_order,
        whitespace_pattern,
        plain_integers,
        ignore_formats,
        registry: registry.map(self::registry).transpose()?.unwrap_or_default(),
    })
}

/// Documents by URI: a dict, or its JSON text.
fn registry(documents: &Bound<'_, PyAny>) -> PyResult<json_schema::Registry> {
    match json_value::json(documents, "the registry")? {
        Value::Object(documents) => Ok(documents.into_iter().collect()),
        _ => Err(PyTypeError::new_err("the registry must be a dict of documents by their URIs")),
    }
}

/// A constraint of any kind: its kind, its value, and its options as keyword arguments have them.
pub type Described<'py> = (String, Bound<'py, PyAny>, Bound<'py, PyDict>);

/// The constraint that is described.
pub fn constraint((kind, value, options): Described<'_>) -> PyResult<Constraint> {
    let known: &[&str] = match kind.as_str() {
        "json" => &[
            "property_order",
            "whitespace_pattern",
            "plain_integers",
            "ignore_formats",
            "registry",
        ],
        "grammar" => &["parser", "start", "files"],
        "repeat" => &["min", "max"],
        _ => &[],
    };
    for name in options.keys() {
        let name: String = name.extract()?;
        if !known.contains(&name.as_str()) {
            let message = format!("unknown option {name:?} for a {kind} constraint");
            return Err(PyValueError::new_err(message));
        }
    }
    Ok(match kind.as_str() {
        "regex" => Constraint::Regex(value.extract()?),
        "choice" => Constraint::Choices(value.extract()?),
        "grammar" => {
            let parser: Option<String> = option(&options, "parser")?;
            let parser = parser.as_deref().unwrap_or("earley");
            let options = lark(parser, option(&options, "start")?, option(&options, "files")?)?;
            Constraint::Grammar(value.extract()?, options)
        }
        "union" => Constraint::Union(parts(&value)?),
        "sequence" => Constraint::Sequence(parts(&value)?),
        "repeat" => {
            let part = Box::new(constraint(value.extract()?)?);
            let min = option(&options, "min")?.unwrap_or(0);
            Constraint::Repeat(part, min, option(&options, "max")?)
        }
        "json" => {
            let order: Option<String> = option(&options, "property_order")?;
            let options = json_schema(
                order.as_deref().unwrap_or("schema"),
                option(&options, "whitespace_pattern")?,
                option(&options, "plain_integers")?.unwrap_or(false),
                option(&options, "ignore_formats")?.unwrap_or(false),
                options.get_item("registry")?.as_ref(),
            )?;
            Constraint::JsonSchema(json_value::json(&value, "the schema")?, options)
        }
        other => {
            let message = format!("unknown constraint kind {other:?}");
            return Err(PyValueError::new_err(message));
        }
    })
}

fn parts(value: &Bound<'_, PyAny>) -> PyResult<Vec<Constraint>> {
    value.extract::<Vec<Described<'_>>>()?.into_iter().map(constraint).collect()
}

fn option<'py, T>(options: &Bound<'py, PyDict>, name: &str) -> PyResult<Option<T>>
where
    T: for<'a> FromPyObject<'a, 'py>,
{
    options.get_item(name)?.map(|value| value.extract().map_err(Into::into)).transpose()
}

/// `files`: pairs of a path and a text.
pub fn lark(
    parser: &str,
    start: Option<String>,
    files: Option<Vec<(String, String)>>,
) -> PyResult<lark::Options> {
    let parser = match parser {
        "earley" => lark::Parser::Earley,
        "lalr" => lark::Parser::Lalr,
        other => {
            let message = format!("parser is {other:?}; it must be \"earley\" or \"lalr\"");
            return Err(PyValueError::new_err(message));
        }
    };
    let default = lark::Options::default();
    Ok(lark::Options {
        parser,
        start: start.unwrap_or(default.start),
        files: files.map_or(default.files, |files| files.into_iter().collect()),
    })
}
