//! Counts too large to matter: within `bytes` further bytes a repetition that may still run
//! longer than that behaves like one without a bound.
//!
//! Every round of a repetition takes at least one byte (a nullable body only makes rounds
//! cheaper, and then the lower bound is already zero). States that differ only in such counts
//! therefore allow the same tokens, and share one mask.

use super::{Expr, ExprId, Exprs, UNBOUNDED};

impl Exprs {
    /// An expression with the same continuations of up to `bytes` bytes, and the same one for all
    /// that differ only in larger counts. Expressions with complement, intersection or look-around
    /// come back as they are: there a count decides whether anything matches at all.
    pub fn clamp(&mut self, id: ExprId, bytes: u32) -> ExprId {
        let facts = self.facts(id);
        if !facts.counted || facts.boolean {
            return id;
        }
        match self.node(id).clone() {
            Expr::Repeat { body, min, max } => {
                let body = self.clamp(body, bytes);
                let max = if max > bytes { UNBOUNDED } else { max };
                // One more than the limit, so that the bound can still not be reached.
                let min = min.min(bytes.saturating_add(1));
                self.repeat(body, min, max)
            }
            Expr::Concat(head, tail) => {
                let head = self.clamp(head, bytes);
                // What comes later keeps its counts only as long as it can be reached.
                let tail = self.clamp(tail, bytes);
                self.concat2(head, tail)
            }
            Expr::Or(items) => {
                let items = items.iter().map(|&item| self.clamp(item, bytes)).collect();
                self.or(items)
            }
            _ => id,
        }
    }
}
