//! Literals in progress, which are read at once instead of byte by byte.

use super::text::TextId;
use super::{Automaton, Config, StateId};
use crate::error::Result;
use crate::expr::ExprId;

impl Automaton {
    /// The bytes that must come next in a configuration; none if it is in no literal, or more than
    /// its terminal would have to be kept account of.
    pub(crate) fn literal(&self, state: StateId, config: usize) -> Option<&[u8]> {
        let config = &self.states[state.index()].configs[config];
        if config.guard != ExprId::NEVER || config.greedy || config.text != TextId::NONE {
            return None;
        }
        self.grammar.exprs.leading_literal(config.terminal)
    }

    /// The state of one configuration after so many bytes of its literal, not all of them.
    pub(crate) fn after_literal(
        &mut self,
        state: StateId,
        config: usize,
        read: usize,
    ) -> Result<StateId> {
        let config = self.states[state.index()].configs[config];
        let terminal = self.grammar.exprs.skip_literal(config.terminal, read as u32);
        self.intern_checked(&[Config { terminal, ..config }], false)
    }
}
