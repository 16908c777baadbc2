//! Masks against their definition: a token is allowed exactly when the bytes so far and its own can
//! be completed. Random vocabularies, grammars and walks; the reference asks the index about every
//! token on its own, byte by byte.

mod common;

use std::sync::Arc;

use common::{allowed, Random};
use outlines_engine::constraint::Constraint;
use outlines_engine::error::Result;
use outlines_engine::expr::{ExprId, UNBOUNDED};
use outlines_engine::grammar::{Expander, Grammar, NodeId};
use outlines_engine::guide::Guide;
use outlines_engine::index::Index;
use outlines_engine::json_schema::Options;
use outlines_engine::lark;
use outlines_engine::vocabulary::Vocabulary;

const ALPHABET: &[&str] = &["a", "b", "c", "\"", ",", ":", "{", "}", " ", "é", "🙂", "0", "1"];

fn index(make: impl Fn() -> Grammar + Send + Sync + 'static, vocabulary: Arc<Vocabulary>) -> Index {
    Index::new(move || Ok((make(), None)), vocabulary).expect("an index")
}

/// Tokens of up to six pieces of the alphabet, some cut inside a character, some twice, some None.
fn vocabulary(random: &mut Random) -> (Vec<Vec<u8>>, Arc<Vocabulary>) {
    let mut tokens: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte]).collect();
    for _ in 0..300 {
        let mut token = Vec::new();
        for _ in 0..1 + random.below(6) {
            token.extend_from_slice(ALPHABET[random.below(ALPHABET.len())].as_bytes());
        }
        let from = random.below(2).min(token.len() - 1);
        let to = token.len() - random.below(2).min(token.len() - from - 1);
        tokens.push(token[from..to].to_vec());
    }
    tokens.push(Vec::new());
    tokens.push(b"<eos>".to_vec());
    let eos = tokens.len() as u32 - 1;
    let texts = tokens.iter().map(|token| Some(token.as_slice()));
    let vocabulary = Vocabulary::new(texts, &[eos], tokens.len() + 40).expect("a vocabulary");
    (tokens, Arc::new(vocabulary))
}

/// Walks at random; at each step the mask must be what the definition says, and never be empty.
fn check(index: &Index, tokens: &[Vec<u8>], random: &mut Random, steps: usize) {
    let eos = tokens.len() as u32 - 1;
    let mut guide = Guide::new(index.clone(), None);
    let mut text = Vec::new();
    for _ in 0..steps {
        let mask = allowed(&mut guide);
        let expected: Vec<u32> = (0..tokens.len() as u32)
            .filter(|&id| {
                let token = &tokens[id as usize];
                let longer = [text.as_slice(), token].concat();
                match id {
                    id if id == eos => index.accepts(&text).expect("an answer"),
                    _ => !token.is_empty() && index.accepts_prefix(&longer).expect("an answer"),
                }
            })
            .collect();
        assert_eq!(mask, expected, "after {:?}", String::from_utf8_lossy(&text));
        assert!(!mask.is_empty(), "a dead end after {:?}", String::from_utf8_lossy(&text));
        let token = mask[random.below(mask.len())];
        let validated = guide.validate([Some(token)].into_iter()).expect("an answer");
        assert_eq!(validated, 1);
        assert!(guide.advance(token).expect("an answer"));
        if token == eos {
            assert!(guide.is_finished());
            assert_eq!(allowed(&mut guide), [eos]);
            assert!(guide.rollback(1));
            assert_eq!(allowed(&mut guide), mask);
            break;
        }
        text.extend_from_slice(&tokens[token as usize]);
    }
    assert!(!guide.rollback(guide.taken() + 1));
    assert!(guide.rollback(guide.taken()));
    let mut fresh = Guide::new(index.clone(), None);
    assert_eq!(allowed(&mut guide), allowed(&mut fresh));
}

/// A random terminal over the alphabet.
fn terminal(random: &mut Random, grammar: &mut Grammar, depth: usize) -> ExprId {
    let literal = |random: &mut Random, grammar: &mut Grammar| {
        grammar.exprs.literal(ALPHABET[random.below(ALPHABET.len())].as_bytes())
    };
    if depth == 0 {
        return literal(random, grammar);
    }
    let part = |random: &mut Random, grammar: &mut Grammar| terminal(random, grammar, depth - 1);
    match random.below(9) {
        0 => literal(random, grammar),
        1 => grammar.exprs.class(&[(0x61, 0x63), (0x30, 0x31), (0xE9, 0xFF)]),
        2 | 3 => {
            let items = [part(random, grammar), part(random, grammar)];
            grammar.exprs.concat(&items)
        }
        4 => {
            let items = vec![part(random, grammar), part(random, grammar)];
            grammar.exprs.or(items)
        }
        5 => {
            let min = random.below(3) as u32;
            let max = [min + random.below(4) as u32, UNBOUNDED][random.below(2)];
            let body = part(random, grammar);
            grammar.exprs.repeat(body, min, max)
        }
        6 => {
            let (body, class) = (part(random, grammar), grammar.exprs.any_char());
            let all = grammar.exprs.star(class);
            let other = grammar.exprs.not(body);
            grammar.exprs.and(vec![all, other])
        }
        7 => {
            let class = grammar.exprs.class(&[(0x20, 0x21), (0x23, 0x5B), (0x5D, 0x10_FFFF)]);
            let max = [3, 40, UNBOUNDED][random.below(3)];
            grammar.exprs.repeat(class, 0, max)
        }
        _ => {
            let body = part(random, grammar);
            let behind = random.below(2) == 0;
            let negated = random.below(2) == 0;
            let look = match behind {
                true => grammar.exprs.look_behind(body, negated),
                false => grammar.exprs.look_ahead(body, negated),
            };
            let (before, after) = (part(random, grammar), part(random, grammar));
            match grammar.exprs.matches_nothing(before) {
                Ok(false) => grammar.exprs.concat(&[before, look, after]),
                _ => after,
            }
        }
    }
}

#[test]
fn terminals() {
    let mut random = Random(1);
    let mut checked = 0;
    for _ in 0..150 {
        let (tokens, vocabulary) = vocabulary(&mut random);
        let seed = random.next();
        let make = move || {
            let mut grammar = Grammar::new();
            let terminal = terminal(&mut Random(seed), &mut grammar, 3);
            (grammar.exprs.matches_nothing(terminal) == Ok(false)).then(|| {
                let root = grammar.terminal(terminal);
                grammar.set_root(root);
                grammar
            })
        };
        if make().is_none() {
            continue;
        }
        let index = index(move || make().expect("a grammar"), vocabulary);
        check(&index, &tokens, &mut random, 12);
        checked += 1;
    }
    assert!(checked > 80, "only {checked} of the terminals match anything");
}

/// Nested lists of strings: `{"…",{"a"}}`, with empty lists and right recursion.
fn nested_lists() -> Grammar {
    let mut grammar = Grammar::new();
    let list = grammar.declare("list");
    let item = {
        let class = grammar.exprs.class(&[(0x20, 0x21), (0x23, 0x5B), (0x5D, 0x10_FFFF)]);
        let (quote, body) = (grammar.exprs.literal(b"\""), grammar.exprs.star(class));
        let string = grammar.exprs.concat(&[quote, body, quote]);
        let string = grammar.terminal(string);
        let list = grammar.rule(list);
        grammar.alt([string, list])
    };
    let (open, close, comma) = (grammar.literal("{"), grammar.literal("}"), grammar.literal(","));
    let more = grammar.seq([comma, item]);
    let more = grammar.repeat(more, 0, 30);
    let items = grammar.seq([item, more]);
    let items = grammar.optional(items);
    let body = grammar.seq([open, items, close]);
    grammar.define(list, body);
    let root = grammar.rule(list);
    grammar.set_root(root);
    assert!(grammar.finish().unwrap().is_empty());
    grammar
}

#[test]
fn nested() {
    let mut random = Random(2);
    for _ in 0..20 {
        let (tokens, vocabulary) = vocabulary(&mut random);
        let index = index(nested_lists, vocabulary);
        assert!(index.accepts("{\"a\",{},{\"é\"}}".as_bytes()).expect("an answer"));
        assert!(!index.accepts(b"{\"a\",}").expect("an answer"));
        check(&index, &tokens, &mut random, 40);
    }
}

/// An expander that gives every key once: the texts captured so far are the state.
#[derive(Default)]
struct DistinctKeys {
    seen: Vec<Vec<Vec<u8>>>,
}

impl DistinctKeys {
    fn members(&mut self, used: Vec<Vec<u8>>, grammar: &mut Grammar) -> NodeId {
        let key = self.seen.len() as u32;
        let class = grammar.exprs.class(&[(0x61, 0x63)]);
        let any = grammar.exprs.repeat(class, 1, 2);
        let taken = grammar.exprs.literal_set(&used);
        let fresh = grammar.exprs.not(taken);
        let terminal = grammar.exprs.and(vec![any, fresh]);
        self.seen.push(used);
        if grammar.exprs.matches_nothing(terminal) == Ok(true) {
            return NodeId::NEVER;
        }
        let next = grammar.with_text(key);
        let (comma, close) = (grammar.literal(","), grammar.literal("}"));
        let more = grammar.seq([comma, next]);
        let then = grammar.alt([more, close]);
        grammar.capture(terminal, then)
    }
}

impl Expander for DistinctKeys {
    fn expand(&mut self, key: u32, text: Option<&[u8]>, grammar: &mut Grammar) -> Result<NodeId> {
        let mut used = self.seen.get(key as usize).cloned().unwrap_or_default();
        used.extend(text.map(<[u8]>::to_vec));
        Ok(self.members(used, grammar))
    }
}

#[test]
fn captured_texts() {
    let mut random = Random(3);
    for _ in 0..20 {
        let (tokens, vocabulary) = vocabulary(&mut random);
        let source = || {
            let mut grammar = Grammar::new();
            let (open, first) = (grammar.literal("{"), grammar.dynamic(0));
            let root = grammar.seq([open, first]);
            grammar.set_root(root);
            let expander: Box<dyn Expander> = Box::<DistinctKeys>::default();
            Ok((grammar, Some(expander)))
        };
        let index = Index::new(source, vocabulary).expect("an index");
        assert!(index.accepts(b"{a,b,ab,aa}").expect("an answer"));
        assert!(!index.accepts(b"{a,b,a}").expect("an answer"));
        assert!(!index.accepts_prefix(b"{a,b,a,").expect("an answer"));
        check(&index, &tokens, &mut random, 14);
    }
}

/// `{0,5000}` and nested counts are counters: made at once, and the mask of one count is that of
/// another as long as no token can tell them apart.
#[test]
fn counts() {
    let mut random = Random(4);
    let (tokens, vocabulary) = vocabulary(&mut random);
    let make = || {
        let mut grammar = Grammar::new();
        let class = grammar.exprs.class(&[(0x61, 0x63)]);
        let inner = grammar.exprs.repeat(class, 1, 3);
        let comma = grammar.exprs.literal(b",");
        let group = grammar.exprs.concat(&[inner, comma]);
        let expr = grammar.exprs.repeat(group, 2, 5000);
        assert!(grammar.exprs.len() < 50);
        let root = grammar.terminal(expr);
        grammar.set_root(root);
        grammar
    };
    let index = index(make, vocabulary);
    check(&index, &tokens, &mut random, 60);
    let text = b"abc,".repeat(5000);
    assert!(index.accepts(&text).expect("an answer"));
    assert!(!index.accepts_prefix(&[text.as_slice(), b"a"].concat()).expect("an answer"));
}

/// An exception may leave nothing of what a wider terminal still allows, if that has few ways on.
#[test]
fn exceptions_that_leave_nothing() {
    let hex = "0123456789abcdef";
    let mut tokens: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte]).collect();
    for a in hex.bytes() {
        tokens.push(vec![b'_', a]);
        tokens.extend(hex.bytes().map(|b| vec![b'_', a, b]));
    }
    tokens.push(b"<eos>".to_vec());
    let eos = tokens.len() as u32 - 1;
    let texts = tokens.iter().map(|token| Some(token.as_slice()));
    let vocabulary = Arc::new(Vocabulary::new(texts, &[eos], tokens.len()).expect("a vocabulary"));
    let make = move || {
        let mut grammar = Grammar::new();
        let exprs = &mut grammar.exprs;
        // _*([0-9a-f]{1,2}k|x*z), but none of _ak, _a0k, ..., _afk.
        let digit = exprs.class(&[(0x30, 0x39), (0x61, 0x66)]);
        let (low, x) = (exprs.literal(b"_"), exprs.literal(b"x"));
        let (k, z) = (exprs.literal(b"k"), exprs.literal(b"z"));
        let few = exprs.repeat(digit, 1, 2);
        let (few, many) = (exprs.concat(&[few, k]), exprs.star(x));
        let many = exprs.concat(&[many, z]);
        let (lows, either) = (exprs.star(low), exprs.or(vec![few, many]));
        let wide = exprs.concat(&[lows, either]);
        let longer = hex.bytes().map(|b| vec![b'_', b'a', b, b'k']);
        let not = exprs.literal_set(longer.chain([b"_ak".to_vec()]));
        let not = exprs.not(not);
        let terminal = exprs.and(vec![wide, not]);
        let root = grammar.terminal(terminal);
        grammar.set_root(root);
        grammar
    };
    let index = index(make, vocabulary);
    assert_eq!(index.accepts_prefix(b"_a"), Ok(false));
    check(&index, &tokens, &mut Random(4), 6);
}

/// Terminals that run into each other, end anywhere, are bounded or not, and overlap with literals.
const TERMINALS: &[&str] = &[
    "\"a\"", "\"b\"", "\"ab\"", "\"{\"", "\"}\"", "\",\"", "\":\"", "\"1\"", "A", "A", "B", "C",
    "D", "E", "F",
];
const DEFINITIONS: &str = "A: /[a-c]+/
B: /[ab]*c/
C: /[01]{1,300}/
D: /[^{},]{2,4}/
E: /[a-c ]{3,5}/
F: /([ab]{1,200}1)+/
";

/// A random grammar of a few rules, as Lark writes it: recursive in every way, ambiguous, with
/// brackets so that stacks grow.
fn lark_grammar(random: &mut Random) -> String {
    let count = 1 + random.below(4);
    let mut text = String::new();
    let symbol = |random: &mut Random| match random.below(5) {
        0 | 1 => format!("r{}", random.below(count)),
        _ => TERMINALS[random.below(TERMINALS.len())].to_owned(),
    };
    for rule in 0..count {
        let mut alternatives = Vec::new();
        for _ in 0..1 + random.below(3) {
            let mut items = Vec::new();
            for _ in 0..1 + random.below(3) {
                let item = symbol(random);
                items.push(match random.below(8) {
                    0 => format!("\"{{\" {item} \"}}\""),
                    1 => format!("[{item}]"),
                    2 => format!("({item} {})*", symbol(random)),
                    3 => format!("{item}+"),
                    4 => format!("{item}~1..{}", 1 + random.below(300)),
                    _ => item,
                });
            }
            alternatives.push(items.join(" "));
        }
        text += &format!("r{rule}: {}\n", alternatives.join(" | "));
    }
    text += &format!("start: \"{{\" r0 \"}}\" | r0 | r{}\n{DEFINITIONS}", random.below(count));
    match random.below(3) {
        0 => text + "%ignore \" \"\n",
        1 => text + "%ignore /[ b]+/\n",
        _ => text,
    }
}

/// What the walks of stacks' tops, horizons and their exits come to together. `GRAMMARS` is how many
/// random grammars are tried.
#[test]
fn recursive_grammars() {
    let wanted = std::env::var("GRAMMARS").ok().and_then(|count| count.parse().ok()).unwrap_or(20);
    let mut random = Random(5);
    let mut checked = 0;
    for _ in 0..wanted {
        let (tokens, vocabulary) = vocabulary(&mut random);
        let text = lark_grammar(&mut random);
        eprintln!("{text}");
        let constraint = Constraint::Grammar(text, lark::Options::default());
        let Ok(index) = Index::new(move || constraint.compile(), vocabulary) else { continue };
        check(&index, &tokens, &mut random, 6);
        checked += 1;
    }
    assert!(checked * 2 > wanted, "only {checked} of the grammars have a sentence");
}

/// A terminal of bounded length over whatever text is followed by one that takes more of it.
#[test]
fn bounded_then_more() {
    let mut tokens: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte]).collect();
    tokens.extend([b"abcdefx".to_vec(), b"abcx".to_vec(), b"abcdefghy".to_vec()]);
    tokens.push(b"<eos>".to_vec());
    let eos = tokens.len() as u32 - 1;
    let texts = tokens.iter().map(|token| Some(token.as_slice()));
    let vocabulary = Arc::new(Vocabulary::new(texts, &[eos], tokens.len()).expect("a vocabulary"));
    let text = "start: A B\nA: /[^\"\\\\\\n]{3,5}/\nB: /[a-z]*x/\n".to_owned();
    let constraint = Constraint::Grammar(text, lark::Options::default());
    let index = Index::new(move || constraint.compile(), vocabulary).expect("an index");
    assert!(index.accepts(b"abcdefx").expect("an answer"));
    check(&index, &tokens, &mut Random(6), 6);
}

/// Tokens of up to 45 pieces, most of them of few kinds, so that they run through counts.
fn long_vocabulary(random: &mut Random) -> (Vec<Vec<u8>>, Arc<Vocabulary>) {
    const KINDS: &[&[&str]] = &[
        &["a"],
        &["a", "b"],
        &["a ", "b ", "ab "],
        &["a", " ", "0", "é"],
        &["a", "b", "\u{2028}", "\u{3000}", "\u{feff}", "\u{85}"],
        &["a", "\\n", "\"", "b", "🙂"],
    ];
    let mut tokens: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte]).collect();
    for _ in 0..250 {
        let kind = KINDS[random.below(KINDS.len())];
        let most = [4, 20, 45][random.below(3)];
        let pieces = (0..1 + random.below(most)).map(|_| kind[random.below(kind.len())]);
        let mut token = pieces.collect::<String>().into_bytes();
        token.extend_from_slice([&b""[..], b"\"", b"c", b"\xE2\x80"][random.below(8).min(3)]);
        tokens.push(token);
    }
    tokens.push(b"<eos>".to_vec());
    let eos = tokens.len() as u32 - 1;
    let texts = tokens.iter().map(|token| Some(token.as_slice()));
    let vocabulary = Vocabulary::new(texts, &[eos], tokens.len()).expect("a vocabulary");
    (tokens, Arc::new(vocabulary))
}

/// Counts that a token may or may not run through: whatever is shared by states whose counts differ
/// must not be seen in a mask. `COUNTS` is how many random constraints are tried.
#[test]
fn large_counts() {
    const REGEXES: &[&str] = &[
        "[ab]{M,N}c?",
        "([ab]+ ){M,N}[ab]",
        "[^\"\\\\\\n]{M,N}\"",
        ".{M,N}b.{0,N}",
        "(ab?){M,N}",
        "(a|b|ab ){M,N}0",
        "\\S{M,N} \\w*",
        "[\\w ]{M,N}\"",
        "([ab]{1,N} ){M,N}c",
        "(a{M,N}|[ab]{M,N}c)*",
        "(\\s*\\S+){M,N}",
        ".{M,N}\\Bb",
        "[^\"]{M,N}(?<=a)0",
        "[ab ]{M,N}(?!a).c?",
    ];
    const PATTERNS: &[&str] = &[
        "^[ab ]+$",
        "a",
        "^(?:\\\\S+\\\\s+){0,9}\\\\S+$",
        "^.*b",
        "^[^b]*$",
        ".",
        "^\\\\S+$",
        "^(a|ab)*$",
        "^[ab]{3,40}$",
    ];
    let wanted = std::env::var("COUNTS").ok().and_then(|count| count.parse().ok()).unwrap_or(500);
    let mut random = Random(7);
    let mut checked = 0;
    for _ in 0..wanted {
        let (tokens, vocabulary) = long_vocabulary(&mut random);
        let max = 1 + random.below(60);
        let min = random.below(2) * random.below(max + 1);
        let constraint = match random.below(2) {
            0 => {
                let regex = REGEXES[random.below(REGEXES.len())];
                let regex = regex.replace('M', &min.to_string()).replace('N', &max.to_string());
                eprintln!("{regex}");
                Constraint::Regex(regex)
            }
            _ => {
                let pattern = match random.below(4) {
                    0 => String::new(),
                    _ => format!("\"pattern\":\"{}\",", PATTERNS[random.below(PATTERNS.len())]),
                };
                let schema = format!(
                    "{{{pattern}\"type\":\"string\",\"minLength\":{min},\"maxLength\":{max}}}"
                );
                eprintln!("{schema}");
                let schema = serde_json::from_str(&schema).expect("JSON");
                Constraint::JsonSchema(schema, Options::default())
            }
        };
        let Ok(index) = Index::new(move || constraint.compile(), vocabulary) else { continue };
        check(&index, &tokens, &mut random, 8);
        checked += 1;
    }
    assert!(checked * 3 > wanted * 2, "only {checked} of the constraints allow anything");
}

/// The same in the terminals of grammars, read greedily and followed by what could have been more of
/// them, also by what begins as a character of theirs does. `GREEDY` is how many grammars are tried.
#[test]
fn greedy_counts() {
    const TERMINALS: &[&str] = &[
        "[ab]{M,N}",
        "[^b\"]{M,N}",
        "[^ \\n]{M,N}",
        "[aé]{M,N}",
        "\\w{M,N}",
        "\\S+",
        "[^\"]+",
        "[é🙂]+",
        "([ab]+ ){M,N}",
        "(a|ab |é)+",
        "a{M,N}b?",
        "[ab]*c?",
        "\\w+( \\w+){0,N}",
        "[^a]{M,N}(?!b)",
        "🙂|[\u{2028} ]+",
    ];
    let wanted = std::env::var("GREEDY").ok().and_then(|count| count.parse().ok()).unwrap_or(150);
    let mut random = Random(8);
    let mut checked = 0;
    for _ in 0..wanted {
        let (tokens, vocabulary) = long_vocabulary(&mut random);
        let mut text = [
            "start: T0 (\"\\\"\" T1)~1..40\n",
            "start: (T0 \"c\")* [T1] T2*\n",
            "start: r+\nr: T0 | T1 T2 | \"0\" r \"0\"\n",
            "start: T0 r\nr: [T1 r \" \"] T2?\n",
        ][random.below(4)]
        .to_owned();
        for number in 0..3 {
            let max = 1 + random.below(60);
            let min = 1 + random.below(2) * random.below(max);
            let terminal = TERMINALS[random.below(TERMINALS.len())];
            let terminal = terminal.replace('M', &min.to_string()).replace('N', &max.to_string());
            text += &format!("T{number}: /{terminal}/\n");
        }
        text += ["", "%ignore \" \"\n", "%ignore /[ é]+/\n"][random.below(3)];
        eprintln!("{text}");
        let parser = [lark::Parser::Earley, lark::Parser::Lalr][random.below(2)];
        let constraint =
            Constraint::Grammar(text, lark::Options { parser, ..lark::Options::default() });
        let mut row = vec![0; vocabulary.words()];
        let Ok(index) = Index::new(move || constraint.compile(), vocabulary) else { continue };
        if Guide::new(index.clone(), None).fill(&mut row).is_err() {
            // Terminals may bar each other in too many ways.
            continue;
        }
        check(&index, &tokens, &mut random, 8);
        checked += 1;
    }
    assert!(checked * 3 > wanted, "only {checked} of the grammars have a sentence");
}
