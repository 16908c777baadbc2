//! Regular expressions: tables of cases, what is refused, how much is built, and random patterns
//! against `regex-automata` where the syntaxes agree.
//!
//! The Python tests hold the whole syntax against `re` itself.

use outlines_engine::error::{Error, Result};
use outlines_engine::expr::{ExprId, Exprs};
use outlines_engine::regex::{self, Encoding};
use regex_automata::dfa::{dense, Automaton};
use regex_automata::{Anchored, Input};

type Reader = fn(&mut Exprs, &str, Encoding) -> Result<ExprId>;

/// A text between the quotes of a JSON string, in its one spelling; `serde_json` writes the same.
fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Whether the pattern takes the text, in both encodings, which must agree.
fn takes(read: Reader, pattern: &str, text: &str) -> bool {
    let mut exprs = Exprs::new();
    let plain = read(&mut exprs, pattern, Encoding::Utf8).unwrap();
    let plain = exprs.matches(plain, text.as_bytes()).unwrap();
    let body = read(&mut exprs, pattern, Encoding::JsonString).unwrap();
    let within = exprs.matches(body, json(text).as_bytes()).unwrap();
    assert_eq!(plain, within, "{pattern:?} on {text:?}, plain and in JSON");
    // The front end puts the quotes around it.
    let quote = exprs.literal(b"\"");
    let whole = exprs.concat(&[quote, body, quote]);
    let quoted = exprs.matches(whole, format!("\"{}\"", json(text)).as_bytes()).unwrap();
    assert_eq!(plain, quoted, "{pattern:?} on {text:?}, plain and as a JSON value");
    plain
}

fn check(read: Reader, cases: &[(&str, &[&str], &[&str])]) {
    for &(pattern, taken, left) in cases {
        for text in taken {
            assert!(takes(read, pattern, text), "{pattern:?} should take {text:?}");
        }
        for text in left {
            assert!(!takes(read, pattern, text), "{pattern:?} should not take {text:?}");
        }
    }
}

#[test]
fn python() {
    check(
        regex::python,
        &[
            (r"", &[""], &["a"]),
            (r"\d{3}-\d{2}-\d{4}", &["123-45-6789", "١٢٣-45-6789"], &["123-45-678", "a23-45-6789"]),
            (r"a|bc|", &["a", "bc", ""], &["b", "abc"]),
            (r".", &["a", "\r", "😀"], &["", "\n", "ab"]),
            (r"(?s).", &["\n"], &[]),
            (r"a{,2}b{2,}c{1}d{}", &["bbcd{}", "aabbbbcd{}"], &["aaabbcd{}", "bcd{}"]),
            (r"a{x}{1", &["a{x}{1"], &["a"]),
            // `$` is before a last newline too; MULTILINE, before any.
            (r"a$", &["a"], &["a\n"]),
            (r"a$\n", &["a\n"], &["a"]),
            (r"a$\n\n", &[], &["a\n\n"]),
            (r"(?m)a$\n^\nb", &["a\n\nb"], &["a\nb"]),
            (r"a\Z\n", &[], &["a\n"]),
            (r"(?:^|,)a", &["a", ",a"], &["a,a"]),
            (r"(?:(?:^|,)a)+", &["a", ",a", "a,a"], &["aa", ""]),
            // Word boundaries.
            (r"\b\w+\b.*\bx", &["ab x", "é-x"], &["abx", " x"]),
            (r"a\Bb.\B", &["ab "], &["abc", "ab"]),
            (r"\B", &[], &["", "a"]),
            (r"(?a:é\b)a", &["éa"], &[]),
            // Repetition of what may be empty in places.
            (r"(?:\b|a)*", &["", "aa"], &["b"]),
            (r"(?:(?=a)|b|(?<=b))*a", &["a", "ba", "bba"], &["ab"]),
            (r"(?:\b|a){3}", &["a", "aa", "aaa"], &["aaaa", ""]),
            (r"(?:$|a){2,5}b?", &["a", "aaaaa"], &["ab", "aaaaaa"]),
            // Look-around.
            (r"(?=.*\d)(?!.*x)[a-z\d]+", &["a1", "1"], &["a", "x1", ""]),
            (r"[ab]+(?<=ab)", &["ab", "bab"], &["ba", "b"]),
            (r"(?<!a)b|a(?<!b)", &["b", "a"], &["ab"]),
            (r"(?<=\ba)b|a(?<=a\b)", &["a"], &["ab"]),
            (r"a(?=b(?=c))bc", &["abc"], &["ab"]),
            // Case.
            (r"(?i)straße", &["STRAßE", "ſtraẞe"], &["strasse"]),
            (r"(?i)[k-s]σ", &["\u{212a}ς", "SΣ"], &["tσ"]),
            (r"(?i:a)b(?-i:C)", &["AbC", "abC"], &["aBC", "abc"]),
            (r"(?ai)k", &["K", "k"], &["\u{212a}"]),
            (r"(?i)[^a]", &["b"], &["A", "a"]),
            // Classes.
            (r"[]a^-]+", &["]a^-"], &["b"]),
            (r"[^\W\d_]", &["a", "é"], &["1", "_", "-"]),
            (r"\s", &["\x1c", "\u{85}", "\u{3000}"], &["\u{200b}"]),
            (r"(?a)\s", &["\x0b"], &["\x1c", "\u{85}"]),
            (r"[\x41\u0042\U00000043\104\0]", &["A", "B", "C", "D", "\0"], &["E"]),
            (r"\p{Lu}\P{Lu}\p{Script=Greek}", &["Aaα"], &["aaα", "AAα", "Aaa"]),
            // Verbose.
            ("(?x) a b # c\n [ ] \\  d", &["ab  d"], &["ab d", "a b  d"]),
            ("(?x: a b )c d", &["abc d"], &["abcd"]),
            (r"a(?#comment)+(?P<name>b)", &["aaab"], &["ab#"]),
            // Atomic groups and possessive repetition.
            (r"a*+a", &[], &["a", "aa"]),
            (r"(?>a|ab)c", &["ac"], &["abc"]),
            (r"(?>ab|a)c", &["ac", "abc"], &[]),
            (r#""(?>[^"\\]|\\.)*+""#, &[r#""a\"b""#], &[r#""a\""#]),
            (r"(?>a*?b)b|(?>a{1,3}b?)b", &["abb", "aabb", "bb"], &["ab"]),
            (r"(?:a{0,2}a){2,3}+", &["aaaa"], &["aa"]),
            (r"(?:|a)*+b", &["b"], &["ab"]),
        ],
    );
}

#[test]
fn ecma() {
    check(
        regex::ecma_search,
        &[
            ("", &["", "a"], &[]),
            ("b", &["b", "abc"], &["a", ""]),
            ("^[a-z]+$", &["abc"], &["", "abc\n", "1abc"]),
            ("^a|b$", &["ax", "xb"], &["xa", "bx"]),
            ("(^a|b)c", &["ac!", "!bc!"], &["!ac"]),
            ("(?:a|^)b(?:c|$)", &["b", "xabc", "xab"], &["xb", "bx"]),
            ("^$", &[""], &["\n"]),
            ("x^", &[], &["x", ""]),
            (r"\bfoo\b", &["foo", "a foo!"], &["afoo", "foo1"]),
            (r"\B", &["", "ab"], &["a"]),
            (r"^\d$", &["1"], &["١"]),
            (r"^\w$", &["a", "_"], &["é"]),
            (r"^\s$", &["\u{feff}", "\u{2028}"], &["\x1c", "\u{85}"]),
            ("^.$", &["a", "\u{85}"], &["\n", "\r", "\u{2028}"]),
            ("^[^]$", &["\n", "😀"], &[""]),
            ("[]", &[], &["", "a"]),
            (r"^\u{1F600}\uD83D\uDE00[😀-😂]$", &["😀😀😁"], &["😀😀a"]),
            (r"^\x41\cJ\0$", &["A\n\0"], &["A"]),
            (r"^[\w-]+\-{a}]$", &["a-b-{a}]"], &["a"]),
            ("^a{,2}$", &["a{,2}"], &["aa"]),
            (r"^(?!.*x)(?<y>[a-z]+)$", &["abc"], &["axc"]),
            (r"(?<=\$)\d+(?!\d|\.)", &["$42"], &["42", "$.5"]),
            (r"(?<=^|,)a", &["a", "b,a"], &["ba"]),
            (r"(?<!$)", &["a"], &[""]),
            (r"^(?i:straße)$", &["STRAẞE"], &["strasse"]),
            (r"(?i)^\w$", &["ſ", "\u{212a}"], &["é"]),
            (r"^(?=a)*b(?:(?=c)){0}$", &["b"], &["a"]),
            (r"\/\p{Lu}\.", &["a/É."], &["/é."]),
        ],
    );
    assert!(takes(regex::ecma_full, "a|b", "b"));
    assert!(!takes(regex::ecma_full, "a|b", "ab"));
}

#[test]
fn python_conditional_groups() {
    check(
        regex::python,
        &[
            (r"(<)?\w+(?(1)>)", &["<a>", "ab"], &["<a", "a>"]),
            (r"(?P<q>')?a(?(q)'|\.)", &["'a'", "a."], &["'a.", "a'", "a"]),
            (
                r"(a)?(b)?(?(1)(?(2)c|d)|(?(2)e|f))",
                &["abc", "ad", "be", "f"],
                &["abd", "ac", "bc", "e"],
            ),
            // The group may take part in any round; having done so it has for good.
            (r"(?:(a)|b)*(?(1)c|d)", &["abc", "bac", "bbd", "d"], &["abd", "bbc", "c"]),
            (
                r"(?:(a)|b){3,4}(?(1)c|d)",
                &["bbac", "abbbc", "bbbd"],
                &["bac", "bbbc", "bbbad", "bbbbbd"],
            ),
            (r"(?:(?(1)x|y)(a)?)*", &["y", "yyaxx", "yaxax"], &["x", "yax y", "yay"]),
            // In a look-ahead that does not hold, nothing takes part.
            (r"(?!(a)b)(?(1)x|y)", &["y"], &["x", "ab"]),
            (r"(?=(a)b)ab(?(1)x|y)", &["abx"], &["aby"]),
            // A group further on has not taken part yet.
            (r"(?(1)a|b)(c)", &["bc"], &["ac"]),
            (r"(?x) (a)? (?(1) b | c )", &["ab", "c"], &["b"]),
        ],
    );
}

#[test]
fn refused_with_a_position() {
    let python = [
        ("(a", 0),
        ("a)", 1),
        ("[a", 0),
        ("a**", 2),
        ("*a", 0),
        ("^*", 1),
        (r"\b+", 2),
        ("a{2,1}", 2),
        ("a{99999999999}", 2),
        (r"a\", 1),
        (r"é\q", 1),
        (r"\x4", 0),
        (r"\u12", 0),
        (r"\U00110000", 0),
        (r"\400", 0),
        ("[b-a]", 1),
        (r"[a-\d]", 1),
        (r"(a)\1", 3),
        (r"\1", 0),
        (r"(?P<n>a)(?P=n)", 8),
        ("(?P=n)", 0),
        ("(?P<1>a)", 0),
        ("(?P<n>a)(?P<n>b)", 8),
        ("(a)(?(2)b|c)", 3),
        ("(?(0)b|c)", 0),
        ("(?(n)b|c)", 0),
        ("(a)(?(1)b|c|d)", 3),
        ("(a)(?(1)b|c", 3),
        ("(a(?(1)b|c))*", 2),
        ("(?>(a)|ab)(?(1)c|d)", 10),
        ("(a)*+(?(1)c|d)", 5),
        ("a(?i)b", 1),
        ("(?L)a", 2),
        ("(?z)a", 2),
        ("(?au:a)", 2),
        ("(?i-i:a)", 2),
        ("(?-a:a)", 2),
        ("(?<n>a)", 0),
        ("(?<=a*)b", 0),
        ("(?#a", 0),
        (r"\N{DASH}", 0),
        (r"\p{Nonsense}", 0),
        ("(?>(?:a|ab)*)c", 0),
        ("ab(?<=a(?=bc)b)c", 7),
    ];
    let ecma = [
        ("(a", 0),
        ("a)", 1),
        ("[a", 0),
        ("a**", 2),
        ("*a", 0),
        ("^*", 1),
        ("(?<=a)*", 6),
        (r"\Aa", 0),
        (r"a\Z", 1),
        (r"\1", 0),
        (r"\k<n>", 0),
        ("(?<>a)", 0),
        ("(?>a)", 0),
        ("a(?i)b", 1),
        (r"\x4", 0),
        (r"\u{110000}", 0),
        (r"\p{Nonsense}", 0),
        ("[b-a]", 1),
        (r"\08", 0),
        ("a++", 2),
        (r"a\", 1),
    ];
    let reads = [(regex::python as Reader, &python[..]), (regex::ecma_search, &ecma[..])];
    for (read, cases) in reads {
        for &(pattern, at) in cases {
            match read(&mut Exprs::new(), pattern, Encoding::Utf8) {
                Err(Error::Regex { position, pattern: named, .. }) => {
                    assert_eq!((position, named.as_str()), (at, pattern));
                }
                other => panic!("{pattern:?}: {other:?}"),
            }
        }
    }
    let deep = "(".repeat(100_000) + &")".repeat(100_000);
    assert!(regex::python(&mut Exprs::new(), &deep, Encoding::Utf8).is_err());
    assert!(regex::ecma_search(&mut Exprs::new(), &deep, Encoding::Utf8).is_err());
}

/// What must not be copied out: how many expressions a pattern needs, a walk along a text included.
#[test]
fn small() {
    let nested = format!("{}a{}", "(?:".repeat(40), "b?)*".repeat(40));
    let isbn = r"(?:ISBN(?:-1[03])?:? )?(?=[0-9X]{10}$|(?=(?:[0-9]+[- ]){3})[- 0-9X]{13}$|97[89][0-9]{10}$|(?=(?:[0-9]+[- ]){4})[- 0-9]{17}$)(?:97[89][- ]?)?[0-9]{1,5}[- ]?[0-9]+[- ]?[0-9]+[- ]?[0-9X]";
    let cases = [
        (r"[a-z]{0,5000}", "abc", 20),
        (r"(a?){200}", "aaa", 20),
        (r"(x+x+)+y", "xxxxy", 30),
        (r"((a{1,1000}){1,1000}){1,1000}", "aaa", 20),
        (&"a?".repeat(2000), "aaa", 4100),
        (r"\w{1,1000}", "añb", 500),
        (r"^\w+\b$", "ab", 500),
        (&nested, "ab", 2000),
        (isbn, "ISBN 978-0-596-52068-7", 1500),
        (r"(?=.*a.{20})(?=.*b.{20}).*", "b", 12_000),
        (&"\\b".repeat(5000), "", 50),
        (&"x".repeat(50_000), "x", 10),
    ];
    for (pattern, text, most) in cases {
        let mut exprs = Exprs::new();
        let expr = regex::python(&mut exprs, pattern, Encoding::Utf8).unwrap();
        exprs.matches(expr, text.as_bytes()).unwrap();
        let name: String = pattern.chars().take(40).collect();
        assert!(exprs.len() <= most, "{name:?} takes {} expressions", exprs.len());
    }
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// A pattern that means the same to `regex`, Python's `re` (with `(?m)`) and ECMA-262.
    fn pattern(&mut self, depth: usize) -> String {
        let atoms = [
            "a",
            "b",
            "a",
            "b",
            "c",
            "é",
            "😀",
            r"\n",
            "\\\"",
            r"\\",
            "[ab]",
            "[^a]",
            "[a-c]",
            "[0-9]",
            r"[^\n]",
            r"[\u{e0}-\u{17f}]",
            r"[😀-😃]",
        ];
        let counts = ["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "*?", "+?", "??", "{1,2}?"];
        let mut pattern = String::new();
        for branch in 0..1 + self.below(3) / 2 {
            pattern.push_str(if branch > 0 { "|" } else { "" });
            for _ in 0..self.below(5) {
                if self.below(10) == 0 {
                    pattern.push_str(self.pick(&["^", "$"]));
                    continue;
                }
                if depth > 0 && self.below(4) == 0 {
                    let inner = self.pattern(depth - 1);
                    pattern.push_str(&format!("(?:{inner})"));
                } else {
                    pattern.push_str(self.pick(&atoms));
                }
                if self.below(3) == 0 {
                    pattern.push_str(self.pick(&counts));
                }
            }
        }
        pattern
    }

    fn text(&mut self) -> String {
        let chars = ["a", "a", "b", "c", "é", "😀", "\n", "\"", "\\", "1", "x"];
        (0..self.below(6)).map(|_| self.pick(&chars)).collect()
    }
}

#[test]
fn random_patterns_agree_with_regex_automata() {
    let mut random = Random(1);
    let mut matches = 0;
    for _ in 0..400 {
        let pattern = random.pattern(3);
        // ECMA-262's ^ and $ are the edges of the text; Python's, with (?m), those of a line.
        let lines = random.below(2) == 0;
        let python =
            format!("(?m){}", pattern.replace(r"\u{e0}", r"\xe0").replace(r"\u{17f}", r"\u017f"));
        let (read, ours): (Reader, &str) = match lines {
            true => (regex::python, &python),
            false => (regex::ecma_search, &pattern),
        };
        let theirs = match lines {
            true => format!(r"\A(?:(?m){pattern})\z"),
            false => format!(r"(?s:.)*(?:{pattern})(?s:.)*\z"),
        };
        let dfa = dense::DFA::new(&theirs).unwrap();
        for _ in 0..20 {
            let text = random.text();
            let input = Input::new(&text).anchored(Anchored::Yes);
            let wanted = dfa.try_search_fwd(&input).unwrap().is_some();
            matches += usize::from(wanted);
            assert_eq!(takes(read, ours, &text), wanted, "{ours:?} on {text:?}");
        }
    }
    assert!(matches > 400, "{matches}");
}
