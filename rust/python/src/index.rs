//! `Index`: one constraint compiled for one vocabulary.

use outlines_engine::constraint::Constraint;
use outlines_engine::error::Result;
use outlines_engine::index as engine;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::errors::{detached, warn};
use crate::vocabulary::Vocabulary;
use crate::{json_value, options};

#[pyclass(module = "outlines.guide", frozen)]
pub struct Index {
    pub inner: engine::Index,
    vocabulary: Py<Vocabulary>,
}

impl Index {
    fn build(py: Python<'_>, constraint: Constraint, vocabulary: Py<Vocabulary>) -> PyResult<Self> {
        Index::build_reporting(py, constraint, vocabulary).map(|(index, _)| index)
    }

    /// The index, and what its user should be told.
    fn build_reporting(
        py: Python<'_>,
        constraint: Constraint,
        vocabulary: Py<Vocabulary>,
    ) -> PyResult<(Self, Vec<String>)> {
        let shared = vocabulary.get().inner.clone();
        let (inner, warnings) = detached(py, || {
            let (mut grammar, expander) = constraint.compile()?;
            let warnings = std::mem::take(&mut grammar.warnings);
            Ok((engine::Index::new(grammar, expander, shared)?, warnings))
        })?;
        Ok((Index { inner, vocabulary }, warnings))
    }

    /// Calls `decide` with the bytes of a text.
    fn on_text<T: Send>(
        &self,
        text: &Bound<'_, PyAny>,
        decide: impl FnOnce(&engine::Index, &[u8]) -> Result<T> + Send,
    ) -> PyResult<T> {
        let py = text.py();
        if let Ok(text) = text.cast::<PyString>() {
            let text = text.to_cow()?;
            return detached(py, || decide(&self.inner, text.as_bytes()));
        }
        let text = text
            .cast::<PyBytes>()
            .map_err(|_| PyTypeError::new_err("the text must be str or bytes"))?
            .as_bytes();
        detached(py, || decide(&self.inner, text))
    }
}

#[pymethods]
impl Index {
    #[staticmethod]
    fn from_regex(py: Python<'_>, pattern: String, vocabulary: Py<Vocabulary>) -> PyResult<Self> {
        Index::build(py, Constraint::Regex(pattern), vocabulary)
    }

    #[staticmethod]
    #[pyo3(signature = (schema, vocabulary, property_order="schema", whitespace_pattern=None, plain_integers=false, ignore_formats=false, registry=None))]
    fn from_json_schema(
        schema: &Bound<'_, PyAny>,
        vocabulary: Py<Vocabulary>,
        property_order: &str,
        whitespace_pattern: Option<String>,
        plain_integers: bool,
        ignore_formats: bool,
        registry: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let options = options::json_schema(
            property_order,
            whitespace_pattern,
            plain_integers,
            ignore_formats,
            registry,
        )?;
        let constraint = Constraint::JsonSchema(json_value::json(schema, "the schema")?, options);
        Index::build(schema.py(), constraint, vocabulary)
    }

    #[staticmethod]
    fn from_choices(
        py: Python<'_>,
        values: Vec<String>,
        vocabulary: Py<Vocabulary>,
    ) -> PyResult<Self> {
        Index::build(py, Constraint::Choices(values), vocabulary)
    }

    #[staticmethod]
    #[pyo3(signature = (text, vocabulary, start="start", files=None, parser="earley"))]
    fn from_grammar(
        py: Python<'_>,
        text: String,
        vocabulary: Py<Vocabulary>,
        start: &str,
        files: Option<Vec<(String, String)>>,
        parser: &str,
    ) -> PyResult<Self> {
        let options = options::lark(parser, Some(start.to_owned()), files)?;
        let constraint = Constraint::Grammar(text, options);
        let (index, warnings) = Index::build_reporting(py, constraint, vocabulary)?;
        warn(py, warnings)?;
        Ok(index)
    }

    #[staticmethod]
    fn from_constraint(
        py: Python<'_>,
        constraint: options::Described<'_>,
        vocabulary: Py<Vocabulary>,
    ) -> PyResult<Self> {
        Index::build(py, options::constraint(constraint)?, vocabulary)
    }

    fn accepts(&self, text: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.on_text(text, |index, text| index.accepts(text))
    }

    fn accepts_prefix(&self, text: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.on_text(text, |index, text| index.accepts_prefix(text))
    }

    #[pyo3(signature = (stop_tokens=None, enough=0))]
    fn minimum_tokens(
        &self,
        py: Python<'_>,
        stop_tokens: Option<Vec<u32>>,
        enough: u32,
    ) -> PyResult<(u32, Option<u32>)> {
        let stop = stop_tokens.unwrap_or_default();
        let minimum = detached(py, || self.inner.minimum_tokens(&stop, enough))?;
        Ok((minimum.at_least, minimum.enough))
    }

    #[getter]
    fn vocabulary(&self, py: Python<'_>) -> Py<Vocabulary> {
        self.vocabulary.clone_ref(py)
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.inner.memory()
    }
}
