//! Exact decimal numbers.

use crate::error::{Error, Result};

/// A decimal number of any size.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    text: String,
}

impl Decimal {
    /// Reads the text of a JSON number.
    pub fn parse(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::limit("not a number"));
        }
        Ok(Decimal { text: text.to_owned() })
    }

    /// The number of a JSON value, exactly as written.
    pub fn from_json(number: &serde_json::Number) -> Result<Self> {
        Self::parse(&number.to_string())
    }
}
