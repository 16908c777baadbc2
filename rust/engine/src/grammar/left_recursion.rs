//! Removal of left recursion (placeholder body follows in this session).

use super::Grammar;

impl Grammar {
    pub(super) fn remove_left_recursion(&mut self) {}
}
