//! From definitions to a grammar.
//!
//! Only what the start rule reaches is lowered. After every terminal, and at the start, any number
//! of ignored terminals may stand.

use rustc_hash::{FxHashMap, FxHashSet};

use super::instance::{Argument, Instances, Scope};
use super::load::{Definitions, Entry};
use super::pattern::Pattern;
use super::syntax::{Alternative, Alternatives, Atom, Item, Quantifier, Symbol, Value};
use super::terminal::{in_terminal, Terminals};
use super::{error_in, Place};
use crate::error::{Error, Result};
use crate::expr::UNBOUNDED;
use crate::grammar::{Grammar, NodeId, RuleId};
use crate::regex;

/// The node of some definitions.
pub(super) fn lower(
    grammar: &mut Grammar,
    definitions: &Definitions,
    start: &str,
) -> Result<NodeId> {
    let mut lower = Lower {
        definitions,
        grammar,
        terminals: Terminals::default(),
        ignored: NodeId::EMPTY,
        tokens: FxHashMap::default(),
        instances: Instances::new(definitions),
        rules: Vec::new(),
    };
    for (name, entry) in &definitions.entries {
        // What nothing uses must be right too; one only declared is no matter until it is used.
        if entry.terminal && entry.body.is_some() {
            lower.terminals.pattern(name, entry)?;
        }
    }
    lower.ignored = lower.ignored()?;
    let Some(entry) = definitions.entries.get(start).filter(|entry| !entry.terminal) else {
        let place = Place { line: 1, column: 1 };
        return Err(error_in(None, place, format!("there is no rule {start:?} to start from")));
    };
    let symbol = Symbol { name: start.to_owned(), terminal: false };
    let root = lower.symbol(&symbol, &Scope::of(entry), entry.place)?;
    let root = lower.grammar.seq([lower.ignored, root]);
    lower.grammar.set_root(root);
    lower.work_off()?;
    let Lower { grammar, instances, .. } = lower;
    let used: FxHashSet<&str> = instances.names().iter().map(String::as_str).collect();
    warn_of_unused(grammar, definitions, &used);
    finish(grammar, entry, start)
}

/// Names the rules that nothing uses.
pub(super) fn warn_of_unused(
    grammar: &mut Grammar,
    definitions: &Definitions,
    used: &FxHashSet<&str>,
) {
    for (name, entry) in &definitions.entries {
        if !entry.terminal && entry.file.is_none() && !used.contains(name.as_str()) {
            let Place { line, column } = entry.place;
            grammar.warnings.push(format!(
                "the rule {name:?} is never used (line {line}, column {column} of the grammar)"
            ));
        }
    }
}

/// Makes the grammar fit for the automaton, and refuses one without a sentence.
pub(super) fn finish(grammar: &mut Grammar, entry: &Entry, start: &str) -> Result<NodeId> {
    for rule in grammar.finish()? {
        let message = format!(
            "the rule {:?} has no sentence: it never ends, so what uses it is left out",
            grammar.name(rule)
        );
        grammar.warnings.push(message);
    }
    let refused = |message| Err(error_in(entry.file.as_deref(), entry.place, message));
    if grammar.root() == NodeId::NEVER {
        return refused(format!("the grammar has no sentence: the rule {start:?} never ends"));
    }
    if !grammar.find_barriers()? {
        return refused(format!(
            "the grammar has no sentence: in every text of the rule {start:?} some terminal takes \
             what should come after it"
        ));
    }
    Ok(grammar.root())
}

struct Lower<'g, 'd> {
    definitions: &'d Definitions,
    grammar: &'g mut Grammar,
    terminals: Terminals,
    /// Any number of ignored terminals.
    ignored: NodeId,
    tokens: FxHashMap<Pattern, NodeId>,
    instances: Instances<'d>,
    /// By instance.
    rules: Vec<RuleId>,
}

impl Lower<'_, '_> {
    fn ignored(&mut self) -> Result<NodeId> {
        let mut items = Vec::new();
        for (name, _) in &self.definitions.ignored {
            let entry = &self.definitions.entries[name];
            let pattern = self.terminals.pattern(name, entry)?;
            items.push(self.lexeme(&pattern, name, entry.file.as_deref(), entry.place)?);
        }
        let any = self.grammar.alt(items);
        Ok(self.grammar.star(any))
    }

    /// Gives every rule that was met a body, and so meets more.
    fn work_off(&mut self) -> Result<()> {
        while let Some((instance, entry, scope)) = self.instances.next() {
            let Some(body) = &entry.body else {
                let name = &self.instances.names()[instance];
                let message = format!("the rule {name:?} is only declared: nothing can produce it");
                return Err(error_in(entry.file.as_deref(), entry.place, message));
            };
            let body = self.alternatives(&body.borrow(), &scope)?;
            let rule = self.rule(instance);
            self.grammar.define(rule, body);
        }
        Ok(())
    }

    fn alternatives(&mut self, body: &Alternatives, scope: &Scope) -> Result<NodeId> {
        let mut alternatives = Vec::with_capacity(body.items.len());
        for alternative in &body.items {
            alternatives.push(match alternative {
                Alternative::Nested(inner) => self.alternatives(inner, scope)?,
                Alternative::Sequence { items, .. } => {
                    let items: Result<Vec<NodeId>> =
                        items.iter().map(|item| self.item(item, scope)).collect();
                    self.grammar.seq(items?)
                }
            });
        }
        Ok(self.grammar.alt(alternatives))
    }

    fn item(&mut self, item: &Item, scope: &Scope) -> Result<NodeId> {
        let node = match &item.atom {
            Atom::Group(inner) => self.alternatives(inner, scope)?,
            Atom::Maybe(inner) => {
                let inner = self.alternatives(inner, scope)?;
                self.grammar.optional(inner)
            }
            Atom::Value(value) => self.value(value, scope, item.place)?,
            Atom::Resolved { name, .. } => {
                let symbol = Symbol { name: name.clone(), terminal: true };
                self.symbol(&symbol, scope, item.place)?
            }
        };
        let count = |times: i64| u32::try_from(times).ok().filter(|&times| times != UNBOUNDED);
        let (min, max) = match item.quantifier {
            None => return Ok(node),
            Some(Quantifier::Operator('?')) => (Some(0), Some(1)),
            Some(Quantifier::Operator('*')) => (Some(0), Some(UNBOUNDED)),
            Some(Quantifier::Operator(_)) => (Some(1), Some(UNBOUNDED)),
            // A negative count is none to Lark.
            Some(Quantifier::Times(times)) => (count(times.max(0)), count(times.max(0))),
            Some(Quantifier::Range(least, most)) if most < least || least < 0 => {
                let message = format!("the range {least}..{most} is not one of counts");
                return Err(error_in(scope.file.as_deref(), item.place, message));
            }
            Some(Quantifier::Range(least, most)) => (count(least), count(most)),
        };
        let (Some(min), Some(max)) = (min, max) else {
            let message = "the count is too large".to_owned();
            return Err(error_in(scope.file.as_deref(), item.place, message));
        };
        Ok(self.grammar.repeat(node, min, max))
    }

    fn value(&mut self, value: &Value, scope: &Scope, place: Place) -> Result<NodeId> {
        let argument = self.instances.argument(value, scope, place)?;
        self.node(&argument, scope, place)
    }

    fn node(&mut self, argument: &Argument, scope: &Scope, place: Place) -> Result<NodeId> {
        match argument {
            Argument::Symbol(symbol) => self.symbol(symbol, scope, place),
            Argument::Instance(instance) => {
                let rule = self.rule(*instance);
                Ok(self.grammar.rule(rule))
            }
            Argument::Pattern(pattern) => {
                let name = format!("{:?}", pattern.value);
                self.token(pattern, &name, scope.file.as_deref(), place)
            }
        }
    }

    fn symbol(&mut self, symbol: &Symbol, scope: &Scope, place: Place) -> Result<NodeId> {
        if !symbol.terminal {
            let instance = self.instances.rule(&symbol.name, Vec::new(), scope, place)?;
            let rule = self.rule(instance);
            return Ok(self.grammar.rule(rule));
        }
        let name = &symbol.name;
        let Some(entry) = self.definitions.entries.get(name).filter(|entry| entry.terminal) else {
            let message = format!("{name:?} is written as a terminal but is none");
            return Err(error_in(scope.file.as_deref(), place, message));
        };
        let pattern = self.terminals.pattern(name, entry)?;
        self.token(&pattern, name, entry.file.as_deref(), entry.place)
    }

    fn rule(&mut self, instance: usize) -> RuleId {
        for name in &self.instances.names()[self.rules.len()..] {
            self.rules.push(self.grammar.declare(name));
        }
        self.rules[instance]
    }

    /// A terminal and what is ignored after it.
    fn token(
        &mut self,
        pattern: &Pattern,
        name: &str,
        file: Option<&str>,
        place: Place,
    ) -> Result<NodeId> {
        if let Some(&known) = self.tokens.get(pattern) {
            return Ok(known);
        }
        let lexeme = self.lexeme(pattern, name, file, place)?;
        let token = self.grammar.seq([lexeme, self.ignored]);
        self.tokens.insert(pattern.clone(), token);
        Ok(token)
    }

    /// A terminal, as the lexer reads it.
    fn lexeme(
        &mut self,
        pattern: &Pattern,
        name: &str,
        file: Option<&str>,
        place: Place,
    ) -> Result<NodeId> {
        if !pattern.is_regex && pattern.flags.is_empty() {
            return Ok(self.grammar.literal(&pattern.value));
        }
        let failed = |error: Error| in_terminal(error, name, file, place);
        let regex = pattern.to_regex();
        let (min, _) = regex::python_width(&regex).map_err(failed)?;
        if min == 0 {
            let message = format!(
                "the terminal {name} could be empty, which Lark does not allow; make what uses it \
                 optional instead"
            );
            return Err(error_in(file, place, message));
        }
        let exprs = &mut self.grammar.exprs;
        let lexeme = regex::python_lexeme(exprs, &regex).map_err(failed)?;
        Ok(self.grammar.greedy(lexeme))
    }
}
