//! Rules as plain productions, with the helper rules that Lark's own loader makes for `*` and `+`.
//!
//! They have to be the same ones, since the states of the parser, and with them what its lexer looks
//! for, depend on how a grammar is written down and not only on its sentences.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::error_in;
use super::super::instance::{Argument, InstanceId, Instances, Scope};
use super::super::load::{Definitions, Entry};
use super::super::pattern::Pattern;
use super::super::syntax::{Alternative, Alternatives, Atom, Item, Quantifier, Symbol};
use super::super::Place;
use crate::error::{Error, Result};

/// How many symbols the productions may come to: alternatives inside a sequence multiply.
const MOST_SYMBOLS: usize = 100_000;
/// From here on, Lark's loader splits a repetition into rules.
const SPLIT_FROM: i64 = 50;
/// How often a rule that it makes for this repeats another at most.
const MOST_FACTOR: i64 = 5;

/// The name of helper rules.
pub(super) const REPETITION: &str = "a repetition";

/// A part of a production.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Part {
    /// A terminal, by its number in [`Productions::terminals`].
    Terminal(usize),
    Rule(usize),
}

/// How a terminal is written where it is used.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Written {
    Name(String),
    Pattern(Pattern),
}

/// All productions that the start rule reaches.
pub(super) struct Productions {
    /// By rule; rule 0 is the start.
    pub rules: Vec<Vec<Box<[Part]>>>,
    pub names: Vec<String>,
    pub priorities: Vec<i64>,
    pub terminals: Vec<(Written, Option<Rc<str>>, Place)>,
    /// The names of the rules that were met.
    pub used: FxHashSet<String>,
}

/// A body before alternatives are multiplied out; two uses of `*` on equal ones share a rule.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Tree {
    Part(Part),
    /// A placeholder of `[x]`, of which there are as many as `x` has values.
    Nothing,
    Sequence(Vec<Tree>),
    Any(Vec<Tree>),
}

/// What a helper rule repeats; two uses of the same share a rule.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repeated {
    /// The tree any number of times, once at least.
    Endless(Tree),
    /// `many`, `a` times, then `one`, `b` times.
    Times { a: i64, b: i64, many: Tree, one: Tree },
    /// Up to one time fewer than that, where `many` stands for several of `one`.
    Fewer { a: i64, b: i64, many: Tree, one: Tree },
}

struct Builder<'d> {
    definitions: &'d Definitions,
    instances: Instances<'d>,
    bodies: Vec<Tree>,
    names: Vec<String>,
    /// Helper rules have none, which counts as 0.
    priorities: Vec<i64>,
    of_instance: Vec<usize>,
    repeated: FxHashMap<Repeated, usize>,
    terminals: Vec<(Written, Option<Rc<str>>, Place)>,
    numbers: FxHashMap<Written, usize>,
    /// Whether the rule at hand keeps the values of all its terminals.
    keeps_all: bool,
}

/// The productions of what `start` reaches.
pub(super) fn productions(
    definitions: &Definitions,
    start: &str,
    entry: &Entry,
) -> Result<Productions> {
    let mut builder = Builder {
        definitions,
        instances: Instances::new(definitions),
        bodies: Vec::new(),
        names: Vec::new(),
        priorities: Vec::new(),
        of_instance: Vec::new(),
        repeated: FxHashMap::default(),
        terminals: Vec::new(),
        numbers: FxHashMap::default(),
        keeps_all: false,
    };
    let scope = Scope::of(entry);
    let first = builder.instances.rule(start, Vec::new(), &scope, entry.place)?;
    builder.rule(first);
    while let Some((instance, entry, scope)) = builder.instances.next() {
        let Some(body) = &entry.body else {
            let name = &builder.instances.names()[instance];
            let message = format!("the rule {name:?} is only declared: nothing can produce it");
            return Err(error_in(entry.file.as_deref(), entry.place, message));
        };
        builder.keeps_all = entry.keeps_all;
        let body = builder.alternatives(&body.borrow(), &scope)?;
        let rule = builder.rule(instance);
        builder.bodies[rule] = body;
        builder.priorities[rule] = entry.priority;
    }
    let mut symbols = 0;
    let mut rules = Vec::with_capacity(builder.bodies.len());
    for body in &builder.bodies {
        let expansions = expansions(body, &mut symbols)?;
        let mut seen = FxHashSet::default();
        let expansions = expansions.into_iter().map(Vec::into_boxed_slice);
        rules.push(expansions.filter(|expansion| seen.insert(expansion.clone())).collect());
    }
    let Builder { names, priorities, terminals, instances, .. } = builder;
    let used = instances.names().iter().cloned().collect();
    Ok(Productions { rules, names, priorities, terminals, used })
}

impl Builder<'_> {
    fn rule(&mut self, instance: InstanceId) -> usize {
        while self.of_instance.len() <= instance {
            let name = self.instances.names()[self.of_instance.len()].clone();
            let rule = self.add(name, Tree::Any(Vec::new()));
            self.of_instance.push(rule);
        }
        self.of_instance[instance]
    }

    fn add(&mut self, name: String, body: Tree) -> usize {
        self.names.push(name);
        self.priorities.push(0);
        self.bodies.push(body);
        self.bodies.len() - 1
    }

    fn alternatives(&mut self, body: &Alternatives, scope: &Scope) -> Result<Tree> {
        let mut alternatives = Vec::with_capacity(body.items.len());
        for alternative in &body.items {
            alternatives.push(match alternative {
                Alternative::Nested(inner) => self.alternatives(inner, scope)?,
                Alternative::Sequence { items, .. } => {
                    let items: Result<Vec<Tree>> =
                        items.iter().map(|item| self.item(item, scope)).collect();
                    Tree::Sequence(items?)
                }
            });
        }
        match <[Tree; 1]>::try_from(alternatives) {
            Ok([only]) => Ok(only),
            Err(several) => Ok(Tree::Any(several)),
        }
    }

    fn item(&mut self, item: &Item, scope: &Scope) -> Result<Tree> {
        let tree = match &item.atom {
            Atom::Group(inner) => self.alternatives(inner, scope)?,
            Atom::Maybe(inner) => {
                let inner = self.alternatives(inner, scope)?;
                let placeholders = self.values(&inner);
                Tree::Any(vec![inner, Tree::Sequence(vec![Tree::Nothing; placeholders])])
            }
            Atom::Value(value) => {
                let argument = self.instances.argument(value, scope, item.place)?;
                let part = match argument {
                    Argument::Symbol(symbol) => self.symbol(&symbol, scope, item.place)?,
                    Argument::Instance(instance) => Part::Rule(self.rule(instance)),
                    Argument::Pattern(pattern) => {
                        let file = scope.file.clone();
                        self.terminal(Written::Pattern(pattern), file, item.place)
                    }
                };
                Tree::Part(part)
            }
            Atom::Resolved { name, .. } => {
                let symbol = Symbol { name: name.clone(), terminal: true };
                Tree::Part(self.symbol(&symbol, scope, item.place)?)
            }
        };
        let (least, most) = match item.quantifier {
            None => return Ok(tree),
            Some(Quantifier::Operator('?')) => {
                return Ok(Tree::Any(vec![tree, Tree::Sequence(Vec::new())]));
            }
            Some(Quantifier::Operator(operator)) => {
                let repeated = self.repeated(tree);
                let optional = operator == '*';
                return Ok(match optional {
                    true => Tree::Any(vec![repeated, Tree::Sequence(Vec::new())]),
                    false => repeated,
                });
            }
            Some(Quantifier::Times(times)) => (times.max(0), times.max(0)),
            Some(Quantifier::Range(least, most)) => (least, most),
        };
        let refused = |message| Err(error_in(scope.file.as_deref(), item.place, message));
        if most < least || least < 0 {
            return refused(format!("the range {least}..{most} is not one of counts"));
        }
        if most < SPLIT_FROM {
            let times = least..=most;
            let times = times.map(|times| Tree::Sequence(vec![tree.clone(); times as usize]));
            return Ok(Tree::Any(times.collect()));
        }
        Ok(self.split_count(&tree, least, most))
    }

    /// A helper rule; `body` is made if there is none yet.
    fn helper(&mut self, key: Repeated, body: impl FnOnce(&Tree) -> Vec<Tree>) -> Tree {
        if let Some(&known) = self.repeated.get(&key) {
            return Tree::Part(Part::Rule(known));
        }
        let rule = self.add(REPETITION.to_owned(), Tree::Any(Vec::new()));
        let itself = Tree::Part(Part::Rule(rule));
        self.bodies[rule] = Tree::Any(body(&itself));
        self.repeated.insert(key, rule);
        itself
    }

    /// `tree+`.
    fn repeated(&mut self, tree: Tree) -> Tree {
        self.helper(Repeated::Endless(tree.clone()), |itself| {
            let again = Tree::Sequence(vec![itself.clone(), tree.clone()]);
            vec![tree, again]
        })
    }

    /// Rules that together come to a count, as many as it has factors.
    fn split_count(&mut self, one: &Tree, least: i64, most: i64) -> Tree {
        let mut all = one.clone();
        for (a, b) in small_factors(least) {
            all = self.times(a, b, &all, one);
        }
        if most == least {
            return all;
        }
        // Up to one fewer than the factors come to.
        let factors = small_factors(most - least + 1);
        let mut many = one.clone();
        let mut fewer = Tree::Sequence(Vec::new());
        for (at, &(a, b)) in factors.iter().enumerate() {
            let key = Repeated::Fewer { a, b, many: many.clone(), one: one.clone() };
            let last = fewer;
            fewer = self.helper(key, |_| {
                let with_fewer = (0..a).map(|times| {
                    let mut items = vec![many.clone(); times as usize];
                    items.push(last.clone());
                    Tree::Sequence(items)
                });
                let with_ones = (0..b).map(|times| {
                    let mut items = vec![many.clone(); a as usize];
                    items.extend(vec![one.clone(); times as usize]);
                    Tree::Sequence(items)
                });
                with_fewer.chain(with_ones).collect()
            });
            if at + 1 < factors.len() {
                many = self.times(a, b, &many, one);
            }
        }
        Tree::Sequence(vec![all, fewer])
    }

    /// `many`, `a` times, then `one`, `b` times.
    fn times(&mut self, a: i64, b: i64, many: &Tree, one: &Tree) -> Tree {
        let key = Repeated::Times { a, b, many: many.clone(), one: one.clone() };
        self.helper(key, |_| {
            let mut items = vec![many.clone(); a as usize];
            items.extend(vec![one.clone(); b as usize]);
            vec![Tree::Sequence(items)]
        })
    }

    /// How many values the tree of a text has, of those that are kept.
    fn values(&self, tree: &Tree) -> usize {
        match tree {
            Tree::Nothing => 0,
            Tree::Sequence(items) => items.iter().map(|item| self.values(item)).sum(),
            Tree::Any(items) => items.iter().map(|item| self.values(item)).max().unwrap_or(0),
            Tree::Part(Part::Rule(rule)) => {
                let name = &self.names[*rule];
                usize::from(!name.starts_with('_') && name != REPETITION)
            }
            Tree::Part(Part::Terminal(terminal)) => {
                let dropped = match &self.terminals[*terminal].0 {
                    Written::Name(name) => name.starts_with('_'),
                    Written::Pattern(pattern) => !pattern.is_regex,
                };
                usize::from(self.keeps_all || !dropped)
            }
        }
    }

    fn symbol(&mut self, symbol: &Symbol, scope: &Scope, place: Place) -> Result<Part> {
        let name = &symbol.name;
        if !symbol.terminal {
            let instance = self.instances.rule(name, Vec::new(), scope, place)?;
            return Ok(Part::Rule(self.rule(instance)));
        }
        let Some(entry) = self.definitions.entries.get(name).filter(|entry| entry.terminal) else {
            let message = format!("{name:?} is written as a terminal but is none");
            return Err(error_in(scope.file.as_deref(), place, message));
        };
        Ok(self.terminal(Written::Name(name.clone()), entry.file.clone(), entry.place))
    }

    fn terminal(&mut self, written: Written, file: Option<Rc<str>>, place: Place) -> Part {
        let next = self.terminals.len();
        let number = *self.numbers.entry(written.clone()).or_insert(next);
        if number == next {
            self.terminals.push((written, file, place));
        }
        Part::Terminal(number)
    }
}

/// `count` as `(a, b)`, so that taking `n = n * a + b` for each, from 1 on, comes to it.
fn small_factors(count: i64) -> Vec<(i64, i64)> {
    let mut factors = Vec::new();
    let mut left = count;
    while left > MOST_FACTOR {
        // Taking 2 or 3 always leaves little enough.
        let fits = |a: &i64| a + left % a <= MOST_FACTOR;
        let a = (2..=MOST_FACTOR).rev().find(fits).unwrap_or(2);
        factors.push((a, left % a));
        left /= a;
    }
    factors.push((left, 0));
    factors.reverse();
    factors
}

/// The sequences that a body comes to.
fn expansions(tree: &Tree, symbols: &mut usize) -> Result<Vec<Vec<Part>>> {
    Ok(match tree {
        Tree::Part(part) => vec![vec![*part]],
        Tree::Nothing => vec![Vec::new()],
        Tree::Any(items) => {
            let mut all = Vec::new();
            for item in items {
                all.extend(expansions(item, symbols)?);
            }
            all
        }
        Tree::Sequence(items) => {
            let mut all = vec![Vec::new()];
            for item in items {
                let next = expansions(item, symbols)?;
                let mut longer = Vec::with_capacity(all.len() * next.len());
                for start in &all {
                    for end in &next {
                        let expansion: Vec<Part> = start.iter().chain(end).copied().collect();
                        *symbols += expansion.len() + 1;
                        longer.push(expansion);
                    }
                    if *symbols > MOST_SYMBOLS {
                        return Err(Error::limit(format!(
                            "the rules come to more than {MOST_SYMBOLS} symbols as productions"
                        )));
                    }
                }
                longer.sort_unstable();
                longer.dedup();
                all = longer;
            }
            all
        }
    })
}
