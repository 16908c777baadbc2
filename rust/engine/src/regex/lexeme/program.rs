//! The syntax tree as a list of items that refer to each other by number.

use super::super::ast::{deep, Kind, Look, Mode, Node};
use super::super::cursor::error_at;
use super::super::encoding::{class, Encoding};
use super::super::lower;
use crate::error::{Error, Result};
use crate::expr::{ExprId, Exprs};

/// The number of an item.
pub(super) type ItemId = u32;

/// The largest tree that is taken.
const MOST_NODES: u64 = 200_000;

/// One node of the tree.
#[derive(Debug)]
pub(super) enum Item {
    /// One code point, as bytes.
    Class(ExprId),
    Concat(Box<[ItemId]>),
    /// In the order of preference.
    Alt(Box<[ItemId]>),
    Repeat(Rounds),
    /// The text that follows, all of it, is in the language.
    Ahead(ExprId),
    /// The terminal's text so far ends (or does not end) in what the numbered look-behind seeks.
    Behind {
        number: usize,
        negated: bool,
    },
}

/// The rounds of a repetition that are left.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Rounds {
    pub body: ItemId,
    pub min: u32,
    pub max: u32,
    pub lazy: bool,
}

/// A pattern ready to run.
pub(super) struct Program {
    pub items: Vec<Item>,
    pub root: ItemId,
    /// "Anything, then what is sought", for each look-behind.
    pub behind: Vec<ExprId>,
    /// Whether some way to match may come to nothing.
    pub has_dead_ends: bool,
}

/// Compiles a tree without atomic groups.
pub(super) fn compile(exprs: &mut Exprs, pattern: &str, tree: &Node) -> Result<Program> {
    if tree.facts.size > MOST_NODES {
        return Err(Error::limit(format!(
            "the regular expression {pattern:?} has more than {MOST_NODES} parts"
        )));
    }
    let program =
        Program { items: Vec::new(), root: 0, behind: Vec::new(), has_dead_ends: tree.facts.looks };
    let mut compiler = Compiler { exprs, pattern, program };
    let root = compiler.item(tree, 0)?;
    Ok(Program { root, ..compiler.program })
}

struct Compiler<'e, 'p> {
    exprs: &'e mut Exprs,
    pattern: &'p str,
    program: Program,
}

impl Compiler<'_, '_> {
    fn add(&mut self, item: Item) -> ItemId {
        self.program.items.push(item);
        self.program.items.len() as ItemId - 1
    }

    /// Compiles a node before which at least `before` code points of the terminal stand.
    fn item(&mut self, node: &Node, before: u32) -> Result<ItemId> {
        let item = deep(|| {
            Ok(match node.kind() {
                Kind::Empty | Kind::Mark(_) => Item::Concat(Box::new([])),
                Kind::Class(set) => {
                    self.program.has_dead_ends |= set.is_none();
                    Item::Class(class(self.exprs, set.ranges(), Encoding::Utf8))
                }
                Kind::Concat(items) => {
                    let mut before = before;
                    let mut ids = Vec::with_capacity(items.len());
                    for item in items {
                        ids.push(self.item(item, before)?);
                        before = before.saturating_add(item.facts.min);
                    }
                    Item::Concat(ids.into())
                }
                Kind::Alt(items) => {
                    let ids: Result<Vec<ItemId>> =
                        items.iter().map(|item| self.item(item, before)).collect();
                    Item::Alt(ids?.into())
                }
                Kind::Repeat(repeat) => {
                    let body = self.item(&repeat.body, before)?;
                    let lazy = repeat.mode == Mode::Lazy;
                    Item::Repeat(Rounds { body, min: repeat.min, max: repeat.max, lazy })
                }
                Kind::Look(look) if look.behind => self.behind(look, before)?,
                Kind::Look(look) => self.ahead(look)?,
                Kind::Atomic { position, .. } => {
                    let message = "an atomic group cannot stand here";
                    return Err(error_at(self.pattern, *position, message));
                }
            })
        })?;
        Ok(self.add(item))
    }

    fn ahead(&mut self, look: &Look) -> Result<Item> {
        if has_look_behind(&look.body) {
            let message = "look-behind inside a look-ahead is not supported in a terminal";
            return Err(error_at(self.pattern, look.position, message));
        }
        let body = lower::before_anything(self.exprs, self.pattern, &look.body)?;
        let ahead = self.exprs.concat2(body, ExprId::ALL);
        Ok(Item::Ahead(if look.negated { self.exprs.not(ahead) } else { ahead }))
    }

    fn behind(&mut self, look: &Look, before: u32) -> Result<Item> {
        let Look { ref body, negated, position, .. } = *look;
        let message = if body.facts.looks {
            "look-around inside a look-behind is not supported in a terminal"
        } else if body.facts.max.is_none_or(|width| width > before) {
            "this looks at the text before the terminal (an anchor, a word boundary or a \
             look-behind at its start), which is not supported"
        } else {
            let body = lower::plain(self.exprs, body)?;
            let state = self.exprs.concat2(ExprId::ALL, body);
            let known = self.program.behind.iter().position(|&known| known == state);
            let number = known.unwrap_or_else(|| {
                self.program.behind.push(state);
                self.program.behind.len() - 1
            });
            return Ok(Item::Behind { number, negated });
        };
        Err(error_at(self.pattern, position, message))
    }
}

fn has_look_behind(node: &Node) -> bool {
    node.facts.looks
        && deep(|| match node.kind() {
            Kind::Empty | Kind::Class(_) | Kind::Mark(_) => false,
            Kind::Concat(items) | Kind::Alt(items) => items.iter().any(has_look_behind),
            Kind::Repeat(repeat) => has_look_behind(&repeat.body),
            Kind::Look(look) => look.behind || has_look_behind(&look.body),
            Kind::Atomic { body, .. } => has_look_behind(body),
        })
}
