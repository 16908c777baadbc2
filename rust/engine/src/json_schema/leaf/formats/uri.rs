//! `uri`, `uri-reference` (RFC 3986, appendix A) and `iri`, `iri-reference` (RFC 3987, section 2.2).

use super::build::{ranges, Build};
use super::ip;
use crate::expr::ExprId;

/// The most digits of a port.
const PORT_DIGITS: u32 = 20;

const UNRESERVED: &str = "A-Za-z0-9._~-";
const SUB_DELIMS: &str = "!$&'()*+,;=";

/// Code points beyond ASCII that an IRI may have (`ucschar`).
pub(super) const UCSCHAR: [(u32, u32); 17] = [
    (0xA0, 0xD7FF),
    (0xF900, 0xFDCF),
    (0xFDF0, 0xFFEF),
    (0x1_0000, 0x1_FFFD),
    (0x2_0000, 0x2_FFFD),
    (0x3_0000, 0x3_FFFD),
    (0x4_0000, 0x4_FFFD),
    (0x5_0000, 0x5_FFFD),
    (0x6_0000, 0x6_FFFD),
    (0x7_0000, 0x7_FFFD),
    (0x8_0000, 0x8_FFFD),
    (0x9_0000, 0x9_FFFD),
    (0xA_0000, 0xA_FFFD),
    (0xB_0000, 0xB_FFFD),
    (0xC_0000, 0xC_FFFD),
    (0xD_0000, 0xD_FFFD),
    (0xE_1000, 0xE_FFFD),
];

/// Private code points, which an IRI may have in its query (`iprivate`).
pub(super) const IPRIVATE: [(u32, u32); 3] =
    [(0xE000, 0xF8FF), (0xF_0000, 0xF_FFFD), (0x10_0000, 0x10_FFFD)];

pub(super) fn uri(build: &mut Build) -> ExprId {
    Grammar::new(build, false).absolute(build)
}

pub(super) fn uri_reference(build: &mut Build) -> ExprId {
    Grammar::new(build, false).reference(build)
}

pub(super) fn iri(build: &mut Build) -> ExprId {
    Grammar::new(build, true).absolute(build)
}

pub(super) fn iri_reference(build: &mut Build) -> ExprId {
    Grammar::new(build, true).reference(build)
}

/// `%` and two hexadecimal digits.
pub(super) fn percent_encoded(build: &mut Build) -> ExprId {
    let percent = build.text("%");
    let hex = build.one_of("0-9A-Fa-f");
    build.seq(&[percent, hex, hex])
}

/// The rules that the four share, by their names in the RFCs.
struct Grammar {
    scheme: ExprId,
    authority: ExprId,
    segment: ExprId,
    segment_nz: ExprId,
    segment_nz_nc: ExprId,
    query: ExprId,
    fragment: ExprId,
    slash: ExprId,
    slashes: ExprId,
}

impl Grammar {
    fn new(build: &mut Build, international: bool) -> Self {
        let percent = percent_encoded(build);
        let beyond: &[(u32, u32)] = if international { &UCSCHAR } else { &[] };
        let chars = |build: &mut Build, more: &str, private: &[(u32, u32)]| {
            let mut set = ranges(more);
            set.extend(ranges(SUB_DELIMS));
            set.extend(ranges(UNRESERVED));
            set.extend_from_slice(beyond);
            set.extend_from_slice(private);
            let plain = build.class(&set);
            build.any(&[plain, percent])
        };
        let pchar = chars(build, ":@", &[]);
        let no_colon = chars(build, "@", &[]);
        let userinfo = chars(build, ":", &[]);
        let reg_name = chars(build, "", &[]);
        let private: &[(u32, u32)] = if international { &IPRIVATE } else { &[] };
        let in_query = chars(build, ":@/?", private);
        let in_fragment = chars(build, ":@/?", &[]);
        let marked = |build: &mut Build, mark: &str, char: ExprId| {
            let mark = build.text(mark);
            let rest = build.star(char);
            let part = build.seq(&[mark, rest]);
            build.opt(part)
        };
        let query = marked(build, "?", in_query);
        let fragment = marked(build, "#", in_fragment);
        let letter = build.one_of("A-Za-z");
        let more = build.one_of("A-Za-z0-9+.-");
        let more = build.star(more);
        let colon = build.text(":");
        let authority = {
            let userinfo = build.star(userinfo);
            let at = build.text("@");
            let userinfo = build.seq(&[userinfo, at]);
            let userinfo = build.opt(userinfo);
            let reg_name = build.star(reg_name);
            let literal = ip_literal(build);
            let host = build.any(&[reg_name, literal]);
            let port = build.digits(0, PORT_DIGITS);
            let port = build.seq(&[colon, port]);
            let port = build.opt(port);
            build.seq(&[userinfo, host, port])
        };
        Grammar {
            scheme: build.seq(&[letter, more, colon]),
            authority,
            segment: build.star(pchar),
            segment_nz: build.plus(pchar),
            segment_nz_nc: build.plus(no_colon),
            query,
            fragment,
            slash: build.text("/"),
            slashes: build.text("//"),
        }
    }

    /// `*( "/" segment )`.
    fn segments(&self, build: &mut Build) -> ExprId {
        let segment = build.seq(&[self.slash, self.segment]);
        build.star(segment)
    }

    /// What stands before the query, if it does not start with `first` instead of a slash.
    fn hierarchy(&self, build: &mut Build, first: ExprId) -> ExprId {
        let segments = self.segments(build);
        let network = build.seq(&[self.slashes, self.authority, segments]);
        let from_root = build.seq(&[self.segment_nz, segments]);
        let from_root = build.opt(from_root);
        let absolute = build.seq(&[self.slash, from_root]);
        let relative = build.seq(&[first, segments]);
        build.any(&[network, absolute, relative, ExprId::EMPTY])
    }

    fn absolute(&self, build: &mut Build) -> ExprId {
        let hierarchy = self.hierarchy(build, self.segment_nz);
        build.seq(&[self.scheme, hierarchy, self.query, self.fragment])
    }

    fn reference(&self, build: &mut Build) -> ExprId {
        let absolute = self.absolute(build);
        let hierarchy = self.hierarchy(build, self.segment_nz_nc);
        let relative = build.seq(&[hierarchy, self.query, self.fragment]);
        build.any(&[absolute, relative])
    }
}

/// An address in brackets: `IP-literal`.
fn ip_literal(build: &mut Build) -> ExprId {
    let (open, close) = (build.text("["), build.text("]"));
    let v6 = ip::v6(build);
    let future = {
        let version = build.one_of("Vv");
        let hex = build.one_of("0-9A-Fa-f");
        let hex = build.plus(hex);
        let dot = build.text(".");
        let mut set = ranges(":");
        set.extend(ranges(UNRESERVED));
        set.extend(ranges(SUB_DELIMS));
        let char = build.class(&set);
        let chars = build.plus(char);
        build.seq(&[version, hex, dot, chars])
    };
    let address = build.any(&[v6, future]);
    build.seq(&[open, address, close])
}
