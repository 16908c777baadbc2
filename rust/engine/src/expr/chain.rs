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

/// How many expressions a chain may have; longer ones are taken as this long.
const LONGEST: usize = 512;

/// Every text over `classes` of at most `chars` characters can be read and then completed;
/// `u32::MAX` if it may have any length.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Chain {
    pub classes: ClassSet,
    pub chars: u32,
    /// The first link: what every character of `classes` leads to.
    next: Option<ExprId>,
}

impl Exprs {
    /// The chain that starts at a state. Constant, once worked out.
    pub(crate) fn chain(&mut self, state: ExprId) -> Result<Chain> {
        let mut path = Vec::new();
        let mut at = state;
        let mut chain = loop {
            if let Some(&known) = self.chains.get(&at) {
                break known;
            }
            let link = self.link(at)?;
            match link.next {
                None => break Chain::default(),
                _ if path.len() == LONGEST => break Chain::default(),
                Some(next) if next == at => break Chain { chars: u32::MAX, ..link },
                Some(next) => {
                    path.push((at, link));
                    // Should the chain come back here, it is taken to end here.
                    self.chains.insert(at, Chain::default());
                    at = next;
                }
            }
        };
        self.chains.insert(at, chain);
        for (state, link) in path.into_iter().rev() {
            let further = if link.classes & !chain.classes == 0 { chain.chars } else { 0 };
            chain = Chain { chars: further.saturating_add(1), ..link };
            self.chains.insert(state, chain);
        }
        Ok(chain)
    }

    /// The number `n` such that of the texts over `wanted` exactly those of at most `n` characters
    /// can be read from a state; `u32::MAX` if all can. `None` if there is no such number, or it
    /// would take long to find.
    pub(crate) fn length_over(&mut self, state: ExprId, wanted: ClassSet) -> Result<Option<u32>> {
        let (mut at, mut length) = (state, 0);
        loop {
            let chain = self.chain(at)?;
            match chain.next {
                Some(next) if wanted & !chain.classes == 0 => {
                    if chain.chars == u32::MAX {
                        return Ok(Some(u32::MAX));
                    }
                    if length as usize == LONGEST {
                        return Ok(None);
                    }
                    (at, length) = (next, length + 1);
                }
                // Where it ends, nothing of what is wanted may be left.
                _ => return Ok((!self.reads_any(at, wanted)?).then_some(length)),
            }
        }
    }

    /// Whether some character of the classes may be read from a state.
    fn reads_any(&mut self, state: ExprId, classes: ClassSet) -> Result<bool> {
        Ok(self.ranges(state)?.into_iter().any(|(low, high)| {
            high >= 0x80 || (low..=high).any(|byte| classes::of_ascii(byte) & classes != 0)
        }))
    }

    /// One link: the classes of which every character leads to one and the same state.
    fn link(&mut self, state: ExprId) -> Result<Chain> {
        if self.byte_by_byte(state).is_some() {
            return Ok(Chain::default());
        }
        let mut above = None;
        for probe in PROBES {
            let target = match probe {
                0x00..=0x7F => self.step(state, probe)?,
                _ => self.after_any_above_ascii(state)?,
            };
            if target == ExprId::NEVER {
                continue;
            }
            let mut characters = 0u128;
            for arm in self.row(state)? {
                if arm.target == target {
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
            if above == target {
                classes |= ABOVE_ASCII;
            }
            if classes != 0 {
                return Ok(Chain { classes, chars: 1, next: Some(target) });
            }
        }
        Ok(Chain::default())
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
