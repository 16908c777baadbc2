//! The states of the LALR(1) parser of some productions, and the grammar split by them.
//!
//! In the *split grammar* a rule is a pair of a state and a rule that may start there, so that every
//! part of a text knows in which state of the parser it is read. What may follow a pair tells where
//! the parser reduces: the lookaheads of LALR(1) are what follows in the split grammar.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::bnf::Part;
use crate::error::{Error, Result};

/// How many parts of productions all states together, or all pairs, may hold.
const MOST_PARTS: usize = 1_000_000;

/// The number of a parser's state; state 0 is the one to start from.
pub(super) type StateId = usize;

/// The number of a pair of a state and a rule.
pub(super) type PairId = usize;

/// A part of a production in the split grammar, and the state in which it is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Terminal(StateId, usize),
    Pair(PairId),
}

/// A production of a pair.
pub(super) struct Path {
    pub steps: Vec<Step>,
    /// The state in which it is complete.
    pub end: StateId,
    production: (usize, usize),
}

/// Two things that the parser could do on the same terminal.
pub(super) struct Conflict {
    /// The terminal; none for the end of the text.
    pub terminal: Option<usize>,
    pub rule: usize,
    /// Another rule that ends there, or none if the terminal could be read as well.
    pub other: Option<usize>,
}

pub(super) struct Tables {
    /// The pairs; pair 0 is the start.
    pub pairs: Vec<(StateId, usize)>,
    /// By pair.
    pub paths: Vec<Vec<Path>>,
    /// The terminals that the parser has an action for, by state. The end of the text is the number
    /// after the last terminal's.
    pub accepts: Vec<BTreeSet<usize>>,
    /// By state: the states that may be on top of the stack when the lexer reads the terminal that
    /// is then shifted here.
    pub readers: Vec<BTreeSet<StateId>>,
    transitions: Vec<BTreeMap<Part, StateId>>,
    pub conflict: Option<Conflict>,
}

impl Tables {
    /// The state after a terminal.
    pub fn after(&self, state: StateId, terminal: usize) -> StateId {
        self.transitions[state][&Part::Terminal(terminal)]
    }
}

/// A rule, the number of its production, and how much of it has been read.
type Item = (usize, usize, usize);

/// The tables for productions by rule, with so many terminals; rule 0 is the start.
pub(super) fn tables(rules: &[Vec<Box<[Part]>>], terminals: usize) -> Result<Tables> {
    // One rule more, which is the start and then the end of the text.
    let mut rules: Vec<Vec<Box<[Part]>>> = rules.to_vec();
    let root = rules.len();
    rules.push(vec![Box::new([Part::Rule(0), Part::Terminal(terminals)])]);
    let transitions = states(&rules, root)?;
    let mut tables = Tables {
        pairs: vec![(0, 0)],
        paths: Vec::new(),
        accepts: vec![BTreeSet::new(); transitions.len()],
        readers: vec![BTreeSet::new(); transitions.len()],
        transitions,
        conflict: None,
    };
    tables.split(&rules)?;
    tables.find_lookaheads(terminals);
    tables.find_readers();
    Ok(tables)
}

/// The states as their transitions.
fn states(rules: &[Vec<Box<[Part]>>], root: usize) -> Result<Vec<BTreeMap<Part, StateId>>> {
    let mut kernels: Vec<Vec<Item>> = vec![vec![(root, 0, 0)]];
    let mut ids: FxHashMap<Vec<Item>, StateId> = FxHashMap::default();
    ids.insert(kernels[0].clone(), 0);
    let mut transitions = Vec::new();
    let mut parts = 0;
    while transitions.len() < kernels.len() {
        let mut waiting = kernels[transitions.len()].clone();
        let mut closed = FxHashSet::default();
        let mut moved: BTreeMap<Part, Vec<Item>> = BTreeMap::new();
        while let Some((rule, number, at)) = waiting.pop() {
            let Some(&part) = rules[rule][number].get(at) else { continue };
            moved.entry(part).or_default().push((rule, number, at + 1));
            if let Part::Rule(inner) = part {
                if closed.insert(inner) {
                    waiting.extend((0..rules[inner].len()).map(|number| (inner, number, 0)));
                }
            }
        }
        let mut targets = BTreeMap::new();
        for (part, mut kernel) in moved {
            kernel.sort_unstable();
            kernel.dedup();
            parts += kernel.len();
            check_size(parts)?;
            let next = kernels.len();
            let target = *ids.entry(kernel.clone()).or_insert(next);
            if target == next {
                kernels.push(kernel);
            }
            targets.insert(part, target);
        }
        transitions.push(targets);
    }
    Ok(transitions)
}

fn check_size(parts: usize) -> Result<()> {
    if parts > MOST_PARTS {
        return Err(Error::limit("the LALR parser of the grammar is too large"));
    }
    Ok(())
}

impl Tables {
    /// Makes the pairs and their paths.
    fn split(&mut self, rules: &[Vec<Box<[Part]>>]) -> Result<()> {
        let mut parts = 0;
        let mut ids: FxHashMap<(StateId, usize), PairId> = FxHashMap::default();
        ids.insert(self.pairs[0], 0);
        while self.paths.len() < self.pairs.len() {
            let (state, rule) = self.pairs[self.paths.len()];
            parts += rules[rule].iter().map(|production| production.len() + 1).sum::<usize>();
            check_size(parts)?;
            let mut paths = Vec::with_capacity(rules[rule].len());
            for (number, production) in rules[rule].iter().enumerate() {
                let mut at = state;
                let mut steps = Vec::with_capacity(production.len());
                for &part in production.iter() {
                    steps.push(match part {
                        Part::Terminal(terminal) => Step::Terminal(at, terminal),
                        Part::Rule(inner) => {
                            let next = self.pairs.len();
                            let pair = *ids.entry((at, inner)).or_insert(next);
                            if pair == next {
                                self.pairs.push((at, inner));
                            }
                            Step::Pair(pair)
                        }
                    });
                    at = self.transitions[at][&part];
                }
                paths.push(Path { steps, end: at, production: (rule, number) });
            }
            self.paths.push(paths);
        }
        Ok(())
    }

    /// Where the parser reduces, and so what it accepts in each state.
    fn find_lookaheads(&mut self, terminals: usize) {
        let (first, nullable) = self.first(terminals);
        let mut follow = vec![Terminals::new(terminals); self.pairs.len()];
        follow[0].insert(terminals);
        let mut changed = true;
        while changed {
            changed = false;
            for (pair, paths) in self.paths.iter().enumerate() {
                for path in paths {
                    let mut after = follow[pair].clone();
                    for step in path.steps.iter().rev() {
                        match *step {
                            Step::Terminal(_, terminal) => {
                                after = Terminals::new(terminals);
                                after.insert(terminal);
                            }
                            Step::Pair(inner) => {
                                changed |= follow[inner].extend(&after);
                                if !nullable[inner] {
                                    after = Terminals::new(terminals);
                                }
                                after.extend(&first[inner]);
                            }
                        }
                    }
                }
            }
        }
        let mut reductions: Vec<BTreeMap<usize, (usize, usize)>> =
            vec![BTreeMap::new(); self.transitions.len()];
        for (pair, paths) in self.paths.iter().enumerate() {
            for path in paths {
                for terminal in follow[pair].iter() {
                    let part = Part::Terminal(terminal);
                    let rule = path.production.0;
                    let known = reductions[path.end].insert(terminal, path.production);
                    let other = known.filter(|&other| other != path.production);
                    if other.is_some() || self.transitions[path.end].contains_key(&part) {
                        let terminal = (terminal < terminals).then_some(terminal);
                        let other = other.map(|(rule, _)| rule);
                        self.conflict.get_or_insert(Conflict { terminal, rule, other });
                    }
                }
            }
        }
        for (state, accepts) in self.accepts.iter_mut().enumerate() {
            accepts.extend(reductions[state].keys());
            accepts.extend(self.transitions[state].keys().filter_map(|part| match part {
                Part::Terminal(terminal) => Some(terminal),
                Part::Rule(_) => None,
            }));
        }
    }

    /// By pair: the terminals that its texts start with, and whether one is empty.
    fn first(&self, terminals: usize) -> (Vec<Terminals>, Vec<bool>) {
        let mut first = vec![Terminals::new(terminals); self.pairs.len()];
        let mut nullable = vec![false; self.pairs.len()];
        let mut changed = true;
        while changed {
            changed = false;
            for (pair, paths) in self.paths.iter().enumerate() {
                for path in paths {
                    let mut empty = true;
                    for step in &path.steps {
                        empty = match *step {
                            Step::Terminal(_, terminal) => {
                                changed |= first[pair].insert(terminal);
                                false
                            }
                            Step::Pair(inner) => {
                                let starts = first[inner].clone();
                                changed |= first[pair].extend(&starts);
                                nullable[inner]
                            }
                        };
                        if !empty {
                            break;
                        }
                    }
                    changed |= empty && !nullable[pair];
                    nullable[pair] |= empty;
                }
            }
        }
        (first, nullable)
    }

    /// The last terminal leads to a state; from there the parser reduces, with the next terminal
    /// read already, to the one where that is shifted.
    fn find_readers(&mut self) {
        self.readers[0].insert(0);
        let mut by_reduction: Vec<(StateId, StateId)> = Vec::new();
        for targets in &self.transitions {
            for (&part, &target) in targets {
                if matches!(part, Part::Terminal(_)) {
                    self.readers[target].insert(target);
                }
            }
        }
        for (&(state, rule), paths) in self.pairs.iter().zip(&self.paths) {
            let Some(&target) = self.transitions[state].get(&Part::Rule(rule)) else { continue };
            for path in paths {
                let end = if path.steps.is_empty() { state } else { path.end };
                by_reduction.push((end, target));
            }
        }
        by_reduction.sort_unstable();
        by_reduction.dedup();
        let mut changed = true;
        while changed {
            changed = false;
            for &(end, target) in &by_reduction {
                let known = self.readers[target].len();
                let more = self.readers[end].clone();
                self.readers[target].extend(more);
                changed |= self.readers[target].len() > known;
            }
        }
    }
}

/// A set of terminals, the end of the text among them.
#[derive(Clone)]
struct Terminals(Box<[u64]>);

impl Terminals {
    fn new(terminals: usize) -> Self {
        Terminals(vec![0; terminals / 64 + 1].into())
    }

    /// Whether it was not in it.
    fn insert(&mut self, terminal: usize) -> bool {
        let (word, bit) = (&mut self.0[terminal / 64], 1 << (terminal % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Whether any of them was not in it.
    fn extend(&mut self, others: &Terminals) -> bool {
        let mut changed = false;
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            changed |= *word | other != *word;
            *word |= other;
        }
        changed
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let bits = |(at, &word): (usize, &u64)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit)
        };
        self.0.iter().enumerate().flat_map(bits)
    }
}
