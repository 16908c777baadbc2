//! Numbers under random constraints, against exact arithmetic on scaled integers.

use outlines_engine::expr::{ExprId, Exprs};
use outlines_engine::json_schema::leaf::{
    number, number_equal, number_exact, Decimal, NumberConstraint, NumberKind,
};

/// The oracle counts in units of 10^-18.
const SCALE: i32 = 18;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

/// The value of a JSON number in units of 10^-18; it must be a whole number of them.
fn units(text: &str) -> i128 {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().unwrap()),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: i128 = format!("{whole}{fraction}").parse().unwrap();
    let mut power = SCALE + exponent - fraction.len() as i32;
    while power < 0 {
        assert_eq!(digits % 10, 0, "{text} is finer than the oracle");
        digits /= 10;
        power += 1;
    }
    digits * 10i128.pow(power as u32)
}

/// Whether a text satisfies the constraint; the text is a JSON number.
fn satisfies(texts: &Texts, text: &str) -> bool {
    let value = units(text);
    let bound = |bound: &Option<String>, holds: &dyn Fn(i128) -> bool| {
        bound.as_ref().is_none_or(|bound| holds(units(bound)))
    };
    let integral = value % 10i128.pow(SCALE as u32) == 0;
    let is = |kind: NumberKind| match kind {
        NumberKind::Number => true,
        NumberKind::Integer => integral,
        NumberKind::PlainInteger => !text.contains(['.', 'e', 'E']),
    };
    is(texts.kind)
        && !texts.not_kinds.iter().any(|&kind| is(kind))
        && bound(&texts.minimum, &|at| value >= at)
        && bound(&texts.maximum, &|at| value <= at)
        && bound(&texts.exclusive_minimum, &|at| value > at)
        && bound(&texts.exclusive_maximum, &|at| value < at)
        && texts.multiple_of.iter().all(|step| value % units(step) == 0)
        && !texts.not_multiple_of.iter().any(|step| value % units(step) == 0)
        && !texts.not_values.iter().any(|one| value == units(one))
}

/// A constraint as its texts.
#[derive(Clone, Debug, Default)]
struct Texts {
    kind: NumberKind,
    not_kinds: Vec<NumberKind>,
    minimum: Option<String>,
    maximum: Option<String>,
    exclusive_minimum: Option<String>,
    exclusive_maximum: Option<String>,
    multiple_of: Vec<String>,
    not_multiple_of: Vec<String>,
    not_values: Vec<String>,
}

impl Texts {
    fn constraint(&self) -> NumberConstraint {
        let one = |text: &Option<String>| text.as_ref().map(|text| decimal(text));
        let all = |texts: &[String]| texts.iter().map(|text| decimal(text)).collect();
        NumberConstraint {
            kind: self.kind,
            not_kinds: self.not_kinds.clone(),
            minimum: one(&self.minimum),
            maximum: one(&self.maximum),
            exclusive_minimum: one(&self.exclusive_minimum),
            exclusive_maximum: one(&self.exclusive_maximum),
            multiple_of: all(&self.multiple_of),
            not_multiple_of: all(&self.not_multiple_of),
            not_values: all(&self.not_values),
        }
    }

    fn random(random: &mut Random) -> Self {
        let kinds =
            [NumberKind::Number, NumberKind::Number, NumberKind::Integer, NumberKind::PlainInteger];
        let mut texts = Texts { kind: *random.pick(&kinds), ..Texts::default() };
        if random.below(3) > 0 {
            texts.minimum = Some(value(random));
        }
        if random.below(3) > 0 {
            texts.maximum = Some(value(random));
        }
        if random.below(4) == 0 {
            texts.exclusive_minimum = Some(value(random));
        }
        if random.below(4) == 0 {
            texts.exclusive_maximum = Some(value(random));
        }
        const STEPS: [&str; 16] = [
            "1", "2", "3", "5", "7", "8", "10", "12", "100", "0.5", "0.25", "0.1", "0.01", "1.5",
            "0.075", "1e2",
        ];
        if random.below(3) == 0 {
            texts.multiple_of.push((*random.pick(&STEPS)).to_owned());
            if random.below(3) == 0 {
                texts.multiple_of.push((*random.pick(&STEPS)).to_owned());
            }
        }
        if random.below(8) == 0 {
            texts.not_multiple_of.push((*random.pick(&STEPS)).to_owned());
        }
        if random.below(12) == 0 {
            texts.not_kinds.push(*random.pick(&[NumberKind::Integer, NumberKind::PlainInteger]));
        }
        if random.below(8) == 0 {
            texts.not_values.push(value(random));
        }
        texts
    }

    /// The most digits after the point that are written, as far as the test writes any.
    fn places(&self) -> usize {
        if self.kind != NumberKind::Number {
            return 0;
        }
        let places = |step: &String| match step.split_once('.') {
            Some((_, fraction)) => fraction.len(),
            None => 0,
        };
        if self.multiple_of.is_empty() {
            return 12;
        }
        // A common multiple may need fewer; the test then writes fewer than are allowed.
        let mut common = units(&self.multiple_of[0]);
        for step in &self.multiple_of[1..] {
            common = common / gcd(common, units(step)) * units(step);
        }
        let most = self.multiple_of.iter().map(places).max().unwrap();
        (0..=most)
            .find(|&places| common % 10i128.pow((SCALE as usize - places) as u32) == 0)
            .unwrap()
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
}

/// A short number, often near a power of ten or a neighbour of another.
fn value(random: &mut Random) -> String {
    let sign = if random.below(3) == 0 { "-" } else { "" };
    let whole = match random.below(6) {
        0 => 0,
        1 => random.below(10),
        2 => 10u64.pow(random.below(5) as u32) - random.below(2),
        _ => random.below(2000),
    };
    match random.below(4) {
        0 => format!("{sign}{whole}.{}", random.below(10)),
        1 => format!("{sign}{whole}.{:03}", random.below(1000)),
        2 if random.below(4) == 0 => format!("{sign}{}e-{}", whole, random.below(4)),
        _ => format!("{sign}{whole}"),
    }
}

/// A number text of a form that is written under the constraint.
fn text(random: &mut Random, texts: &Texts) -> String {
    let sign = if random.below(3) == 0 { "-" } else { "" };
    let whole = match random.below(6) {
        0 => 0,
        1 => random.below(10),
        2 => 10u64.pow(random.below(6) as u32) - random.below(2),
        _ => random.below(2000),
    };
    let plain = texts.kind == NumberKind::PlainInteger;
    let short = texts.kind != NumberKind::Number || !texts.multiple_of.is_empty();
    if random.below(4) == 0 && !plain {
        let digit = 1 + random.below(9);
        let exponent = random.below(9) as i64 - 4;
        let letter = random.pick(&["e", "E"]);
        let plus = if exponent >= 0 { *random.pick(&["", "+", "+0", "0"]) } else { "" };
        let fraction = if short || random.below(3) == 0 {
            String::new()
        } else {
            format!(".{}", random.below(1000))
        };
        return format!("{sign}{digit}{fraction}{letter}{plus}{exponent}");
    }
    let places = texts.places() as u64;
    let fraction = match random.below(3) {
        0 => String::new(),
        _ if plain => String::new(),
        _ if places == 0 => ".0".to_owned(),
        _ => {
            let len = 1 + random.below(places.min(4)) as usize;
            format!(".{:0len$}", random.below(10u64.pow(len as u32)))
        }
    };
    format!("{sign}{whole}{fraction}")
}

#[test]
fn complements_of_exact_texts_are_exact() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let (mut inside, mut outside) = (0, 0);
    for _ in 0..1500 {
        let [base, minus] = [Texts::random(&mut random), Texts::random(&mut random)];
        let mut exprs = Exprs::new();
        let expr = number(&mut exprs, &base.constraint()).unwrap();
        let other = number_exact(&mut exprs, &minus.constraint()).unwrap();
        let other = exprs.not(other);
        let both = exprs.and(vec![expr, other]);
        for _ in 0..40 {
            let text = text(&mut random, &base);
            if exprs.matches(expr, text.as_bytes()).unwrap() {
                let is = exprs.matches(both, text.as_bytes()).unwrap();
                assert_eq!(is, !satisfies(&minus, &text), "{text} under {base:?} minus {minus:?}");
                inside += usize::from(is);
                outside += usize::from(!is);
            }
        }
    }
    assert!(inside > 5_000 && outside > 1_500, "{inside} {outside}");
}

/// A text of the language, digit by digit at random; `None` if it ends in a state without a way on.
fn walk(exprs: &mut Exprs, start: ExprId, random: &mut Random) -> Option<String> {
    let mut state = start;
    let mut text = Vec::new();
    loop {
        let row = exprs.row(state).unwrap().to_vec();
        if exprs.is_nullable(state) && (row.is_empty() || random.below(4) == 0) {
            return Some(String::from_utf8(text).unwrap());
        }
        if row.is_empty() || text.len() > 200 {
            return None;
        }
        let arm = random.pick(&row);
        text.push(arm.low + random.below(u64::from(arm.high - arm.low) + 1) as u8);
        state = arm.target;
    }
}

fn is_zero(text: &str) -> bool {
    !text.bytes().take_while(|byte| !b"eE".contains(byte)).any(|byte| (b'1'..=b'9').contains(&byte))
}

#[test]
fn random_constraints_agree_with_exact_arithmetic() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut accepted = 0;
    let mut empty = 0;
    for _ in 0..3000 {
        let texts = Texts::random(&mut random);
        let mut exprs = Exprs::new();
        let expr = number(&mut exprs, &texts.constraint()).unwrap();
        empty += usize::from(expr == ExprId::NEVER);
        for _ in 0..60 {
            let text = text(&mut random, &texts);
            let is = exprs.matches(expr, text.as_bytes()).unwrap();
            // A sign before zero is written only where negative numbers are.
            if text.starts_with('-') && is_zero(&text) {
                assert!(!is || satisfies(&texts, &text), "{text} under {texts:?}");
                continue;
            }
            assert_eq!(is, satisfies(&texts, &text), "{text} under {texts:?}");
            accepted += usize::from(is);
        }
    }
    assert!(accepted > 20_000, "{accepted}");
    assert!(empty < 1500, "{empty}");
}

#[test]
fn walks_end_in_numbers_that_satisfy() {
    let mut random = Random(0xD1B5_4A32_D192_ED03);
    for _ in 0..1500 {
        let texts = Texts::random(&mut random);
        let mut exprs = Exprs::new();
        let expr = number(&mut exprs, &texts.constraint()).unwrap();
        if expr == ExprId::NEVER {
            continue;
        }
        for _ in 0..20 {
            let Some(text) = walk(&mut exprs, expr, &mut random) else {
                panic!("a dead end under {texts:?}");
            };
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(read.is_number(), "{text}");
            assert!(text.parse::<f64>().unwrap().is_finite(), "{text}");
            // The oracle has 38 digits.
            if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
                let exponent: i32 = exponent.parse().unwrap();
                if !(-6..=12).contains(&exponent) || mantissa.len() > 8 {
                    continue;
                }
            } else if text.len() > 20 {
                continue;
            }
            assert!(satisfies(&texts, &text), "{text} under {texts:?}");
        }
    }
}

fn accepts(constraint: &NumberConstraint, text: &str) -> bool {
    let mut exprs = Exprs::new();
    let expr = number(&mut exprs, constraint).unwrap();
    exprs.matches(expr, text.as_bytes()).unwrap()
}

/// What JSON allows and what the conventions leave out, for plain numbers and integers.
#[test]
fn forms() {
    let number = NumberConstraint::default();
    let integer = NumberConstraint { kind: NumberKind::Integer, ..number.clone() };
    let plain = NumberConstraint { kind: NumberKind::PlainInteger, ..number.clone() };
    let cases: [(&str, [bool; 3]); 42] = [
        ("0", [true, true, true]),
        ("-0", [true, true, true]),
        ("7", [true, true, true]),
        ("-12", [true, true, true]),
        ("12345678901234567890", [true, true, true]),
        ("123456789012345678901", [false, false, false]),
        ("01", [false, false, false]),
        ("-01", [false, false, false]),
        ("+1", [false, false, false]),
        ("", [false, false, false]),
        ("-", [false, false, false]),
        ("1.", [false, false, false]),
        (".5", [false, false, false]),
        ("1.0", [true, true, false]),
        ("0.0", [true, true, false]),
        ("-0.0", [true, true, false]),
        ("1.00", [true, false, false]),
        ("1.5", [true, false, false]),
        ("0.5", [true, false, false]),
        ("3.14159265358979323846", [true, false, false]),
        ("3.141592653589793238462", [false, false, false]),
        ("1e5", [true, true, false]),
        ("1E+05", [true, true, false]),
        ("9e005", [true, true, false]),
        ("9e0005", [false, false, false]),
        ("1e0", [true, true, false]),
        ("1e-0", [true, true, false]),
        ("1e-1", [true, false, false]),
        ("1.5e3", [true, false, false]),
        ("1.50e3", [true, false, false]),
        ("1.5e-7", [true, false, false]),
        ("0e5", [false, false, false]),
        ("12e5", [false, false, false]),
        ("1e", [false, false, false]),
        ("1.e5", [false, false, false]),
        ("1e307", [true, true, false]),
        ("9.9e307", [true, false, false]),
        ("1e308", [true, true, false]),
        ("2e308", [false, false, false]),
        ("1e309", [false, false, false]),
        ("5e-307", [true, false, false]),
        ("1e-308", [false, false, false]),
    ];
    for (text, expected) in cases {
        let found = [&number, &integer, &plain].map(|constraint| accepts(constraint, text));
        assert_eq!(found, expected, "{text}");
    }
}

/// Sizes at which floating point, or our own limits, could go wrong.
#[test]
fn sizes() {
    let integer = |steps: &[&str]| NumberConstraint {
        kind: NumberKind::Integer,
        multiple_of: steps.iter().map(|step| decimal(step)).collect(),
        ..NumberConstraint::default()
    };
    let cases = [
        (integer(&["0.5"]), "1e308", true),
        (integer(&["0.5"]), "1e+308", true),
        (integer(&["0.123456789"]), "1e308", false),
        (integer(&["0.123456789"]), "123456789", true),
        (integer(&["0.123456789"]), "123456780", false),
        (integer(&["0.123456789"]), "12345678900000000000", true),
        (integer(&["0.123456789"]), "12345678900000000001", false),
        (integer(&["1e-8"]), "12391239123", true),
        (integer(&["4", "6"]), "12", true),
        (integer(&["4", "6"]), "24.0", true),
        (integer(&["4", "6"]), "16", false),
        (integer(&["2"]), "3e0", false),
        (integer(&["2"]), "3e1", true),
        (integer(&["16"]), "1e3", false),
        (integer(&["16"]), "2e3", true),
        (integer(&["16"]), "1e4", true),
        (integer(&["3"]), "1e4", false),
        (integer(&["3"]), "6e4", true),
    ];
    for (constraint, text, expected) in cases {
        assert_eq!(accepts(&constraint, text), expected, "{text} under {constraint:?}");
    }
    let above = |bound: &str| NumberConstraint {
        minimum: Some(decimal(bound)),
        ..NumberConstraint::default()
    };
    assert!(accepts(&above("18446744073709551615"), "18446744073709551615"));
    assert!(!accepts(&above("18446744073709551615"), "18446744073709551614"));
    assert!(accepts(&above("18446744073709551615"), "1.8446744073709551615e19"));
    assert!(!accepts(&above("18446744073709551615"), "1.8446744073709551614e19"));
    assert!(accepts(&above("1e100"), &format!("1{}", "0".repeat(100))));
    assert!(accepts(&above("1e100"), "1e100"));
    assert!(!accepts(&above("1e100"), "9.99e99"));
    let narrow = NumberConstraint {
        exclusive_minimum: Some(decimal("972783798187987123879878123.18878137")),
        exclusive_maximum: Some(decimal("972783798187987123879878123.18878138")),
        ..NumberConstraint::default()
    };
    assert!(accepts(&narrow, "972783798187987123879878123.188781371"));
    assert!(!accepts(&narrow, "972783798187987123879878123.18878137"));
    assert!(!accepts(&narrow, "972783798187987123879878123.18878138"));
    assert!(accepts(&narrow, "9.72783798187987123879878123188781371e26"));
}

#[test]
fn nothing_and_too_much() {
    let mut exprs = Exprs::new();
    let bounds = |low: &str, high: &str| NumberConstraint {
        minimum: Some(decimal(low)),
        maximum: Some(decimal(high)),
        ..NumberConstraint::default()
    };
    for (low, high, kind, step) in [
        ("5", "4", NumberKind::Number, "1"),
        ("4.2", "4.8", NumberKind::Integer, "1"),
        ("101", "199", NumberKind::Number, "100"),
        ("-0.9", "-0.1", NumberKind::PlainInteger, "1"),
    ] {
        let constraint =
            NumberConstraint { kind, multiple_of: vec![decimal(step)], ..bounds(low, high) };
        assert_eq!(number(&mut exprs, &constraint).unwrap(), ExprId::NEVER, "{low} {high}");
    }
    let one = NumberConstraint { not_values: vec![decimal("4")], ..bounds("4", "4") };
    assert_eq!(number(&mut exprs, &one).unwrap(), ExprId::NEVER);
    for constraint in [
        bounds("1e500", "1e600"),
        bounds("1e-600", "1e-500"),
        NumberConstraint {
            multiple_of: vec![decimal("98765432109876543")],
            ..NumberConstraint::default()
        },
        NumberConstraint { multiple_of: vec![decimal("1e-99")], ..NumberConstraint::default() },
        NumberConstraint {
            minimum: Some(decimal(&"9".repeat(500))),
            ..NumberConstraint::default()
        },
    ] {
        assert!(number(&mut exprs, &constraint).is_err(), "{constraint:?}");
    }
}

#[test]
fn texts_of_one_value() {
    let mut exprs = Exprs::new();
    let cases: [(&str, &[&str], &[&str]); 7] = [
        ("1", &["1", "1.0"], &["1.00", "-1", "10", "1e0", "01"]),
        ("0", &["0", "0.0", "-0", "-0.0"], &["00", "0e1"]),
        ("-2.50", &["-2.5"], &["2.5", "-2.51", "-2.50"]),
        ("1e30", &["1e30", "1E+30", "1000000000000000000000000000000"], &["10e29", "1e31"]),
        ("1e-7", &["1e-7", "1e-07", "0.0000001"], &["1e-8"]),
        ("1.5e400", &["1.5e400"], &["1.5e401"]),
        ("123", &["123", "123.0"], &["124"]),
    ];
    for (value, all, none) in cases {
        let expr = number_equal(&mut exprs, &decimal(value)).unwrap();
        for text in all {
            assert!(exprs.matches(expr, text.as_bytes()).unwrap(), "{text} is {value}");
        }
        for text in none {
            assert!(!exprs.matches(expr, text.as_bytes()).unwrap(), "{text} is not {value}");
        }
    }
}
