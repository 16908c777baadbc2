//! The forms that keywords share.

use serde_json::{Map, Number, Value};

use super::{Scan, Scanner, Site};
use crate::error::Error;
use crate::json_schema::names::Name;
use crate::json_schema::patterns::PatternId;
use crate::json_schema::pointer::{Place, Segment};
use crate::json_schema::schema::SchemaId;

impl<'v> Scanner<'v, '_> {
    /// A number of things: a non-negative integer, however written.
    pub(super) fn count(&mut self, value: &Value, site: Site, keyword: &'static str) -> Scan<u32> {
        if let Some(count) = value.as_number().and_then(whole) {
            return Ok(count);
        }
        let place = self.below(site, keyword);
        Err(self.fault(place, format!("{keyword} must be a non-negative integer")))
    }

    pub(super) fn flag(&mut self, value: &Value, site: Site, keyword: &'static str) -> Scan<bool> {
        if let Value::Bool(flag) = value {
            return Ok(*flag);
        }
        let place = self.below(site, keyword);
        Err(self.fault(place, format!("{keyword} must be true or false")))
    }

    pub(super) fn text(
        &mut self,
        value: &'v Value,
        site: Site,
        keyword: &'static str,
    ) -> Scan<&'v str> {
        if let Value::String(text) = value {
            return Ok(text);
        }
        let place = self.below(site, keyword);
        Err(self.fault(place, format!("{keyword} must be a string")))
    }

    pub(super) fn object(
        &mut self,
        value: &'v Value,
        site: Site,
        keyword: &'static str,
    ) -> Scan<&'v Map<String, Value>> {
        if let Value::Object(members) = value {
            return Ok(members);
        }
        let place = self.below(site, keyword);
        Err(self.fault(place, format!("{keyword} must be an object")))
    }

    /// A list of schemas; an empty one is an error where the specification forbids it.
    pub(super) fn list(
        &mut self,
        value: &'v Value,
        site: Site,
        keyword: &'static str,
    ) -> Scan<Box<[SchemaId]>> {
        let place = self.below(site, keyword);
        let Value::Array(items) = value else {
            return Err(self.fault(place, format!("{keyword} must be a list of schemas")));
        };
        if items.is_empty() && keyword != "items" && keyword != "prefixItems" {
            return Err(self.fault(place, format!("{keyword} must not be empty")));
        }
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let place = self.schemas.places.under(place, Segment::Index(index));
            list.push(self.subschema(item, site, place)?);
        }
        Ok(list.into())
    }

    /// A list of property names.
    pub(super) fn names(&mut self, value: &Value, place: Place, what: &str) -> Scan<Box<[Name]>> {
        let fault = |s: &Self| s.fault(place, format!("{what} must be a list of property names"));
        let Value::Array(items) = value else {
            return Err(fault(self));
        };
        let mut names = Vec::with_capacity(items.len());
        for item in items {
            let Value::String(name) = item else {
                return Err(fault(self));
            };
            let name = self.schemas.names.intern(name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(names.into())
    }

    /// A regular expression.
    pub(super) fn pattern(&mut self, text: &str, place: Place) -> Scan<PatternId> {
        self.schemas.patterns.intern(self.exprs, text).map_err(|error| match error {
            Error::Regex { message, position, .. } => self.fault(
                place,
                format!("{message} (at position {position} of the pattern {text:?})"),
            ),
            other => other.into(),
        })
    }
}

/// A non-negative integer; one too large to count is as good as the largest that is not.
fn whole(number: &Number) -> Option<u32> {
    const MOST: u32 = u32::MAX - 1;
    if let Some(count) = number.as_u64() {
        return Some(u32::try_from(count).unwrap_or(MOST).min(MOST));
    }
    let float = number.as_f64()?;
    (float >= 0.0 && float.fract() == 0.0).then_some(if float < f64::from(MOST) {
        float as u32
    } else {
        MOST
    })
}
