//! Formats: against the official suite where it is at hand, against other readers of the same
//! texts, and by tables of cases.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use outlines_engine::expr::{ExprId, Exprs};
use outlines_engine::json_schema::leaf::{string_body, string_exact, StringConstraint};
use serde_json::Value;

const FORMATS: [&str; 19] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// One format, with its automaton.
struct Format {
    name: String,
    exprs: Exprs,
    expr: ExprId,
}

impl Format {
    fn new(name: &str) -> Self {
        let mut exprs = Exprs::new();
        let constraint =
            StringConstraint { formats: vec![name.to_owned()], ..StringConstraint::default() };
        let expr = string_body(&mut exprs, &constraint).unwrap();
        Format { name: name.to_owned(), exprs, expr }
    }

    fn has(&mut self, value: &str) -> bool {
        self.exprs.matches(self.expr, text(value).as_bytes()).unwrap()
    }

    fn check(&mut self, valid: &[&str], invalid: &[&str]) {
        for value in valid {
            assert!(self.has(value), "{value:?} is a valid {}", self.name);
        }
        for value in invalid {
            assert!(!self.has(value), "{value:?} is no valid {}", self.name);
        }
    }
}

/// The one text of a value between the quotes; `serde_json` writes the same one.
fn text(value: &str) -> String {
    let quoted = serde_json::to_string(value).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

#[test]
fn official_suite() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/json-schema-test-suite/tests");
    let mut wrong = Vec::new();
    let mut cases = 0;
    for draft in ["draft4", "draft6", "draft7", "draft2019-09", "draft2020-12"] {
        let Ok(files) = std::fs::read_dir(tests.join(draft).join("optional/format")) else {
            eprintln!("the official suite is not at hand: {}", tests.display());
            return;
        };
        for file in files {
            let path = file.unwrap().path();
            let groups: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            for group in groups.as_array().unwrap() {
                let Some(name) = group["schema"]["format"].as_str() else { continue };
                let mut format = Format::new(name);
                for test in group["tests"].as_array().unwrap() {
                    let Some(value) = test["data"].as_str() else { continue };
                    cases += 1;
                    if format.has(value) != test["valid"].as_bool().unwrap() {
                        wrong.push(format!("{draft} {name}: {value:?}, {}", test["description"]));
                    }
                }
            }
        }
    }
    assert!(cases > 1000, "{cases}");
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}

fn days(year: u32, month: u32) -> u32 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[test]
fn dates_are_those_of_the_calendar() {
    let mut format = Format::new("date");
    let years = (0..=420).chain([1582, 1600, 1900, 1999, 2000, 2023, 2024, 2100, 9996, 9999]);
    for year in years {
        for month in 0..=13 {
            for day in [0, 1, 9, 10, 19, 20, 27, 28, 29, 30, 31, 32, 39] {
                let value = format!("{year:04}-{month:02}-{day:02}");
                let is = (1..=days(year, month)).contains(&day);
                assert_eq!(format.has(&value), is, "{value}");
            }
        }
    }
}

/// A leap second is the last second of a day in UTC.
#[test]
fn leap_seconds_are_where_they_can_be() {
    let mut format = Format::new("time");
    let mut found = 0;
    for local in 0..24 * 60 {
        for offset in -(24 * 60 - 1)..24 * 60i32 {
            let sign = if offset < 0 { '-' } else { '+' };
            let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
            let is = (local - offset).rem_euclid(24 * 60) == 23 * 60 + 59;
            // All that are, and a part of those that are not.
            if !is && (local + offset) % 37 != 0 {
                continue;
            }
            let (hour, minute) = (local / 60, local % 60);
            let value = format!("{hour:02}:{minute:02}:60{sign}{hours:02}:{minutes:02}");
            assert_eq!(format.has(&value), is, "{value}");
            found += usize::from(is);
        }
    }
    assert!(found > 2 * 24 * 60 - 10, "{found}");
    format.check(
        &["23:59:60Z", "23:59:60.5z", "23:59:60-00:00", "15:59:60.123-08:00"],
        &["23:58:60Z", "22:59:60Z", "23:59:60.Z", "23:59:61Z", "23:59:60", "23:59:60.12"],
    );
}

#[test]
fn addresses_as_the_standard_library_reads_them() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut v4, mut v6) = (Format::new("ipv4"), Format::new("ipv6"));
    let mut valid = [0, 0];
    for _ in 0..60_000 {
        let octets: Vec<String> = (0..*random.pick(&[3, 4, 4, 4, 4, 5]))
            .map(|_| random.pick(&["0", "7", "42", "99", "100", "249", "255", "256", "01", ""]))
            .map(|octet| octet.to_string())
            .collect();
        let value = octets.join(".");
        let is = value.parse::<Ipv4Addr>().is_ok();
        assert_eq!(v4.has(&value), is, "{value}");
        valid[0] += usize::from(is);

        let pieces = ["0", "1", "ab", "FFFF", "12345", "g", "", ":", "1.2.3.4", "1.2.3.256", "f:f"];
        let count = 1 + random.below(9);
        let groups: Vec<&str> = (0..count)
            .map(|_| if random.below(4) == 0 { *random.pick(&pieces) } else { "1" })
            .collect();
        let value = groups.join(":");
        let is = value.parse::<Ipv6Addr>().is_ok();
        assert_eq!(v6.has(&value), is, "{value}");
        valid[1] += usize::from(is);
    }
    assert!(valid.iter().all(|&count| count > 3_000), "{valid:?}");
}

#[test]
fn dates_and_times() {
    Format::new("date-time").check(
        &[
            "2024-02-29T23:59:59Z",
            "2024-02-29t00:00:00z",
            "1998-12-31T23:59:60Z",
            "2024-01-01T00:00:00.123456789012345+23:59",
        ],
        &[
            "2023-02-29T00:00:00Z",
            "2024-02-29 23:59:59Z",
            "2024-02-29T23:59:59",
            "2024-02-29T24:00:00Z",
            "2024-02-29T23:59:59.Z",
            "2024-02-29T23:59:59+24:00",
            "2024-02-29T23:59Z",
            "02024-02-29T23:59:59Z",
        ],
    );
    Format::new("duration").check(
        &["P1Y", "P1M", "P1D", "P1W", "PT1H", "PT1M", "PT1S", "P1Y2M3DT4H5M6S", "P1DT1S", "PT007H"],
        &[
            "", "P", "PT", "P1", "1D", "P1S", "PT1D", "P1Y1D", "PT1H1S", "P1WT1H", "P1.5D", "p1d",
            "P-1D",
        ],
    );
}

#[test]
fn addresses_of_mail() {
    Format::new("email").check(
        &[
            "a@b",
            "first.last+tag@sub.example.com",
            "\"a b\"@example.com",
            "\"a\\\"b\"@example.com",
            "a@[192.0.2.1]",
            "a@[IPv6:2001:db8::1]",
            "a@[ipv6:::]",
            "a@x--y.com",
        ],
        &[
            "a",
            "@b",
            "a@",
            "a b@c",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a@-b",
            "a@b-",
            "a@b.",
            "a@b..c",
            "a@b@c",
            "\"a\"b\"@c",
            "\"\n\"@c",
            "a@[192.0.2.256]",
            "a@[2001:db8::1]",
            "a@[IPv6:1:2:3:4:5:6:7::]",
            "\u{e9}@b",
            "a@\u{e9}",
        ],
    );
    Format::new("idn-email").check(
        &["\u{e9}@\u{e9}.example", "\u{5b9f}\u{4f8b}@\u{4f8b}\u{3048}", "a@b"],
        &["\u{e9}", "\u{e9}@-a", "a\u{ff20}b"],
    );
}

#[test]
fn host_names() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    Format::new("hostname").check(
        &["a", "A.b-c.D9", "1.2", "xn", "xn-a", "x--y", "ab--c", &label, &longest],
        &[
            "",
            ".",
            "a.",
            ".a",
            "-a",
            "a-",
            "xn-",
            "a..b",
            "a_b",
            "a b",
            &format!("{label}a"),
            &format!("{longest}a"),
            "\u{e9}",
            "xn--",
            "XN--tda",
        ],
    );
    // Labels in ASCII: bücher, münchen-ost, 例え.テスト, and what decodes to no label.
    Format::new("hostname").check(
        &["xn--bcher-kva", "xn--mnchen-ost-9db.de", "xn--r8jz45g.xn--zckzah", "xn--tda"],
        &["xn--a", "xn--bcher-kv", "xn--bcher-kvA", "xn---tda", "xn--abc-", "xn--999999999"],
    );
    Format::new("idn-hostname").check(
        &[
            "b\u{fc}cher.example",
            "\u{4f8b}\u{3048}\u{3002}\u{30c6}\u{30b9}\u{30c8}",
            "xn--bcher-kva.example",
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}.abc",
            "\u{645}\u{62b}\u{627}\u{644}",
            "EXAMPLE.com",
        ],
        &[
            "B\u{fc}cher",
            "\u{fc}a--b",
            "ab--\u{fc}",
            "\u{301}a",
            "e\u{301}",
            "1.\u{5d0}",
            "a\u{5d0}",
            "\u{5d0}a",
            "\u{2f}",
            "\u{1f600}",
            "\u{ad}a",
        ],
    );
}

#[test]
fn resources() {
    let valid = [
        "http://example.com",
        "HTTP://u:p@[::1]:8080/a/b;c?d=e&f#g",
        "a:",
        "a:/",
        "a:b",
        "a://",
        "a:///b",
        "urn:isbn:0451450523",
        "http://[v1.a:b]/",
        "mailto:a@b.c",
        "a:%41",
    ];
    let relative =
        ["", "a", "/", "//", "/a", "./a:b", "?a", "#a", "a/b", "//a:1/b", "a;b", "..", "@"];
    let neither = [
        " ",
        "1:b",
        "http://a b",
        "http://[::1",
        "a:%4",
        "a:\\",
        "a:<",
        "a:^",
        "a:[",
        "http://a:b",
    ];
    for name in ["uri", "iri"] {
        Format::new(name).check(&valid, &relative);
        Format::new(name).check(&[], &neither);
    }
    for name in ["uri-reference", "iri-reference"] {
        Format::new(name).check(&valid, &neither);
        Format::new(name).check(&relative, &[]);
    }
    let beyond = ["a:\u{e9}", "a://\u{4f8b}/\u{4f8b}", "a:?\u{e000}"];
    Format::new("iri").check(&beyond, &["a:\u{e000}", "a:\u{fdd0}", "a:\u{80}", "a:\u{1fffe}"]);
    Format::new("uri").check(&[], &beyond);
    Format::new("uri-template").check(
        &["", "/a{?b,c}", "{+a:3}", "{a*}", "{a.b}", "%20", "\u{e9}", "{/a}{#b}"],
        &["{", "}", "{}", "{a", "{a:0}", "{a:12345}", "{a b}", "{a..b}", "\"", " ", "%", "{!}"],
    );
}

#[test]
fn pointers_and_identifiers() {
    Format::new("json-pointer").check(
        &["", "/", "/a", "/a~0b~1c", "/\"\\", "/\u{0}", "//"],
        &["a", "/~", "/~2", "#", "#/a"],
    );
    Format::new("relative-json-pointer").check(
        &["0", "1#", "10/a", "0/", "0/~0"],
        &["", "00", "01#", "-1", "#", "/a", "0##", "0a"],
    );
    Format::new("uuid").check(
        &["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"],
        &[
            "123e4567e89b12d3a456426614174000",
            "123e4567-e89b-12d3-a456-42661417400",
            "g23e4567-e89b-12d3-a456-426614174000",
        ],
    );
}

#[test]
fn patterns() {
    let nested = format!("{}a{}", "(".repeat(100), ")".repeat(100));
    Format::new("regex").check(
        &[
            "",
            "a|b|",
            "^a*?(b+|c{2,3}){1}$",
            "(?:a)(?=b)(?!c)(?<=d)(?<!e)",
            "(?<n>a)\\k<n>\\1",
            "\\k<n>(?<n>a)",
            "\\1()",
            "[]",
            "[^]",
            "[^^a-z\\d-]",
            "[--a]",
            "[\\b\\-\\x41-\\u0042\\u{43}]",
            "[a-\u{e9}]",
            "[\u{c0}-\u{ff}]",
            "\\p{Lu}\\P{Script=Greek}\\p{gc=Letter}",
            "\\cA\\0\\n\\/\\.\\{",
            "a{0}b{12,}",
            &nested,
        ],
        &[
            "(",
            ")",
            "a)",
            "*",
            "a**",
            "a{2,1}",
            "{",
            "a{",
            "}",
            "]",
            "[",
            "[b-a]",
            "[\\d-z]",
            "[\u{e9}-a]",
            "\\",
            "\\a",
            "\\1",
            "\\2()",
            "\\00",
            "\\k<n>",
            "\\k",
            "(?<n>a)(?<n>b)",
            "(?<1>a)",
            "(?a)",
            "(?=a)*",
            "^*",
            "\\b+",
            "\\x4",
            "\\u004",
            "\\u{110000}",
            "\\p{Nope}",
            "\\p",
            "\\c1",
            "\\-",
            "(?i:a)",
            "(?P<n>a)",
        ],
    );
}

#[test]
fn names_that_no_specification_defines_ask_nothing() {
    for name in ["int32", "path", "uuid4", "binary", "", "Date"] {
        Format::new(name).check(&["", "anything \"at\" all \n"], &[]);
    }
}

/// Every start of a text can be completed: at random, no state is without a way on, and what comes
/// out is the text of a JSON string.
#[test]
fn no_dead_ends() {
    let mut random = Random(0xD1B5_4A32_D192_ED03);
    for name in FORMATS {
        let mut format = Format::new(name);
        let mut finished = 0;
        for _ in 0..60 {
            let mut state = format.expr;
            let mut text = vec![b'"'];
            let enough = 1 + random.below(40);
            while text.len() < 160 {
                let row = format.exprs.row(state).unwrap().to_vec();
                let nullable = format.exprs.is_nullable(state);
                assert!(
                    nullable || !row.is_empty(),
                    "{name}: {:?}",
                    String::from_utf8_lossy(&text)
                );
                if row.is_empty() || (nullable && text.len() > enough) {
                    text.push(b'"');
                    let value: Value = serde_json::from_slice(&text).unwrap();
                    assert!(format.has(value.as_str().unwrap()));
                    finished += 1;
                    break;
                }
                let arm = random.pick(&row);
                text.push(arm.low + random.below(usize::from(arm.high - arm.low) + 1) as u8);
                state = arm.target;
            }
        }
        assert!(finished > 0, "{name}");
    }
}

/// Without the ends that are put to runs of digits.
#[test]
fn exact_texts_have_no_limit() {
    let digits = "1".repeat(200);
    for (name, value) in [
        ("time", format!("12:00:00.{digits}Z")),
        ("time", format!("23:59:60.{digits}Z")),
        ("duration", format!("P{digits}D")),
        ("relative-json-pointer", format!("{digits}/a")),
        ("uri", format!("a://b:{digits}")),
    ] {
        let constraint =
            StringConstraint { formats: vec![name.to_owned()], ..StringConstraint::default() };
        let mut exprs = Exprs::new();
        let exact = string_exact(&mut exprs, &constraint).unwrap();
        let written = string_body(&mut exprs, &constraint).unwrap();
        assert!(exprs.matches(exact, value.as_bytes()).unwrap(), "{value}");
        assert!(!exprs.matches(written, value.as_bytes()).unwrap(), "{value}");
        let no = StringConstraint { not_formats: vec![name.to_owned()], ..Default::default() };
        let no = string_body(&mut exprs, &no).unwrap();
        assert!(!exprs.matches(no, value.as_bytes()).unwrap(), "{value}");
    }
}
