//! What must hold of the definitions as a whole: every name that is used is defined, templates get
//! as many arguments as they have parameters, aliases stand where they may.

use super::load::{kind, Definitions, Entry};
use super::syntax::{Alternative, Alternatives, Atom, Item, Symbol, Value};
use super::{error_in, Place};
use crate::error::Result;

/// Checks all definitions.
pub(super) fn definitions(definitions: &Definitions) -> Result<()> {
    for (name, entry) in &definitions.entries {
        let body = entry.body.as_ref().map(|body| body.borrow());
        let Some(body) = body else { continue };
        if let Some((place, message)) = problem(name, entry, &body, definitions) {
            return Err(error_in(entry.file.as_deref(), place, message));
        }
    }
    for (name, place) in &definitions.ignored {
        match definitions.entries.get(name) {
            Some(Entry { terminal: true, .. }) => {}
            _ => {
                let message = format!("the ignored terminal {name:?} is not defined");
                return Err(error_in(None, *place, message));
            }
        }
    }
    Ok(())
}

fn problem(
    name: &str,
    entry: &Entry,
    body: &Alternatives,
    definitions: &Definitions,
) -> Option<(Place, String)> {
    for (at, parameter) in entry.parameters.iter().enumerate() {
        if definitions.entries.contains_key(parameter) {
            let message = format!(
                "the parameter {parameter:?} of the template {name:?} has the name of a rule"
            );
            return Some((entry.place, message));
        }
        if entry.parameters[..at].contains(parameter) {
            let message = format!("the template {name:?} has the parameter {parameter:?} twice");
            return Some((entry.place, message));
        }
    }
    aliases(name, entry, body).or_else(|| uses(name, entry, body, definitions))
}

fn aliases(name: &str, entry: &Entry, body: &Alternatives) -> Option<(Place, String)> {
    for alternative in &body.items {
        match alternative {
            Alternative::Nested(inner) => {
                if let Some(found) = aliases(name, entry, inner) {
                    return Some(found);
                }
            }
            Alternative::Sequence { alias: Some(_), place, .. } if entry.terminal => {
                let message = format!("the terminal {name:?} cannot have aliases (\"->\")");
                return Some((*place, message));
            }
            Alternative::Sequence { alias: Some(alias), place, .. } if name.starts_with('_') => {
                let message = format!(
                    "the rule {name:?} starts with \"_\" and so cannot have aliases (\"-> {alias}\")"
                );
                return Some((*place, message));
            }
            Alternative::Sequence { items, .. } => {
                if let Some(found) = items.iter().find_map(nested_alias) {
                    return Some(found);
                }
            }
        }
    }
    None
}

fn nested_alias(item: &Item) -> Option<(Place, String)> {
    let (Atom::Group(inner) | Atom::Maybe(inner)) = &item.atom else { return None };
    inner.items.iter().find_map(|alternative| match alternative {
        Alternative::Sequence { alias: Some(alias), place, .. } => {
            Some((*place, format!("the alias {alias:?} stands inside brackets")))
        }
        Alternative::Sequence { items, .. } => items.iter().find_map(nested_alias),
        Alternative::Nested(_) => None,
    })
}

fn uses(
    name: &str,
    entry: &Entry,
    body: &Alternatives,
    definitions: &Definitions,
) -> Option<(Place, String)> {
    let mut found = None;
    let user = format!("{} {name:?}", kind(entry.terminal));
    for_each_use(body, &mut |symbol, place| {
        let known = definitions.entries.contains_key(&symbol.name);
        if !known && !entry.parameters.contains(&symbol.name) {
            let kind = kind(symbol.terminal);
            let used = &symbol.name;
            let message = format!("the {kind} {used:?} is used in the {user} but not defined");
            found.get_or_insert((place, message));
        }
    });
    body.for_each_item(&mut |item| {
        if let Atom::Value(value) = &item.atom {
            if let Some(message) = wrong_count(value, entry, definitions) {
                found.get_or_insert((item.place, message));
            }
        }
    });
    found
}

/// A template in the value that gets too many or too few arguments.
fn wrong_count(value: &Value, user: &Entry, definitions: &Definitions) -> Option<String> {
    let Value::Template { name, arguments } = value else { return None };
    if let (Some(entry), false) = (definitions.entries.get(name), user.parameters.contains(name)) {
        let (wants, gets) = (entry.parameters.len(), arguments.len());
        if wants != gets {
            return Some(format!("the template {name:?} has {wants} parameters, not {gets}"));
        }
    }
    arguments.iter().find_map(|argument| wrong_count(argument, user, definitions))
}

/// Calls `visit` with every symbol used in a body, names of templates included, and its place.
pub(super) fn for_each_use(body: &Alternatives, visit: &mut dyn FnMut(&Symbol, Place)) {
    body.for_each_item(&mut |item| {
        if let Atom::Value(value) = &item.atom {
            in_value(value, &mut |symbol| visit(symbol, item.place));
        }
    });
}

fn in_value(value: &Value, visit: &mut dyn FnMut(&Symbol)) {
    match value {
        Value::Symbol(symbol) => visit(symbol),
        Value::Template { name, arguments } => {
            visit(&Symbol { name: name.clone(), terminal: false });
            arguments.iter().for_each(|argument| in_value(argument, visit));
        }
        Value::Literal(_) | Value::Range(..) => {}
    }
}
