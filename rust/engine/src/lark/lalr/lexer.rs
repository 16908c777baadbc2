//! What the lexer of each state takes.
//!
//! Terminals are sorted by priority, greatest width, length and name. A string that a regular
//! expression of the same priority matches whole (a key word and a name) is not looked for by
//! itself: what the regular expression took is looked at again, and becomes the string if it is it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::load::Definitions;
use super::super::pattern::Pattern;
use super::super::terminal::{in_terminal, Terminals};
use super::super::{error_in, Place};
use super::beginnings::Beginnings;
use super::bnf::{Part, Productions, Written};
use super::names::Rank;
use super::tables::{StateId, Tables};
use crate::error::{Error, Result};
use crate::expr::{ExprId, Exprs};
use crate::grammar::{Grammar, NodeId};
use crate::regex::{self, Encoding};

/// One terminal as the lexer knows it.
struct Terminal {
    name: String,
    rank: Rank,
    pattern: Pattern,
    regex: String,
    priority: i64,
    widest: u64,
    length: usize,
    lexeme: ExprId,
    ignored: bool,
    file: Option<Rc<str>>,
    place: Place,
}

/// A terminal as it was found in the grammar.
struct Found {
    name: String,
    rank: Rank,
    pattern: Pattern,
    priority: i64,
    file: Option<Rc<str>>,
    place: Place,
}

/// A way in which a lexer comes to a terminal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
struct Way {
    /// What is matched: the terminal, or a regular expression whose text is then looked at again.
    reads: usize,
    /// What must not match here.
    before: BTreeSet<usize>,
    /// The strings that the text must not be.
    not: BTreeSet<usize>,
}

/// What a lexer looks for.
struct Lexer {
    looked_for: BTreeSet<usize>,
    /// What it tries itself: the other strings are found by looking again at what was matched.
    tried: BTreeSet<usize>,
    tried_by_text: Beginnings,
    /// By a regular expression: the strings among `looked_for` that it matches whole.
    whole: BTreeMap<usize, Whole>,
}

/// The strings that a regular expression matches whole.
struct Whole {
    strings: BTreeSet<usize>,
    by_text: Beginnings,
}

/// The number of a lexer: states that look for the same share one.
type LexerId = usize;

/// The terminals, and what is looked for by state.
pub(super) struct Lexers {
    terminals: Vec<Terminal>,
    /// By a regular expression: the strings that it matches whole.
    whole: BTreeMap<usize, BTreeSet<usize>>,
    lexers: Vec<Lexer>,
    /// The lexer of each state.
    states: Vec<LexerId>,
    named: FxHashMap<String, usize>,
    /// By the name that Lark makes up.
    called: FxHashMap<String, usize>,
    apart: FxHashMap<(usize, usize), bool>,
    ways: FxHashMap<(LexerId, usize, bool), Rc<[Way]>>,
    nodes: FxHashMap<(usize, Rc<[Way]>), NodeId>,
    ignored: FxHashMap<LexerId, NodeId>,
}

impl Lexers {
    /// The terminals of some productions, whose numbers become these.
    pub fn new(
        grammar: &mut Grammar,
        definitions: &Definitions,
        productions: &mut Productions,
    ) -> Result<Self> {
        let mut patterns = Terminals::default();
        let mut named: FxHashMap<Pattern, Vec<&str>> = FxHashMap::default();
        for (name, entry) in &definitions.entries {
            // What nothing uses must be right too; one only declared is no matter until it is used.
            if entry.terminal && entry.body.is_some() {
                named.entry(patterns.pattern(name, entry)?).or_default().push(name);
            }
        }
        let mut lexers = Lexers {
            terminals: Vec::new(),
            whole: BTreeMap::new(),
            lexers: Vec::new(),
            states: Vec::new(),
            named: FxHashMap::default(),
            called: FxHashMap::default(),
            apart: FxHashMap::default(),
            ways: FxHashMap::default(),
            nodes: FxHashMap::default(),
            ignored: FxHashMap::default(),
        };
        let mut numbers: Vec<usize> = Vec::new();
        let written: Vec<_> = productions.terminals.clone();
        for (written, file, place) in written {
            let number = match written {
                Written::Name(name) => lexers.named(grammar, definitions, &mut patterns, &name)?,
                Written::Pattern(pattern) => {
                    match named.get(&pattern).map_or(&[][..], Vec::as_slice) {
                        [name] => lexers.named(grammar, definitions, &mut patterns, name)?,
                        [] => {
                            let name = format!("{:?}", pattern.value);
                            let rank = lexers.rank(definitions, &pattern);
                            let found = Found { name, rank, pattern, priority: 0, file, place };
                            lexers.add(grammar, found)?
                        }
                        [one, other, ..] => {
                            let message = format!(
                                "{:?} is written here, and the terminals {one} and {other} both \
                                 stand for it; use one of their names",
                                pattern.value
                            );
                            return Err(error_in(file.as_deref(), place, message));
                        }
                    }
                }
            };
            numbers.push(number);
        }
        for (name, _) in &definitions.ignored {
            let number = lexers.named(grammar, definitions, &mut patterns, name)?;
            lexers.terminals[number].ignored = true;
        }
        for rule in &mut productions.rules {
            for part in rule.iter_mut().flat_map(|production| production.iter_mut()) {
                if let Part::Terminal(terminal) = part {
                    *terminal = numbers[*terminal];
                }
            }
            // What was written in two ways may be one.
            let mut seen = FxHashSet::default();
            rule.retain(|production| seen.insert(production.clone()));
        }
        lexers.find_whole(&mut grammar.exprs)?;
        Ok(lexers)
    }

    fn named(
        &mut self,
        grammar: &mut Grammar,
        definitions: &Definitions,
        patterns: &mut Terminals,
        name: &str,
    ) -> Result<usize> {
        if let Some(&known) = self.named.get(name) {
            return Ok(known);
        }
        let entry = &definitions.entries[name];
        let pattern = patterns.pattern(name, entry)?;
        let found = Found {
            name: name.to_owned(),
            rank: Rank::Named(name.to_owned()),
            pattern,
            priority: entry.priority,
            file: entry.file.clone(),
            place: entry.place,
        };
        let number = self.add(grammar, found)?;
        self.named.insert(name.to_owned(), number);
        Ok(number)
    }

    /// The rank of a text or regular expression written in a rule.
    fn rank(&mut self, definitions: &Definitions, pattern: &Pattern) -> Rank {
        let is_taken = |name: &str| definitions.entries.get(name).is_some_and(|one| one.terminal);
        let rank = Rank::of_pattern(pattern, is_taken);
        if let Rank::Called(name) = &rank {
            let next = self.terminals.len();
            let first = *self.called.entry(name.clone()).or_insert(next);
            if first < next {
                self.terminals[first].rank = Rank::Unsure;
                return Rank::Unsure;
            }
        }
        rank
    }

    fn add(&mut self, grammar: &mut Grammar, found: Found) -> Result<usize> {
        let Found { name, rank, pattern, priority, file, place } = found;
        let regex = pattern.to_regex();
        let failed = |error: Error| in_terminal(error, &name, file.as_deref(), place);
        let (min, max) = regex::python_width(&regex).map_err(failed)?;
        if min == 0 {
            let message = format!(
                "the terminal {name} could be empty, which Lark does not allow; make what uses it \
                 optional instead"
            );
            return Err(error_in(file.as_deref(), place, message));
        }
        let widest = if pattern.is_regex {
            max.map_or(u64::MAX, u64::from)
        } else {
            pattern.value.chars().count() as u64
        };
        let length = pattern.value.chars().count();
        let lexeme = regex::python_lexeme(&mut grammar.exprs, &regex).map_err(failed)?;
        let ignored = false;
        self.terminals.push(Terminal {
            name,
            rank,
            pattern,
            regex,
            priority,
            widest,
            length,
            lexeme,
            ignored,
            file,
            place,
        });
        Ok(self.terminals.len() - 1)
    }

    /// Which strings regular expressions match whole.
    fn find_whole(&mut self, exprs: &mut Exprs) -> Result<()> {
        for (number, regex) in self.terminals.iter().enumerate() {
            if !regex.pattern.is_regex {
                continue;
            }
            let mut strings = BTreeSet::new();
            for (other, string) in self.terminals.iter().enumerate() {
                if string.pattern.is_regex || string.priority != regex.priority {
                    continue;
                }
                let mut left = regex.lexeme;
                for byte in string.pattern.value.bytes() {
                    left = exprs.step(left, byte)?;
                }
                if exprs.is_nullable(left) {
                    let overtaken = exprs.overtaken(left)?;
                    if left == ExprId::EMPTY || !exprs.is_nullable(overtaken) {
                        strings.insert(other);
                    }
                }
            }
            if !strings.is_empty() {
                self.whole.insert(number, strings);
            }
        }
        Ok(())
    }

    /// How many terminals there are.
    pub fn len(&self) -> usize {
        self.terminals.len()
    }

    /// The name of a terminal, or how it is written.
    pub fn name(&self, terminal: usize) -> &str {
        &self.terminals[terminal].name
    }

    /// What each state of the parser has an action for.
    pub fn set_states(&mut self, accepts: &[BTreeSet<usize>]) {
        let ignored: Vec<usize> =
            (0..self.len()).filter(|&number| self.terminals[number].ignored).collect();
        let mut known: FxHashMap<BTreeSet<usize>, LexerId> = FxHashMap::default();
        for accepts in accepts {
            let inside = accepts.iter().copied().filter(|&terminal| terminal < self.len());
            let looked_for: BTreeSet<usize> = inside.chain(ignored.iter().copied()).collect();
            let next = self.lexers.len();
            let lexer = *known.entry(looked_for.clone()).or_insert(next);
            if lexer == next {
                let lexer = self.lexer(looked_for);
                self.lexers.push(lexer);
            }
            self.states.push(lexer);
        }
    }

    fn lexer(&self, looked_for: BTreeSet<usize>) -> Lexer {
        let mut whole = BTreeMap::new();
        let mut embedded = BTreeSet::new();
        let flags = |terminal: usize| &self.terminals[terminal].pattern.flags;
        for (&regex, strings) in &self.whole {
            if !looked_for.contains(&regex) {
                continue;
            }
            let strings: BTreeSet<usize> = strings.intersection(&looked_for).copied().collect();
            embedded.extend(
                strings.iter().copied().filter(|&string| {
                    flags(string).chars().all(|flag| flags(regex).contains(flag))
                }),
            );
            let by_text = Beginnings::new(strings.iter().copied(), |string| self.text(string));
            whole.insert(regex, Whole { strings, by_text });
        }
        let tried: BTreeSet<usize> = looked_for.difference(&embedded).copied().collect();
        let tried_by_text = Beginnings::new(tried.iter().copied(), |one| self.text(one));
        Lexer { looked_for, tried, tried_by_text, whole }
    }

    /// The text that a terminal is, if it is a plain one.
    fn text(&self, terminal: usize) -> Option<&str> {
        let pattern = &self.terminals[terminal].pattern;
        let is_plain = !pattern.is_regex && pattern.flags.is_empty();
        is_plain.then_some(pattern.value.as_str())
    }

    /// Whether a lexer that looks for both tries `one` before `other`. Where that is not known, each
    /// counts as before the other.
    fn is_before(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.terminals[one], &self.terminals[other]);
        let key = |terminal: &Terminal| (terminal.priority, terminal.widest, terminal.length);
        match key(one).cmp(&key(other)) {
            std::cmp::Ordering::Equal => one.rank.is_before(&other.rank),
            order => order.is_gt(),
        }
    }

    /// Classes of states: two of one class, from which the parser may come to the same place, agree on
    /// what is to be taken for the terminal there.
    pub fn state_classes(&mut self, exprs: &mut Exprs, tables: &Tables) -> Result<Vec<usize>> {
        let mut contested = BTreeSet::new();
        let count = self.len();
        for (state, terminal) in tables.shifts().filter(|&(_, terminal)| terminal < count) {
            let readers = tables.readers[state].iter();
            let lexers = readers.filter(|&&reader| tables.accepts[reader].contains(&terminal));
            let lexers: BTreeSet<LexerId> = lexers.map(|&reader| self.states[reader]).collect();
            let mut all = BTreeSet::new();
            for lexer in lexers {
                all.insert(self.ways(exprs, lexer, terminal, false)?);
            }
            if all.len() > 1 {
                contested.insert(terminal);
            }
        }
        let mut known: FxHashMap<Vec<Option<Rc<[Way]>>>, usize> = FxHashMap::default();
        let mut of_lexer = Vec::with_capacity(self.lexers.len());
        for lexer in 0..self.lexers.len() {
            let mut told = Vec::with_capacity(contested.len());
            for &terminal in &contested {
                told.push(match self.lexers[lexer].looked_for.contains(&terminal) {
                    true => Some(self.ways(exprs, lexer, terminal, false)?),
                    false => None,
                });
            }
            let next = known.len();
            of_lexer.push(*known.entry(told).or_insert(next));
        }
        Ok(self.states.iter().map(|&lexer| of_lexer[lexer]).collect())
    }

    /// The ways in which a lexer comes to a terminal.
    fn ways(
        &mut self,
        exprs: &mut Exprs,
        lexer: LexerId,
        terminal: usize,
        as_ignored: bool,
    ) -> Result<Rc<[Way]>> {
        if let Some(known) = self.ways.get(&(lexer, terminal, as_ignored)) {
            return Ok(Rc::clone(known));
        }
        exprs.check_deadline()?;
        let mut ways = self.all_ways(lexer, terminal, as_ignored);
        for way in &mut ways {
            for other in std::mem::take(&mut way.before) {
                if !self.are_apart(exprs, terminal, other)? {
                    way.before.insert(other);
                }
            }
        }
        let ways: Rc<[Way]> = ways.into();
        self.ways.insert((lexer, terminal, as_ignored), Rc::clone(&ways));
        Ok(ways)
    }

    fn all_ways(&self, lexer: LexerId, terminal: usize, as_ignored: bool) -> Vec<Way> {
        let Lexer { tried, tried_by_text, whole, .. } = &self.lexers[lexer];
        let before = |number: usize, others: &Beginnings| -> BTreeSet<usize> {
            let met = others.meeting(self.text(number), |other| self.text(other));
            let others = met.into_iter().filter(|&other| other != number);
            others.filter(|&other| self.is_before(other, number)).collect()
        };
        let is_ignored = |number: usize| self.terminals[number].ignored;
        let mut ways = Vec::new();
        if tried.contains(&terminal) && is_ignored(terminal) == as_ignored {
            let whole = whole.get(&terminal).filter(|_| !as_ignored);
            let not = whole.map(|whole| whole.strings.clone()).unwrap_or_default();
            let before = before(terminal, tried_by_text);
            ways.push(Way { reads: terminal, before, not });
        }
        for (&regex, Whole { strings, by_text }) in whole {
            if !as_ignored && !is_ignored(regex) && strings.contains(&terminal) {
                let not = before(terminal, by_text);
                let before = before(regex, tried_by_text);
                ways.push(Way { reads: regex, before, not });
            }
        }
        ways
    }

    /// A terminal as the lexer of a state reads it.
    pub fn token(
        &mut self,
        grammar: &mut Grammar,
        state: StateId,
        terminal: usize,
    ) -> Result<NodeId> {
        let ways = self.ways(&mut grammar.exprs, self.states[state], terminal, false)?;
        self.node(grammar, terminal, ways)
    }

    /// Any number of ignored terminals as the lexer of a state reads them.
    pub fn ignored(&mut self, grammar: &mut Grammar, state: StateId) -> Result<NodeId> {
        let lexer = self.states[state];
        if let Some(&known) = self.ignored.get(&lexer) {
            return Ok(known);
        }
        let mut items = Vec::new();
        for terminal in 0..self.len() {
            if self.terminals[terminal].ignored {
                let ways = self.ways(&mut grammar.exprs, lexer, terminal, true)?;
                items.push(self.node(grammar, terminal, ways)?);
            }
        }
        let any = grammar.alt(items);
        let node = grammar.star(any);
        self.ignored.insert(lexer, node);
        Ok(node)
    }

    fn node(&mut self, grammar: &mut Grammar, terminal: usize, ways: Rc<[Way]>) -> Result<NodeId> {
        if let Some(&known) = self.nodes.get(&(terminal, Rc::clone(&ways))) {
            return Ok(known);
        }
        let mut nodes = Vec::with_capacity(ways.len());
        for way in ways.iter() {
            nodes.push(self.way(grammar, terminal, way)?);
        }
        let node = grammar.alt(nodes);
        self.nodes.insert((terminal, ways), node);
        Ok(node)
    }

    fn way(&mut self, grammar: &mut Grammar, terminal: usize, way: &Way) -> Result<NodeId> {
        let Terminal { pattern, regex, name, file, place, .. } = &self.terminals[way.reads];
        let is_text = way.reads == terminal && !pattern.is_regex && pattern.flags.is_empty();
        if is_text && way.before.is_empty() {
            return Ok(grammar.literal(&pattern.value));
        }
        let exprs = &mut grammar.exprs;
        let mut lexeme = self.terminals[way.reads].lexeme;
        if !way.before.is_empty() {
            let before = way.before.iter();
            let others: Vec<String> =
                before.map(|&other| format!("(?:{})", self.terminals[other].regex)).collect();
            let whole = format!("(?!{})(?:{regex})", others.join("|"));
            let failed = |error: Error| in_terminal(error, name, file.as_deref(), *place);
            lexeme = regex::python_lexeme(exprs, &whole).map_err(failed)?;
        }
        let mut limits = Vec::new();
        if way.reads != terminal {
            limits.push(self.looked_at_again(exprs, terminal));
        }
        for &other in &way.not {
            let taken = self.looked_at_again(exprs, other);
            limits.push(exprs.not(taken));
        }
        if !limits.is_empty() {
            let counts = exprs.and(limits);
            lexeme = regex::filtered(exprs, lexeme, counts);
        }
        // What comes before may match wherever this would.
        if exprs.matches_nothing(lexeme)? {
            lexeme = ExprId::NEVER;
        }
        Ok(grammar.greedy(lexeme))
    }

    /// The texts that turn out to be a string when they are looked at again: Lark does so with `$`,
    /// which also stands before a last line feed.
    fn looked_at_again(&self, exprs: &mut Exprs, string: usize) -> ExprId {
        let text = self.terminals[string].lexeme;
        let line_feed = exprs.literal(b"\n");
        let with_line_feed = exprs.concat2(text, line_feed);
        exprs.or(vec![text, with_line_feed])
    }

    /// Whether no text starts with both.
    fn are_apart(&mut self, exprs: &mut Exprs, one: usize, other: usize) -> Result<bool> {
        if let Some(&known) = self.apart.get(&(one, other)) {
            return Ok(known);
        }
        let mut starts = Vec::with_capacity(2);
        for number in [one, other] {
            let Terminal { regex, name, file, place, .. } = &self.terminals[number];
            let whole = format!("(?:{regex})(?s:.*)");
            let failed = |error: Error| in_terminal(error, name, file.as_deref(), *place);
            starts.push(regex::python(exprs, &whole, Encoding::Utf8).map_err(failed)?);
        }
        let both = exprs.and(starts);
        let apart = exprs.matches_nothing(both)?;
        self.apart.insert((one, other), apart);
        self.apart.insert((other, one), apart);
        Ok(apart)
    }
}
