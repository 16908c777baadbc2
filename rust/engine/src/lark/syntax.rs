//! What a Lark grammar says, as written: definitions and statements, names not yet resolved.

use std::cell::RefCell;
use std::rc::Rc;

use super::Place;

/// A rule's or a terminal's name; terminals are written in capitals.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Symbol {
    pub name: String,
    pub terminal: bool,
}

/// Alternatives. Shared where a terminal is used in others: extending it reaches them all.
pub(super) type Shared = Rc<RefCell<Alternatives>>;

/// `a | b | c`.
#[derive(Clone, Debug, Default)]
pub(super) struct Alternatives {
    pub items: Vec<Alternative>,
}

#[derive(Clone, Debug)]
pub(super) enum Alternative {
    /// `a b c`, possibly `-> alias`, whose name is only kept for what Lark checks of it.
    Sequence { items: Vec<Item>, alias: Option<String>, place: Place },
    /// Put in front by `%extend`.
    Nested(Alternatives),
}

/// An atom with its quantifier.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub atom: Atom,
    pub quantifier: Option<Quantifier>,
    pub place: Place,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Quantifier {
    /// `?`, `*` or `+`.
    Operator(char),
    /// `~n`.
    Times(i64),
    /// `~n..m`.
    Range(i64, i64),
}

#[derive(Clone, Debug)]
pub(super) enum Atom {
    /// `( ... )`
    Group(Alternatives),
    /// `[ ... ]`
    Maybe(Alternatives),
    Value(Value),
    /// A terminal's definition in the place of its name.
    Resolved {
        name: String,
        definition: Shared,
    },
}

/// What a template can be given.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Symbol(Symbol),
    /// A string or a regular expression, as it is written.
    Literal(String),
    /// `"a".."z"`, as written.
    Range(String, String),
    /// `name{a, b}`
    Template {
        name: String,
        arguments: Vec<Value>,
    },
}

/// A rule or a terminal with its definition.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub symbol: Symbol,
    pub parameters: Vec<String>,
    pub body: Alternatives,
    /// `?` stands before the rule's name.
    pub inlined_if_single: bool,
    /// `!` stands before the rule's name.
    pub keeps_all: bool,
    pub priority: i64,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub(super) struct Import {
    /// `.a.b` instead of `a.b`.
    pub relative: bool,
    pub path: Vec<String>,
    /// What is imported, and its name here.
    pub names: Vec<(String, String)>,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Statement {
    Define(Definition),
    Override(Definition),
    Extend(Definition),
    Ignore(Alternatives, Place),
    Declare(Vec<(Symbol, Place)>),
    Import(Import),
}

impl Alternatives {
    /// Calls `visit` with every item, outermost first.
    pub fn for_each_item(&self, visit: &mut dyn FnMut(&Item)) {
        for alternative in &self.items {
            match alternative {
                Alternative::Nested(inner) => inner.for_each_item(visit),
                Alternative::Sequence { items, .. } => {
                    for item in items {
                        visit(item);
                        if let Atom::Group(inner) | Atom::Maybe(inner) = &item.atom {
                            inner.for_each_item(visit);
                        }
                    }
                }
            }
        }
    }

    /// The same with the mutable item.
    pub fn for_each_item_mut(&mut self, visit: &mut dyn FnMut(&mut Item)) {
        for alternative in &mut self.items {
            match alternative {
                Alternative::Nested(inner) => inner.for_each_item_mut(visit),
                Alternative::Sequence { items, .. } => {
                    for item in items {
                        visit(item);
                        if let Atom::Group(inner) | Atom::Maybe(inner) = &mut item.atom {
                            inner.for_each_item_mut(visit);
                        }
                    }
                }
            }
        }
    }
}
