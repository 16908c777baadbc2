//! The ways to match that are in progress, in the order in which a backtracking matcher tries them.

use hashbrown::HashMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::program::{Item, ItemId, Program, Rounds};
use crate::error::Result;
use crate::expr::{ExprId, Exprs};

/// What a way to match has still to do, as a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Rest(u32);

impl Rest {
    /// Nothing: it has matched.
    const END: Rest = Rest(0);
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Task {
    Item(ItemId),
    /// Further rounds. `here` if the last round started where the next would, in which case `re`
    /// takes no more.
    Again {
        rounds: Rounds,
        here: bool,
    },
}

/// One way to match, in progress or complete.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Way {
    /// In the midst of a code point (or before one), then the rest, provided that all the text that
    /// follows is in `allowed`.
    Going { code_point: ExprId, rest: Rest, allowed: ExprId },
    /// It is a match, provided that all the text that follows is in `allowed`.
    Matched { allowed: ExprId },
}

/// All ways to match after some text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct State {
    /// The first is preferred. No way stands behind a match without a condition.
    pub ways: Box<[Way]>,
    /// The state of each look-behind.
    behind: Box<[ExprId]>,
    /// The state is one of what overtakes a match: the ways are in no order, and one that matches
    /// leaves the state for good.
    pub overtaking: bool,
}

/// The states reached so far, by number.
pub(super) struct Threads {
    program: Program,
    rests: Vec<(Task, Rest)>,
    rest_ids: FxHashMap<(Task, Rest), Rest>,
    states: Vec<State>,
    state_ids: HashMap<State, u64, FxBuildHasher>,
}

/// What a byte leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub state: Option<u64>,
    /// Only while overtaking: the texts from here on that some match allows.
    pub matched: ExprId,
}

impl Threads {
    pub fn new(program: Program) -> Self {
        let end = (Task::Item(ItemId::MAX), Rest::END);
        Threads {
            program,
            rests: vec![end],
            rest_ids: FxHashMap::default(),
            states: Vec::new(),
            state_ids: HashMap::default(),
        }
    }

    pub fn state(&self, number: u64) -> &State {
        &self.states[number as usize]
    }

    /// The state before anything is read.
    pub fn start(&mut self, exprs: &mut Exprs) -> u64 {
        let behind: Box<[ExprId]> = self.program.behind.clone().into();
        let rest = self.before(Task::Item(self.program.root), Rest::END);
        let mut ways = Ways::new(false);
        self.follow(exprs, rest, ExprId::ALL, &behind, &mut ways);
        self.number(State { ways: ways.ways.into(), behind, overtaking: false })
    }

    /// The state of what overtakes a match of the state numbered `of` by one of its first `count`
    /// ways.
    pub fn overtaking(&mut self, of: u64, count: usize) -> Option<u64> {
        let State { ways, behind, .. } = self.state(of);
        let going = ways[..count].iter().filter(|way| matches!(way, Way::Going { .. }));
        let state =
            State { ways: going.copied().collect(), behind: behind.clone(), overtaking: true };
        (!state.ways.is_empty()).then(|| self.number(state))
    }

    fn number(&mut self, mut state: State) -> u64 {
        if state.overtaking {
            state.ways.sort_unstable();
        }
        if let Some(&known) = self.state_ids.get(&state) {
            return known;
        }
        let number = self.states.len() as u64;
        self.states.push(state.clone());
        self.state_ids.insert(state, number);
        number
    }

    fn before(&mut self, task: Task, rest: Rest) -> Rest {
        let rests = &mut self.rests;
        *self.rest_ids.entry((task, rest)).or_insert_with(|| {
            rests.push((task, rest));
            Rest(rests.len() as u32 - 1)
        })
    }

    /// The rest once a code point has been read: rounds in progress have moved on.
    fn moved(&mut self, rest: Rest) -> Rest {
        let mut tasks = Vec::new();
        let mut below = rest;
        while below != Rest::END {
            let (task, next) = self.rests[below.0 as usize];
            tasks.push(task);
            below = next;
        }
        tasks.into_iter().rev().fold(Rest::END, |rest, task| {
            let task = match task {
                Task::Again { rounds, .. } => Task::Again { rounds, here: false },
                Task::Item(_) => task,
            };
            self.before(task, rest)
        })
    }

    /// The ranges of bytes from a state, and what they lead to.
    ///
    /// # Errors
    /// What the arena of expressions reports.
    pub fn step(&mut self, exprs: &mut Exprs, from: u64) -> Result<Vec<(u8, u8, Target)>> {
        let state = self.state(from).clone();
        let mut cuts = [false; 257];
        for part in parts(&state) {
            for arm in exprs.row(part)? {
                cuts[arm.low as usize] = true;
                cuts[arm.high as usize + 1] = true;
            }
        }
        let mut steps: Vec<(u8, u8, Target)> = Vec::new();
        let mut low = 0;
        cuts[256] = true;
        for (next, _) in cuts.iter().enumerate().skip(1).filter(|(_, &cut)| cut) {
            let target = self.target(exprs, &state, low as u8)?;
            if target.state.is_some() || target.matched != ExprId::NEVER {
                steps.push((low as u8, (next - 1) as u8, target));
            }
            low = next;
        }
        Ok(steps)
    }

    fn target(&mut self, exprs: &mut Exprs, state: &State, byte: u8) -> Result<Target> {
        let mut behind = state.behind.clone();
        for look_behind in &mut behind {
            *look_behind = exprs.step(*look_behind, byte)?;
        }
        let mut ways = Ways::new(state.overtaking);
        for &way in &state.ways {
            let Way::Going { code_point, rest, allowed } = way else { continue };
            let code_point = exprs.step(code_point, byte)?;
            let allowed = exprs.step(allowed, byte)?;
            if code_point == ExprId::NEVER || allowed == ExprId::NEVER {
                continue;
            }
            if code_point == ExprId::EMPTY {
                self.follow(exprs, rest, allowed, &behind, &mut ways);
            } else {
                ways.add(exprs, Way::Going { code_point, rest, allowed });
            }
            if ways.complete {
                break;
            }
        }
        let Ways { ways, matched, complete, .. } = ways;
        // Once overtaken, always overtaken.
        let dropped = ways.is_empty() || (state.overtaking && complete);
        let next = State { ways: ways.into(), behind, overtaking: state.overtaking };
        Ok(Target { state: (!dropped).then(|| self.number(next)), matched })
    }

    /// Adds the ways to go on with `rest`, up to the next code point.
    fn follow(
        &mut self,
        exprs: &mut Exprs,
        rest: Rest,
        allowed: ExprId,
        behind: &[ExprId],
        ways: &mut Ways,
    ) {
        let mut waiting = vec![(rest, allowed)];
        while let Some((rest, allowed)) = waiting.pop() {
            if ways.complete || !ways.seen.insert((rest, allowed)) {
                continue;
            }
            if rest == Rest::END {
                ways.add(exprs, Way::Matched { allowed });
                continue;
            }
            let (task, after) = self.rests[rest.0 as usize];
            let item = match task {
                Task::Item(item) => item,
                Task::Again { here: true, .. } => {
                    waiting.push((after, allowed));
                    continue;
                }
                Task::Again { rounds, .. } => {
                    self.again(rounds, after, allowed, &mut waiting);
                    continue;
                }
            };
            match &self.program.items[item as usize] {
                Item::Class(code_point) => {
                    let code_point = *code_point;
                    if code_point != ExprId::NEVER {
                        let rest = self.moved(after);
                        ways.add(exprs, Way::Going { code_point, rest, allowed });
                    }
                }
                Item::Concat(items) => {
                    let items = items.clone();
                    let rest = items
                        .iter()
                        .rev()
                        .fold(after, |rest, &item| self.before(Task::Item(item), rest));
                    waiting.push((rest, allowed));
                }
                Item::Alt(items) => {
                    for item in items.clone().iter().rev() {
                        waiting.push((self.before(Task::Item(*item), after), allowed));
                    }
                }
                &Item::Repeat(rounds) => self.again(rounds, after, allowed, &mut waiting),
                &Item::Ahead(ahead) => {
                    let allowed = exprs.and(vec![allowed, ahead]);
                    if allowed != ExprId::NEVER {
                        waiting.push((after, allowed));
                    }
                }
                &Item::Behind { number, negated } => {
                    if exprs.is_nullable(behind[number]) != negated {
                        waiting.push((after, allowed));
                    }
                }
            }
        }
    }

    /// One round more, or none; what is preferred is put on top.
    fn again(
        &mut self,
        rounds: Rounds,
        after: Rest,
        allowed: ExprId,
        waiting: &mut Vec<(Rest, ExprId)>,
    ) {
        let may_stop = rounds.min == 0;
        if rounds.max == 0 {
            waiting.push((after, allowed));
            return;
        }
        let fewer = Rounds {
            min: rounds.min.saturating_sub(1),
            max: if rounds.max == crate::expr::UNBOUNDED { rounds.max } else { rounds.max - 1 },
            ..rounds
        };
        let again = self.before(Task::Again { rounds: fewer, here: true }, after);
        let round = (self.before(Task::Item(rounds.body), again), allowed);
        let stop = (after, allowed);
        match (may_stop, rounds.lazy) {
            (false, _) => waiting.push(round),
            (true, false) => waiting.extend([stop, round]),
            (true, true) => waiting.extend([round, stop]),
        }
    }
}

/// Every expression whose row decides where a state's ranges are cut.
fn parts(state: &State) -> impl Iterator<Item = ExprId> + '_ {
    let of_ways = state.ways.iter().flat_map(|way| match *way {
        Way::Going { code_point, allowed, .. } => [Some(code_point), Some(allowed)],
        Way::Matched { .. } => [None, None],
    });
    of_ways.flatten().chain(state.behind.iter().copied())
}

/// The ways of a state under construction.
struct Ways {
    ways: Vec<Way>,
    overtaking: bool,
    /// What is allowed to follow if no way before has matched.
    left: ExprId,
    /// Only while overtaking: see [`Target::matched`].
    matched: ExprId,
    /// There is a match without a condition.
    complete: bool,
    seen: FxHashSet<(Rest, ExprId)>,
}

impl Ways {
    fn new(overtaking: bool) -> Self {
        Ways {
            ways: Vec::new(),
            overtaking,
            left: ExprId::ALL,
            matched: ExprId::NEVER,
            complete: false,
            seen: FxHashSet::default(),
        }
    }

    fn add(&mut self, exprs: &mut Exprs, mut way: Way) {
        let (Way::Going { allowed, .. } | Way::Matched { allowed }) = &mut way;
        *allowed = exprs.and(vec![*allowed, self.left]);
        if *allowed == ExprId::NEVER {
            return;
        }
        match way {
            Way::Matched { allowed } if self.overtaking => {
                self.matched = exprs.or(vec![self.matched, allowed]);
                self.complete = self.matched == ExprId::ALL;
                return;
            }
            Way::Matched { allowed } => {
                self.complete = allowed == ExprId::ALL;
                let refused = exprs.not(allowed);
                self.left = exprs.and(vec![self.left, refused]);
            }
            Way::Going { .. } => {}
        }
        if !self.ways.contains(&way) {
            self.ways.push(way);
        }
    }
}
