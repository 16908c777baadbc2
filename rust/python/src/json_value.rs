//! Python objects as JSON values, numbers to the last digit.

use outlines_engine::error::Error;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde_json::{Map, Number, Value};

use crate::errors::to_python;

/// How deep a schema may nest; `json.loads` has a similar limit.
const DEPTH_LIMIT: usize = 900;

/// A JSON text, or what `json.loads` makes of one; `what` names it in errors.
pub fn json(object: &Bound<'_, PyAny>, what: &str) -> PyResult<Value> {
    if let Ok(text) = object.cast::<PyString>() {
        return serde_json::from_str(&text.to_cow()?).map_err(|error| {
            let nested = if error.to_string().starts_with("recursion limit") {
                "; a text may nest no deeper than 127 levels: pass what json.loads makes of it"
            } else {
                ""
            };
            schema_error(object.py(), format!("{what} is not JSON: {error}{nested}"))
        });
    }
    value(object, 0)
}

fn value(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    if depth > DEPTH_LIMIT {
        let message = format!(
            "the schema is nested deeper than {DEPTH_LIMIT} levels: put the inner schemas under \
             $defs, and a $ref in place of each"
        );
        return Err(schema_error(object.py(), message));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Value::String(text.to_cow()?.into_owned()));
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        let mut map = Map::with_capacity(dict.len());
        for (key, item) in dict {
            let key = key
                .cast::<PyString>()
                .map_err(|_| PyTypeError::new_err("the keys of a JSON object must be strings"))?;
            map.insert(key.to_cow()?.into_owned(), value(&item, depth + 1)?);
        }
        return Ok(Value::Object(map));
    }
    if let Ok(list) = object.cast::<PyList>() {
        return list
            .iter()
            .map(|item| value(&item, depth + 1))
            .collect::<PyResult<_>>()
            .map(Value::Array);
    }
    if let Ok(flag) = object.cast::<PyBool>() {
        return Ok(Value::Bool(flag.is_true()));
    }
    if let Ok(number) = object.cast::<PyInt>() {
        return match number.extract::<i64>() {
            Ok(small) => Ok(Value::Number(small.into())),
            Err(_) => parse_number(&number.str()?.to_cow()?),
        };
    }
    if let Ok(number) = object.cast::<PyFloat>() {
        if !number.value().is_finite() {
            return Err(PyValueError::new_err("nan and infinity are not JSON"));
        }
        // Python's shortest text of a float is JSON, and exactly what json.dumps would write.
        return parse_number(&number.repr()?.to_cow()?);
    }
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return tuple
            .iter()
            .map(|item| value(&item, depth + 1))
            .collect::<PyResult<_>>()
            .map(Value::Array);
    }
    let kind = object.get_type().name()?.to_string();
    Err(PyTypeError::new_err(format!("a {kind} has no place in a JSON Schema")))
}

/// An error of the schema as a whole.
fn schema_error(py: Python<'_>, message: String) -> PyErr {
    to_python(py, Error::JsonSchema { message, pointer: String::new() })
}

fn parse_number(text: &str) -> PyResult<Value> {
    text.parse::<Number>()
        .map(Value::Number)
        .map_err(|error| PyValueError::new_err(format!("{text} is not a JSON number: {error}")))
}
