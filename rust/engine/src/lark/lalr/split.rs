//! The grammar split by what is between two terminals.
//!
//! Between two terminals the parser has a state, which is the one after the terminal before: the
//! lexer looks for what that state accepts, and then the parser ends the rules that end before the
//! terminal that was found. So a pair of a state and a rule becomes one for each *boundary* that its
//! texts may start at and each that they may end at. A boundary is a class of states, which the
//! lexer does not tell apart where it matters, and a class of the terminal that comes next, which
//! no conflict tells apart: where the parser has a choice it reads on, or ends the rule of the
//! highest priority, so that another production must not end there. Most grammars need one class of
//! each, and are not split further.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::bnf::{Productions, REPETITION};
use super::lexer::Lexers;
use super::tables::{check_size, Barred, PairId, Path, StateId, Step, Tables};
use crate::error::Result;
use crate::expr::Exprs;
use crate::grammar::{Grammar, NodeId, RuleId};

/// How many parts all rules together may have.
const MOST_PARTS: usize = 1_000_000;

/// The class of the state, times the number of classes of terminals, and the class of the terminal.
type Boundary = usize;

/// The number of a pair and a boundary that its texts start at.
type EntryId = usize;

/// Which terminals no conflict tells apart.
struct TerminalClasses {
    /// By terminal, the end of the text among them.
    of: Vec<usize>,
    /// One terminal of each.
    samples: Vec<usize>,
}

impl TerminalClasses {
    fn new(barred: &Barred, terminals: usize) -> Self {
        let mut classes = TerminalClasses { of: Vec::new(), samples: Vec::new() };
        let mut known: FxHashMap<Vec<bool>, usize> = FxHashMap::default();
        for terminal in 0..=terminals {
            let told = barred.values().map(|barred| barred.contains(&terminal)).collect();
            let next = classes.samples.len();
            let class = *known.entry(told).or_insert(next);
            if class == next {
                classes.samples.push(terminal);
            }
            classes.of.push(class);
        }
        classes
    }
}

/// Makes the rules of a grammar, and gives its root.
pub(super) fn split(
    grammar: &mut Grammar,
    tables: &Tables,
    productions: &Productions,
    lexers: &mut Lexers,
) -> Result<NodeId> {
    let states = lexers.state_classes(&mut grammar.exprs, tables)?;
    let terminals = TerminalClasses::new(&tables.barred, lexers.len());
    let mut split = Split {
        tables,
        states,
        terminals,
        entries: Vec::new(),
        ids: FxHashMap::default(),
        exits: Vec::new(),
        users: Vec::new(),
    };
    split.find_exits(&mut grammar.exprs)?;
    split.name_unproductive(grammar, productions);
    Writer {
        grammar,
        split: &split,
        productions,
        lexers,
        rules: FxHashMap::default(),
        waiting: Vec::new(),
    }
    .write()
}

struct Split<'t> {
    tables: &'t Tables,
    /// The class of each state.
    states: Vec<usize>,
    terminals: TerminalClasses,
    entries: Vec<(PairId, Boundary)>,
    ids: FxHashMap<(PairId, Boundary), EntryId>,
    /// By entry: the boundaries that texts from there end at.
    exits: Vec<BTreeSet<Boundary>>,
    /// By entry: the entries that ask for its exits.
    users: Vec<BTreeSet<EntryId>>,
}

impl Split<'_> {
    /// The boundaries in a state, one for each class of what comes next.
    fn boundaries(&self, state: StateId) -> std::ops::Range<Boundary> {
        let count = self.terminals.samples.len();
        self.states[state] * count..(self.states[state] + 1) * count
    }

    fn next_class(&self, boundary: Boundary) -> usize {
        boundary % self.terminals.samples.len()
    }

    fn state_class(&self, boundary: Boundary) -> usize {
        boundary / self.terminals.samples.len()
    }

    /// Whether a text of the start may end here.
    fn is_end(&self, boundary: Boundary) -> bool {
        self.terminals.of.last() == Some(&self.next_class(boundary))
    }

    /// Whether a path that has come to its end may end here.
    fn may_end(&self, path: &Path, boundary: Boundary) -> bool {
        let next = self.terminals.samples[self.next_class(boundary)];
        let barred = self.tables.barred.get(&(path.end, path.production));
        !barred.is_some_and(|barred| barred.contains(&next))
    }

    fn entry(&mut self, key: (PairId, Boundary)) -> EntryId {
        let next = self.entries.len();
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.entries.push(key);
            self.exits.push(BTreeSet::new());
            self.users.push(BTreeSet::new());
        }
        id
    }

    /// Finds from which boundary to which each pair that the start needs has texts.
    fn find_exits(&mut self, exprs: &mut Exprs) -> Result<()> {
        let mut waiting: BTreeSet<EntryId> = BTreeSet::new();
        for boundary in self.boundaries(0) {
            waiting.insert(self.entry((0, boundary)));
        }
        while let Some(entry) = waiting.pop_last() {
            let (pair, start) = self.entries[entry];
            let tables = self.tables;
            let mut exits = BTreeSet::new();
            for path in &tables.paths[pair] {
                let mut at = BTreeSet::from([start]);
                for step in &path.steps {
                    exprs.check_deadline()?;
                    at = self.after(*step, &at, entry, &mut waiting);
                }
                exits.extend(at.into_iter().filter(|&boundary| self.may_end(path, boundary)));
            }
            if exits.len() > self.exits[entry].len() {
                self.exits[entry] = exits;
                waiting.extend(&self.users[entry]);
            }
        }
        Ok(())
    }

    /// Where a step leads to, as far as is known; who is asked and does not know yet will be asked.
    fn after(
        &mut self,
        step: Step,
        from: &BTreeSet<Boundary>,
        user: EntryId,
        waiting: &mut BTreeSet<EntryId>,
    ) -> BTreeSet<Boundary> {
        let mut to = BTreeSet::new();
        for &boundary in from {
            match step {
                Step::Terminal(state, terminal) => {
                    if self.terminals.of[terminal] == self.next_class(boundary) {
                        to.extend(self.boundaries(self.tables.after(state, terminal)));
                    }
                }
                Step::Pair(pair) => {
                    let known = self.entries.len();
                    let entry = self.entry((pair, boundary));
                    if entry == known {
                        waiting.insert(entry);
                    }
                    self.users[entry].insert(user);
                    to.extend(&self.exits[entry]);
                }
            }
        }
        to
    }

    /// Declares the rules that have no text, so that they are warned of.
    fn name_unproductive(&self, grammar: &mut Grammar, productions: &Productions) {
        let mut ends: BTreeMap<usize, bool> = BTreeMap::new();
        for (&(pair, _), exits) in self.entries.iter().zip(&self.exits) {
            *ends.entry(self.tables.pairs[pair].1).or_default() |= !exits.is_empty();
        }
        for (rule, _) in ends.into_iter().filter(|&(_, ends)| !ends) {
            let name = &productions.names[rule];
            if name != REPETITION {
                let declared = grammar.declare(name);
                grammar.define(declared, NodeId::NEVER);
            }
        }
    }
}

/// A pair, and the boundaries that its texts start and end at.
type Part = (PairId, Boundary, Boundary);

struct Writer<'w> {
    grammar: &'w mut Grammar,
    split: &'w Split<'w>,
    productions: &'w Productions,
    lexers: &'w mut Lexers,
    rules: FxHashMap<Part, RuleId>,
    waiting: Vec<Part>,
}

impl Writer<'_> {
    fn write(mut self) -> Result<NodeId> {
        let mut starts = Vec::new();
        for start in self.split.boundaries(0) {
            for &end in &self.split.exits[self.split.ids[&(0, start)]] {
                if self.split.is_end(end) {
                    starts.push(self.rule((0, start, end)));
                }
            }
        }
        let mut parts = 0;
        while let Some(part) = self.waiting.pop() {
            let mut alternatives = Vec::new();
            for path in &self.split.tables.paths[part.0] {
                alternatives.extend(self.path(path, part, &mut parts)?);
            }
            check_size(parts, MOST_PARTS)?;
            let body = self.grammar.alt(alternatives);
            self.grammar.define(self.rules[&part], body);
        }
        let start = self.grammar.alt(starts);
        let ignored = self.lexers.ignored(self.grammar, 0)?;
        Ok(self.grammar.seq([ignored, start]))
    }

    fn rule(&mut self, part: Part) -> NodeId {
        let rule = match self.rules.get(&part) {
            Some(&rule) => rule,
            None => {
                let rule = self.split.tables.pairs[part.0].1;
                let rule = self.grammar.declare(&self.productions.names[rule]);
                self.rules.insert(part, rule);
                self.waiting.push(part);
                rule
            }
        };
        self.grammar.rule(rule)
    }

    /// The texts of a path between two boundaries.
    fn path(&mut self, path: &Path, part: Part, parts: &mut usize) -> Result<Option<NodeId>> {
        let (_, start, end) = part;
        let mut reached = vec![BTreeSet::from([start])];
        for (step, at) in path.steps.iter().zip(0..) {
            let mut next = BTreeSet::new();
            for &boundary in &reached[at] {
                self.for_each_after(*step, boundary, |after| {
                    next.insert(after);
                });
            }
            reached.push(next);
        }
        // What is left of the path from each boundary on, the last step first.
        let mut rest: FxHashMap<Boundary, NodeId> = FxHashMap::default();
        if self.split.may_end(path, end) {
            rest.insert(end, NodeId::EMPTY);
        }
        for (step, reached) in path.steps.iter().zip(&reached).rev() {
            let mut longer = FxHashMap::default();
            for &boundary in reached {
                let mut afters = Vec::new();
                self.for_each_after(*step, boundary, |after| afters.push(after));
                afters.retain(|after| rest.contains_key(after));
                *parts += afters.len();
                let mut alternatives = Vec::with_capacity(afters.len());
                for after in afters {
                    let first = match *step {
                        Step::Pair(inner) => self.rule((inner, boundary, after)),
                        Step::Terminal(state, terminal) => {
                            let class = self.split.state_class(boundary);
                            self.token(state, terminal, class)?
                        }
                    };
                    alternatives.push(self.grammar.seq([first, rest[&after]]));
                }
                if !alternatives.is_empty() {
                    longer.insert(boundary, self.grammar.alt(alternatives));
                }
            }
            rest = longer;
        }
        Ok(rest.get(&start).copied())
    }

    fn for_each_after(&self, step: Step, boundary: Boundary, mut visit: impl FnMut(Boundary)) {
        let split = self.split;
        match step {
            Step::Terminal(state, terminal) => {
                if split.terminals.of[terminal] == split.next_class(boundary) {
                    split.boundaries(split.tables.after(state, terminal)).for_each(visit);
                }
            }
            Step::Pair(pair) => {
                let entry = split.ids[&(pair, boundary)];
                split.exits[entry].iter().for_each(|&after| visit(after));
            }
        }
    }

    /// A terminal that is shifted in a state and was read in one of a class, and what is ignored
    /// after it.
    fn token(&mut self, state: StateId, terminal: usize, class: usize) -> Result<NodeId> {
        let tables = self.split.tables;
        let readers = tables.readers[state].iter().copied();
        let mut readers = readers.filter(|&reader| {
            self.split.states[reader] == class && tables.accepts[reader].contains(&terminal)
        });
        let Some(reader) = readers.next() else { return Ok(NodeId::NEVER) };
        let token = self.lexers.token(self.grammar, reader, terminal)?;
        let ignored = self.lexers.ignored(self.grammar, tables.after(state, terminal))?;
        Ok(self.grammar.seq([token, ignored]))
    }
}
