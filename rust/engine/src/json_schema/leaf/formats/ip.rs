//! `ipv4` (RFC 2673, section 3.2, "dotted-quad") and `ipv6` (RFC 4291, section 2.2).

use super::build::Build;
use crate::expr::ExprId;

pub(super) fn v4(build: &mut Build) -> ExprId {
    let digit = build.one_of("0-9");
    let to_99 = {
        let first = build.one_of("1-9");
        let two = build.seq(&[first, digit]);
        build.any(&[digit, two])
    };
    let to_199 = {
        let one = build.text("1");
        build.seq(&[one, digit, digit])
    };
    let to_249 = {
        let two = build.text("2");
        let tens = build.one_of("0-4");
        build.seq(&[two, tens, digit])
    };
    let to_255 = {
        let start = build.text("25");
        let units = build.one_of("0-5");
        build.seq(&[start, units])
    };
    let octet = build.any(&[to_99, to_199, to_249, to_255]);
    let dot = build.text(".");
    build.seq(&[octet, dot, octet, dot, octet, dot, octet])
}

pub(super) fn v6(build: &mut Build) -> ExprId {
    // `::` may stand for a single group.
    v6_compressing(build, 1)
}

/// IPv6 addresses in which `::` stands for at least `least` groups.
pub(super) fn v6_compressing(build: &mut Build, least: u32) -> ExprId {
    let hex = build.one_of("0-9A-Fa-f");
    let group = build.repeat(hex, 1, 4);
    let colon = build.text(":");
    let colons = build.text("::");
    let v4 = v4(build);
    let led = build.seq(&[group, colon]);
    let (six, seven) = (build.repeat(led, 6, 6), build.repeat(led, 7, 7));
    let mut forms = vec![build.seq(&[seven, group]), build.seq(&[six, v4])];
    let most = 8 - least;
    for before in 0..=most {
        let mut left = ExprId::EMPTY;
        if before > 0 {
            let next = build.seq(&[colon, group]);
            let more = build.repeat(next, before - 1, before - 1);
            left = build.seq(&[group, more]);
        }
        let after = most - before;
        let mut right = vec![ExprId::EMPTY];
        if after > 0 {
            let groups = build.repeat(led, 0, after - 1);
            right.push(build.seq(&[groups, group]));
        }
        if after > 1 {
            let groups = build.repeat(led, 0, after - 2);
            right.push(build.seq(&[groups, v4]));
        }
        let right = build.any(&right);
        forms.push(build.seq(&[left, colons, right]));
    }
    build.any(&forms)
}
