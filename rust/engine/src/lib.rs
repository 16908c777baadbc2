//! Regexes, JSON Schemas, choices and Lark grammars, compiled to the tokens allowed next.

pub mod automaton;
pub mod choices;
pub mod constraint;
pub mod error;
pub mod expr;
pub mod grammar;
pub mod guide;
mod ids;
pub mod index;
pub mod json_schema;
pub mod lark;
pub mod logits;
mod memory;
mod pages;
mod ranges;
pub mod regex;
pub mod vocabulary;
