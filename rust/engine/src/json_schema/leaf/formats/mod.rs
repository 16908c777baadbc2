//! What `format` asks of a string: one file per family, one line of [`FORMATS`] per format.
//!
//! A format is enforced in every draft, also where only a later one defines it. Names that are not
//! in the table are annotations.

mod build;
mod datetime;
mod email;
mod hostname;
mod idna;
mod ip;
mod machine;
mod pointer;
mod regex;
mod uri;
mod uri_template;
mod uuid;

use crate::error::Result;
use crate::expr::{ExprId, Exprs};
use crate::regex::Encoding;
use build::Build;

/// A format: its name, and the texts that have it.
struct Format {
    name: &'static str,
    texts: fn(&mut Build) -> ExprId,
}

/// The formats of the specifications, drafts 4 to 2020-12.
const FORMATS: &[Format] = &[
    Format { name: "date", texts: datetime::date },
    Format { name: "date-time", texts: datetime::date_time },
    Format { name: "duration", texts: datetime::duration },
    Format { name: "email", texts: email::email },
    Format { name: "hostname", texts: hostname::hostname },
    Format { name: "idn-email", texts: email::idn_email },
    Format { name: "idn-hostname", texts: hostname::idn_hostname },
    Format { name: "ipv4", texts: ip::v4 },
    Format { name: "ipv6", texts: ip::v6 },
    Format { name: "iri", texts: uri::iri },
    Format { name: "iri-reference", texts: uri::iri_reference },
    Format { name: "json-pointer", texts: pointer::json_pointer },
    Format { name: "regex", texts: regex::regex },
    Format { name: "relative-json-pointer", texts: pointer::relative_json_pointer },
    Format { name: "time", texts: datetime::time },
    Format { name: "uri", texts: uri::uri },
    Format { name: "uri-reference", texts: uri::uri_reference },
    Format { name: "uri-template", texts: uri_template::uri_template },
    Format { name: "uuid", texts: uuid::uuid },
];

/// How many of the texts with a format are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Those that are written: runs of digits have an end.
    Written,
    /// All of them, so that their complement is exact.
    All,
}

/// The texts with a format, written in `encoding`; `None` for an unknown one, which asks nothing.
pub fn format(
    exprs: &mut Exprs,
    name: &str,
    encoding: Encoding,
    extent: Extent,
) -> Result<Option<ExprId>> {
    let format = FORMATS.iter().find(|format| format.name == name);
    Ok(format.map(|format| (format.texts)(&mut Build { exprs, encoding, extent })))
}
