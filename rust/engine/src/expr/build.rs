//! Smart constructors: every expression is made here, in normal form.

use super::row::{self, Transition};
use super::{Expr, ExprId, Exprs, UNBOUNDED};

impl Exprs {
    /// Any one byte of `low..=high`.
    pub fn byte_range(&mut self, low: u8, high: u8) -> ExprId {
        self.switch(vec![Transition { low, high, target: ExprId::EMPTY }])
    }

    /// One byte, then what its range leads to. `arms` are sorted and disjoint.
    pub fn switch(&mut self, arms: Vec<Transition>) -> ExprId {
        let mut joined = Vec::with_capacity(arms.len());
        for arm in arms {
            row::push(&mut joined, arm.low, arm.high, arm.target);
        }
        if joined.is_empty() {
            return ExprId::NEVER;
        }
        self.intern(Expr::Switch(joined.into()))
    }

    /// Exactly these bytes.
    pub fn literal(&mut self, bytes: &[u8]) -> ExprId {
        if bytes.is_empty() {
            return ExprId::EMPTY;
        }
        let literal = match self.literal_ids.get(bytes) {
            Some(&literal) => literal,
            None => {
                let literal = self.literals.len() as u32;
                self.literals.push(bytes.into());
                self.literal_ids.insert(bytes.into(), literal);
                literal
            }
        };
        self.intern(Expr::Literal { literal, at: 0 })
    }

    /// One expression after another.
    pub fn concat(&mut self, items: &[ExprId]) -> ExprId {
        items.iter().rev().fold(ExprId::EMPTY, |tail, &head| self.concat2(head, tail))
    }

    /// `head`, then `tail`.
    pub fn concat2(&mut self, head: ExprId, tail: ExprId) -> ExprId {
        if head == ExprId::NEVER || tail == ExprId::NEVER {
            return ExprId::NEVER;
        }
        if head == ExprId::EMPTY {
            return tail;
        }
        if tail == ExprId::EMPTY {
            return head;
        }
        if head == ExprId::UNKNOWN || tail == ExprId::UNKNOWN {
            return ExprId::UNKNOWN;
        }
        if tail == ExprId::ALL && self.is_nullable(head) {
            let facts = self.facts(head);
            if !facts.look_ahead && !facts.look_behind {
                return tail;
            }
        }
        if let Expr::Concat(first, rest) = *self.node(head) {
            // Right-nested, so that what follows an expression is always its tail.
            let mut heads = vec![first];
            let mut rest = rest;
            while let Expr::Concat(next, after) = *self.node(rest) {
                heads.push(next);
                rest = after;
            }
            heads.push(rest);
            return heads.into_iter().rev().fold(tail, |tail, head| self.concat2(head, tail));
        }
        if let Some((counted, rest)) = self.join_repeats(head, tail) {
            return self.concat2(counted, rest);
        }
        self.intern(Expr::Concat(head, tail))
    }

    /// `x{1,2} x{3,4} rest` as `x{4,6}` and `rest`.
    fn join_repeats(&mut self, head: ExprId, tail: ExprId) -> Option<(ExprId, ExprId)> {
        let Expr::Repeat { body, min, max } = *self.node(head) else { return None };
        let (next, rest) = match *self.node(tail) {
            Expr::Concat(next, rest) => (next, rest),
            _ => (tail, ExprId::EMPTY),
        };
        let Expr::Repeat { body: also, min: more, max: most } = *self.node(next) else {
            return None;
        };
        if also != body {
            return None;
        }
        let min = min.checked_add(more).filter(|&min| min != UNBOUNDED)?;
        let max = match max == UNBOUNDED || most == UNBOUNDED {
            true => UNBOUNDED,
            false => max.checked_add(most).filter(|&max| max != UNBOUNDED)?,
        };
        Some((self.repeat(body, min, max), rest))
    }

    /// Any of the expressions.
    pub fn or(&mut self, items: Vec<ExprId>) -> ExprId {
        let mut flat = Vec::with_capacity(items.len());
        for item in items {
            match self.node(item) {
                Expr::Never => {}
                Expr::Or(inner) => flat.extend_from_slice(inner),
                _ => flat.push(item),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        for all in [ExprId::ALL, ExprId::UNKNOWN] {
            if flat.contains(&all) {
                return all;
            }
        }
        self.join_counts(&mut flat);
        if flat.contains(&ExprId::EMPTY)
            && flat.iter().any(|&item| {
                item != ExprId::EMPTY && self.is_nullable(item) && !self.facts(item).boolean
            })
        {
            flat.retain(|&item| item != ExprId::EMPTY);
        }
        self.absorb(&mut flat);
        self.share_beginnings(&mut flat);
        match flat.len() {
            0 => ExprId::NEVER,
            1 => flat[0],
            _ => self.intern(Expr::Or(flat.into())),
        }
    }

    /// Drops alternatives that are another alternative under further conditions.
    fn absorb(&self, items: &mut Vec<ExprId>) {
        if items.len() < 2 || !items.iter().any(|&item| matches!(self.node(item), Expr::And(_))) {
            return;
        }
        let all = items.clone();
        items.retain(|&item| match self.node(item) {
            Expr::And(conditions) => !conditions.iter().any(|one| all.binary_search(one).is_ok()),
            _ => true,
        });
    }

    /// Joins alternatives that differ only in how often the same thing is still to come, where
    /// the counts overlap or touch. Without it a counter inside a repetition multiplies states.
    fn join_counts(&mut self, items: &mut Vec<ExprId>) {
        if items.len() < 2 {
            return;
        }
        let mut counted = Vec::new();
        for &item in items.iter() {
            if let Some(parts) = self.as_counted(item) {
                counted.push(parts);
            }
        }
        if counted.len() < 2 {
            return;
        }
        counted.sort_unstable();
        let before = counted.len();
        counted.dedup_by(|next, kept| {
            let same = (next.body, next.tail, next.open) == (kept.body, kept.tail, kept.open);
            let touches = next.min <= kept.max.saturating_add(1);
            if same && touches {
                kept.max = kept.max.max(next.max);
            }
            same && touches
        });
        if counted.len() == before {
            return;
        }
        items.retain(|&item| self.as_counted(item).is_none());
        for Counted { body, tail, open, min, max } in counted {
            let repeated = match open {
                true => self.open(body, min, max),
                false => self.repeat(body, min, max),
            };
            let joined = self.concat2(repeated, tail);
            match self.node(joined) {
                Expr::Or(inner) => items.extend_from_slice(&inner.clone()),
                _ => items.push(joined),
            }
        }
        items.sort_unstable();
        items.dedup();
    }

    /// The expression as a count and what follows it, if it has that shape.
    fn as_counted(&self, item: ExprId) -> Option<Counted> {
        let (head, tail) = match *self.node(item) {
            Expr::Concat(head, tail) => (head, tail),
            _ => (item, ExprId::EMPTY),
        };
        match *self.node(head) {
            Expr::Repeat { body, min, max } => Some(Counted { body, tail, open: false, min, max }),
            Expr::Open { body, min, rounds } => {
                Some(Counted { body, tail, open: true, min, max: rounds })
            }
            _ => None,
        }
    }

    /// All of the expressions at once.
    ///
    /// An operand with look-around in it must describe the whole rest of the text: it may not be
    /// followed by anything outside the intersection.
    pub fn and(&mut self, items: Vec<ExprId>) -> ExprId {
        let mut flat = Vec::with_capacity(items.len());
        for item in items {
            match self.node(item) {
                Expr::And(inner) => flat.extend_from_slice(inner),
                _ => flat.push(item),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        flat.retain(|&item| item != ExprId::ALL);
        for none in [ExprId::NEVER, ExprId::UNKNOWN] {
            if flat.contains(&none) {
                return none;
            }
        }
        if flat.contains(&ExprId::EMPTY) {
            let nullable = flat.iter().all(|&item| self.is_nullable(item));
            return if nullable { ExprId::EMPTY } else { ExprId::NEVER };
        }
        for &item in &flat {
            if let Expr::Not(body) = *self.node(item) {
                if flat.binary_search(&body).is_ok() {
                    return ExprId::NEVER;
                }
            }
        }
        if let Some(simpler) = self.under_conditions(&flat) {
            return self.and(simpler);
        }
        match flat.len() {
            0 => ExprId::ALL,
            1 => flat[0],
            _ => self.intern(Expr::And(flat.into())),
        }
    }

    /// The operands of an intersection where one of them is a union whose alternatives repeat
    /// another operand: there the condition is met already. Without it a condition posed in every
    /// round of a repetition nests once per round.
    fn under_conditions(&mut self, operands: &[ExprId]) -> Option<Vec<ExprId>> {
        let met = |exprs: &Self, item: ExprId| match exprs.node(item) {
            Expr::And(inner) => inner.iter().any(|one| operands.binary_search(one).is_ok()),
            _ => operands.binary_search(&item).is_ok(),
        };
        let mut simpler = Vec::with_capacity(operands.len());
        let mut changed = false;
        for &operand in operands {
            let Expr::Or(items) = self.node(operand) else {
                simpler.push(operand);
                continue;
            };
            if !items.iter().any(|&item| met(self, item)) {
                simpler.push(operand);
                continue;
            }
            changed = true;
            let mut alternatives = Vec::with_capacity(items.len());
            for item in items.clone() {
                let rest = match self.node(item) {
                    Expr::And(inner) => inner
                        .iter()
                        .copied()
                        .filter(|one| operands.binary_search(one).is_err())
                        .collect(),
                    _ if met(self, item) => Vec::new(),
                    _ => vec![item],
                };
                alternatives.push(self.and(rest));
            }
            simpler.push(self.or(alternatives));
        }
        changed.then_some(simpler)
    }

    /// Every byte string that `body` does not match, valid UTF-8 or not. The same condition on
    /// look-around as in [`Exprs::and`].
    pub fn not(&mut self, body: ExprId) -> ExprId {
        match *self.node(body) {
            Expr::Not(inner) => inner,
            Expr::Unknown => body,
            _ => self.intern(Expr::Not(body)),
        }
    }

    /// `body`, between `min` and `max` times; [`UNBOUNDED`] for no upper bound.
    pub fn repeat(&mut self, body: ExprId, min: u32, max: u32) -> ExprId {
        debug_assert!(min <= max);
        if max == 0 || body == ExprId::EMPTY {
            return ExprId::EMPTY;
        }
        if body == ExprId::NEVER {
            return if min == 0 { ExprId::EMPTY } else { ExprId::NEVER };
        }
        if (min, max) == (1, 1) || body == ExprId::ALL {
            return if min == 0 && body != ExprId::ALL { self.optional(body) } else { body };
        }
        // Look-around is nullable only in places, so the count must stay as written.
        let plain = !self.facts(body).look_ahead && !self.facts(body).look_behind;
        let min = if plain && self.is_nullable(body) { 0 } else { min };
        if let Expr::Repeat { body: inner, min: inner_min, max: inner_max } = *self.node(body) {
            if let Some((min, max)) = product((inner_min, inner_max), (min, max)) {
                return self.repeat(inner, min, max);
            }
        }
        if (min, max) == (0, UNBOUNDED) {
            if let Expr::Switch(arms) = self.node(body) {
                if matches!(**arms, [Transition { low: 0, high: 255, target: ExprId::EMPTY }]) {
                    return ExprId::ALL;
                }
            }
        }
        self.intern(Expr::Repeat { body, min, max })
    }

    /// `body`, at least `min` times; whether more often than `rounds` is left open. `body` is
    /// neither nullable nor has it anything open in it.
    pub(super) fn open(&mut self, body: ExprId, min: u32, rounds: u32) -> ExprId {
        self.intern(Expr::Open { body, min, rounds })
    }

    /// `body` or nothing.
    pub fn optional(&mut self, body: ExprId) -> ExprId {
        self.repeat(body, 0, 1)
    }

    /// `body` any number of times.
    pub fn star(&mut self, body: ExprId) -> ExprId {
        self.repeat(body, 0, UNBOUNDED)
    }

    /// A place after which the text goes on (or, `negated`, does not go on) with `body`.
    pub fn look_ahead(&mut self, body: ExprId, negated: bool) -> ExprId {
        self.intern(Expr::LookAhead { body, negated })
    }

    /// A place before which the text ends (or, `negated`, does not end) with `body`.
    pub fn look_behind(&mut self, body: ExprId, negated: bool) -> ExprId {
        let state = self.concat2(ExprId::ALL, body);
        self.text_before(state, negated)
    }

    /// A place before which the whole text from the expression's start is (or, `negated`, is not)
    /// in `state`.
    pub fn text_before(&mut self, state: ExprId, negated: bool) -> ExprId {
        self.intern(Expr::LookBehind { state, negated })
    }

    /// The literal that an expression begins with.
    pub(crate) fn leading_literal(&self, id: ExprId) -> Option<&[u8]> {
        let head = match *self.node(id) {
            // What looks behind has to see every byte of it.
            Expr::Concat(_, tail) if self.facts(tail).look_behind => return None,
            Expr::Concat(head, _) => head,
            _ => id,
        };
        match *self.node(head) {
            Expr::Literal { literal, at } => Some(self.literal_bytes(literal, at)),
            _ => None,
        }
    }

    /// What is left of an expression after so many bytes of the literal it begins with.
    pub(crate) fn skip_literal(&mut self, id: ExprId, bytes: u32) -> ExprId {
        match *self.node(id) {
            Expr::Concat(head, tail) => {
                let head = self.skip_literal(head, bytes);
                self.concat2(head, tail)
            }
            Expr::Literal { literal, at } => self.literal_from(literal, at + bytes),
            _ => id,
        }
    }

    /// The rest of a literal.
    pub(super) fn literal_from(&mut self, literal: u32, at: u32) -> ExprId {
        if at as usize == self.literals[literal as usize].len() {
            return ExprId::EMPTY;
        }
        self.intern(Expr::Literal { literal, at })
    }
}

/// `body{min,max} tail`; whether `body` may come more often than `max` times may be left open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Counted {
    body: ExprId,
    tail: ExprId,
    open: bool,
    min: u32,
    max: u32,
}

/// The bounds of `(x{inner}){outer}` as those of one repetition, if every count between them can
/// be reached: `(x{2,3}){1,2}` can be repeated 2, 3, 4, 5 or 6 times, `(x{2}){1,2}` not 3 times.
fn product(inner: (u32, u32), outer: (u32, u32)) -> Option<(u32, u32)> {
    let (inner_min, inner_max) = (u64::from(inner.0), u64::from(inner.1));
    let (outer_min, outer_max) = (u64::from(outer.0), u64::from(outer.1));
    let unbounded = u64::from(UNBOUNDED);
    // From `rounds` rounds to one more, no count may be left out; with more rounds the gaps close.
    let rounds = outer_min;
    let highest = if inner_max == unbounded { u64::MAX - 1 } else { rounds * inner_max };
    let highest = if rounds == 0 { 0 } else { highest };
    if outer_min != outer_max && (rounds + 1) * inner_min > highest + 1 {
        return None;
    }
    let max = match inner_max == unbounded || outer_max == unbounded {
        true => unbounded,
        false => Some(inner_max * outer_max).filter(|&max| max < unbounded)?,
    };
    let min = Some(inner_min * outer_min).filter(|&min| min < unbounded)?;
    Some((min as u32, max as u32))
}

#[cfg(test)]
mod tests {
    use super::product;
    use crate::expr::UNBOUNDED;

    #[test]
    fn products_of_bounds() {
        for inner in (0..5).flat_map(|min| (min.max(1)..6).map(move |max| (min, max))) {
            for outer in (0..5).flat_map(|min| (min.max(1)..6).map(move |max| (min, max))) {
                let mut counts: Vec<u32> = (outer.0..=outer.1)
                    .flat_map(|rounds| rounds * inner.0..=rounds * inner.1)
                    .collect();
                counts.sort_unstable();
                counts.dedup();
                let (first, last) = (counts[0], counts[counts.len() - 1]);
                let whole = counts.len() as u32 == last - first + 1;
                assert_eq!(product(inner, outer), whole.then_some((first, last)));
            }
        }
        assert_eq!(product((0, UNBOUNDED), (3, 4)), Some((0, UNBOUNDED)));
        assert_eq!(product((1, UNBOUNDED), (0, UNBOUNDED)), Some((0, UNBOUNDED)));
        assert_eq!(product((2, UNBOUNDED), (0, 1)), None);
        assert_eq!(product((2, UNBOUNDED), (2, 3)), Some((4, UNBOUNDED)));
        assert_eq!(product((1, 70_000), (1, 70_000)), None);
    }
}
