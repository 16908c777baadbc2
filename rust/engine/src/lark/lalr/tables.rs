//! The states of the LALR(1) parser of some productions, and the grammar split by them.
//!
//! In the *split grammar* a rule is a pair of a state and a rule that may start there, so that every
//! part of a text knows in which state of the parser it is read. What may follow a pair tells where
//! the parser reduces: the lookaheads of LALR(1) are what follows in the split grammar.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::bnf::{Part, Productions};
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

/// A rule and the number of its production.
pub(super) type Production = (usize, usize);

/// Before which terminals a production that is complete in a state does not end, though it could.
pub(super) type Barred = BTreeMap<(StateId, Production), BTreeSet<usize>>;

/// A production of a pair.
pub(super) struct Path {
    pub steps: Vec<Step>,
    /// The state in which it is complete.
    pub end: StateId,
    pub production: Production,
}

/// Two rules that could end before the same terminal, of which no priority prefers one.
pub(super) struct Conflict {
    /// The terminal; none for the end of the text.
    pub terminal: Option<usize>,
    pub rules: [usize; 2],
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
    pub barred: Barred,
    pub conflict: Option<Conflict>,
}

impl Tables {
    /// The states and the terminals that are read in them.
    pub fn shifts(&self) -> impl Iterator<Item = (StateId, usize)> + '_ {
        let by_state = self.transitions.iter().enumerate();
        by_state.flat_map(|(state, targets)| {
            targets.keys().filter_map(move |part| match part {
                Part::Terminal(terminal) => Some((state, *terminal)),
                Part::Rule(_) => None,
            })
        })
    }

    /// The state after a terminal.
    pub fn after(&self, state: StateId, terminal: usize) -> StateId {
        self.transitions[state][&Part::Terminal(terminal)]
    }
}

/// The numbers of pairs.
type PairIds = FxHashMap<(StateId, usize), PairId>;

/// A rule, the number of its production, and how much of it has been read.
type Item = (usize, usize, usize);

/// The tables for productions with so many terminals.
pub(super) fn tables(productions: &Productions, terminals: usize) -> Result<Tables> {
    // One rule more, which is the start and then the end of the text.
    let mut rules: Vec<Vec<Box<[Part]>>> = productions.rules.clone();
    let root = rules.len();
    rules.push(vec![Box::new([Part::Rule(0), Part::Terminal(terminals)])]);
    let (transitions, kernels) = states(&rules, root)?;
    let mut tables = Tables {
        pairs: vec![(0, 0)],
        barred: Barred::new(),
        paths: Vec::new(),
        accepts: vec![BTreeSet::new(); transitions.len()],
        readers: vec![BTreeSet::new(); transitions.len()],
        transitions,
        conflict: None,
    };
    let ids = tables.split(&rules)?;
    let (first, nullable) = tables.first(terminals);
    let inclusions = tables.inclusions(&rules, &kernels, &ids, &nullable);
    tables.find_lookaheads(terminals, &productions.priorities, &first, &nullable, &inclusions);
    tables.find_readers();
    Ok(tables)
}

/// Where each state leads to, and the items that it starts from.
type States = (Vec<BTreeMap<Part, StateId>>, Vec<Vec<Item>>);

fn states(rules: &[Vec<Box<[Part]>>], root: usize) -> Result<States> {
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
            check_size(parts, MOST_PARTS)?;
            let next = kernels.len();
            let target = *ids.entry(kernel.clone()).or_insert(next);
            if target == next {
                kernels.push(kernel);
            }
            targets.insert(part, target);
        }
        transitions.push(targets);
    }
    Ok((transitions, kernels))
}

pub(super) fn check_size(parts: usize, most: usize) -> Result<()> {
    if parts > most {
        return Err(Error::limit("the LALR parser of the grammar is too large"));
    }
    Ok(())
}

impl Tables {
    /// Makes the pairs and their paths.
    fn split(&mut self, rules: &[Vec<Box<[Part]>>]) -> Result<PairIds> {
        let mut parts = 0;
        let mut ids = PairIds::default();
        ids.insert(self.pairs[0], 0);
        while self.paths.len() < self.pairs.len() {
            let (state, rule) = self.pairs[self.paths.len()];
            parts += rules[rule].iter().map(|production| production.len() + 1).sum::<usize>();
            check_size(parts, MOST_PARTS)?;
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
        Ok(ids)
    }

    /// Pairs, and pairs whose lookaheads Lark takes for theirs too: in a state that is inside a rule
    /// which could also start there, it does not tell the one from the other.
    fn inclusions(
        &self,
        rules: &[Vec<Box<[Part]>>],
        kernels: &[Vec<Item>],
        ids: &PairIds,
        nullable: &[bool],
    ) -> Vec<(PairId, PairId)> {
        let mut inclusions = Vec::new();
        for (state, kernel) in kernels.iter().enumerate() {
            for &(rule, number, at) in kernel {
                let Some(&outer) = ids.get(&(state, rule)) else { continue };
                let mut state = state;
                let mut last = Vec::new();
                for &part in &rules[rule][number][at..] {
                    let inner = match part {
                        Part::Rule(inner) => ids.get(&(state, inner)).copied(),
                        Part::Terminal(_) => None,
                    };
                    if !inner.is_some_and(|inner| nullable[inner]) {
                        last.clear();
                    }
                    last.extend(inner);
                    state = self.transitions[state][&part];
                }
                inclusions.extend(last.into_iter().map(|inner| (inner, outer)));
            }
        }
        inclusions
    }

    /// Where the parser reduces, and so what it accepts in each state; what it does not reduce since
    /// it does something else.
    fn find_lookaheads(
        &mut self,
        terminals: usize,
        priorities: &[i64],
        first: &[Terminals],
        nullable: &[bool],
        inclusions: &[(PairId, PairId)],
    ) {
        let mut follow = vec![Terminals::new(terminals); self.pairs.len()];
        follow[0].insert(terminals);
        let mut changed = true;
        while changed {
            changed = false;
            for &(inner, outer) in inclusions {
                let after = follow[outer].clone();
                changed |= follow[inner].extend(&after);
            }
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
        let mut reductions: Vec<BTreeMap<usize, BTreeSet<Production>>> =
            vec![BTreeMap::new(); self.transitions.len()];
        for (pair, paths) in self.paths.iter().enumerate() {
            for path in paths {
                for terminal in follow[pair].iter() {
                    let known = reductions[path.end].entry(terminal).or_default();
                    known.insert(path.production);
                }
            }
        }
        for (state, reductions) in reductions.iter().enumerate() {
            let accepts = &mut self.accepts[state];
            accepts.extend(reductions.keys());
            accepts.extend(self.transitions[state].keys().filter_map(|part| match part {
                Part::Terminal(terminal) => Some(terminal),
                Part::Rule(_) => None,
            }));
            for (&terminal, productions) in reductions {
                let best = self.best(productions, priorities, terminal, terminals);
                let reads = self.transitions[state].contains_key(&Part::Terminal(terminal));
                let ends = best.filter(|_| !reads);
                for &production in productions.iter().filter(|&&other| Some(other) != ends) {
                    let barred = self.barred.entry((state, production)).or_default();
                    barred.insert(terminal);
                }
            }
        }
    }

    /// Of productions that could end before a terminal the one of the highest priority. If there are
    /// several, that is a conflict.
    fn best(
        &mut self,
        productions: &BTreeSet<Production>,
        priorities: &[i64],
        terminal: usize,
        terminals: usize,
    ) -> Option<Production> {
        let priority = |production: &Production| priorities.get(production.0).copied().unwrap_or(0);
        let highest = productions.iter().map(priority).max()?;
        let mut best = productions.iter().filter(|production| priority(production) == highest);
        let (one, other) = (best.next()?, best.next());
        if let Some(other) = other {
            let terminal = (terminal < terminals).then_some(terminal);
            self.conflict.get_or_insert(Conflict { terminal, rules: [one.0, other.0] });
        }
        Some(*one)
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
