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
        let shared = vocabulary.get().inner.clone();
        let inner = detached(py, || engine::Index::new(move || constraint.compile(), shared))?;
        Ok(Index { inner, vocabulary })
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
        let index = Index::build(py, constraint, vocabulary)?;
        warn(py, index.inner.warnings().to_vec())?;
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
    fn memory_limit(&self) -> usize {
        self.inner.memory_limit()
    }

    #[setter]
    fn set_memory_limit(&self, bytes: usize) {
        self.inner.set_memory_limit(bytes);
    }

    #[getter]
    fn generation(&self) -> u64 {
        self.inner.generation()
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.inner.memory()
    }
}
