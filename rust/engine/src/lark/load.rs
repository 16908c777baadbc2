//! From statements to definitions: imports, `%override`, `%extend`, and every name resolved.
//!
//! A grammar that is imported is loaded by itself, with its names prefixed by where they come
//! from, and only what the imported names need is kept. Terminals that use others hold them by
//! reference: extending a terminal extends it inside the others too, overriding it does not.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::syntax::{
    Alternative, Alternatives, Atom, Definition, Import, Item, Shared, Statement, Symbol, Value,
};
use super::{bundled, check, parse, Options, Place};
use crate::error::{Error, Result};

/// How deeply imports may nest.
const DEEPEST_IMPORT: usize = 50;

/// A definition under its final name.
pub(super) struct Entry {
    pub terminal: bool,
    pub parameters: Vec<String>,
    /// `!` stands before the rule's name.
    pub keeps_all: bool,
    /// Which terminal a lexer takes where it has a choice; trees are all one here.
    pub priority: i64,
    /// None for what was only declared.
    pub body: Option<Shared>,
    pub place: Place,
    /// The file it was written in; none for the grammar's own text.
    pub file: Option<Rc<str>>,
}

/// Everything defined, by name, and the names of the ignored terminals.
#[derive(Default)]
pub(super) struct Definitions {
    pub entries: BTreeMap<String, Entry>,
    pub ignored: Vec<(String, Place)>,
}

/// Reads a grammar with all that it imports.
pub(super) fn load(text: &str, options: &Options) -> Result<Definitions> {
    let source = Source { file: None, folder: Some(String::new()), rename: None, depth: 0 };
    let mut loader = Loader { options, source, definitions: Definitions::default() };
    loader.load(text)?;
    check::definitions(&loader.definitions)?;
    Ok(loader.definitions)
}

/// Where a grammar's text comes from.
struct Source {
    file: Option<Rc<str>>,
    /// Where its relative imports start, as a path that is empty or ends in "/"; none in Lark's own.
    folder: Option<String>,
    rename: Option<Rc<Rename>>,
    depth: usize,
}

/// The names of an imported grammar in the one that imports it.
struct Rename {
    prefix: String,
    names: BTreeMap<String, String>,
    outer: Option<Rc<Rename>>,
}

impl Rename {
    fn apply(&self, name: &str) -> String {
        let prefix = &self.prefix;
        let renamed = match (self.names.get(name), name.strip_prefix('_')) {
            (Some(alias), _) => alias.clone(),
            (None, Some(hidden)) => format!("_{prefix}__{hidden}"),
            (None, None) => format!("{prefix}__{name}"),
        };
        self.outer.as_ref().map_or(renamed.clone(), |outer| outer.apply(&renamed))
    }
}

struct Loader<'o> {
    options: &'o Options,
    source: Source,
    definitions: Definitions,
}

impl Loader<'_> {
    fn error(&self, place: Place, message: String) -> Error {
        super::error_in(self.source.file.as_deref(), place, message)
    }

    fn load(&mut self, text: &str) -> Result<()> {
        let file = self.source.file.clone();
        let mut statements = parse::parse(text, file.as_deref())?;
        self.import_all(&statements)?;
        if let Some(rename) = &self.source.rename {
            statements.iter_mut().for_each(|statement| rename_in(statement, rename));
        }
        for statement in statements {
            match statement {
                Statement::Define(definition) => self.define(definition, false)?,
                Statement::Override(definition) => self.define(definition, true)?,
                Statement::Extend(definition) => self.extend(definition)?,
                // What an imported grammar ignores does not concern the one that imports it.
                Statement::Ignore(..) if self.source.rename.is_some() => {}
                Statement::Ignore(body, place) => self.ignore(body, place),
                Statement::Declare(symbols) => self.declare(symbols)?,
                Statement::Import(_) => {}
            }
        }
        self.resolve_terminals()
    }

    fn define(&mut self, definition: Definition, replace: bool) -> Result<()> {
        let Definition { symbol, parameters, body, inlined_if_single, keeps_all, priority, place } =
            definition;
        let kind = kind(symbol.terminal);
        let name = symbol.name;
        let message = match (self.definitions.entries.contains_key(&name), replace) {
            (true, false) => format!("the {kind} {name:?} is defined more than once"),
            (false, true) => format!("%override of the {kind} {name:?}, which is not defined"),
            _ if inlined_if_single && name.starts_with('_') => {
                format!("the rule {name:?} starts with \"_\" and so cannot have the modifier \"?\"")
            }
            _ => {
                let body = Some(Rc::new(RefCell::new(body)));
                let file = self.source.file.clone();
                let terminal = symbol.terminal;
                let entry = Entry { terminal, parameters, keeps_all, priority, body, place, file };
                self.definitions.entries.insert(name, entry);
                return Ok(());
            }
        };
        Err(self.error(place, message))
    }

    fn extend(&mut self, definition: Definition) -> Result<()> {
        let Definition { symbol, parameters, body, place, .. } = definition;
        let (kind, name) = (kind(symbol.terminal), symbol.name);
        let message = match self.definitions.entries.get(&name) {
            None => format!("%extend of the {kind} {name:?}, which was not defined before"),
            Some(entry) if entry.terminal != symbol.terminal => {
                format!("%extend of {name:?}: one is a terminal, the other a rule")
            }
            Some(entry) if entry.parameters != parameters => {
                format!("%extend of the template {name:?} with other parameters")
            }
            Some(Entry { body: None, .. }) => {
                format!("%extend of the {kind} {name:?}, which was only declared")
            }
            Some(Entry { body: Some(base), .. }) => {
                base.borrow_mut().items.insert(0, Alternative::Nested(body));
                return Ok(());
            }
        };
        Err(self.error(place, message))
    }

    fn ignore(&mut self, body: Alternatives, place: Place) {
        let name = match only_terminal(&body) {
            Some(name) => name.to_owned(),
            None => {
                let name = format!("__IGNORE_{}", self.definitions.ignored.len());
                let entry = Entry {
                    terminal: true,
                    parameters: Vec::new(),
                    keeps_all: false,
                    priority: 0,
                    body: Some(Rc::new(RefCell::new(body))),
                    place,
                    file: self.source.file.clone(),
                };
                self.definitions.entries.insert(name.clone(), entry);
                name
            }
        };
        self.definitions.ignored.push((name, place));
    }

    fn declare(&mut self, symbols: Vec<(Symbol, Place)>) -> Result<()> {
        for (symbol, place) in symbols {
            let Symbol { name, terminal } = symbol;
            if self.source.rename.is_none() {
                let message = format!(
                    "%declare {name}: only a program after the lexer (such as an indenter) could \
                     make this symbol, and there is none here; define it as text"
                );
                return Err(self.error(place, message));
            }
            let file = self.source.file.clone();
            let entry = Entry {
                terminal,
                parameters: Vec::new(),
                keeps_all: false,
                priority: 0,
                body: None,
                place,
                file,
            };
            self.definitions.entries.insert(name, entry);
        }
        Ok(())
    }

    /// Imports are read before anything else, each grammar once.
    fn import_all(&mut self, statements: &[Statement]) -> Result<()> {
        let mut imports: Vec<Import> = Vec::new();
        for statement in statements {
            let Statement::Import(import) = statement else { continue };
            match imports.iter_mut().find(|known| known.path == import.path) {
                Some(known) if known.relative != import.relative => {
                    let path = import.path.join(".");
                    let message =
                        format!("{path} is imported both from the library and from a folder");
                    return Err(self.error(import.place, message));
                }
                Some(known) => known.names.extend(import.names.iter().cloned()),
                None => imports.push(import.clone()),
            }
        }
        imports.iter().try_for_each(|import| self.import(import))
    }

    fn import(&mut self, import: &Import) -> Result<()> {
        if self.source.depth >= DEEPEST_IMPORT {
            let message = format!("imports nest more than {DEEPEST_IMPORT} deep");
            return Err(self.error(import.place, message));
        }
        let (text, file, folder) = self.find(import)?;
        let rename = Rename {
            prefix: import.path.join("__"),
            names: import.names.iter().cloned().collect(),
            outer: self.source.rename.clone(),
        };
        let wanted: Vec<String> = rename.names.keys().map(|name| rename.apply(name)).collect();
        let source = Source {
            file: Some(file.as_str().into()),
            folder,
            rename: Some(Rc::new(rename)),
            depth: self.source.depth + 1,
        };
        let definitions = Definitions::default();
        let mut loader = Loader { options: self.options, source, definitions };
        loader.load(&text)?;
        let mut entries = loader.definitions.entries;
        let needed = needed(&entries, wanted);
        entries.retain(|name, _| needed.contains(name));
        for (name, entry) in entries {
            if self.definitions.entries.contains_key(&name) {
                let message = format!("cannot import {name:?} from {file}: it is defined already");
                return Err(self.error(import.place, message));
            }
            self.definitions.entries.insert(name, entry);
        }
        Ok(())
    }

    /// The text of an imported grammar, its name, and where its own relative imports start.
    fn find(&self, import: &Import) -> Result<(String, String, Option<String>)> {
        let file = path(import);
        if import.relative {
            let folder = self.source.folder.clone().unwrap_or_default();
            let file = folder + &file;
            let Some(text) = self.options.files.get(&file) else {
                let message = format!(
                    "%import .{}: there is no {file:?}; CFG.from_file reads what lies beside a \
                     grammar's file",
                    import.path.join(".")
                );
                return Err(self.error(import.place, message));
            };
            let folder = file.rfind('/').map_or("", |end| &file[..=end]).to_owned();
            return Ok((text.clone(), file, Some(folder)));
        }
        match bundled::grammar(&file) {
            Some(text) => Ok((text.to_owned(), file, None)),
            None => {
                let message = format!(
                    "there is no grammar {:?} in Lark's library, only common, lark, python and \
                     unicode; a leading \".\" imports from the grammar's own folder",
                    import.path.join(".")
                );
                Err(self.error(import.place, message))
            }
        }
    }

    /// Puts the definitions of terminals in the place of their names.
    fn resolve_terminals(&self) -> Result<()> {
        let entries = &self.definitions.entries;
        for (name, entry) in entries {
            let (true, Some(body)) = (entry.terminal, &entry.body) else { continue };
            let mut failure = None;
            body.borrow_mut().for_each_item_mut(&mut |item| {
                if let Err((place, message)) = resolve(item, name, entries) {
                    failure.get_or_insert((place, message));
                }
            });
            if let Some((place, message)) = failure {
                return Err(super::error_in(entry.file.as_deref(), place, message));
            }
        }
        let mut finished = FxHashSet::default();
        for (name, entry) in entries {
            let (true, Some(body)) = (entry.terminal, &entry.body) else { continue };
            if reaches_itself(body, &mut Vec::new(), &mut finished) {
                // Breaks the circle of references, which would otherwise never be freed.
                entries.values().filter_map(|entry| entry.body.as_ref()).for_each(|body| {
                    body.borrow_mut().items.clear();
                });
                let message =
                    format!("the terminal {name:?} is recursive, which only rules can be");
                return Err(super::error_in(entry.file.as_deref(), entry.place, message));
            }
        }
        Ok(())
    }
}

/// The path of the file that is imported, from where relative imports start.
pub(super) fn path(import: &Import) -> String {
    format!("{}.lark", import.path.join("/"))
}

/// "rule" or "terminal".
pub(super) fn kind(terminal: bool) -> &'static str {
    if terminal {
        "terminal"
    } else {
        "rule"
    }
}

/// The name in an `%ignore NAME`.
fn only_terminal(body: &Alternatives) -> Option<&str> {
    let [Alternative::Sequence { items, alias: None, .. }] = &body.items[..] else { return None };
    match &items[..] {
        [Item { atom: Atom::Value(Value::Symbol(symbol)), quantifier: None, .. }] => {
            symbol.terminal.then_some(&symbol.name)
        }
        _ => None,
    }
}

fn resolve(
    item: &mut Item,
    user: &str,
    entries: &BTreeMap<String, Entry>,
) -> std::result::Result<(), (Place, String)> {
    let message = match &item.atom {
        Atom::Value(Value::Symbol(Symbol { name, terminal: true })) => match entries.get(name) {
            Some(Entry { terminal: true, body: Some(body), .. }) => {
                item.atom = Atom::Resolved { name: name.clone(), definition: Rc::clone(body) };
                return Ok(());
            }
            Some(Entry { body: None, .. }) => {
                format!("the terminal {name:?} is only declared: nothing can produce it")
            }
            _ => format!("the terminal {name:?} is used in the terminal {user:?} but not defined"),
        },
        Atom::Value(Value::Symbol(Symbol { name, .. })) => {
            format!("the rule {name:?} cannot be used in the terminal {user:?}")
        }
        Atom::Value(Value::Template { name, .. }) => {
            format!("the template {name:?} cannot be used in the terminal {user:?}")
        }
        _ => return Ok(()),
    };
    Err((item.place, message))
}

fn reaches_itself(
    body: &Shared,
    path: &mut Vec<*const RefCell<Alternatives>>,
    finished: &mut FxHashSet<*const RefCell<Alternatives>>,
) -> bool {
    let address = Rc::as_ptr(body);
    if path.contains(&address) {
        return true;
    }
    if finished.contains(&address) {
        return false;
    }
    path.push(address);
    let mut inner = Vec::new();
    body.borrow().for_each_item(&mut |item| {
        if let Atom::Resolved { definition, .. } = &item.atom {
            inner.push(Rc::clone(definition));
        }
    });
    let found = inner.iter().any(|definition| {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || reaches_itself(definition, path, finished))
    });
    path.pop();
    finished.insert(address);
    found
}

/// The names in `entries` that are wanted or that the rules among them use.
fn needed(entries: &BTreeMap<String, Entry>, wanted: Vec<String>) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    let mut waiting = wanted;
    while let Some(name) = waiting.pop() {
        let entry = entries.get(&name);
        if !needed.insert(name) {
            continue;
        }
        if let Some(Entry { terminal: false, parameters, body: Some(body), .. }) = entry {
            check::for_each_use(&body.borrow(), &mut |symbol, _| {
                if !parameters.contains(&symbol.name) {
                    waiting.push(symbol.name.clone());
                }
            });
        }
    }
    needed
}

fn rename_in(statement: &mut Statement, rename: &Rename) {
    match statement {
        Statement::Define(definition)
        | Statement::Override(definition)
        | Statement::Extend(definition) => {
            definition.symbol.name = rename.apply(&definition.symbol.name);
            for parameter in &mut definition.parameters {
                *parameter = rename.apply(parameter);
            }
            definition.body.for_each_item_mut(&mut |item| {
                if let Atom::Value(value) = &mut item.atom {
                    rename_value(value, rename);
                }
            });
        }
        Statement::Declare(symbols) => {
            for (symbol, _) in symbols {
                symbol.name = rename.apply(&symbol.name);
            }
        }
        Statement::Ignore(..) | Statement::Import(_) => {}
    }
}

fn rename_value(value: &mut Value, rename: &Rename) {
    match value {
        Value::Symbol(symbol) => symbol.name = rename.apply(&symbol.name),
        Value::Template { name, arguments } => {
            *name = rename.apply(name);
            arguments.iter_mut().for_each(|argument| rename_value(argument, rename));
        }
        Value::Literal(_) | Value::Range(..) => {}
    }
}
