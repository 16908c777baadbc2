//! Which states take whatever text over a class of code points, without limit or up to a length.
//!
//! The inside of a string, free text, an identifier: nearly every token of a vocabulary is allowed
//! there, and this is how that is known without trying them.

use super::{Automaton, Config, StateId};
use crate::error::Result;
use crate::expr::ExprId;

impl Automaton {
    /// The number `n` such that exactly the texts over the class of at most `n` code points can be
    /// read from `state`, at least one; `u32::MAX` if all can. `None` if there is no such number,
    /// or it would take long to find. `number` tells classes apart; all of them have `a` in them.
    pub(crate) fn takes(
        &mut self,
        state: StateId,
        number: usize,
        class: &[(u32, u32)],
    ) -> Result<Option<u32>> {
        if matches!(self.step(state, b'a')?, StateId::DEAD | StateId::DEFERRED) {
            return Ok(None);
        }
        if self.takes_all(state, number, class)? {
            return Ok(Some(u32::MAX));
        }
        let class = self.grammar.exprs.class(class);
        let length = self.length(state, number, class)?;
        Ok(length.filter(|&length| length > 0))
    }

    /// Whether some terminal of the state stays in progress over every text of the class.
    fn takes_all(&mut self, state: StateId, number: usize, class: &[(u32, u32)]) -> Result<bool> {
        for at in 0..self.states[state.index()].configs.len() {
            let Config { terminal, guard, .. } = self.states[state.index()].configs[at];
            if guard != ExprId::NEVER {
                continue;
            }
            let key = (terminal, number);
            let takes = match self.taken.get(&key) {
                Some(&known) => known,
                None => {
                    let exprs = &mut self.grammar.exprs;
                    // A code point of one byte that is refused settles it without a search.
                    let mut takes = true;
                    for &(low, high) in class.iter().filter(|range| range.1 < 0x80) {
                        takes = takes
                            && exprs.step(terminal, low as u8)? != ExprId::NEVER
                            && exprs.step(terminal, high as u8)? != ExprId::NEVER;
                    }
                    if takes {
                        let texts = exprs.texts_over(class);
                        takes = exprs.takes_all(terminal, texts)?;
                    }
                    self.taken.insert(key, takes);
                    takes
                }
            };
            if takes {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many code points of the class can be read from `state`, if whichever they are does not
    /// matter: the states on the way form a chain.
    fn length(&mut self, state: StateId, number: usize, class: ExprId) -> Result<Option<u32>> {
        let mut chain = Vec::new();
        let mut state = state;
        let mut length = loop {
            if let Some(&known) = self.lengths.get(&(state, number)) {
                break known;
            }
            chain.push(state);
            // Marks the state as being worked on; coming back to it is a loop, which the search of
            // `takes_all` is for.
            self.lengths.insert((state, number), None);
            match self.after_any(state, class)? {
                None => break None,
                Some(StateId::DEAD) => {
                    self.lengths.insert((state, number), Some(0));
                    chain.pop();
                    break Some(0);
                }
                Some(next) => state = next,
            }
        };
        for state in chain.into_iter().rev() {
            length = length.map(|length| length.saturating_add(1));
            self.lengths.insert((state, number), length);
        }
        Ok(length)
    }

    /// The one state after any one code point of the class, if there is only one.
    pub(crate) fn after_any(&mut self, state: StateId, class: ExprId) -> Result<Option<StateId>> {
        let mut reached = None;
        let mut open = vec![(state, class)];
        while let Some((state, class)) = open.pop() {
            if class == ExprId::EMPTY || state == StateId::DEAD {
                if state == StateId::DEFERRED || reached.is_some_and(|known| known != state) {
                    return Ok(None);
                }
                reached = Some(state);
                continue;
            }
            if state == StateId::DEFERRED {
                return Ok(None);
            }
            let arms = self.grammar.exprs.row(class)?.to_vec();
            let ranges: Vec<(u8, u8)> = self.ranges(state)?.collect();
            for arm in arms {
                let mut low = arm.low as u16;
                let high = arm.high as u16;
                let inside = ranges.iter().filter(|r| r.1 >= arm.low && r.0 <= arm.high);
                for &(from, to) in inside {
                    if (from as u16) > low {
                        open.push((StateId::DEAD, arm.target));
                    }
                    let next = self.step(state, from.max(arm.low))?;
                    open.push((next, arm.target));
                    low = to as u16 + 1;
                }
                if low <= high {
                    open.push((StateId::DEAD, arm.target));
                }
            }
            if open.len() > 4096 {
                return Ok(None);
            }
        }
        Ok(reached)
    }
}
