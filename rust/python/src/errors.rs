//! Rust errors as Python exceptions. No panic crosses: [`guarded`] turns one into an exception too.

use std::panic::{catch_unwind, AssertUnwindSafe};

use outlines_engine::error::{Error, Result};
use pyo3::create_exception;
use pyo3::exceptions::{PyRuntimeError, PyUserWarning, PyValueError};
use pyo3::prelude::*;

create_exception!(
    outlines,
    ConstraintError,
    PyValueError,
    "A constraint that cannot be honoured: the base of its kinds."
);
create_exception!(
    outlines,
    RegexError,
    ConstraintError,
    "A regular expression that is not one or cannot be honoured; `position` counts code points."
);
create_exception!(
    outlines,
    JsonSchemaError,
    ConstraintError,
    "A JSON Schema that cannot be honoured; `pointer` is a JSON pointer into it."
);
create_exception!(
    outlines,
    GrammarError,
    ConstraintError,
    "A Lark grammar that cannot be honoured; `line` and `column` count from 1."
);
create_exception!(
    outlines,
    BudgetError,
    ConstraintError,
    "A token limit too small for any output; `max_tokens`, `at_least` and `enough` say how far."
);
create_exception!(
    outlines,
    LimitError,
    ConstraintError,
    "A constraint that needs more states, memory or time than allowed."
);
create_exception!(
    outlines,
    EngineError,
    PyRuntimeError,
    "A fault of the engine itself; please report it."
);

create_exception!(
    outlines,
    ConstraintWarning,
    PyUserWarning,
    "A constraint that works, but hardly as it was meant."
);

pub fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("ConstraintError", py.get_type::<ConstraintError>())?;
    module.add("RegexError", py.get_type::<RegexError>())?;
    module.add("JsonSchemaError", py.get_type::<JsonSchemaError>())?;
    module.add("GrammarError", py.get_type::<GrammarError>())?;
    module.add("BudgetError", py.get_type::<BudgetError>())?;
    module.add("LimitError", py.get_type::<LimitError>())?;
    module.add("ConstraintWarning", py.get_type::<ConstraintWarning>())?;
    module.add("EngineError", py.get_type::<EngineError>())
}

/// Tells the caller's user what a constraint's front end found odd.
pub fn warn(py: Python<'_>, warnings: Vec<String>) -> PyResult<()> {
    for warning in warnings {
        // A name in a grammar has no zero byte in it.
        let Ok(message) = std::ffi::CString::new(warning) else { continue };
        PyErr::warn(py, &py.get_type::<ConstraintWarning>(), &message, 1)?;
    }
    Ok(())
}

/// Runs engine code, panics included, to a Python result.
pub fn guarded<T>(py: Python<'_>, work: impl FnOnce() -> Result<T>) -> PyResult<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| to_python(py, error)),
        Err(panic) => {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("unknown");
            Err(EngineError::new_err(format!("the engine failed: {message}; please report it")))
        }
    }
}

/// The same, while other Python threads go on.
pub fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    let result = py.detach(|| catch_unwind(AssertUnwindSafe(work)));
    guarded(py, || match result {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

pub fn to_python(py: Python<'_>, error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Regex { position, .. } => {
            with(py, RegexError::new_err(message), &[("position", position)])
        }
        Error::JsonSchema { pointer, .. } => {
            let error = JsonSchemaError::new_err(message);
            match error.value(py).setattr("pointer", pointer) {
                Ok(()) => error,
                Err(failed) => failed,
            }
        }
        Error::Grammar { line, column, .. } => {
            with(py, GrammarError::new_err(message), &[("line", line), ("column", column)])
        }
        Error::Choice { .. } => ConstraintError::new_err(message),
        Error::Vocabulary { .. } => PyValueError::new_err(message),
        Error::Budget { tokens, at_least, enough } => {
            let error = BudgetError::new_err(message);
            let set = |name: &str, value: Option<u32>| error.value(py).setattr(name, value);
            let all =
                [("max_tokens", Some(tokens)), ("at_least", Some(at_least)), ("enough", enough)];
            match all.into_iter().try_for_each(|(name, value)| set(name, value)) {
                Ok(()) => error,
                Err(failed) => failed,
            }
        }
        Error::Limit { .. } => LimitError::new_err(message),
    }
}

fn with(py: Python<'_>, error: PyErr, attributes: &[(&str, usize)]) -> PyErr {
    for (name, value) in attributes {
        if let Err(failed) = error.value(py).setattr(*name, *value) {
            return failed;
        }
    }
    error
}
