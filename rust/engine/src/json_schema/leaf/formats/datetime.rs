//! `date`, `time`, `date-time` (RFC 3339, section 5.6, with the days of the calendar and leap
//! seconds where they can be) and `duration` (RFC 3339, appendix A).
//!
//! What Python's `fromisoformat` does not read of these: the second 60, the year 0000, and before
//! Python 3.11 a fraction of other than three or six digits and the letter `Z`.

use std::sync::Arc;

use super::build::Build;
use super::Extent;
use crate::expr::{ExprId, Exprs, Rule, RuleId, Transition};

/// The most digits of a second's fraction.
const FRACTION_DIGITS: u32 = 20;
/// The most digits of each part of a duration.
const DURATION_DIGITS: u32 = 100;

pub(super) fn date(build: &mut Build) -> ExprId {
    let hyphen = build.text("-");
    let mut days = Vec::with_capacity(3);
    let long = |month| matches!(month, 1 | 3 | 5 | 7 | 8 | 10 | 12);
    let short = |month| matches!(month, 4 | 6 | 9 | 11);
    let months: [(&dyn Fn(u8) -> bool, u8); 3] =
        [(&long, 31), (&short, 30), (&|month| month == 2, 28)];
    for (months, last) in months {
        let month = two_digits(build, months);
        let day = two_digits(build, |day| (1..=last).contains(&day));
        days.push(build.seq(&[month, hyphen, day]));
    }
    let day = build.any(&days);
    let digit = build.one_of("0-9");
    let year = build.repeat(digit, 4, 4);
    let usual = build.seq(&[year, hyphen, day]);
    let leap_year = leap_year(build, digit);
    let leap_day = build.text("-02-29");
    let leap = build.seq(&[leap_year, leap_day]);
    build.any(&[usual, leap])
}

/// Divisible by four and not by a hundred, or divisible by four hundred.
fn leap_year(build: &mut Build, digit: ExprId) -> ExprId {
    let zeros = build.text("00");
    let four = two_digits(build, |number| number % 4 == 0 && number > 0);
    let in_century = build.seq(&[digit, digit, four]);
    let century = two_digits(build, |number| number % 4 == 0);
    let at_century = build.seq(&[century, zeros]);
    build.any(&[in_century, at_century])
}

pub(super) fn time(build: &mut Build) -> ExprId {
    let colon = build.text(":");
    let hour = two_digits(build, |hour| hour < 24);
    let minute = two_digits(build, |minute| minute < 60);
    let fraction = {
        let point = build.text(".");
        let digits = build.digits(1, FRACTION_DIGITS);
        let fraction = build.seq(&[point, digits]);
        build.opt(fraction)
    };
    let zone = {
        let utc = build.one_of("Zz");
        let sign = build.one_of("+-");
        let offset = build.seq(&[sign, hour, colon, minute]);
        build.any(&[utc, offset])
    };
    let usual = build.seq(&[hour, colon, minute, colon, minute, fraction, zone]);
    let leap = leap_second(build);
    build.any(&[usual, leap])
}

pub(super) fn date_time(build: &mut Build) -> ExprId {
    let date = date(build);
    let between = build.one_of("Tt");
    let time = time(build);
    build.seq(&[date, between, time])
}

pub(super) fn duration(build: &mut Build) -> ExprId {
    let digits = build.digits(1, DURATION_DIGITS);
    // Units one after the other, from any one on, none left out.
    let chain = |build: &mut Build, units: [&str; 3]| {
        let mut longest = ExprId::EMPTY;
        let mut all = Vec::with_capacity(3);
        for unit in units {
            let unit = build.text(unit);
            let rest = build.opt(longest);
            longest = build.seq(&[digits, unit, rest]);
            all.push(longest);
        }
        build.any(&all)
    };
    let time = chain(build, ["S", "M", "H"]);
    let date = chain(build, ["D", "M", "Y"]);
    let (p, t, week) = (build.text("P"), build.text("T"), build.text("W"));
    let time = build.seq(&[t, time]);
    let with_time = build.opt(time);
    let date = build.seq(&[date, with_time]);
    let weeks = build.seq(&[digits, week]);
    let parts = build.any(&[date, time, weeks]);
    build.seq(&[p, parts])
}

/// The numbers of two digits that are meant.
fn two_digits(build: &mut Build, is_meant: impl Fn(u8) -> bool) -> ExprId {
    let arms = (0..10).map(|tens| {
        let units = (0..10).filter(|units| is_meant(tens * 10 + units));
        let arms = units.map(|units| arm(b'0' + units, ExprId::EMPTY)).collect();
        arm(b'0' + tens, build.exprs.switch(arms))
    });
    let arms = arms.collect();
    build.exprs.switch(arms)
}

fn arm(byte: u8, target: ExprId) -> Transition {
    Transition { low: byte, high: byte, target }
}

/// The second 60: the last of a day in UTC, so that the offset follows from hour and minute.
fn leap_second(build: &mut Build) -> ExprId {
    let (name, most) = match build.extent {
        Extent::Written => (&b"leap second"[..], u64::from(FRACTION_DIGITS)),
        Extent::All => (&b"leap second, any fraction"[..], u64::MAX),
    };
    let rule = build.exprs.rule(name, || Arc::new(LeapSecond { most }));
    build.exprs.rule_state(rule, 0)
}

/// A state is the number of characters read, and above them the digits of hour and minute.
struct LeapSecond {
    /// The most digits of the fraction.
    most: u64,
}

/// `hh:mm`.
const TO_MINUTE: u64 = 5;
/// `hh:mm:60`.
const TO_SECOND: u64 = 8;

impl LeapSecond {
    fn zone(exprs: &mut Exprs, hour: u64, minute: u64) -> Vec<Transition> {
        // Ahead of UTC by what the clock is past 23:59, behind it by what is missing.
        let ahead = match minute {
            59 => ((hour + 1) % 24, 0),
            _ => (hour, minute + 1),
        };
        let behind = (23 - hour, 59 - minute);
        let mut offset =
            |(hours, minutes)| exprs.literal(format!("{hours:02}:{minutes:02}").as_bytes());
        let mut arms = vec![arm(b'+', offset(ahead)), arm(b'-', offset(behind))];
        if (hour, minute) == (23, 59) {
            arms.extend([arm(b'Z', ExprId::EMPTY), arm(b'z', ExprId::EMPTY)]);
        }
        arms
    }
}

impl Rule for LeapSecond {
    fn accepts(&self, _state: u64) -> bool {
        false
    }

    fn shortest(&self, state: u64) -> u32 {
        let (read, digits) = (state & 0xFF, state >> 8);
        let zone = if read >= TO_MINUTE && digits != 2359 { "+hh:mm".len() } else { "Z".len() };
        let fraction = u32::from(read == TO_SECOND + 1);
        TO_SECOND.saturating_sub(read) as u32 + fraction + zone as u32
    }

    fn expand(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> ExprId {
        let (read, digits) = (state & 0xFF, state >> 8);
        let last = match read {
            0 => 2,
            1 if digits == 2 => 3,
            3 => 5,
            _ => 9,
        };
        let mut arms = match read {
            0 | 1 | 3 | 4 => Vec::new(),
            2 | 5 => vec![arm(b':', exprs.rule_state(rule, state + 1))],
            6 => vec![arm(b'6', exprs.rule_state(rule, state + 1))],
            7 => vec![arm(b'0', exprs.rule_state(rule, state + 1))],
            _ => {
                let (hour, minute) = (digits / 100, digits % 100);
                let mut arms = Self::zone(exprs, hour, minute);
                if read == TO_SECOND {
                    arms.push(arm(b'.', exprs.rule_state(rule, state + 1)));
                }
                if read == TO_SECOND + 1 {
                    arms.clear();
                }
                arms
            }
        };
        let in_fraction = read > TO_SECOND;
        if matches!(read, 0 | 1 | 3 | 4) || (in_fraction && read - TO_SECOND - 1 < self.most) {
            for digit in 0..=last {
                let digits = if in_fraction { digits } else { digits * 10 + digit };
                // Without an end to the fraction its length does not matter.
                let read =
                    if self.most == u64::MAX && in_fraction { TO_SECOND + 2 } else { read + 1 };
                let target = exprs.rule_state(rule, digits << 8 | read);
                arms.push(arm(b'0' + digit as u8, target));
            }
        }
        arms.sort_unstable_by_key(|arm| arm.low);
        exprs.switch(arms)
    }
}
