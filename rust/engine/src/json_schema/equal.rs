//! Equality of JSON values: numbers by value, objects whatever their order.

use std::fmt::Write;

use rustc_hash::FxHashSet;
use serde_json::Value;

use super::leaf::Decimal;

/// Whether two values are the same.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b
                || matches!((Decimal::from_json(a), Decimal::from_json(b)), (Ok(a), Ok(b)) if a == b)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

/// A text that equal values have in common, and no others.
pub(crate) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => match Decimal::from_json(number) {
            Ok(value) => _ = write!(text, "{value}"),
            Err(_) => text.push_str(number.as_str()),
        },
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_unstable_by_key(|&(name, _)| name);
            text.push('{');
            for (name, value) in members {
                write_string(name, text);
                write_canonical(value, text);
            }
            text.push('}');
        }
        Value::String(string) => write_string(string, text),
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
    }
}

/// The length before the string says where it ends, whatever is in it.
fn write_string(string: &str, text: &mut String) {
    _ = write!(text, "\"{}:", string.len());
    text.push_str(string);
}

/// A set of values.
#[derive(Default)]
pub(crate) struct ValueSet(FxHashSet<Box<str>>);

impl ValueSet {
    /// Adds a value; whether it is new.
    pub fn insert(&mut self, value: &Value) -> bool {
        self.0.insert(canonical(value).into())
    }

    /// Whether there is an equal value.
    pub fn contains(&self, value: &Value) -> bool {
        self.0.contains(canonical(value).as_str())
    }
}

impl<'v> FromIterator<&'v Value> for ValueSet {
    fn from_iter<I: IntoIterator<Item = &'v Value>>(values: I) -> Self {
        let mut set = ValueSet::default();
        values.into_iter().for_each(|value| _ = set.insert(value));
        set
    }
}
