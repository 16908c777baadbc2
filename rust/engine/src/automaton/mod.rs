//! The lazily determinised pushdown machine that runs a grammar over bytes.
//!
//! A *configuration* is a terminal in progress plus a stack of what follows it; a *state* is an
//! interned set of configurations. [`Automaton::step`] is computed once per state and range of
//! bytes and then remembered, so the second time round any part of a grammar is a table look-up.
//!
//! - [`stack`]: stacks are hash-consed and may branch: one id stands for every way to go on, as
//!   in a graph-structured stack, so ambiguity costs polynomial space and equal stacks compare by
//!   id. The last item of a sequence pushes nothing, so right recursion needs no stack.
//! - [`predict`]: which terminals may come next. Left recursion has been removed from the
//!   grammar, so prediction is a walk over an acyclic relation; callers are merged before callees.
//! - [`classes`]: which states take whatever text over a class of code points.
//! - [`distance`]: how little text completes a state.
//! - [`horizon`]: what little of a state decides nearly all of its mask.
//! - [`literal`]: literals in progress, read at once.
//! - [`guard`]: what may not follow a terminal that was read greedily.
//! - [`text`]: the text of captures, as interned chains of bytes.

mod byte_set;
mod classes;
mod distance;
mod guard;
mod horizon;
mod literal;
mod predict;
mod stack;
mod text;

use rustc_hash::FxHashMap;

use crate::error::{Error, Result};
use crate::expr::{ExprId, Exprs};
use crate::grammar::{Expander, Grammar, NodeId};
use crate::ids::{Hashed, Ids};
use crate::pages::Pages;

use byte_set::ByteSet;
pub(crate) use classes::KnownTexts;
pub(crate) use distance::{Distances, Outline};
use guard::Completable;
pub(crate) use horizon::{AfterEnded, LONGEST_CHARACTER};
pub use stack::StackId;
use stack::Stacks;
use text::{TextId, Texts};

/// One state of an [`Automaton`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StateId(u32);

impl StateId {
    /// The state without a way on.
    pub const DEAD: StateId = StateId(0);
    /// What a step in a horizon comes to where it would need what is in a hole, or the text of a
    /// capture; see [`horizon`].
    pub const DEFERRED: StateId = StateId(1);

    /// The position of this state in its automaton.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A terminal in progress and what follows it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Config {
    /// What is left of the terminal.
    pub terminal: ExprId,
    /// What may not be all of the text that follows, because of terminals read greedily that have
    /// ended; see [`guard`].
    pub guard: ExprId,
    /// The text captured so far, if the terminal is a captured one.
    pub text: TextId,
    /// Whether the terminal, once ended, becomes a guard.
    pub greedy: bool,
    /// Whether the terminal's exceptions were left out; see [`horizon`].
    pub loose: bool,
    pub stack: StackId,
}

#[derive(Clone)]
struct State {
    configs: Box<[Config]>,
    accepting: bool,
}

/// Bytes `low..=high` lead to `target`; [`UNKNOWN`] until asked for.
#[derive(Clone, Copy)]
struct Cell {
    low: u8,
    high: u8,
    target: StateId,
}

const UNKNOWN: StateId = StateId(u32::MAX);

#[derive(Clone, Copy)]
struct RowRef {
    start: u32,
    len: u32,
}

const NO_ROW: RowRef = RowRef { start: u32::MAX, len: 0 };

/// How many configurations the states may have, all together: some 400 MB with all that is kept of
/// them.
const CONFIG_LIMIT: usize = 4_000_000;

/// A grammar and the states made of it so far.
pub struct Automaton {
    pub(crate) grammar: Grammar,
    expander: Option<Box<dyn Expander>>,
    expanded: FxHashMap<u32, NodeId>,
    expanded_with: FxHashMap<(u32, TextId), NodeId>,
    ranks: Vec<u32>,
    stacks: Stacks,
    texts: Texts,
    states: Vec<State>,
    rows: Vec<RowRef>,
    cells: Vec<Cell>,
    ids: Ids<StateId>,
    completable: Completable,
    taken: FxHashMap<(ExprId, usize), bool>,
    /// By state; see [`Automaton::opened`].
    opened: Pages<StateId>,
    /// By state; see [`Automaton::known_to_read`].
    known_texts: Pages<KnownTexts>,
    /// By stack and how many frames are left; see [`Automaton::shallow`].
    shallow: FxHashMap<(StackId, u32), StackId>,
    start: StateId,
    /// The memory of a prediction that is over.
    spare: predict::Prediction,
    /// How many configurations the states have, all together.
    configs_of_all: usize,
    /// How many states may be made before an error is returned.
    pub state_limit: usize,
}

impl Automaton {
    /// The automaton of a grammar that is fit for it (see [`Grammar::finish`]).
    ///
    /// # Errors
    /// What the expander or the terminals of the start state report.
    pub fn new(mut grammar: Grammar, expander: Option<Box<dyn Expander>>) -> Result<Self> {
        let completable = Completable::new(grammar.barriers.take());
        let mut automaton = Automaton {
            grammar,
            expander,
            expanded: FxHashMap::default(),
            expanded_with: FxHashMap::default(),
            ranks: Vec::new(),
            stacks: Stacks::new(),
            texts: Texts::new(),
            states: Vec::new(),
            rows: Vec::new(),
            cells: Vec::new(),
            ids: Ids::default(),
            completable,
            taken: FxHashMap::default(),
            opened: Pages::default(),
            known_texts: Pages::default(),
            shallow: FxHashMap::default(),
            start: StateId::DEAD,
            spare: predict::Prediction::default(),
            configs_of_all: 0,
            state_limit: 4_000_000,
        };
        let dead = automaton.intern(&[], false);
        debug_assert_eq!(dead, StateId::DEAD);
        automaton.states.push(State { configs: Box::new([]), accepting: false });
        automaton.rows.push(RowRef { start: 0, len: 0 });
        automaton.start = automaton.start_state()?;
        Ok(automaton)
    }

    /// The state before anything is written.
    pub fn start(&self) -> StateId {
        self.start
    }

    /// Whether the text that leads to `state` is a whole sentence.
    pub fn is_accepting(&self, state: StateId) -> bool {
        self.states[state.index()].accepting
    }

    /// How many states there are.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// False: the dead state is always there.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// Whether there is room for only half as much as there is.
    pub(crate) fn is_nearly_full(&self) -> bool {
        let exprs = &self.grammar.exprs;
        self.states.len() > self.state_limit / 2
            || self.configs_of_all > CONFIG_LIMIT / 2
            || exprs.len() > exprs.size_limit / 2
    }

    /// The terminals' arena.
    pub fn exprs(&mut self) -> &mut Exprs {
        &mut self.grammar.exprs
    }

    /// The state after `byte`. Amortised constant: a look-up among the state's ranges.
    ///
    /// # Errors
    /// [`Error::Limit`], or what the expander reports.
    #[inline]
    pub fn step(&mut self, state: StateId, byte: u8) -> Result<StateId> {
        let row = self.row(state)?;
        match self.cell_of(row, byte) {
            Some(cell) => self.cell_target(state, cell),
            None => Ok(StateId::DEAD),
        }
    }

    /// The cell of a row that a byte is in.
    #[inline]
    fn cell_of(&self, row: RowRef, byte: u8) -> Option<u32> {
        let cells = &self.cells[row.start as usize..][..row.len as usize];
        let at = if cells.len() <= 8 {
            cells.iter().position(|cell| byte <= cell.high)?
        } else {
            cells.partition_point(|cell| cell.high < byte)
        };
        cells.get(at).filter(|cell| cell.low <= byte).map(|_| row.start + at as u32)
    }

    /// The numbers of the cells of a state: ranges of bytes that may lead on from it, ascending.
    #[inline]
    pub(crate) fn cells(&mut self, state: StateId) -> Result<std::ops::Range<u32>> {
        let row = self.row(state)?;
        Ok(row.start..row.start + row.len)
    }

    /// The first and the last byte of a cell.
    #[inline]
    pub(crate) fn cell_range(&self, cell: u32) -> (u8, u8) {
        let cell = &self.cells[cell as usize];
        (cell.low, cell.high)
    }

    /// Where a cell of `state` leads.
    #[inline]
    pub(crate) fn cell_target(&mut self, state: StateId, cell: u32) -> Result<StateId> {
        let Cell { low, target, .. } = self.cells[cell as usize];
        if target != UNKNOWN {
            return Ok(target);
        }
        let target = self.compute(state, low)?;
        self.cells[cell as usize].target = target;
        Ok(target)
    }

    /// The ranges of bytes that may lead on from `state`; only [`Automaton::step`] tells whether
    /// they do.
    pub(crate) fn ranges(&mut self, state: StateId) -> Result<impl Iterator<Item = (u8, u8)> + '_> {
        let row = self.row(state)?;
        let cells = &self.cells[row.start as usize..][..row.len as usize];
        Ok(cells.iter().map(|cell| (cell.low, cell.high)))
    }

    /// The state after `bytes`.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn run(&mut self, state: StateId, bytes: &[u8]) -> Result<StateId> {
        let mut state = state;
        for &byte in bytes {
            if state == StateId::DEAD {
                break;
            }
            state = self.step(state, byte)?;
        }
        Ok(state)
    }

    /// The state after `bytes`, if it has been asked for before.
    pub(crate) fn known(&self, mut state: StateId, bytes: &[u8]) -> Option<StateId> {
        for &byte in bytes {
            let row = self.rows[state.index()];
            if row.start == NO_ROW.start {
                return None;
            }
            let Some(cell) = self.cell_of(row, byte) else { return Some(StateId::DEAD) };
            state = self.cells[cell as usize].target;
            if state == UNKNOWN {
                return None;
            }
        }
        Some(state)
    }

    /// The single byte that must come next, if there is exactly one and the text may not end.
    ///
    /// # Errors
    /// As for [`Automaton::step`].
    pub fn forced_byte(&mut self, state: StateId) -> Result<Option<u8>> {
        if self.is_accepting(state) {
            return Ok(None);
        }
        let ranges: Vec<(u8, u8)> = self.ranges(state)?.collect();
        let mut forced = None;
        for (low, high) in ranges {
            if self.step(state, low)? == StateId::DEAD {
                continue;
            }
            if low != high || forced.is_some() {
                return Ok(None);
            }
            forced = Some(low);
        }
        Ok(forced)
    }

    #[inline]
    fn row(&mut self, state: StateId) -> Result<RowRef> {
        let row = self.rows[state.index()];
        if row.start != NO_ROW.start {
            return Ok(row);
        }
        self.make_row(state)
    }

    /// Lays out the ranges on which every terminal of the state is constant.
    fn make_row(&mut self, state: StateId) -> Result<RowRef> {
        let configs = &self.states[state.index()].configs;
        let start = self.cells.len() as u32;
        let cell = |low, high| Cell { low, high, target: UNKNOWN };
        if let [Config { terminal, guard: ExprId::NEVER, text: TextId::NONE, .. }] = **configs {
            let cells = &mut self.cells;
            self.grammar.exprs.each_range(terminal, |low, high| cells.push(cell(low, high)))?;
        } else {
            // Bytes that some terminal goes on with; those at which a range begins, or one has ended.
            let (mut live, mut cuts) = (ByteSet::default(), ByteSet::default());
            for config in configs {
                let single_bytes = config.text != TextId::NONE && config.text != TextId::UNKNOWN;
                self.grammar.exprs.each_range(config.terminal, |low, high| {
                    live.add(low, high);
                    cuts.cut(low, high);
                    if single_bytes {
                        cuts.add(low, high);
                    }
                })?;
                for arm in self.grammar.exprs.row(config.guard)? {
                    cuts.cut(arm.low, arm.high);
                }
            }
            let mut cut = cuts.at_or_after(0);
            while let Some(low) = cut {
                cut = low.checked_add(1).and_then(|after| cuts.at_or_after(after));
                if live.has(low) {
                    self.cells.push(cell(low, cut.map_or(u8::MAX, |next| next - 1)));
                }
            }
        }
        let row = RowRef { start, len: self.cells.len() as u32 - start };
        self.rows[state.index()] = row;
        Ok(row)
    }

    fn compute(&mut self, state: StateId, byte: u8) -> Result<StateId> {
        let mut prediction = self.prediction();
        for at in 0..self.states[state.index()].configs.len() {
            let config = self.states[state.index()].configs[at];
            let terminal = self.grammar.exprs.step(config.terminal, byte)?;
            if terminal == ExprId::NEVER {
                continue;
            }
            if terminal == ExprId::UNKNOWN {
                return Ok(StateId::DEFERRED);
            }
            let Some(guard) = self.step_guard(config.guard, byte)? else { continue };
            let text = self.texts.push(config.text, byte);
            let config = Config { terminal, guard, text, ..config };
            if config.loose {
                // An end may be an exception; anything else may be too if it has few ways on.
                let facts = self.grammar.exprs.facts(terminal);
                if facts.nullable || !facts.endless {
                    return Ok(StateId::DEFERRED);
                }
            }
            if self.grammar.exprs.is_nullable(terminal) {
                let after = self.guard_after(&config)?;
                self.pop(&mut prediction, config.stack, after, text)?;
            }
            if terminal != ExprId::EMPTY {
                self.add(&mut prediction, config)?;
            }
        }
        self.finish(prediction)
    }

    fn intern(&mut self, configs: &[Config], accepting: bool) -> StateId {
        let hash = Hashed::of(&(configs, accepting));
        let is = |id: StateId| {
            let state = &self.states[id.index()];
            state.accepting == accepting && *state.configs == *configs
        };
        if let Some(id) = self.ids.find(hash, is) {
            return id;
        }
        let id = StateId(self.states.len() as u32);
        self.configs_of_all += configs.len();
        self.states.push(State { configs: configs.into(), accepting });
        self.rows.push(NO_ROW);
        self.ids.insert(hash, id);
        id
    }

    fn intern_checked(&mut self, configs: &[Config], accepting: bool) -> Result<StateId> {
        if self.states.len() >= self.state_limit {
            return Err(Error::limit(format!(
                "the constraint needs more than {} states",
                self.state_limit
            )));
        }
        if self.configs_of_all > CONFIG_LIMIT {
            return Err(Error::limit(format!(
                "the constraint has more than {CONFIG_LIMIT} ways to go on, over all its states"
            )));
        }
        Ok(self.intern(configs, accepting))
    }
}
