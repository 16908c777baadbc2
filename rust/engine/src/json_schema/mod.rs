//! JSON Schema, drafts 4 to 2020-12.

mod draft;
pub mod leaf;

pub use draft::Draft;
