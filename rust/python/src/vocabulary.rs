//! `Vocabulary`: the bytes of every token id.

use std::sync::Arc;

use outlines_engine::vocabulary as engine;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySequence};

use crate::errors::detached;

#[pyclass(module = "outlines.guide", subclass, frozen)]
pub struct Vocabulary {
    pub inner: Arc<engine::Vocabulary>,
}

#[pymethods]
impl Vocabulary {
    #[new]
    #[pyo3(signature = (tokens, eos, size))]
    fn new(
        py: Python<'_>,
        tokens: &Bound<'_, PyAny>,
        eos: &Bound<'_, PyAny>,
        size: usize,
    ) -> PyResult<Self> {
        let tokens = tokens.cast::<PySequence>().map_err(|_| {
            PyTypeError::new_err("tokens must be a sequence of bytes (None for ids without text)")
        })?;
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(tokens.len()?);
        for token in tokens.try_iter()? {
            let token = token?;
            if let Ok(token) = token.cast::<PyBytes>() {
                bytes.extend_from_slice(token.as_bytes());
            } else if !token.is_none() {
                let kind = token.get_type().name()?.to_string();
                let at = ends.len();
                return Err(PyTypeError::new_err(format!(
                    "token {at} is a {kind}; a token is bytes, or None if it is never text"
                )));
            }
            ends.push(bytes.len());
        }
        let mut stops = Vec::new();
        for id in eos.try_iter()? {
            stops.push(
                id?.extract::<u32>().map_err(|_| {
                    PyValueError::new_err("eos must be token ids: integers from 0 on")
                })?,
            );
        }
        let inner = detached(py, || {
            let starts = std::iter::once(0).chain(ends.iter().copied());
            let tokens = starts.zip(&ends).map(|(start, &end)| Some(&bytes[start..end]));
            engine::Vocabulary::new(tokens, &stops, size)
        })?;
        Ok(Vocabulary { inner: Arc::new(inner) })
    }

    #[getter]
    fn size(&self) -> usize {
        self.inner.size()
    }

    #[getter]
    fn eos(&self) -> Vec<u32> {
        self.inner.eos().to_vec()
    }

    #[getter]
    fn nbytes(&self) -> usize {
        self.inner.memory()
    }

    fn token<'py>(&self, py: Python<'py>, id: u32) -> Option<Bound<'py, PyBytes>> {
        let bytes = self.inner.token(id);
        (!bytes.is_empty()).then(|| PyBytes::new(py, bytes))
    }

    fn __len__(&self) -> usize {
        self.inner.size()
    }

    fn __repr__(&self) -> String {
        let tokens = self.inner.trie().tokens().len();
        format!("<Vocabulary: {tokens} tokens of text, {} ids>", self.inner.size())
    }
}
