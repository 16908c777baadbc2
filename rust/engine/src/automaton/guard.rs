//! Guards: what may not follow a terminal that was read greedily.
//!
//! When such a terminal ends, the texts that would have made it another one become a language of
//! texts that must not be all that follows. It is stepped along with every terminal after it: once
//! every text is in it, the way is barred for good.

use rustc_hash::FxHashSet;

use super::{Automaton, Config};
use crate::error::Result;
use crate::expr::{ExprId, Transition};

impl Automaton {
    /// The guard after `byte`; none if the way is barred.
    pub(super) fn step_guard(&mut self, guard: ExprId, byte: u8) -> Result<Option<ExprId>> {
        if guard == ExprId::NEVER {
            return Ok(Some(guard));
        }
        let guard = self.grammar.exprs.step(guard, byte)?;
        Ok((guard != ExprId::ALL).then_some(guard))
    }

    /// The guard on what follows a terminal that ends here.
    pub(super) fn guard_after(&mut self, config: &Config) -> Result<ExprId> {
        if !config.greedy || config.terminal == ExprId::EMPTY {
            return Ok(config.guard);
        }
        let overtaken = self.grammar.exprs.overtaken(config.terminal)?;
        Ok(self.grammar.exprs.or(vec![config.guard, overtaken]))
    }

    /// Whether `terminal` has a text that does not make the guard bar the way.
    pub(super) fn can_pass(&mut self, terminal: ExprId, guard: ExprId) -> Result<bool> {
        if let Some(&known) = self.guarded.get(&(terminal, guard)) {
            return Ok(known);
        }
        let passes = self.search_pass(terminal, guard)?;
        self.guarded.insert((terminal, guard), passes);
        Ok(passes)
    }

    fn search_pass(&mut self, terminal: ExprId, guard: ExprId) -> Result<bool> {
        let exprs = &mut self.grammar.exprs;
        let mut seen = FxHashSet::from_iter([(terminal, guard)]);
        let mut waiting = vec![(terminal, guard)];
        while let Some((terminal, guard)) = waiting.pop() {
            let arms: Vec<Transition> = exprs.row(terminal)?.to_vec();
            let guards: Vec<Transition> = exprs.row(guard)?.to_vec();
            for arm in arms {
                // Bytes that the guard does not look at pass.
                let mut next = arm.low as u16;
                for limit in guards.iter().filter(|g| g.low <= arm.high && g.high >= arm.low) {
                    if (limit.low as u16) > next {
                        return Ok(true);
                    }
                    next = limit.high as u16 + 1;
                    let after = (arm.target, limit.target);
                    if limit.target == ExprId::ALL || !seen.insert(after) {
                        continue;
                    }
                    if exprs.is_nullable(arm.target) {
                        return Ok(true);
                    }
                    waiting.push(after);
                }
                if next <= arm.high as u16 {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
