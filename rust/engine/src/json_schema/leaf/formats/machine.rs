//! Formats by machine: states of any type, each with the code points that lead on from it. States
//! are numbered as they are reached, for a rule of an expression ([`crate::expr::Rule`]).

use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::build::Build;
use crate::expr::{ExprId, Exprs, Rule, RuleId, Transition};
use crate::regex::{self, Encoding};

/// Inclusive ranges of code points.
pub(super) type Ranges = Vec<(u32, u32)>;

/// An automaton over code points.
pub(super) trait Machine: Send + Sync + 'static {
    type State: Clone + Eq + Hash + Send;

    /// The state in which a text starts.
    fn start(&self) -> Self::State;

    /// Whether a text may end here.
    fn accepts(&self, state: &Self::State) -> bool;

    /// Calls `arm` with disjoint sets of code points and the states they lead to, each of which
    /// some text completes.
    fn arms(&self, state: &Self::State, arm: &mut dyn FnMut(Ranges, Self::State));

    /// The bytes of `a-z0-9` and the like that lead on from a state that remembers all of a text:
    /// each leads to another state, of which few are ever reached ([`Rule::bytes`]).
    fn bytes(&self, state: &Self::State) -> Option<&'static [u8]> {
        let _ = state;
        None
    }

    /// What one of these bytes leads to.
    fn step(&self, state: &Self::State, byte: u8) -> Option<Self::State> {
        let _ = (state, byte);
        None
    }
}

/// The texts of a machine; `name` stands for one machine.
pub(super) fn texts<M: Machine>(build: &mut Build, name: &str, machine: M) -> ExprId {
    let encoding = build.encoding;
    let name = format!("{name} {encoding:?}");
    let start = machine.start();
    let make = || Arc::new(Numbered { machine, encoding, memory: Mutex::new(Memory::new(start)) });
    let rule = build.exprs.rule(name.as_bytes(), || make());
    build.exprs.rule_state(rule, 0)
}

struct Numbered<M: Machine> {
    machine: M,
    encoding: Encoding,
    memory: Mutex<Memory<M::State>>,
}

struct Memory<S> {
    states: Vec<S>,
    numbers: FxHashMap<S, u64>,
    /// Classes built before: large ones take a while.
    classes: FxHashMap<Ranges, ExprId>,
}

impl<S: Clone + Eq + Hash> Memory<S> {
    fn new(start: S) -> Self {
        let numbers = FxHashMap::from_iter([(start.clone(), 0)]);
        Memory { states: vec![start], numbers, classes: FxHashMap::default() }
    }

    fn number(&mut self, state: S) -> u64 {
        if let Some(&number) = self.numbers.get(&state) {
            return number;
        }
        let number = self.states.len() as u64;
        self.states.push(state.clone());
        self.numbers.insert(state, number);
        number
    }
}

impl<M: Machine> Numbered<M> {
    /// Whether the code points are written as single bytes.
    fn is_one_byte(&self, (low, high): (u32, u32)) -> bool {
        let escaped = |code| code <= 0x1F || code == 0x22 || code == 0x5C;
        let plain = match self.encoding {
            Encoding::Utf8 => true,
            Encoding::JsonString => !(low..=high).any(escaped),
        };
        high < 0x80 && plain
    }

    fn memory(&self) -> MutexGuard<'_, Memory<M::State>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Machine> Rule for Numbered<M> {
    fn accepts(&self, state: u64) -> bool {
        self.machine.accepts(&self.memory().states[state as usize])
    }

    fn bytes(&self, state: u64) -> Option<&'static [u8]> {
        self.machine.bytes(&self.memory().states[state as usize])
    }

    fn step(&self, exprs: &mut Exprs, rule: RuleId, state: u64, byte: u8) -> ExprId {
        let next = self.machine.step(&self.memory().states[state as usize], byte);
        let Some(next) = next else { return ExprId::NEVER };
        let number = self.memory().number(next);
        exprs.rule_state(rule, number)
    }

    fn expand(&self, exprs: &mut Exprs, rule: RuleId, state: u64) -> ExprId {
        let state = self.memory().states[state as usize].clone();
        // Sets that lead to the same state are one class.
        let mut arms: Vec<(u64, Ranges)> = Vec::new();
        let mut places: FxHashMap<u64, usize> = FxHashMap::default();
        self.machine.arms(&state, &mut |ranges, next| {
            let number = self.memory().number(next);
            match places.get(&number) {
                Some(&place) => arms[place].1.extend(ranges),
                None => {
                    places.insert(number, arms.len());
                    arms.push((number, ranges));
                }
            }
        });
        let mut single = Vec::new();
        let mut items = Vec::with_capacity(arms.len());
        for (number, ranges) in arms {
            let target = exprs.rule_state(rule, number);
            // Most arms are of code points that are one byte: those make one decision.
            let (bytes, rest): (Ranges, Ranges) =
                ranges.into_iter().partition(|&range| self.is_one_byte(range));
            single.extend(bytes.into_iter().map(|(low, high)| Transition {
                low: low as u8,
                high: high as u8,
                target,
            }));
            if rest.is_empty() {
                continue;
            }
            let known = self.memory().classes.get(&rest).copied();
            let class = known.unwrap_or_else(|| {
                let class = regex::class(exprs, &rest, self.encoding);
                self.memory().classes.insert(rest, class);
                class
            });
            items.push(exprs.concat2(class, target));
        }
        single.sort_unstable_by_key(|arm| arm.low);
        items.push(exprs.switch(single));
        exprs.or(items)
    }
}
