//! `Guide`: one request's position in an index, and the filling of many masks at once.

use numpy::{PyArray2, PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use outlines_engine::error::Result;
use outlines_engine::guide as engine;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::{detached, guarded};
use crate::index::Index;

#[pyclass(module = "outlines.guide")]
pub struct Guide {
    inner: engine::Guide,
    index: Py<Index>,
}

impl Guide {
    fn words(&self) -> usize {
        self.inner.index().vocabulary().words()
    }

    /// Fills a row. A mask that is already known is a copy; while one is still to be found, other
    /// Python threads go on.
    fn fill(&mut self, py: Python<'_>, row: &mut [u32]) -> PyResult<()> {
        if self.inner.is_ready() {
            return guarded(py, || self.inner.fill(row));
        }
        detached(py, || self.inner.fill(row))
    }
}

/// A vocabulary id, if `token` can be one.
fn id(token: i64) -> Option<u32> {
    u32::try_from(token).ok()
}

#[pymethods]
impl Guide {
    #[new]
    #[pyo3(signature = (index, stop_tokens=None, max_tokens=None))]
    fn new(
        py: Python<'_>,
        index: Py<Index>,
        stop_tokens: Option<Vec<u32>>,
        max_tokens: Option<u32>,
    ) -> PyResult<Self> {
        let inner = engine::Guide::new(index.borrow(py).inner.clone(), stop_tokens);
        let mut guide = Guide { inner, index };
        if max_tokens.is_some() {
            guide.set_max_tokens(py, max_tokens)?;
        }
        Ok(guide)
    }

    #[getter]
    fn max_tokens(&self) -> Option<u32> {
        self.inner.budget()
    }

    #[setter]
    fn set_max_tokens(&mut self, py: Python<'_>, max_tokens: Option<u32>) -> PyResult<()> {
        detached(py, || self.inner.set_budget(max_tokens))
    }

    #[getter]
    fn index(&self, py: Python<'_>) -> Py<Index> {
        self.index.clone_ref(py)
    }

    fn fill_bitmask(&mut self, row: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = row.py();
        let words = self.words();
        if let Ok(array) = row.cast::<PyArrayDyn<i32>>() {
            let mut array = array.try_readwrite().map_err(|_| {
                PyValueError::new_err("the row cannot be written: read-only, or in use")
            })?;
            let row = array
                .as_slice_mut()
                .map_err(|_| PyValueError::new_err("the row must be contiguous in memory"))?;
            if row.len() < words {
                let len = row.len();
                return Err(PyValueError::new_err(format!(
                    "the row has {len} words of 32 tokens; the vocabulary needs {words}"
                )));
            }
            return self.fill(py, as_words(row));
        }
        let address = row.extract::<usize>().map_err(|_| {
            PyTypeError::new_err("the row must be an int32 numpy array or the address of one")
        })?;
        if address == 0 || address % 4 != 0 {
            return Err(PyValueError::new_err("the address is null or not that of int32 words"));
        }
        // SAFETY: the caller vouches, as the stub demands, for `words` writable words there that
        // nothing else uses during the call. Tested with rows that have guard words around them.
        let row = unsafe { std::slice::from_raw_parts_mut(address as *mut u32, words) };
        self.fill(py, row)
    }

    fn advance(&mut self, py: Python<'_>, token_id: i64) -> PyResult<bool> {
        match id(token_id) {
            // Nearly always: not worth letting go of the GIL for.
            Some(token) if self.inner.knows(token) => guarded(py, || self.inner.advance(token)),
            Some(token) => detached(py, || self.inner.advance(token)),
            None => Ok(false),
        }
    }

    fn validate(&mut self, py: Python<'_>, tokens: Vec<i64>) -> PyResult<usize> {
        detached(py, || self.inner.validate(tokens.into_iter().map(id)))
    }

    fn rollback(&mut self, count: usize) -> PyResult<()> {
        if self.inner.rollback(count) {
            return Ok(());
        }
        let taken = self.inner.taken();
        Err(PyValueError::new_err(format!("cannot take back {count} of {taken} tokens")))
    }

    fn reset(&mut self) {
        self.inner.reset();
    }

    fn copy(&self, py: Python<'_>) -> Guide {
        Guide { inner: self.inner.clone(), index: self.index.clone_ref(py) }
    }

    fn is_accepting(&self) -> bool {
        self.inner.is_accepting()
    }

    fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    fn forced_bytes<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = detached(py, || self.inner.forced_bytes())?;
        Ok(PyBytes::new(py, &bytes))
    }
}

/// The same memory as words without a sign.
fn as_words(row: &mut [i32]) -> &mut [u32] {
    // SAFETY: i32 and u32 have the same size and alignment, and every bit pattern is both.
    unsafe { std::slice::from_raw_parts_mut(row.as_mut_ptr().cast(), row.len()) }
}

#[pyfunction]
#[pyo3(signature = (guides, bitmask, rows=None))]
pub fn fill_bitmasks(
    py: Python<'_>,
    guides: Vec<Bound<'_, Guide>>,
    bitmask: &Bound<'_, PyArray2<i32>>,
    rows: Option<Vec<usize>>,
) -> PyResult<()> {
    let rows = rows.unwrap_or_else(|| (0..guides.len()).collect());
    if rows.len() != guides.len() {
        let (rows, guides) = (rows.len(), guides.len());
        return Err(PyValueError::new_err(format!("{rows} rows for {guides} guides")));
    }
    let (height, width) = (bitmask.shape()[0], bitmask.shape()[1]);
    let mut array = bitmask.try_readwrite().map_err(|_| {
        PyValueError::new_err("the bitmask cannot be written: read-only, or in use")
    })?;
    let words = array
        .as_slice_mut()
        .map_err(|_| PyValueError::new_err("the bitmask must be contiguous in memory"))?;
    let mut borrowed = Vec::with_capacity(guides.len());
    for (guide, &row) in guides.iter().zip(&rows) {
        let guide = guide
            .try_borrow_mut()
            .map_err(|_| PyValueError::new_err("a guide is given twice, or in use elsewhere"))?;
        if row >= height || guide.words() > width {
            let words = guide.words();
            return Err(PyValueError::new_err(format!(
                "row {row} of {words} words does not fit a bitmask of {height} by {width}"
            )));
        }
        borrowed.push(guide);
    }
    let mut work: Vec<(&mut engine::Guide, usize)> =
        borrowed.iter_mut().map(|guide| &mut guide.inner).zip(rows).collect();
    let words = as_words(words);
    detached(py, move || -> Result<()> {
        for (guide, row) in &mut work {
            guide.fill(&mut words[*row * width..][..width])?;
        }
        Ok(())
    })
}
