//! How much work deciding a schema may take, and how deep it may go.

use super::Front;
use crate::error::{Error, Result};
use crate::expr::Exprs;

/// What is left of the work allowed until the next answer.
#[derive(Default)]
pub(super) struct Fuel {
    left: u32,
}

/// Steps of deciding what is satisfiable: about a microsecond each.
const STEPS: u32 = 400_000;
/// So many members of formulas looked at are a step's work.
const MEMBERS: u64 = 64;
/// Formulas kept: they take 40 bytes and more each.
const FORMULAS: usize = 2_000_000;

/// Runs what goes as deep as a schema's references do, which may be deeper than any stack.
pub(super) fn on_enough_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, work)
}

impl Front {
    /// Allows the full amount of work again.
    pub(super) fn refuel(&mut self) {
        self.fuel.left = STEPS;
        self.formulas.take_work();
    }

    /// Whether the next step fails.
    pub(super) fn is_out_of_fuel(&self) -> bool {
        self.fuel.left == 0
    }

    /// Has the next step fail: something was left out that would take too much.
    pub(super) fn give_up(&mut self) {
        self.fuel.left = 0;
    }

    /// Accounts for so many members of formulas, or of lists like them.
    pub(super) fn spend(&mut self, members: u64) {
        let steps = u32::try_from(members / MEMBERS).unwrap_or(u32::MAX);
        self.fuel.left = self.fuel.left.saturating_sub(steps);
    }

    /// Accounts for one step, and for what formulas took since the last one, by the clock too.
    pub(super) fn burn(&mut self, exprs: &mut Exprs) -> Result<()> {
        let members = self.formulas.take_work();
        self.spend(members);
        exprs.check_deadline_after(1 + u32::try_from(members / MEMBERS).unwrap_or(u32::MAX - 1))?;
        if self.fuel.left == 0 || self.formulas.len() > FORMULAS {
            return Err(Error::limit(
                "deciding which values the schema allows takes too much work; combine fewer \
                 schemas with anyOf, oneOf, not or if at one place",
            ));
        }
        self.fuel.left -= 1;
        Ok(())
    }
}
