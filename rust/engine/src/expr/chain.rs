//! Which expressions read whatever text over some classes of characters, without limit or up to a
//! length.
//!
//! The inside of a string, free text, an identifier: nearly every token of a vocabulary is allowed
//! there, and this is how that is known without trying them.

use super::{ExprId, Exprs, Transition};
use crate::error::Result;
use crate::vocabulary::classes::{self, ClassSet, ABOVE_ASCII};

/// The characters whose classes are looked for, most likely first; the last stands for all those
/// above ASCII.
const PROBES: [u8; 5] = [b'a', b'0', b' ', b'A', 0xC3];

/// How many characters are followed one by one; a longer way is not known to end.
const LONGEST: u32 = 512;

/// The one state that every character of some classes leads to; no classes if there is none.
#[derive(Clone, Copy)]
pub(super) struct Link {
    classes: ClassSet,
    next: ExprId,
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
        }
        Ok(true)
    }

    /// Whether every character of the classes leads from a state back to it.
    pub(crate) fn stays_in(&mut self, state: ExprId, classes: ClassSet) -> Result<bool> {
        let link = self.link(state)?;
        Ok(link.next == state && classes & !link.classes == 0)
    }

    /// The number `n` such that of the texts over `wanted` exactly those of at most `n` characters
    /// can be read from a state; `u32::MAX` if all can. `None` if there is no such number, or it
    /// would take long to find.
    pub(crate) fn length_over(&mut self, state: ExprId, wanted: ClassSet) -> Result<Option<u32>> {
        let (mut at, mut length) = (state, 0);
        loop {
            let link = self.link(at)?;
            if link.classes == 0 || wanted & !link.classes != 0 {
                // Where it ends, nothing of what is wanted may be left.
                return Ok((!self.reads_any(at, wanted)?).then_some(length));
            }
            if link.next == at {
                return Ok(Some(u32::MAX));
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
        let mut at = state;
        for _ in 0..length {
            at = self.link(at)?.next;
            if self.is_nullable(at) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether some character of the classes may be read from a state.
    fn reads_any(&mut self, state: ExprId, classes: ClassSet) -> Result<bool> {
        Ok(self.ranges(state)?.into_iter().any(|(low, high)| {
            high >= 0x80 || (low..=high).any(|byte| classes::of_ascii(byte) & classes != 0)
        }))
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
        let mut above = None;
        for probe in PROBES {
            let next = match probe {
                0x00..=0x7F => self.step(state, probe)?,
                _ => self.after_any_above_ascii(state)?,
            };
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
            let mut classes = classes::within(characters);
            let above = match above {
                Some(known) => known,
                None => *above.insert(self.after_any_above_ascii(state)?),
            };
            if above == next {
                classes |= ABOVE_ASCII;
            }
            if classes != 0 {
                return Ok(Link { classes, next });
            }
        }
        Ok(none)
    }

    /// The one state after any one code point above ASCII, [`ExprId::NEVER`] if there is no such
    /// state.
    fn after_any_above_ascii(&mut self, state: ExprId) -> Result<ExprId> {
        // Where it is not one state, that shows in the shortest of them, without a search.
        let covering = |row: &[Transition], low, high| {
            row.iter().find(|arm| arm.low <= low && high <= arm.high).map(|arm| arm.target)
        };
        let Some(inside) = covering(self.row(state)?, 0xC2, 0xDF) else {
            return Ok(ExprId::NEVER);
        };
        if covering(self.row(inside)?, 0x80, 0xBF).is_none() {
            return Ok(ExprId::NEVER);
        }
        let class = self.class(&[(0x80, 0x10_FFFF)]);
        let mut reached = ExprId::NEVER;
        let mut open = vec![(state, class)];
        while let Some((state, class)) = open.pop() {
            if class == ExprId::EMPTY {
                if reached != ExprId::NEVER && reached != state {
                    return Ok(ExprId::NEVER);
                }
                reached = state;
                continue;
            }
            let wanted = self.row(class)?.to_vec();
            let arms = self.row(state)?;
            for want in wanted {
                let mut low = u16::from(want.low);
                for arm in arms.iter().filter(|arm| arm.high >= want.low && arm.low <= want.high) {
                    if u16::from(arm.low) > low {
                        return Ok(ExprId::NEVER);
                    }
                    open.push((arm.target, want.target));
                    low = u16::from(arm.high) + 1;
                }
                if low <= u16::from(want.high) {
                    return Ok(ExprId::NEVER);
                }
            }
            if open.len() > 256 {
                return Ok(ExprId::NEVER);
            }
        }
        Ok(reached)
    }
}
