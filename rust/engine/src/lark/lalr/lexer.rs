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
use super::bnf::{Part, Productions, Written};
use super::tables::StateId;
use crate::error::{Error, Result};
use crate::expr::{ExprId, Exprs};
use crate::grammar::{Grammar, NodeId};
use crate::regex::{self, Encoding};

/// One terminal as the lexer knows it.
struct Terminal {
    name: String,
    /// Whether Lark made up the name.
    anonymous: bool,
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
    anonymous: bool,
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

/// The number of a lexer: states that look for the same share one.
type LexerId = usize;

/// The terminals, and what is looked for by state.
pub(super) struct Lexers {
    terminals: Vec<Terminal>,
    /// By a regular expression: the strings that it matches whole.
    whole: BTreeMap<usize, BTreeSet<usize>>,
    /// What the lexers look for, each once.
    lexers: Vec<BTreeSet<usize>>,
    /// The lexer of each state.
    states: Vec<LexerId>,
    apart: FxHashMap<(usize, usize), bool>,
    nodes: FxHashMap<(usize, Vec<Way>), NodeId>,
    tokens: FxHashMap<(Vec<LexerId>, usize), NodeId>,
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
        let mut named: Vec<(String, Pattern)> = Vec::new();
        for (name, entry) in &definitions.entries {
            // What nothing uses must be right too; one only declared is no matter until it is used.
            if entry.terminal && entry.body.is_some() {
                named.push((name.clone(), patterns.pattern(name, entry)?));
            }
        }
        let mut lexers = Lexers {
            terminals: Vec::new(),
            whole: BTreeMap::new(),
            lexers: Vec::new(),
            states: Vec::new(),
            apart: FxHashMap::default(),
            nodes: FxHashMap::default(),
            tokens: FxHashMap::default(),
            ignored: FxHashMap::default(),
        };
        let mut numbers: Vec<usize> = Vec::new();
        let written: Vec<_> = productions.terminals.clone();
        for (written, file, place) in written {
            let number = match written {
                Written::Name(name) => lexers.named(grammar, definitions, &mut patterns, &name)?,
                Written::Pattern(pattern) => {
                    let mut same = named.iter().filter(|(_, known)| *known == pattern);
                    match (same.next(), same.next()) {
                        (Some((name, _)), None) => {
                            let name = name.clone();
                            lexers.named(grammar, definitions, &mut patterns, &name)?
                        }
                        (None, _) => {
                            let name = format!("{:?}", pattern.value);
                            let (anonymous, priority) = (true, 0);
                            let found = Found { name, anonymous, pattern, priority, file, place };
                            lexers.add(grammar, found)?
                        }
                        (Some((one, _)), Some((other, _))) => {
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
        let known = self.terminals.iter().position(|one| !one.anonymous && one.name == name);
        if let Some(known) = known {
            return Ok(known);
        }
        let entry = &definitions.entries[name];
        let pattern = patterns.pattern(name, entry)?;
        let found = Found {
            name: name.to_owned(),
            anonymous: false,
            pattern,
            priority: entry.priority,
            file: entry.file.clone(),
            place: entry.place,
        };
        self.add(grammar, found)
    }

    fn add(&mut self, grammar: &mut Grammar, found: Found) -> Result<usize> {
        let Found { name, anonymous, pattern, priority, file, place } = found;
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
            anonymous,
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
                self.lexers.push(looked_for);
            }
            self.states.push(lexer);
        }
    }

    /// Whether a lexer that looks for both tries `one` before `other`. Where the order hangs on a
    /// name that Lark made up, each counts as before the other.
    fn is_before(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.terminals[one], &self.terminals[other]);
        let key = |terminal: &Terminal| (terminal.priority, terminal.widest, terminal.length);
        match key(one).cmp(&key(other)) {
            std::cmp::Ordering::Equal => one.anonymous || other.anonymous || one.name < other.name,
            order => order.is_gt(),
        }
    }

    /// The ways in which a lexer comes to a terminal.
    fn ways(&self, lexer: LexerId, terminal: usize, as_ignored: bool) -> Vec<Way> {
        let looked_for = &self.lexers[lexer];
        let none = BTreeSet::new();
        // The strings that a regular expression looked for takes with it.
        let whole = |regex: usize| -> BTreeSet<usize> {
            let strings = self.whole.get(&regex).unwrap_or(&none);
            strings.intersection(looked_for).copied().collect()
        };
        let flags = |terminal: usize| &self.terminals[terminal].pattern.flags;
        let covers = |regex: usize, string: usize| {
            flags(string).chars().all(|flag| flags(regex).contains(flag))
        };
        let is_embedded = |string: usize| {
            looked_for.iter().any(|&regex| whole(regex).contains(&string) && covers(regex, string))
        };
        let tried: Vec<usize> =
            looked_for.iter().copied().filter(|&number| !is_embedded(number)).collect();
        let before = |number: usize| -> BTreeSet<usize> {
            let others = tried.iter().copied().filter(|&other| other != number);
            others.filter(|&other| self.is_before(other, number)).collect()
        };
        let is_ignored = |number: usize| self.terminals[number].ignored;
        let mut ways = Vec::new();
        if tried.contains(&terminal) && is_ignored(terminal) == as_ignored {
            let not = if as_ignored { BTreeSet::new() } else { whole(terminal) };
            ways.push(Way { reads: terminal, before: before(terminal), not });
        }
        for &regex in &tried {
            let strings = whole(regex);
            if !as_ignored && !is_ignored(regex) && strings.contains(&terminal) {
                let not = strings.into_iter().filter(|&other| other != terminal).collect();
                ways.push(Way { reads: regex, before: before(regex), not });
            }
        }
        ways
    }

    /// A terminal that the parser shifts after any of some states has read it.
    pub fn token(
        &mut self,
        grammar: &mut Grammar,
        readers: &BTreeSet<StateId>,
        terminal: usize,
    ) -> Result<NodeId> {
        let lexers = readers.iter().map(|&state| self.states[state]);
        let mut lexers: Vec<LexerId> =
            lexers.filter(|&lexer| self.lexers[lexer].contains(&terminal)).collect();
        lexers.sort_unstable();
        lexers.dedup();
        if let Some(&known) = self.tokens.get(&(lexers.clone(), terminal)) {
            return Ok(known);
        }
        let mut all = lexers.iter().map(|&lexer| self.ways(lexer, terminal, false));
        let first = all.next().unwrap_or_default();
        let agreed = all.fold(first, |agreed, ways| match agreed == ways {
            true => agreed,
            false => self.agree(terminal, &agreed, &ways),
        });
        let node = self.node(grammar, terminal, agreed)?;
        self.tokens.insert((lexers, terminal), node);
        Ok(node)
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
                let ways = self.ways(lexer, terminal, true);
                items.push(self.node(grammar, terminal, ways)?);
            }
        }
        let any = grammar.alt(items);
        let node = grammar.star(any);
        self.ignored.insert(lexer, node);
        Ok(node)
    }

    /// Ways that hold for both.
    fn agree(&self, terminal: usize, one: &[Way], other: &[Way]) -> Vec<Way> {
        let plain = |ways: &[Way]| matches!(ways, [way] if way.reads == terminal);
        let is_text = |number: usize| {
            let pattern = &self.terminals[number].pattern;
            !pattern.is_regex && pattern.flags.is_empty()
        };
        let mut agreed = Vec::new();
        for a in one {
            for b in other {
                let reads = if a.reads == b.reads {
                    a.reads
                } else if is_text(terminal) && plain(other) {
                    // One looks for the text, the other for a name that turns out to be it.
                    a.reads
                } else if is_text(terminal) && plain(one) {
                    b.reads
                } else {
                    continue;
                };
                let before = a.before.union(&b.before).copied().filter(|&number| number != reads);
                let not = a.not.union(&b.not).copied().collect();
                agreed.push(Way { reads, before: before.collect(), not });
            }
        }
        agreed
    }

    fn node(&mut self, grammar: &mut Grammar, terminal: usize, ways: Vec<Way>) -> Result<NodeId> {
        if let Some(&known) = self.nodes.get(&(terminal, ways.clone())) {
            return Ok(known);
        }
        let mut nodes = Vec::with_capacity(ways.len());
        for way in &ways {
            nodes.push(self.way(grammar, terminal, way)?);
        }
        let node = grammar.alt(nodes);
        self.nodes.insert((terminal, ways), node);
        Ok(node)
    }

    fn way(&mut self, grammar: &mut Grammar, terminal: usize, way: &Way) -> Result<NodeId> {
        let mut before = Vec::new();
        for &other in &way.before {
            if !self.are_apart(&mut grammar.exprs, terminal, other)? {
                before.push(other);
            }
        }
        let Terminal { pattern, regex, name, file, place, .. } = &self.terminals[way.reads];
        let is_text = way.reads == terminal && !pattern.is_regex && pattern.flags.is_empty();
        if is_text && before.is_empty() {
            return Ok(grammar.literal(&pattern.value));
        }
        let exprs = &mut grammar.exprs;
        let mut lexeme = self.terminals[way.reads].lexeme;
        if !before.is_empty() {
            let others: Vec<String> = before
                .iter()
                .map(|&other| format!("(?:{})", self.terminals[other].regex))
                .collect();
            let whole = format!("(?!{})(?:{regex})", others.join("|"));
            let failed = |error: Error| in_terminal(error, name, file.as_deref(), *place);
            lexeme = regex::python_lexeme(exprs, &whole).map_err(failed)?;
        }
        let mut limits = Vec::new();
        if way.reads != terminal {
            limits.push(self.terminals[terminal].lexeme);
        }
        for &other in &way.not {
            // `$`, with which Lark looks at the text again, also stands before a last line feed.
            let text = self.terminals[other].lexeme;
            let line_feed = exprs.literal(b"\n");
            let with_line_feed = exprs.concat2(text, line_feed);
            let either = exprs.or(vec![text, with_line_feed]);
            limits.push(exprs.not(either));
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
