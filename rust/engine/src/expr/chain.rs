//! Which expressions read whatever text over some classes of characters, without limit or up to a
//! length.
//!
//! The inside of a string, free text, an identifier: nearly every token of a vocabulary is allowed
//! there, and this is how that is known without trying them.

use super::{Expr, ExprId, Exprs, MOST_ROUNDS, UNBOUNDED};
use crate::error::Result;
use crate::vocabulary::classes::{self, ClassSet, ABOVE_ASCII, ANY_ABOVE_ASCII};

/// The characters whose classes are looked for, most likely first; the last stands for nearly all
/// above ASCII.
const PROBES: [&str; 5] = ["a", "0", " ", "A", "é"];
/// One code point of each class above ASCII.
const ABOVE_PROBES: [&str; 4] = ["é", "\u{2028}", "\u{3000}", "\u{FEFF}"];

/// How many characters are followed one by one; a longer way is not known to end.
const LONGEST: u32 = 512;

/// The one state that every character of some classes is known to lead to; no classes if there is
/// none.
#[derive(Clone, Copy)]
pub(super) struct Link {
    classes: ClassSet,
    next: ExprId,
}

/// How long the texts over some classes may be that can be read from a state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Length {
    /// So many characters.
    UpTo(u32),
    /// A count was left open ([`super::open`]): at least as many as are followed.
    Open,
    /// However many.
    Any,
}

impl Exprs {
    /// Whether every text over the classes of at most `chars` characters can be read from a state
    /// and then completed. `false` may also mean that they do not all lead the same way.
    pub(crate) fn reads_all(
        &mut self,
        state: ExprId,
        classes: ClassSet,
        chars: u32,
    ) -> Result<bool> {
        let mut at = state;
        for _ in 0..chars {
            let link = self.link(at)?;
            if classes & !link.classes != 0 {
                return Ok(false);
            }
            if link.next == at {
                break;
            }
            at = link.next;
            if at == ExprId::UNKNOWN {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Some classes, and of how many characters at most every text over them can be read from a state
    /// and then completed; [`u32::MAX`] if of any number.
    pub(crate) fn read_from(&mut self, state: ExprId) -> Result<(ClassSet, u32)> {
        let first = self.link(state)?;
        let (mut at, mut chars) = (state, 0);
        while chars < MOST_ROUNDS {
            let link = self.link(at)?;
            if first.classes & !link.classes != 0 || link.next == ExprId::UNKNOWN {
                break;
            }
            if link.next == at {
                return Ok((first.classes, u32::MAX));
            }
            (at, chars) = (link.next, chars + 1);
        }
        Ok((first.classes, chars))
    }

    /// Whether every character of the classes leads from a state back to it.
    pub(crate) fn stays_in(&mut self, state: ExprId, classes: ClassSet) -> Result<bool> {
        let link = self.link(state)?;
        Ok(link.next == state && classes & !link.classes == 0)
    }

    /// How many characters the texts over `wanted` have that can be read from a state, if exactly
    /// those of at most so many can. `None` if there is no such number, or it would take long to
    /// find.
    pub(crate) fn length_over(
        &mut self,
        state: ExprId,
        wanted: ClassSet,
    ) -> Result<Option<Length>> {
        if let Some((length, _)) = self.counted_over(state, wanted)? {
            return Ok(Some(length));
        }
        let (mut at, mut length) = (state, 0);
        loop {
            let link = self.link(at)?;
            if link.classes == 0 || wanted & !link.classes != 0 {
                // Where it ends, nothing of what is wanted may be left.
                return Ok((!self.reads_any(at, wanted)?).then_some(Length::UpTo(length)));
            }
            if link.next == at {
                return Ok(Some(Length::Any));
            }
            if link.next == ExprId::UNKNOWN {
                return Ok(Some(Length::Open));
            }
            if length == LONGEST {
                return Ok(None);
            }
            (at, length) = (link.next, length + 1);
        }
    }

    /// Whether a state can end with one of the next `length` characters, all of which lead the same
    /// way.
    pub(crate) fn ends_within(&mut self, state: ExprId, length: u32) -> Result<bool> {
        let classes = self.link(state)?.classes;
        if let Some((_, tail)) = self.counted_over(state, classes)? {
            if !self.is_nullable(tail) {
                return Ok(false);
            }
        }
        let mut at = state;
        for _ in 0..length {
            at = self.link(at)?.next;
            if self.is_nullable(at) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// As [`Exprs::length_over`] of a count of single characters, and what comes after the count.
    /// None where a character may leave nothing to match, as before something that looks behind.
    fn counted_over(
        &mut self,
        state: ExprId,
        wanted: ClassSet,
    ) -> Result<Option<(Length, ExprId)>> {
        if self.facts(state).boolean {
            return Ok(None);
        }
        let (head, tail) = match *self.node(state) {
            Expr::Concat(head, tail) => (head, tail),
            _ => (state, ExprId::EMPTY),
        };
        let (body, length) = match *self.node(head) {
            Expr::Repeat { max: UNBOUNDED, .. } => return Ok(None),
            Expr::Repeat { body, max, .. } => (body, Length::UpTo(max)),
            Expr::Open { body, .. } => (body, Length::Open),
            _ => return Ok(None),
        };
        let link = self.link(body)?;
        let counts = link.classes != 0 && wanted & !link.classes == 0 && link.next == ExprId::EMPTY;
        Ok((counts && !self.reads_any(tail, wanted)?).then_some((length, tail)))
    }

    /// Whether some character of the classes may be read from a state.
    fn reads_any(&mut self, state: ExprId, classes: ClassSet) -> Result<bool> {
        let mut any = false;
        self.each_range(state, |low, high| {
            let is_read = |byte| classes::of_ascii(byte) & classes != 0;
            any = any || high >= 0x80 || (low..=high).any(is_read);
        })?;
        Ok(any)
    }

    fn link(&mut self, state: ExprId) -> Result<Link> {
        if let Some(&known) = self.links.get(&state) {
            return Ok(known);
        }
        let link = self.find_link(state)?;
        self.links.insert(state, link);
        Ok(link)
    }

    fn find_link(&mut self, state: ExprId) -> Result<Link> {
        let none = Link { classes: 0, next: ExprId::NEVER };
        if self.byte_by_byte(state).is_some() {
            return Ok(none);
        }
        for probe in PROBES {
            let next = self.read(state, probe)?;
            if next == ExprId::NEVER {
                continue;
            }
            let mut characters = 0u128;
            for arm in self.row(state)? {
                if arm.target == next {
                    for byte in arm.low..=arm.high.min(0x7F) {
                        characters |= 1 << byte;
                    }
                }
            }
            let classes = classes::within(characters) | self.above_ascii_to(state, next)?;
            if classes != 0 {
                return Ok(Link { classes, next });
            }
        }
        Ok(none)
    }

    /// The classes above ASCII of which every character leads from one state to another.
    fn above_ascii_to(&mut self, state: ExprId, next: ExprId) -> Result<ClassSet> {
        let mut likely = ABOVE_PROBES.map(|_| false);
        for (likely, probe) in likely.iter_mut().zip(ABOVE_PROBES) {
            *likely = self.read(state, probe)? == next;
        }
        if likely.iter().all(|&likely| likely)
            && self.leads_to(state, &[(0x80, 0x10_FFFF)], next)?
        {
            return Ok(ANY_ABOVE_ASCII);
        }
        let mut classes = 0;
        for (above, likely) in ABOVE_ASCII.iter().zip(likely) {
            if likely && self.leads_to(state, above.ranges, next)? {
                classes |= above.class;
            }
        }
        Ok(classes)
    }

    fn read(&mut self, state: ExprId, text: &str) -> Result<ExprId> {
        text.bytes().try_fold(state, |state, byte| self.step(state, byte))
    }

    /// Whether each of the code points leads from a state to `next`.
    fn leads_to(&mut self, state: ExprId, ranges: &[(u32, u32)], next: ExprId) -> Result<bool> {
        let class = self.class(ranges);
        let mut open = vec![(state, class)];
        while let Some((state, class)) = open.pop() {
            if class == ExprId::EMPTY {
                if state != next {
                    return Ok(false);
                }
                continue;
            }
            let wanted = self.row(class)?.to_vec();
            let arms = self.row(state)?;
            // The shortest are looked at first.
            for want in wanted.into_iter().rev() {
                let mut low = u16::from(want.low);
                for arm in arms.iter().filter(|arm| arm.high >= want.low && arm.low <= want.high) {
                    if u16::from(arm.low) > low {
                        return Ok(false);
                    }
                    open.push((arm.target, want.target));
                    low = u16::from(arm.high) + 1;
                }
                if low <= u16::from(want.high) {
                    return Ok(false);
                }
            }
            if open.len() > 256 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
