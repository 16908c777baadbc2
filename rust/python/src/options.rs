//! The options of each kind of constraint, from keyword arguments.

use outlines_engine::{json_schema, lark};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub fn json_schema(
    property_order: &str,
    whitespace_pattern: Option<String>,
    plain_integers: bool,
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
        ..Default::default()
    })
}

pub fn lark() -> lark::Options {
    lark::Options::default()
}
