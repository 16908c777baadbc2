//! `uri-template` (RFC 6570, section 2, with erratum 6937: an apostrophe is a literal).

use super::build::{ranges, Build};
use super::uri::{percent_encoded, IPRIVATE, UCSCHAR};
use crate::expr::ExprId;

pub(super) fn uri_template(build: &mut Build) -> ExprId {
    let percent = percent_encoded(build);
    let mut literal = ranges("!#-$&'-;=?-[]_a-z~");
    literal.extend_from_slice(&UCSCHAR);
    literal.extend_from_slice(&IPRIVATE);
    let literal = build.class(&literal);
    let expression = expression(build, percent);
    let part = build.any(&[literal, percent, expression]);
    build.star(part)
}

fn expression(build: &mut Build, percent: ExprId) -> ExprId {
    let char = build.one_of("A-Za-z0-9_");
    let char = build.any(&[char, percent]);
    let name = {
        let dot = build.text(".");
        let dot = build.opt(dot);
        let more = build.seq(&[dot, char]);
        let more = build.star(more);
        build.seq(&[char, more])
    };
    let modifier = {
        let colon = build.text(":");
        let first = build.one_of("1-9");
        let digit = build.one_of("0-9");
        let digits = build.repeat(digit, 0, 3);
        let prefix = build.seq(&[colon, first, digits]);
        let explode = build.text("*");
        let modifier = build.any(&[prefix, explode]);
        build.opt(modifier)
    };
    let variable = build.seq(&[name, modifier]);
    let variables = {
        let comma = build.text(",");
        let next = build.seq(&[comma, variable]);
        let more = build.star(next);
        build.seq(&[variable, more])
    };
    // The last five are reserved for extensions, and part of the grammar.
    let operator = build.one_of("+#./;?&=,!@|");
    let operator = build.opt(operator);
    let (open, close) = (build.text("{"), build.text("}"));
    build.seq(&[open, operator, variables, close])
}
