//! Checks of a constraint without a vocabulary: what is refused is refused before the model runs.

use outlines_engine::automaton::Automaton;
use outlines_engine::constraint::Constraint;
use outlines_engine::lark;
use pyo3::prelude::*;

use crate::errors::{detached, guarded, warn};
use crate::{json_value, options};

pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(check_regex, module)?)?;
    module.add_function(wrap_pyfunction!(check_json_schema, module)?)?;
    module.add_function(wrap_pyfunction!(check_choices, module)?)?;
    module.add_function(wrap_pyfunction!(check_grammar, module)?)?;
    module.add_function(wrap_pyfunction!(grammar_imports, module)?)?;
    module.add_function(wrap_pyfunction!(check_constraint, module)?)
}

fn check(py: Python<'_>, constraint: Constraint) -> PyResult<()> {
    let warnings = detached(py, || {
        let (mut grammar, expander) = constraint.compile()?;
        let warnings = std::mem::take(&mut grammar.warnings);
        Automaton::new(grammar, expander).map(|_| warnings)
    })?;
    warn(py, warnings)
}

#[pyfunction]
fn check_regex(py: Python<'_>, pattern: String) -> PyResult<()> {
    check(py, Constraint::Regex(pattern))
}

#[pyfunction]
#[pyo3(signature = (schema, *, property_order="schema", whitespace_pattern=None, plain_integers=false, ignore_formats=false, registry=None))]
fn check_json_schema(
    py: Python<'_>,
    schema: &Bound<'_, PyAny>,
    property_order: &str,
    whitespace_pattern: Option<String>,
    plain_integers: bool,
    ignore_formats: bool,
    registry: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let options = options::json_schema(
        property_order,
        whitespace_pattern,
        plain_integers,
        ignore_formats,
        registry,
    )?;
    check(py, Constraint::JsonSchema(json_value::json(schema, "the schema")?, options))
}

#[pyfunction]
fn check_choices(py: Python<'_>, values: Vec<String>) -> PyResult<()> {
    check(py, Constraint::Choices(values))
}

#[pyfunction]
#[pyo3(signature = (text, *, start="start", files=None, parser="earley"))]
fn check_grammar(
    py: Python<'_>,
    text: String,
    start: &str,
    files: Option<Vec<(String, String)>>,
    parser: &str,
) -> PyResult<()> {
    let options = options::lark(parser, Some(start.to_owned()), files)?;
    check(py, Constraint::Grammar(text, options))
}

#[pyfunction]
fn grammar_imports(py: Python<'_>, text: &str) -> PyResult<Vec<String>> {
    guarded(py, || lark::relative_imports(text))
}

#[pyfunction]
fn check_constraint(py: Python<'_>, constraint: options::Described<'_>) -> PyResult<()> {
    check(py, options::constraint(constraint)?)
}
