//! What little of a state decides nearly all of its mask.
//!
//! A state allows what any of its configurations allows. The *horizon* of a state of one
//! configuration has a hole for the stack, counts that cannot run out within a token made
//! unbounded, those that hardly ever do left open, as is a captured text, and no exceptions (keys
//! already used): states in the same terminal share one, whatever follows. A terminal that has
//! ended stays at its hole, as a configuration that reads nothing: what follows there is answered
//! by the state itself ([`Automaton::follow`]), and is the same for all paths that come to the hole
//! in the same way. A step that would need anything else that was left out comes to
//! [`StateId::DEFERRED`].
//!
//! Paths that come to it from the same state of a horizon, with all terminals at their ends, lead
//! each state that has the horizon to one and the same state of its own, unless they are an
//! exception of its.

use super::stack::{Frame, Next, StackId};
use super::text::TextId;
use super::{Automaton, Config, State, StateId};
use crate::error::Result;
use crate::expr::{ExprId, Fingerprint, UNBOUNDED};
use crate::grammar::Node;

/// The most bytes of a character. One after a terminal's end is enough to tell whether a greedy
/// terminal should have gone on, unless it could have gone on with several only.
pub(crate) const LONGEST_CHARACTER: u32 = 4;
/// How many frames of a stack there are in place of a hole.
const DEPTH: u32 = 1;
/// How many frames that take some text a shallow stack has.
const SHALLOW: u32 = 1;
/// The number of the hole below a shallow stack.
const BELOW: u32 = u32::MAX;

/// What terminals that have ended at holes leave open.
pub(crate) struct AfterEnded {
    /// The bytes that may come next.
    pub open: Vec<u8>,
    /// Whether it may be by counts that the horizon leaves open what guards say.
    pub by_counts: bool,
}

impl Automaton {
    /// How many states have been made.
    pub(crate) fn state_count(&self) -> usize {
        self.states.len()
    }

    /// How many configurations a state has.
    pub(crate) fn config_count(&self, state: StateId) -> usize {
        self.states[state.index()].configs.len()
    }

    /// How many bytes the terminal of a configuration may go on with.
    pub(crate) fn width(&mut self, state: StateId, config: usize) -> Result<u32> {
        let terminal = self.states[state.index()].configs[config].terminal;
        self.grammar.exprs.width(terminal)
    }

    /// The state of some of a state's configurations.
    pub(crate) fn part(&mut self, state: StateId, configs: &[usize]) -> Result<StateId> {
        let all = &self.states[state.index()].configs;
        if configs.len() == all.len() {
            return Ok(state);
        }
        let configs: Vec<Config> = configs.iter().map(|&at| all[at]).collect();
        self.intern_checked(&configs, false)
    }

    /// The horizon of a state, for texts of at most `bytes` bytes. Several configurations have
    /// holes of their own, and keep their exceptions. Where a guard makes it matter whether a stack
    /// can follow, there is its top in place of a hole.
    pub(crate) fn horizon(&mut self, state: StateId, bytes: u32) -> Result<StateId> {
        let mut configs = self.states[state.index()].configs.clone();
        if let [config] = &mut *configs {
            self.loosen(config);
        }
        let mut stacks: Vec<StackId> = Vec::with_capacity(1);
        for config in &mut configs {
            config.terminal = self.with_counts_open(config, bytes);
            config.text = config.text.forgotten();
            if !self.completable.any_stack() {
                config.stack = self.truncate(config.stack, DEPTH, bytes)?;
                continue;
            }
            if config.stack == StackId::BOTTOM {
                // Nothing follows, in whatever state.
                continue;
            }
            let hole = match stacks.iter().position(|&stack| stack == config.stack) {
                Some(hole) => hole,
                None => {
                    stacks.push(config.stack);
                    stacks.len() - 1
                }
            };
            config.stack = self.stacks.hole(hole as u32);
        }
        // Whether the text may end is no matter of the mask.
        self.state_of(&configs, false)
    }

    /// The terminal of a configuration with those of its counts left open that hardly ever have a say
    /// within `bytes` bytes. Where a guard is about, it is only those that never have.
    fn with_counts_open(&mut self, config: &Config, bytes: u32) -> ExprId {
        let terminal = self.grammar.exprs.clamp(config.terminal, bytes);
        // A guard made of such counts may be open too; only at a hole is that as good as known.
        if config.guard == ExprId::NEVER && (!config.greedy || self.completable.any_stack()) {
            return self.grammar.exprs.open_counts(terminal);
        }
        terminal
    }

    /// The state with a hole in its stacks below what a token hardly ever gets past. States that
    /// differ further down have this in common. Counts and captured texts are as they were.
    pub(crate) fn shallow(&mut self, state: StateId) -> Result<StateId> {
        let mut configs = self.states[state.index()].configs.clone();
        let mut cut = false;
        for config in &mut configs {
            let stack = self.shallow_stack(config.stack, SHALLOW)?;
            cut |= stack != config.stack;
            config.stack = stack;
        }
        if !cut {
            return Ok(state);
        }
        self.state_of(&configs, false)
    }

    /// The stack with a hole in place of all that lies below `depth` frames that take some text
    /// (further down where it matters how the frame above ends).
    fn shallow_stack(&mut self, stack: StackId, depth: u32) -> Result<StackId> {
        if stack == StackId::BOTTOM {
            // Nothing to cut: it is known that the text ends there.
            return Ok(stack);
        }
        if depth == 0 {
            return Ok(self.stacks.hole(BELOW));
        }
        if let Some(&known) = self.shallow.get(&(stack, depth)) {
            return Ok(known);
        }
        let mut frames = self.stacks.frames(stack).to_vec();
        for frame in &mut frames {
            let (Next::Node { node, .. } | Next::Captured(node)) = frame.next else { continue };
            let passed = self.grammar.is_nullable(node) || !self.may_be_cut(frame)?;
            let left = if passed { depth } else { depth - 1 };
            // As deep as the stack, where nothing on it takes text.
            frame.below = stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
                self.shallow_stack(frame.below, left)
            })?;
        }
        frames.sort_unstable();
        frames.dedup();
        let shallow = self.stacks.intern(&frames);
        self.shallow.insert((stack, depth), shallow);
        Ok(shallow)
    }

    /// The top `depth` frames of every way, the rest cut off (further down where it matters how the
    /// frame above ends), captured texts left open, and counts above `bytes` made unbounded: every
    /// round takes a byte.
    fn truncate(&mut self, stack: StackId, depth: u32, bytes: u32) -> Result<StackId> {
        if depth == 0 {
            return Ok(StackId::CUT);
        }
        let mut frames = self.stacks.frames(stack).to_vec();
        for frame in &mut frames {
            if matches!(frame.next, Next::Hole(_)) {
                // A path to it may have passed several terminals.
                *frame = Frame { next: Next::Cut, below: StackId::BOTTOM };
            }
            let uncut = if self.may_be_cut(frame)? { depth - 1 } else { depth };
            if let Next::Node { node, text } = &mut frame.next {
                *text = text.forgotten();
                if let Node::Repeat { body, min, max } = *self.grammar.node(*node) {
                    let max = if max > bytes { UNBOUNDED } else { max };
                    *node = self.grammar.repeat(body, min.min(bytes.saturating_add(1)), max);
                }
            }
            if !matches!(frame.next, Next::End | Next::Cut) {
                // As deep as the stack, where it cannot be cut.
                frame.below = stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
                    self.truncate(frame.below, uncut, bytes)
                })?;
            }
        }
        frames.sort_unstable();
        frames.dedup();
        Ok(self.stacks.intern(&frames))
    }

    /// How many configurations of a state are terminals that have ended at holes. They come first.
    pub(crate) fn ended_count(&self, state: StateId) -> usize {
        let configs = &self.states[state.index()].configs;
        configs.iter().take_while(|config| config.terminal == ExprId::EMPTY).count()
    }

    /// Of a state, the terminals that have ended at holes; none if there are none.
    pub(crate) fn ended(&mut self, state: StateId) -> Result<Option<StateId>> {
        let configs = &self.states[state.index()].configs;
        match self.ended_count(state) {
            0 => Ok(None),
            count if count == configs.len() => Ok(Some(state)),
            count => {
                let configs = configs[..count].to_vec();
                self.intern_checked(&configs, false).map(Some)
            }
        }
    }

    /// Whether more is known of a state than that terminals have ended at holes.
    pub(crate) fn goes_on(&self, state: StateId) -> bool {
        let State { configs, accepting } = &self.states[state.index()];
        *accepting || configs.last().is_some_and(|config| config.terminal != ExprId::EMPTY)
    }

    /// What terminals that have ended at holes leave open.
    pub(crate) fn after_ended(&mut self, ended: StateId) -> Result<AfterEnded> {
        let (mut open, mut by_counts) = ([false; 256], false);
        for at in 0..self.states[ended.index()].configs.len() {
            let guard = self.states[ended.index()].configs[at].guard;
            let mut barred = [false; 256];
            for arm in self.grammar.exprs.row(guard)?.to_vec() {
                let bars = self.grammar.exprs.representative(arm.target)? == ExprId::ALL;
                barred[arm.low as usize..=arm.high as usize].fill(bars);
                by_counts |= !bars
                    && !self.grammar.exprs.is_settled_within(arm.target, LONGEST_CHARACTER - 1)?;
            }
            open.iter_mut().zip(barred).for_each(|(open, barred)| *open |= !barred);
        }
        let open = (0..=255).zip(open).filter(|(_, open)| *open).map(|(byte, _)| byte).collect();
        Ok(AfterEnded { open, by_counts })
    }

    /// Where a state is after `bytes` whose last ends terminals of it that were in progress, with
    /// those that go on left out.
    pub(crate) fn follow(&mut self, state: StateId, bytes: &[u8]) -> Result<StateId> {
        let mut prediction = self.prediction();
        'configs: for at in 0..self.states[state.index()].configs.len() {
            let mut config = self.states[state.index()].configs[at];
            for &byte in bytes {
                config.terminal = self.grammar.exprs.step(config.terminal, byte)?;
                if config.terminal == ExprId::NEVER {
                    continue 'configs;
                }
                let Some(guard) = self.step_guard(config.guard, byte)? else { continue 'configs };
                config.guard = guard;
                config.text = self.texts.push(config.text, byte);
            }
            if self.grammar.exprs.is_nullable(config.terminal) {
                let after = self.guard_after(&config)?;
                self.pop(&mut prediction, config.stack, after, config.text)?;
            }
        }
        self.finish(prediction)
    }

    /// Whether the horizon of a state leaves counts open in a terminal after whose end they may have
    /// a say in what follows.
    pub(crate) fn leaves_counts_open(&mut self, state: StateId, bytes: u32) -> bool {
        (0..self.states[state.index()].configs.len()).any(|at| {
            let config = self.states[state.index()].configs[at];
            config.greedy && self.with_counts_open(&config, bytes) != config.terminal
        })
    }

    /// Those of some bytes that lead on from a state, or may do so from a hole at which terminals have
    /// ended; perhaps others too.
    pub(crate) fn ways_on(&mut self, state: StateId, wanted: &[bool; 256]) -> Result<[bool; 256]> {
        let mut bytes = [false; 256];
        for cell in self.cells(state)? {
            let (low, high) = self.cell_range(cell);
            let range = low as usize..=high as usize;
            if wanted[range.clone()].contains(&true) {
                bytes[range].fill(self.cell_target(state, cell)? != StateId::DEAD);
            }
        }
        if let Some(ended) = self.ended(state)? {
            for byte in self.after_ended(ended)?.open {
                bytes[byte as usize] = true;
            }
        }
        Ok(bytes)
    }

    /// What a horizon is in every index; none if that cannot be said.
    pub(crate) fn fingerprint(&mut self, horizon: StateId) -> Option<Fingerprint> {
        let configs = self.states[horizon.index()].configs.clone();
        let mut parts = Vec::with_capacity(configs.len());
        for config in &configs {
            let terminal = self.grammar.exprs.fingerprint(config.terminal)?;
            let guard = self.grammar.exprs.fingerprint(config.guard)?;
            let hole = match config.stack {
                StackId::BOTTOM => None,
                stack => Some(self.stacks.hole_number(stack)?),
            };
            let captured = config.text != TextId::NONE;
            parts.push((terminal, guard, hole, captured, config.greedy, config.loose));
        }
        Some(Fingerprint::of(parts))
    }

    /// The exceptions that the horizon of a state leaves out.
    pub(crate) fn exceptions(&self, state: StateId) -> Vec<ExprId> {
        match *self.states[state.index()].configs {
            [config] if !config.loose => match self.exceptions_of(&config) {
                Some((_, exceptions)) => exceptions,
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Whether exceptions were left out of a state.
    pub(crate) fn is_loose(&self, state: StateId) -> bool {
        self.states[state.index()].configs.iter().any(|config| config.loose)
    }

    fn exceptions_of(&self, config: &Config) -> Option<(ExprId, Vec<ExprId>)> {
        // Only where every way on that is no end has ways without end: one of them is no exception.
        let (wide, exceptions) = self.grammar.exprs.exceptions(config.terminal)?;
        self.grammar.exprs.facts(wide).endless.then_some((wide, exceptions))
    }

    fn loosen(&self, config: &mut Config) {
        if let Some((wide, _)) = self.exceptions_of(config) {
            config.terminal = wide;
            config.loose = true;
        }
    }

    /// The state with the text that is being captured left open; the state itself if there is none.
    pub(crate) fn without_texts(&mut self, state: StateId) -> Result<StateId> {
        let State { configs, accepting } = &self.states[state.index()];
        if configs.iter().all(|config| config.text == config.text.forgotten()) {
            return Ok(state);
        }
        let accepting = *accepting;
        let mut configs = configs.to_vec();
        for config in &mut configs {
            config.text = config.text.forgotten();
        }
        self.state_of(&configs, accepting)
    }

    /// The state for a walk of the vocabulary: captured texts left open and exceptions left out,
    /// since there every node would make another text and another rest of the exceptions.
    pub(crate) fn opened(&mut self, state: StateId) -> Result<StateId> {
        if let Some(&known) = self.opened.get(state.index()) {
            return Ok(known);
        }
        let configs = &self.states[state.index()].configs;
        let is_open = |config: &Config| {
            config.text == config.text.forgotten()
                && (config.loose || self.exceptions_of(config).is_none())
        };
        if configs.iter().all(is_open) {
            self.opened.set(state.index(), state);
            return Ok(state);
        }
        let mut configs = configs.to_vec();
        for config in &mut configs {
            config.text = config.text.forgotten();
            self.loosen(config);
        }
        let open = self.state_of(&configs, false)?;
        self.opened.set(state.index(), open);
        Ok(open)
    }

    /// Whether all paths to a state of a horizon lead to one state, after `byte`, of each state
    /// that has the horizon. Not so if a terminal goes on, of which something may have been left out
    /// (a count, say), nor if more is left open than holes.
    pub(crate) fn forgets(&mut self, state: StateId, byte: u8) -> Result<bool> {
        for at in 0..self.states[state.index()].configs.len() {
            let Config { terminal, stack, .. } = self.states[state.index()].configs[at];
            if stack != StackId::BOTTOM && self.stacks.hole_number(stack).is_none() {
                return Ok(false);
            }
            if !matches!(self.grammar.exprs.step(terminal, byte)?, ExprId::NEVER | ExprId::EMPTY) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
