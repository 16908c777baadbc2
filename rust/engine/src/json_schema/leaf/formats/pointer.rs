//! `json-pointer` (RFC 6901, section 5) and `relative-json-pointer`
//! (draft-handrews-relative-json-pointer-01).

use super::build::Build;
use crate::expr::ExprId;

/// The most digits of how far a relative pointer goes up.
const UP_DIGITS: u32 = 20;

pub(super) fn json_pointer(build: &mut Build) -> ExprId {
    let unescaped = build.class(&[(0x00, 0x2E), (0x30, 0x7D), (0x7F, 0x10_FFFF)]);
    let tilde = build.text("~");
    let digit = build.one_of("01");
    let escaped = build.seq(&[tilde, digit]);
    let char = build.any(&[unescaped, escaped]);
    let token = build.star(char);
    let slash = build.text("/");
    let step = build.seq(&[slash, token]);
    build.star(step)
}

pub(super) fn relative_json_pointer(build: &mut Build) -> ExprId {
    let zero = build.text("0");
    let first = build.one_of("1-9");
    let digits = build.digits(0, UP_DIGITS - 1);
    let number = build.seq(&[first, digits]);
    let up = build.any(&[zero, number]);
    let name = build.text("#");
    let pointer = json_pointer(build);
    let then = build.any(&[name, pointer]);
    build.seq(&[up, then])
}
