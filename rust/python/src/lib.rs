//! The extension module `outlines._engine`: the engine crate for Python, and nothing more.
//!
//! Conversions, the GIL and errors; every decision is made in `outlines-engine`. The stubs in
//! `python/outlines/_engine.pyi` say what each function takes, returns and raises.

mod checks;
mod errors;
mod guide;
mod index;
mod json_value;
mod logits;
mod options;
mod vocabulary;

use pyo3::prelude::*;

#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    // Which characters `\w`, `\d` and case mean is what this interpreter's `re` takes them for.
    let unicode = module.py().import("unicodedata")?.getattr("unidata_version")?;
    outlines_engine::regex::set_python_unicode(&unicode.extract::<String>()?);
    let lookup = module.py().import("unicodedata")?.getattr("lookup")?.unbind();
    outlines_engine::regex::set_character_names(move |name| {
        Python::attach(|py| lookup.call1(py, (name,)).ok()?.extract::<char>(py).ok())
    });
    module.add_class::<vocabulary::Vocabulary>()?;
    module.add_class::<index::Index>()?;
    module.add_class::<guide::Guide>()?;
    module.add_function(wrap_pyfunction!(guide::fill_bitmasks, module)?)?;
    module.add_function(wrap_pyfunction!(logits::mask_logits, module)?)?;
    checks::add(module)?;
    errors::add(module)
}
