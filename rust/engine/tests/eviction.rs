//! Indexes that let go of what they know every few tokens, beside such as keep all of it: the same
//! masks, the same tokens taken, with guides that go back, are copied, and work in several threads.

mod common;

use std::sync::Arc;

use common::{allowed, Random};
use outlines_engine::constraint::Constraint;
use outlines_engine::guide::Guide;
use outlines_engine::index::Index;
use outlines_engine::json_schema::{Options, PropertyOrder};
use outlines_engine::vocabulary::Vocabulary;

const ALPHABET: &[&str] = &["a", "b", "x", "\"", ",", ":", "{", "}", "[", "]", " ", "é", "0", "1"];

const REGEXES: &[&str] = &[
    ".{0,90}x.{0,90}",
    "([ab]{1,3},){2,9}[ab]*",
    "(?:a|ab|abc)+x",
    "(?!aa)[ab0]+(?<=b)1?",
    r"\w{1,20}(?: \w{1,5}){0,9}",
    "(é|[^é]){3,}",
];

/// Items that differ, each as good as any: a budget is only likely to hold there, since it takes a
/// state for each token to tell which of them have been (`index/budget/costs.rs`).
const FREE_ITEMS: &str =
    r#"{"type":"array","items":{"type":["string","array"]},"uniqueItems":true,"minItems":3}"#;

const SCHEMAS: &[&str] = &[
    "true",
    r#"{"type":"array","items":{"type":"integer"},"uniqueItems":true}"#,
    FREE_ITEMS,
    r#"{"type":"object","additionalProperties":{"type":"string","maxLength":9},"minProperties":2}"#,
    r#"{"type":"object","properties":{"a":{"type":"number"},"b":{"items":{"enum":["ab",1]}}}}"#,
    r#"{"anyOf":[{"type":"string","pattern":"^a+b$"},{"type":"object","required":["a","x","é"]}]}"#,
    r##"{"type":"object","properties":{"a":{"$ref":"#"}},"patternProperties":{"^b":{"type":"null"}},"unevaluatedProperties":false}"##,
    r#"{"type":"array","contains":{"const":10},"minContains":2,"items":{"type":"integer"}}"#,
];

const GRAMMARS: &[&str] = &[
    "start: \"(\" start \")\" start |\n%ignore \" \"",
    "start: WORD (\",\" WORD)*\nWORD: /[a-c]+/",
    "start: sum\nsum: sum \"0\" term | term\nterm: NAME | \"{\" sum \"}\"\nNAME: /[abx]{2,}/",
    "start: value\nvalue: NUMBER | list\nlist: \"[\" (value (\",\" value)*)? \"]\"\nNUMBER: /[01]+/",
];

fn vocabulary(random: &mut Random) -> Arc<Vocabulary> {
    let mut tokens: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte]).collect();
    for _ in 0..300 {
        let pieces = (0..1 + random.below(5)).map(|_| ALPHABET[random.below(ALPHABET.len())]);
        tokens.push(pieces.collect::<String>().into_bytes());
    }
    tokens.push(b"<eos>".to_vec());
    let eos = tokens.len() as u32 - 1;
    let texts = tokens.iter().map(|token| Some(token.as_slice()));
    Arc::new(Vocabulary::new(texts, &[eos], tokens.len() + 9).expect("a vocabulary"))
}

fn constraints() -> Vec<(String, Constraint)> {
    let mut all = Vec::new();
    for pattern in REGEXES {
        all.push((format!("regex {pattern}"), Constraint::Regex((*pattern).to_owned())));
    }
    for schema in SCHEMAS {
        for property_order in [PropertyOrder::Schema, PropertyOrder::Any] {
            let value = serde_json::from_str(schema).expect("JSON");
            let options = Options { property_order, ..Options::default() };
            let constraint = Constraint::JsonSchema(value, options);
            all.push((format!("schema {schema}, {property_order:?}"), constraint));
        }
    }
    for grammar in GRAMMARS {
        let constraint = Constraint::Grammar((*grammar).to_owned(), Default::default());
        all.push((format!("grammar {grammar:?}"), constraint));
    }
    all
}

/// The same constraint twice: an index that keeps all, and one with a limit.
fn twins(case: &str, limit: usize, vocabulary: &Arc<Vocabulary>) -> (Index, Index) {
    let make = || {
        let (_, constraint) = constraints().into_iter().find(|(name, _)| name == case).expect(case);
        Index::new(move || constraint.compile(), vocabulary.clone()).expect(case)
    };
    let (keeping, evicting) = (make(), make());
    keeping.set_memory_limit(usize::MAX);
    evicting.set_memory_limit(limit);
    (keeping, evicting)
}

/// Drives pairs of guides at random, one of each pair on either index.
fn compare(case: &str, (keeping, evicting): (&Index, &Index), random: &mut Random, steps: usize) {
    let start = || (Guide::new(keeping.clone(), None), Guide::new(evicting.clone(), None));
    let mut guides = [start(), start(), start()];
    let size = keeping.vocabulary().size();
    for step in 0..steps {
        let at = random.below(guides.len());
        let (kept, evicted) = &mut guides[at];
        assert_eq!(kept.is_accepting(), evicted.is_accepting(), "{case}, step {step}");
        assert_eq!(kept.taken(), evicted.taken());
        match random.below(12) {
            0 => {
                let count = random.below(kept.taken().min(5) + 1);
                assert!(kept.rollback(count) && evicted.rollback(count));
            }
            1 => guides[at] = start(),
            2 => {
                let copies = (kept.clone(), evicted.clone());
                let other = random.below(guides.len());
                guides[other] = copies;
            }
            3 => {
                kept.reset();
                evicted.reset();
            }
            4 => {
                let tokens: Vec<u32> = (0..4).map(|_| random.below(size) as u32).collect();
                let count = |guide: &mut Guide| guide.validate(tokens.iter().copied().map(Some));
                assert_eq!(count(kept), count(evicted), "{case}, step {step}: {tokens:?}");
            }
            5 => assert_eq!(kept.forced_bytes(), evicted.forced_bytes(), "{case}, step {step}"),
            6 => {
                let token = random.below(size) as u32;
                assert_eq!(kept.advance(token), evicted.advance(token), "{case}, step {step}");
            }
            _ => {
                let mask = allowed(kept);
                assert_eq!(allowed(evicted), mask, "{case}, step {step}");
                let token = mask[random.below(mask.len())];
                assert_eq!(kept.advance(token), Ok(true));
                assert_eq!(evicted.advance(token), Ok(true), "{case}, step {step}: {token}");
            }
        }
    }
}

#[test]
fn masks_are_the_same() {
    let mut random = Random(21);
    let mut generations = 0;
    for (case, _) in constraints() {
        for limit in [0, 1 << 20] {
            let vocabulary = vocabulary(&mut random);
            let (keeping, evicting) = twins(&case, limit, &vocabulary);
            compare(&case, (&keeping, &evicting), &mut random, 300);
            assert_eq!(keeping.generation(), 0);
            eprintln!("{case}: {limit}: {} generations", evicting.generation());
            generations += evicting.generation();
        }
    }
    assert!(generations > 100, "only {generations} times was everything let go of");
}

#[test]
fn in_several_threads() {
    let mut random = Random(22);
    let mut generations = 0;
    for (case, _) in constraints() {
        let vocabulary = vocabulary(&mut random);
        let (keeping, evicting) = twins(&case, 0, &vocabulary);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let mut random = Random(random.next());
                let (case, indexes) = (&case, (&keeping, &evicting));
                scope.spawn(move || compare(case, indexes, &mut random, 100));
            }
        });
        generations += evicting.generation();
    }
    assert!(generations > 50, "only {generations} times was everything let go of");
}

/// Memory stays within the limit, whatever guides were left in the midst of their texts, and what is
/// said of it is true.
#[test]
fn memory_is_bounded() {
    let limit = 2 << 20;
    let mut random = Random(23);
    let vocabulary = vocabulary(&mut random);
    let endless = [
        r#"schema {"type":"array","items":{"type":"integer"},"uniqueItems":true}, Schema"#,
        "regex .{0,90}x.{0,90}",
    ];
    for case in endless {
        let (_, index) = twins(case, limit, &vocabulary);
        let mut most = 0;
        let mut left = Vec::new();
        for text in 0.. {
            let mut guide = Guide::new(index.clone(), None);
            for _ in 0..40 {
                let mask = allowed(&mut guide);
                let token = mask[random.below(mask.len())];
                assert!(guide.advance(token).expect("an answer"));
                most = most.max(index.memory());
            }
            left.push(guide);
            if index.generation() > 3 {
                break;
            }
            assert!(text < 2_000, "{case}: {} bytes, {most} at most", index.memory());
        }
        assert!(most < limit + limit / 4, "{case}: {most} bytes");
        for mut guide in left {
            assert!(!allowed(&mut guide).is_empty());
        }
    }
}

/// Takes allowed tokens, one text after another, until the index has begun anew, or for so long.
fn work(index: &Index, random: &mut Random, tokens: usize) {
    let generation = index.generation();
    let mut guide = Guide::new(index.clone(), None);
    for _ in 0..tokens {
        let mask = allowed(&mut guide);
        if index.generation() > generation {
            return;
        }
        match mask.is_empty() || guide.is_finished() {
            true => guide = Guide::new(index.clone(), None),
            false => assert_eq!(guide.advance(mask[random.below(mask.len())]), Ok(true)),
        }
    }
}

/// A text near the end of its budget keeps what it needs, though others want room.
#[test]
fn budgets_hold() {
    let mut random = Random(24);
    let mut generations = 0;
    for (case, _) in constraints() {
        if case.contains(FREE_ITEMS) {
            continue;
        }
        let vocabulary = vocabulary(&mut random);
        let (index, _) = twins(&case, 0, &vocabulary);
        let minimum = index.minimum_tokens(&[], 0).expect("a minimum");
        let Some(enough) = minimum.enough else { continue };
        work(&index, &mut random, 50);
        // Twice of that is the most that it keeps: well above what looking for ways takes.
        index.set_memory_limit((8 * index.memory()).max(8 << 20));
        let eos = vocabulary.eos()[0];
        for extra in 0..3 {
            let mut guide = Guide::new(index.clone(), None);
            guide.set_budget(Some(enough + extra)).expect("a budget that is enough");
            for left in (0..=enough + extra).rev() {
                let mask = allowed(&mut guide);
                assert!(!mask.is_empty(), "{case}: no token at {left} of {enough} + {extra}");
                let token = match mask.contains(&eos) {
                    true => eos,
                    false => mask[random.below(mask.len())],
                };
                work(&index, &mut random, 1_000);
                assert_eq!(guide.advance(token), Ok(true), "{case}: {token} at {left}");
                if token == eos {
                    break;
                }
                assert!(left > 0, "{case}: not done within {enough} + {extra}");
            }
        }
        eprintln!("{case}: {} generations", index.generation());
        generations += index.generation();
    }
    assert!(generations > 30, "only {generations} times was everything let go of");
}
