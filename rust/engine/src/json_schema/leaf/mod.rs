//! Leaves of a JSON Schema: the texts of strings and numbers that satisfy assertions, as terminals.
//!
//! - [`string`]: the text between the quotes of a JSON string.
//! - [`number`]: the text of a JSON number, decided on its decimal digits.
//! - [`formats`]: what `format` asks of a string.
//! - [`decimal`]: exact decimal numbers, as the schema writes them.

pub mod decimal;
pub mod formats;
pub mod number;
pub mod string;

pub use decimal::Decimal;
pub use number::{number, number_equal, number_exact, NumberConstraint, NumberKind};
pub use string::{string_body, string_equal, string_exact, StringConstraint};
