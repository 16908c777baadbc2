//! `uuid` (RFC 4122, section 3): any variant and version.

use super::build::Build;
use crate::expr::ExprId;

pub(super) fn uuid(build: &mut Build) -> ExprId {
    let hex = build.one_of("0-9A-Fa-f");
    let hyphen = build.text("-");
    let [four, eight, twelve] = [4, 8, 12].map(|count| build.repeat(hex, count, count));
    build.seq(&[eight, hyphen, four, hyphen, four, hyphen, four, hyphen, twelve])
}
