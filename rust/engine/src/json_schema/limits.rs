//! How much work deciding a schema may take.

use super::Front;
use crate::error::{Error, Result};

/// What is left of the work allowed until the next answer.
#[derive(Default)]
pub(super) struct Fuel {
    left: u32,
}

/// Steps of deciding what is satisfiable: about a microsecond each.
const STEPS: u32 = 400_000;
/// Formulas kept: they take 40 bytes and more each.
const FORMULAS: usize = 2_000_000;

impl Front {
    /// Allows the full amount of work again.
    pub(super) fn refuel(&mut self) {
        self.fuel.left = STEPS;
    }

    /// Has the next step fail: something was left out that would take too much.
    pub(super) fn give_up(&mut self) {
        self.fuel.left = 0;
    }

    /// Accounts for one step.
    pub(super) fn burn(&mut self) -> Result<()> {
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
