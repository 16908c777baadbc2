//! `mask_logits`: rows of a bitmask applied to rows of logits, given as the bits of their floats.

use numpy::{Element, PyReadonlyArray2, PyReadwriteArray2};
use outlines_engine::logits;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::errors::detached;

#[pyfunction]
pub fn mask_logits(
    py: Python<'_>,
    bits: &Bound<'_, PyAny>,
    bitmask: PyReadonlyArray2<'_, i32>,
    rows: Vec<(usize, usize)>,
    minus_infinity: u32,
) -> PyResult<()> {
    if let Ok(bits) = bits.extract::<PyReadwriteArray2<'_, u32>>() {
        return mask(py, bits, &bitmask, &rows, minus_infinity);
    }
    let bits = bits.extract::<PyReadwriteArray2<'_, u16>>().map_err(|_| {
        PyTypeError::new_err(
            "the logits' bits are a writable array of uint16 or uint32 of shape (rows, tokens)",
        )
    })?;
    let minus_infinity = u16::try_from(minus_infinity)
        .map_err(|_| PyValueError::new_err("minus infinity has 16 bits where logits have 16"))?;
    mask(py, bits, &bitmask, &rows, minus_infinity)
}

fn mask<T: Element + Copy + Send + Sync>(
    py: Python<'_>,
    mut bits: PyReadwriteArray2<'_, T>,
    bitmask: &PyReadonlyArray2<'_, i32>,
    rows: &[(usize, usize)],
    minus_infinity: T,
) -> PyResult<()> {
    let (mut bits, bitmask) = (bits.as_array_mut(), bitmask.as_array());
    let short = |what| {
        PyValueError::new_err(format!("no such row, or its {what} are not beside each other"))
    };
    for &(row, mask) in rows {
        let contiguous = row < bits.nrows() && bits.row(row).as_slice().is_some();
        if !contiguous {
            return Err(short("logits"));
        }
        if mask >= bitmask.nrows() || bitmask.row(mask).as_slice().is_none() {
            return Err(short("words"));
        }
    }
    detached(py, || {
        for &(row, mask) in rows {
            let (mut bits, words) = (bits.row_mut(row), bitmask.row(mask));
            if let (Some(bits), Some(words)) = (bits.as_slice_mut(), words.as_slice()) {
                logits::mask(bits, words, minus_infinity);
            }
        }
        Ok(())
    })
}
