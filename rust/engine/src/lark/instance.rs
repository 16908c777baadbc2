//! What the names in rules' bodies stand for. Templates become rules of their own, one for each list
//! of arguments.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::load::{Definitions, Entry};
use super::pattern::Pattern;
use super::syntax::{Symbol, Value};
use super::{error_in, Place};
use crate::error::Result;

/// How many instances of templates there may be.
const MOST_INSTANCES: usize = 10_000;

/// The number of a rule, or of a template with its arguments.
pub(super) type InstanceId = usize;

/// What a template's parameter stands for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Argument {
    /// A rule (or the name of a template) or a terminal.
    Symbol(Symbol),
    Pattern(Pattern),
    Instance(InstanceId),
}

/// Where a body stands.
#[derive(Clone, Default)]
pub(super) struct Scope {
    pub file: Option<Rc<str>>,
    pub arguments: BTreeMap<String, Argument>,
}

impl Scope {
    pub fn of(entry: &Entry) -> Self {
        Scope { file: entry.file.clone(), arguments: BTreeMap::new() }
    }
}

/// A rule by its name and arguments.
type Key = (String, Vec<Argument>);

/// The rules met so far.
pub(super) struct Instances<'d> {
    definitions: &'d Definitions,
    known: FxHashMap<Key, InstanceId>,
    names: Vec<String>,
    /// Rules whose body has not been asked for yet.
    waiting: VecDeque<(InstanceId, Key)>,
}

impl<'d> Instances<'d> {
    pub fn new(definitions: &'d Definitions) -> Self {
        Instances {
            definitions,
            known: FxHashMap::default(),
            names: Vec::new(),
            waiting: VecDeque::new(),
        }
    }

    /// The names of all rules met, by their numbers.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// A rule met whose body has not been asked for, and where that body stands.
    pub fn next(&mut self) -> Option<(InstanceId, &'d Entry, Scope)> {
        let (instance, (name, arguments)) = self.waiting.pop_front()?;
        let entry = &self.definitions.entries[&name];
        let mut scope = Scope::of(entry);
        scope.arguments = entry.parameters.iter().cloned().zip(arguments).collect();
        Some((instance, entry, scope))
    }

    /// The rule of this name with these arguments.
    pub fn rule(
        &mut self,
        name: &str,
        arguments: Vec<Argument>,
        scope: &Scope,
        place: Place,
    ) -> Result<InstanceId> {
        let error = |message| Err(error_in(scope.file.as_deref(), place, message));
        let Some(entry) = self.definitions.entries.get(name).filter(|entry| !entry.terminal) else {
            return error(format!("{name:?} is written as a rule but is none"));
        };
        let (wants, gets) = (entry.parameters.len(), arguments.len());
        if wants != gets {
            return error(format!("the template {name:?} has {wants} parameters, not {gets}"));
        }
        let key = (name.to_owned(), arguments);
        if let Some(&known) = self.known.get(&key) {
            return Ok(known);
        }
        if self.names.len() > MOST_INSTANCES + self.definitions.entries.len() {
            return error(format!(
                "the templates have more than {MOST_INSTANCES} instances: {name:?} may be used in \
                 itself with ever larger arguments"
            ));
        }
        let instance = self.names.len();
        self.names.push(name.to_owned());
        self.known.insert(key.clone(), instance);
        self.waiting.push_back((instance, key));
        Ok(instance)
    }

    /// What a value comes to where it stands.
    pub fn argument(&mut self, value: &Value, scope: &Scope, place: Place) -> Result<Argument> {
        match value {
            Value::Symbol(symbol) => Ok(match scope.arguments.get(&symbol.name) {
                Some(argument) => argument.clone(),
                None => Argument::Symbol(symbol.clone()),
            }),
            Value::Literal(_) | Value::Range(..) => match Pattern::of_value(value) {
                Ok(pattern) => Ok(Argument::Pattern(pattern)),
                Err(message) => Err(error_in(scope.file.as_deref(), place, message)),
            },
            Value::Template { name, arguments } => {
                let name = match scope.arguments.get(name) {
                    Some(Argument::Symbol(symbol)) => symbol.name.clone(),
                    Some(_) => {
                        let message = format!("{name:?} stands for something that is no template");
                        return Err(error_in(scope.file.as_deref(), place, message));
                    }
                    None => name.clone(),
                };
                let arguments: Result<Vec<Argument>> =
                    arguments.iter().map(|value| self.argument(value, scope, place)).collect();
                self.rule(&name, arguments?, scope, place).map(Argument::Instance)
            }
        }
    }
}
