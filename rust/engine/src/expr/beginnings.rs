//! Many alternatives that begin with literals, as a tree of their common beginnings: ten thousand
//! words are one state with a way on for each letter, and not ten thousand states after each letter.

use super::row::Transition;
use super::{Expr, ExprId, Exprs};

/// From how many alternatives on a tree is made. Few are as quick by themselves, and are left as
/// they are written.
const MANY: usize = 16;

/// An alternative: a literal, from one of its bytes on, and what follows it.
#[derive(Clone, Copy)]
struct Word {
    literal: u32,
    at: u32,
    tail: ExprId,
}

impl Exprs {
    /// Replaces those of many alternatives that begin with a literal by trees. Takes time for the
    /// sorting of them, and for their common beginnings.
    pub(super) fn share_beginnings(&mut self, items: &mut Vec<ExprId>) {
        if items.len() < MANY {
            return;
        }
        let mut words: Vec<Word> = Vec::new();
        items.retain(|&item| {
            let word = self.word(item);
            words.extend(word);
            word.is_none()
        });
        words.sort_by(|one, other| self.letters(one, 0).cmp(self.letters(other, 0)));
        if !words.is_empty() {
            items.push(self.any_of(&words, 0));
            items.sort_unstable();
            items.dedup();
        }
    }

    /// An alternative as a literal and what follows it. Where something looks around, which bytes
    /// are read together is left as it is.
    fn word(&self, item: ExprId) -> Option<Word> {
        let facts = self.facts(item);
        if facts.boolean || facts.look_ahead || facts.look_behind {
            return None;
        }
        let (head, tail) = match *self.node(item) {
            Expr::Concat(head, tail) => (head, tail),
            _ => (item, ExprId::EMPTY),
        };
        match *self.node(head) {
            Expr::Literal { literal, at } => Some(Word { literal, at, tail }),
            _ => None,
        }
    }

    fn letters(&self, word: &Word, from: u32) -> &[u8] {
        self.literal_bytes(word.literal, word.at + from)
    }

    /// What may follow after so many letters that some words, in order, have in common.
    fn any_of(&mut self, words: &[Word], from: u32) -> ExprId {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.tree(words, from))
    }

    fn tree(&mut self, words: &[Word], from: u32) -> ExprId {
        let (first, last) = (words[0], words[words.len() - 1]);
        if words.len() == 1 {
            let letters = self.literal_from(first.literal, first.at + from);
            return self.concat2(letters, first.tail);
        }
        let (letters, others) = (self.letters(&first, from), self.letters(&last, from));
        let common = letters.iter().zip(others).take_while(|(one, other)| one == other).count();
        if common > 0 {
            let beginning = letters[..common].to_vec();
            let beginning = self.literal(&beginning);
            let rest = self.any_of(words, from + common as u32);
            return self.concat2(beginning, rest);
        }
        let ended = words.partition_point(|word| self.letters(word, from).is_empty());
        let mut any: Vec<ExprId> = words[..ended].iter().map(|word| word.tail).collect();
        let (mut left, mut arms) = (&words[ended..], Vec::new());
        while let [first, ..] = left {
            let letter = self.letters(first, from)[0];
            let count = left.partition_point(|word| self.letters(word, from)[0] == letter);
            let target = self.any_of(&left[..count], from + 1);
            arms.push(Transition { low: letter, high: letter, target });
            left = &left[count..];
        }
        any.push(self.switch(arms));
        self.or(any)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Expr, Exprs};
    use super::MANY;
    use crate::error::Result;

    /// Every text over two letters of up to `most`, and those of them that are words.
    fn texts(most: usize) -> Vec<Vec<u8>> {
        let mut texts = vec![Vec::new()];
        let mut at = 0;
        while at < texts.len() {
            if texts[at].len() < most {
                for letter in *b"ab" {
                    let mut longer = texts[at].clone();
                    longer.push(letter);
                    texts.push(longer);
                }
            }
            at += 1;
        }
        texts
    }

    #[test]
    fn a_tree_matches_its_words_and_no_others() -> Result<()> {
        let texts = texts(7);
        for step in 1..12 {
            let mut exprs = Exprs::new();
            let words: Vec<&Vec<u8>> = texts.iter().skip(step % 3).step_by(step).collect();
            // Every third is followed by any number of one letter.
            let tail = exprs.literal(b"b");
            let tail = exprs.star(tail);
            let mut items = Vec::new();
            for (at, word) in words.iter().enumerate() {
                let word = exprs.literal(word);
                items.push(if at % 3 == 0 { exprs.concat2(word, tail) } else { word });
            }
            assert!(items.len() >= MANY);
            let any = exprs.or(items);
            if let Expr::Or(items) = exprs.node(any) {
                assert!(items.len() <= 3, "{} alternatives", items.len());
            }
            for text in &texts {
                let matched = words.iter().enumerate().any(|(at, word)| {
                    let rest = text.strip_prefix(word.as_slice());
                    let goes_on = |rest: &[u8]| at % 3 == 0 && rest.iter().all(|&b| b == b'b');
                    rest.is_some_and(|rest| rest.is_empty() || goes_on(rest))
                });
                assert_eq!(exprs.matches(any, text)?, matched, "{text:?} of every {step}");
            }
        }
        Ok(())
    }

    #[test]
    fn the_tree_of_nested_words_needs_no_stack() {
        let mut exprs = Exprs::new();
        let words = (1..20_000).map(|length| exprs.literal(&vec![b'a'; length])).collect();
        let any = exprs.or(words);
        assert!(exprs.matches(any, &[b'a'; 9_999]).unwrap());
        assert!(!exprs.matches(any, &[b'a'; 20_000]).unwrap());
    }
}
