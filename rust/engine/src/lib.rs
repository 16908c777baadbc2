//! Regexes, JSON Schemas, choices and Lark grammars, compiled to the tokens allowed next.

pub mod automaton;
pub mod error;
pub mod expr;
pub mod grammar;
pub mod regex;
