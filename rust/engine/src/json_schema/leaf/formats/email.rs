//! `email` (RFC 5321, section 4.1.2, "Mailbox") and `idn-email` (the same, extended by RFC 6531,
//! section 3.3).
//!
//! The sizes of RFC 5321, section 4.5.3.1 are what a server must accept at least, so they are no
//! part of the grammar. An address literal is IPv4 or IPv6: no other tag is registered. A label
//! beyond ASCII is any text beyond ASCII, as in the grammar; see `idn-hostname` for names.

use super::build::{ranges, Build};
use super::ip;
use crate::expr::ExprId;

const ATEXT: &str = "A-Za-z0-9!#$%&'*+/=?^_`{|}~-";
const NON_ASCII: (u32, u32) = (0x80, 0x10_FFFF);

pub(super) fn email(build: &mut Build) -> ExprId {
    mailbox(build, &[])
}

pub(super) fn idn_email(build: &mut Build) -> ExprId {
    mailbox(build, &[NON_ASCII])
}

fn mailbox(build: &mut Build, beyond: &[(u32, u32)]) -> ExprId {
    let local = {
        let dotted = dotted_atoms(build, beyond);
        let quoted = quoted(build, beyond);
        build.any(&[dotted, quoted])
    };
    let at = build.text("@");
    let domain = {
        let named = domain(build, beyond);
        let literal = address_literal(build);
        build.any(&[named, literal])
    };
    build.seq(&[local, at, domain])
}

/// A set of ASCII code points, and those beyond.
fn class(build: &mut Build, set: &str, beyond: &[(u32, u32)]) -> ExprId {
    let mut set = ranges(set);
    set.extend_from_slice(beyond);
    build.class(&set)
}

/// One part, and more after dots.
fn dotted(build: &mut Build, part: ExprId) -> ExprId {
    let dot = build.text(".");
    let next = build.seq(&[dot, part]);
    let more = build.star(next);
    build.seq(&[part, more])
}

fn dotted_atoms(build: &mut Build, beyond: &[(u32, u32)]) -> ExprId {
    let char = class(build, ATEXT, beyond);
    let atom = build.plus(char);
    dotted(build, atom)
}

fn quoted(build: &mut Build, beyond: &[(u32, u32)]) -> ExprId {
    let mark = build.text("\"");
    let mut set = vec![(0x20, 0x21), (0x23, 0x5B), (0x5D, 0x7E)];
    set.extend_from_slice(beyond);
    let plain = build.class(&set);
    let backslash = build.text("\\");
    let any = build.class(&[(0x20, 0x7E)]);
    let escaped = build.seq(&[backslash, any]);
    let content = build.any(&[plain, escaped]);
    let content = build.star(content);
    build.seq(&[mark, content, mark])
}

fn domain(build: &mut Build, beyond: &[(u32, u32)]) -> ExprId {
    let end = class(build, "A-Za-z0-9", beyond);
    let hyphen = build.text("-");
    // Hyphens stand between other characters.
    let hyphens = build.star(hyphen);
    let next = build.seq(&[hyphens, end]);
    let more = build.star(next);
    let label = build.seq(&[end, more]);
    dotted(build, label)
}

fn address_literal(build: &mut Build) -> ExprId {
    let (open, close) = (build.text("["), build.text("]"));
    let v4 = ip::v4(build);
    let v6 = {
        let tag: Vec<ExprId> = ["Ii", "Pp", "Vv", "6", ":"].map(|set| build.one_of(set)).into();
        let tag = build.seq(&tag);
        // Here `::` stands for two groups or more.
        let address = ip::v6_compressing(build, 2);
        build.seq(&[tag, address])
    };
    let address = build.any(&[v4, v6]);
    build.seq(&[open, address, close])
}
