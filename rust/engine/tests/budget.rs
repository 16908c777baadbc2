//! Budgets: within the tokens that a guide has, every walk ends whole; and the numbers of tokens
//! that are called enough, or too few, are.

mod common;

use std::collections::HashSet;
use std::sync::Arc;

use common::{allowed, Random};
use outlines_engine::constraint::Constraint;
use outlines_engine::error::Error;
use outlines_engine::guide::Guide;
use outlines_engine::index::Index;
use outlines_engine::vocabulary::Vocabulary;

const ALPHABET: &[&str] = &["a", "b", "c", "\"", ",", ":", "{", "}", "[", "]", " ", "é", "0", "1"];

/// Tokens of up to six pieces of the alphabet; with `bytes`, every single byte too.
fn vocabulary(random: &mut Random, bytes: bool, size: usize) -> (Vec<Vec<u8>>, Arc<Vocabulary>) {
    let mut tokens: Vec<Vec<u8>> = match bytes {
        true => (0..=255u8).map(|byte| vec![byte]).collect(),
        false => ALPHABET.iter().map(|piece| piece.as_bytes().to_vec()).collect(),
    };
    for _ in 0..size {
        let mut token = Vec::new();
        for _ in 0..1 + random.below(6) {
            token.extend_from_slice(ALPHABET[random.below(ALPHABET.len())].as_bytes());
        }
        let to = token.len() - random.below(2).min(token.len() - 1);
        tokens.push(token[..to].to_vec());
    }
    tokens.push(b"<eos>".to_vec());
    let eos = tokens.len() as u32 - 1;
    let texts = tokens.iter().map(|token| Some(token.as_slice()));
    let vocabulary = Vocabulary::new(texts, &[eos], tokens.len() + 3).expect("a vocabulary");
    (tokens, Arc::new(vocabulary))
}

fn index(constraint: Constraint, vocabulary: &Arc<Vocabulary>) -> Index {
    Index::new(move || constraint.compile(), vocabulary.clone()).expect("an index")
}

fn regex(random: &mut Random, depth: usize) -> String {
    let piece = |random: &mut Random| {
        let piece = ["a", "b", "c", "é", "0", "1", "[ab]", "[a-c0é]", "[^a]", "abc", "ab,"];
        piece[random.below(piece.len())].to_owned()
    };
    if depth == 0 {
        return piece(random);
    }
    let part = |random: &mut Random| regex(random, depth - 1);
    match random.below(8) {
        0 => piece(random),
        1 | 2 => part(random) + &part(random),
        3 | 4 => format!("(?:{}|{})", part(random), part(random)),
        5 => format!("(?:{}){{{},6}}", part(random), random.below(5)),
        6 => format!("(?:{})+", part(random)),
        _ => format!("(?!{}){}", piece(random), part(random)),
    }
}

const SCHEMAS: &[&str] = &[
    r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"integer"}}},"required":["a","b"]}"#,
    r##"{"type":"object","properties":{"a":{"enum":["aaaa","b",10]},"c":{"$ref":"#"}},"required":["a"],"additionalProperties":false}"##,
    r#"{"type":"array","items":{"type":"array","items":{"type":"boolean"}},"minItems":2,"maxItems":5}"#,
    r#"{"type":"array","items":{"type":"integer"},"uniqueItems":true,"minItems":3}"#,
    r#"{"type":"object","additionalProperties":{"type":"string","minLength":4},"minProperties":2}"#,
    r#"{"anyOf":[{"type":"string","pattern":"^a+b$"},{"type":"object","properties":{"a":{"type":"string","minLength":20,"maxLength":30}},"required":["a"]}]}"#,
    "true",
];

const GRAMMARS: &[&str] = &[
    "start: \"(\" start \")\" start |",
    "start: WORD (\",\" WORD)*\nWORD: /[a-c]+/",
    "start: value\nvalue: NUMBER | list\nlist: \"[\" (value (\",\" value)*)? \"]\"\nNUMBER: /[01]+/\n%ignore \" \"",
    "start: sum\nsum: sum \"0\" term | term\nterm: NAME | \"{\" sum \"}\"\nNAME: /[a-c]{2,}/",
];

/// The exact minimum, by breadth over texts: what is reached is told apart by what may follow.
fn exact(index: &Index, tokens: &[Vec<u8>], most: u32) -> Option<u32> {
    let eos = tokens.len() as u32 - 1;
    let mut level = vec![Vec::new()];
    let mut seen = HashSet::new();
    if index.accepts(b"").expect("an answer") {
        return Some(0);
    }
    for count in 1..=most {
        let mut next: Vec<Vec<u8>> = Vec::new();
        for text in &level {
            for token in tokens[..eos as usize].iter() {
                let longer: Vec<u8> = [text.as_slice(), token].concat();
                if seen.contains(&longer) || !index.accepts_prefix(&longer).expect("an answer") {
                    continue;
                }
                if index.accepts(&longer).expect("an answer") {
                    return Some(count);
                }
                seen.insert(longer.clone());
                next.push(longer);
            }
            if next.len() > 3_000 {
                return None;
            }
        }
        level = next;
    }
    None
}

/// Walks with tight budgets; each must end whole, in a state that only less room leads to.
fn walk(index: &Index, tokens: &[Vec<u8>], random: &mut Random, case: &str) {
    let eos = tokens.len() as u32 - 1;
    let minimum = index.minimum_tokens(&[], 0).expect("a minimum");
    let enough = minimum.enough.unwrap_or_else(|| panic!("{case}: nothing found"));
    assert!(minimum.at_least <= enough, "{case}: {minimum:?}");
    if minimum.at_least > 0 {
        let mut guide = Guide::new(index.clone(), None);
        let refused = guide.set_budget(Some(minimum.at_least - 1));
        assert!(matches!(refused, Err(Error::Budget { .. })), "{case}: {refused:?}");
        assert_eq!(guide.budget(), None);
    }
    for extra in [0, 0, 1, 2, 5, 20] {
        let budget = enough + extra;
        let mut guide = Guide::new(index.clone(), None);
        guide.set_budget(Some(budget)).expect("a budget that is enough");
        let mut text = Vec::new();
        for left in (0..=budget).rev() {
            let mask = allowed(&mut guide);
            assert!(!mask.is_empty(), "{case}: no token at {left} of {budget} after {text:?}");
            if left == 0 {
                assert!(mask == [eos], "{case}: {mask:?} at the end of {budget} after {text:?}");
                break;
            }
            // What the mask allows can be taken.
            let token = mask[random.below(mask.len())];
            let others: Vec<u32> = (0..8).map(|_| mask[random.below(mask.len())]).collect();
            for &token in &others {
                let valid = guide.validate([Some(token)].into_iter()).expect("an answer");
                let written = String::from_utf8_lossy(&tokens[token as usize]);
                assert_eq!(valid, 1, "{case}: {written:?} at {left} of {budget} after {text:?}");
            }
            if random.below(4) == 0 && token != eos {
                assert!(guide.advance(token).expect("an answer"));
                assert!(guide.rollback(1));
                assert_eq!(allowed(&mut guide).len(), mask.len(), "{case}: after going back");
            }
            assert!(guide.advance(token).expect("an answer"), "{case}: {token} at {left}");
            if token == eos {
                break;
            }
            text.extend_from_slice(&tokens[token as usize]);
            assert!(index.accepts_prefix(&text).expect("an answer"));
        }
        let whole = index.accepts(&text).expect("an answer");
        assert!(whole, "{case}: {:?} within {budget}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn regexes() {
    let mut random = Random(11);
    let mut checked = 0;
    for case in 0..200 {
        let bytes = case % 3 > 0;
        let (tokens, vocabulary) = vocabulary(&mut random, bytes, 60);
        let pattern = regex(&mut random, 3);
        let constraint = Constraint::Regex(pattern.clone());
        let Ok(index) = Index::new(move || constraint.compile(), vocabulary) else { continue };
        walk(&index, &tokens, &mut random, &format!("case {case}, {pattern}"));
        checked += 1;
    }
    assert!(checked > 120, "only {checked} patterns match anything");
}

/// What is called exact is, by trying all texts.
#[test]
fn minima() {
    let mut random = Random(12);
    let mut checked = 0;
    for case in 0..150 {
        let (tokens, vocabulary) = vocabulary(&mut random, false, 25);
        let pattern = regex(&mut random, 2);
        let constraint = Constraint::Regex(pattern.clone());
        let Ok(index) = Index::new(move || constraint.compile(), vocabulary) else { continue };
        let minimum = index.minimum_tokens(&[], 0).expect("a minimum");
        let Some(enough) = minimum.enough else { continue };
        let Some(least) = exact(&index, &tokens, enough) else { continue };
        assert_eq!((minimum.at_least, enough), (least, least), "case {case}, {pattern}");
        checked += 1;
    }
    assert!(checked > 60, "only {checked} minima could be checked");
}

#[test]
fn schemas() {
    let mut random = Random(13);
    for case in 0..4 {
        let (tokens, vocabulary) = vocabulary(&mut random, true, 300);
        for schema in SCHEMAS {
            let value = serde_json::from_str(schema).expect("JSON");
            let constraint = Constraint::JsonSchema(value, Default::default());
            let index = index(constraint, &vocabulary);
            walk(&index, &tokens, &mut random, &format!("case {case}, {schema}"));
        }
    }
}

#[test]
fn grammars() {
    let mut random = Random(14);
    for case in 0..4 {
        let (tokens, vocabulary) = vocabulary(&mut random, true, 200);
        for grammar in GRAMMARS {
            let constraint = Constraint::Grammar((*grammar).to_owned(), Default::default());
            let index = index(constraint, &vocabulary);
            walk(&index, &tokens, &mut random, &format!("case {case}, {grammar}"));
        }
    }
}

#[test]
fn choices() {
    let (mut tokens, _) = vocabulary(&mut Random(15), true, 0);
    let eos = tokens.pop().expect("a token");
    tokens.extend(["international", "ab", "yes"].map(|text| text.as_bytes().to_vec()));
    tokens.push(eos);
    let id = tokens.len() as u32 - 1;
    let texts = tokens.iter().map(|token| Some(token.as_slice()));
    let vocabulary = Arc::new(Vocabulary::new(texts, &[id], tokens.len()).expect("a vocabulary"));
    let values = ["xy".to_owned(), "international".to_owned(), "abc".to_owned()];
    let index = index(Constraint::Choices(values.to_vec()), &vocabulary);
    let mut guide = Guide::new(index.clone(), None);
    guide.set_budget(Some(1)).expect("one token is enough");
    assert_eq!(allowed(&mut guide), [id - 3]);
    assert!(!guide.advance(u32::from(b'x')).expect("an answer"));
    guide.set_budget(Some(2)).expect("two tokens are enough");
    assert!(guide.advance(u32::from(b'x')).expect("an answer"));
    assert_eq!(allowed(&mut guide), [u32::from(b'y')]);
    assert!(matches!(
        guide.set_budget(Some(0)),
        Err(Error::Budget { tokens: 0, at_least: 1, enough: Some(1) })
    ));
    // A stop token that is text otherwise is no way to the end.
    let mut guide = Guide::new(index, Some(vec![id - 3, id]));
    assert!(matches!(guide.set_budget(Some(1)), Err(Error::Budget { at_least: 2, .. })));
}
