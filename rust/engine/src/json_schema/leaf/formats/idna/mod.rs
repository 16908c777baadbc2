//! Labels of internationalised host names: IDNA 2008.
//!
//! - [`class`], [`table`]: the code points a label may have, and their properties.
//! - [`alphabet`]: code points as the rules tell them apart.
//! - [`label`]: the rules of a label, one code point at a time.
//! - [`punycode`], [`ascii`]: labels written in ASCII (`xn--`), which must decode to a label.

mod alphabet;
mod ascii;
mod class;
mod label;
mod punycode;
mod table;

pub(super) use alphabet::{symbols, Symbol};
pub(super) use ascii::AsciiLabel;
pub(super) use label::{Direction, Label};
