//! Removal of left recursion against an oracle: the words of a random grammar up to a length,
//! derived bottom-up from the grammar as it was written, are those that the automaton accepts.

use outlines_engine::automaton::{Automaton, StateId};
use outlines_engine::expr::UNBOUNDED;
use outlines_engine::grammar::{Grammar, NodeId, RuleId};

/// How many letters the words that are compared have at most.
const LONGEST: u32 = 5;

/// A set of words over `a` and `b` of up to [`LONGEST`] letters: bit `n` is the word whose letters
/// are the binary digits of `n` after the first.
type Words = u64;

const EMPTY_WORD: Words = 1 << 1;

fn word(letters: &str) -> Words {
    1 << letters.chars().fold(1, |word, letter| word << 1 | u32::from(letter == 'b'))
}

fn members(words: Words) -> impl Iterator<Item = u32> {
    (1..64).filter(move |word| words >> word & 1 == 1)
}

fn join(left: Words, right: Words) -> Words {
    let mut joined = 0;
    for a in members(left) {
        for b in members(right) {
            let length = b.ilog2();
            if a.ilog2() + length <= LONGEST {
                joined |= 1 << (a << length | (b ^ 1 << length));
            }
        }
    }
    joined
}

/// A grammar as it is written; rules are numbered.
#[derive(Debug)]
enum Syntax {
    Letter(char),
    Empty,
    Rule(usize),
    Seq(Vec<Syntax>),
    Alt(Vec<Syntax>),
    Repeat(Box<Syntax>, u32, u32),
}

use Syntax::{Alt, Empty, Letter, Repeat, Rule, Seq};

impl Syntax {
    /// The words, given those of the rules found so far.
    fn words(&self, rules: &[Words]) -> Words {
        match self {
            Letter(letter) => word(&letter.to_string()),
            Empty => EMPTY_WORD,
            Rule(rule) => rules[*rule],
            Seq(items) => items.iter().fold(EMPTY_WORD, |all, item| join(all, item.words(rules))),
            Alt(items) => items.iter().fold(0, |all, item| all | item.words(rules)),
            Repeat(body, min, max) => {
                let one = body.words(rules);
                let mut round = (0..*min).fold(EMPTY_WORD, |all, _| join(all, one));
                let mut all = round;
                for _ in *min..(*max).min(min + LONGEST) {
                    round = join(round, one);
                    all |= round;
                }
                all
            }
        }
    }

    fn node(&self, grammar: &mut Grammar, rules: &[RuleId]) -> NodeId {
        match self {
            Letter(letter) => grammar.literal(&letter.to_string()),
            Empty => NodeId::EMPTY,
            Rule(rule) => grammar.rule(rules[*rule]),
            Seq(items) => {
                let items: Vec<NodeId> =
                    items.iter().map(|item| item.node(grammar, rules)).collect();
                grammar.seq(items)
            }
            Alt(items) => {
                let items: Vec<NodeId> =
                    items.iter().map(|item| item.node(grammar, rules)).collect();
                grammar.alt(items)
            }
            Repeat(body, min, max) => {
                let body = body.node(grammar, rules);
                grammar.repeat(body, *min, *max)
            }
        }
    }
}

/// The words of rule 0: the least fixed point.
fn language(bodies: &[Syntax]) -> Words {
    let mut rules = vec![0; bodies.len()];
    loop {
        let next: Vec<Words> = bodies.iter().map(|body| body.words(&rules)).collect();
        if next == rules {
            return rules[0];
        }
        rules = next;
    }
}

fn compile(bodies: &[Syntax]) -> Grammar {
    let mut grammar = Grammar::new();
    let rules: Vec<RuleId> =
        (0..bodies.len()).map(|number| grammar.declare(&format!("r{number}"))).collect();
    for (body, &rule) in bodies.iter().zip(&rules) {
        let body = body.node(&mut grammar, &rules);
        grammar.define(rule, body);
    }
    let root = grammar.rule(rules[0]);
    grammar.set_root(root);
    grammar.finish().unwrap();
    grammar
}

/// The words accepted from `state` on, after `letters`; no state may be without a way on.
fn walk(automaton: &mut Automaton, state: StateId, letters: &mut String) -> Words {
    let mut ends = automaton.is_accepting(state);
    let mut found = if ends { word(letters) } else { 0 };
    for letter in ['a', 'b'] {
        let next = automaton.step(state, letter as u8).expect("no limit is near");
        if next == StateId::DEAD {
            continue;
        }
        ends = true;
        if letters.len() < LONGEST as usize {
            letters.push(letter);
            found |= walk(automaton, next, letters);
            letters.pop();
        }
    }
    assert!(ends, "dead end after {letters:?}");
    found
}

fn check(bodies: &[Syntax]) -> Words {
    let expected = language(bodies);
    let grammar = compile(bodies);
    if grammar.root() == NodeId::NEVER {
        assert_eq!(expected, 0, "{bodies:?}");
        return expected;
    }
    let mut automaton =
        Automaton::new(grammar, None).unwrap_or_else(|error| panic!("{bodies:?}: {error}"));
    let start = automaton.start();
    let found = walk(&mut automaton, start, &mut String::new());
    assert_eq!(found, expected, "{bodies:?}");
    expected
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }

    fn syntax(&mut self, rules: usize, depth: usize) -> Syntax {
        match self.below(if depth == 0 { 6 } else { 13 }) {
            0 => Letter('a'),
            1 => Letter('b'),
            2 if self.below(2) == 0 => Empty,
            2..=5 => Rule(self.below(rules)),
            6..=8 => Seq(self.several(rules, depth)),
            9..=11 => Alt(self.several(rules, depth)),
            _ => {
                let counts = [(0, 1), (0, UNBOUNDED), (1, UNBOUNDED), (2, 3), (0, 2)];
                let (min, max) = counts[self.below(counts.len())];
                Repeat(Box::new(self.syntax(rules, depth - 1)), min, max)
            }
        }
    }

    fn several(&mut self, rules: usize, depth: usize) -> Vec<Syntax> {
        (0..2 + self.below(2)).map(|_| self.syntax(rules, depth - 1)).collect()
    }
}

#[test]
fn random_grammars() {
    let (mut with_words, mut with_many) = (0, 0);
    for seed in 0..4000 {
        let mut random = Random(seed * 0x9E37_79B9 + 1);
        let rules = 1 + random.below(4);
        let bodies: Vec<Syntax> = (0..rules).map(|_| random.syntax(rules, 3)).collect();
        let count = check(&bodies).count_ones();
        with_words += usize::from(count > 0);
        with_many += usize::from(count > 10);
    }
    assert!(with_words > 1000 && with_many > 300, "{with_words} {with_many}: too few to mean much");
}

#[test]
fn named_shapes() {
    let (a, b) = (|| Letter('a'), || Letter('b'));
    // A cycle: a: a | "b".
    assert_eq!(check(&[Alt(vec![Rule(0), b()])]), word("b"));
    // Direct: a list.
    let list = check(&[Alt(vec![Seq(vec![Rule(0), a()]), b()])]);
    assert_eq!(list, ["b", "ba", "baa", "baaa", "baaaa"].map(word).iter().sum::<Words>());
    // Hidden behind a rule that may be empty.
    let hidden = [Alt(vec![Seq(vec![Rule(1), Rule(0), a()]), b()]), Alt(vec![Empty, a()])];
    assert_eq!(check(&hidden) & word("abaa"), word("abaa"));
    // Mutual, through three rules.
    let mutual = [
        Alt(vec![Seq(vec![Rule(1), a()]), b()]),
        Alt(vec![Seq(vec![Rule(2), b()]), a()]),
        Alt(vec![Rule(0), Seq(vec![Rule(1), Rule(2)])]),
    ];
    assert_eq!(check(&mutual) & word("bba"), word("bba"));
    // A rule that is nothing but itself has no word.
    assert_eq!(check(&[Rule(0)]), 0);
    // A nullable cycle.
    let all_a = check(&[Alt(vec![Seq(vec![Rule(0), Rule(0)]), a(), Empty])]);
    assert_eq!(all_a.count_ones(), LONGEST + 1);
}

#[test]
fn direct_recursion_keeps_the_stack_flat() {
    // A sum of a million terms has as many states as one of three.
    let grammar = compile(&[Alt(vec![Seq(vec![Rule(0), Letter('a'), Letter('b')]), Letter('b')])]);
    let mut automaton = Automaton::new(grammar, None).expect("a grammar");
    let mut state = automaton.start();
    let mut counts = Vec::new();
    for byte in std::iter::once(b'b').chain([b'a', b'b'].into_iter().cycle().take(10_000)) {
        state = automaton.step(state, byte).expect("no limit is near");
        counts.push(automaton.len());
    }
    assert!(automaton.is_accepting(state));
    assert_eq!(counts[8], counts[10_000]);
}
