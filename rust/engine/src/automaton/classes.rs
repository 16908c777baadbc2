//! Which states take whatever text over some classes of characters: those of which some terminal
//! does.

use super::{Automaton, Config, StackId, StateId};
use crate::error::Result;
use crate::expr::{ExprId, Length, MOST_ROUNDS};
use crate::vocabulary::classes::{ClassSet, LETTERS};
use crate::vocabulary::Slice;

/// Texts that are known to be read from a state: over some classes, of at most so many characters.
#[derive(Clone, Copy)]
pub(crate) struct KnownTexts {
    classes: ClassSet,
    chars: u32,
}

impl KnownTexts {
    pub const NONE: KnownTexts = KnownTexts { classes: 0, chars: 0 };

    /// Whether much leads back to where they are read from: any of them go on forever, and letters
    /// are among their characters.
    #[inline]
    pub fn are_endless_words(self) -> bool {
        self.chars == u32::MAX && self.classes & LETTERS != 0
    }

    /// Whether all texts over the classes of at most so many characters are among them.
    #[inline]
    pub fn all(self, classes: ClassSet, chars: u32) -> bool {
        classes & !self.classes == 0 && chars <= self.chars
    }
}

impl Automaton {
    /// The texts that one terminal of the state reads. None of a literal.
    #[inline]
    pub(crate) fn known_to_read(&mut self, state: StateId) -> Result<KnownTexts> {
        match self.known_texts.get(state.index()) {
            Some(known) => Ok(*known),
            None => self.find_known_texts(state),
        }
    }

    fn find_known_texts(&mut self, state: StateId) -> Result<KnownTexts> {
        let mut best = KnownTexts::NONE;
        for at in 0..self.states[state.index()].configs.len() {
            let Config { terminal, guard, loose, .. } = self.states[state.index()].configs[at];
            if guard != ExprId::NEVER || self.grammar.exprs.leading_literal(terminal).is_some() {
                continue;
            }
            let (classes, chars) = self.grammar.exprs.read_from(terminal)?;
            if loose && !self.grammar.exprs.stays_in(terminal, classes)? {
                // All that is left may be exceptions.
                continue;
            }
            // More than these few characters are seldom below a node.
            let worth = |texts: KnownTexts| (texts.chars.min(8), texts.classes.count_ones());
            let texts = KnownTexts { classes, chars };
            if classes != 0 && worth(texts) > worth(best) {
                best = texts;
            }
        }
        self.known_texts.set(state.index(), best);
        Ok(best)
    }

    /// Whether every text over the classes of at most `chars` characters can be read from `state`.
    /// `false` may also mean that it would take several terminals together.
    pub(crate) fn reads_all(
        &mut self,
        state: StateId,
        classes: ClassSet,
        chars: u32,
    ) -> Result<bool> {
        for at in 0..self.states[state.index()].configs.len() {
            let Config { terminal, guard, loose, .. } = self.states[state.index()].configs[at];
            if guard != ExprId::NEVER {
                continue;
            }
            if loose && !self.grammar.exprs.stays_in(terminal, classes)? {
                // Elsewhere all that is left may be exceptions.
                continue;
            }
            if self.grammar.exprs.reads_all(terminal, classes, chars)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How many code points the texts over the slice have that can be read from `state`, at least
    /// one, if exactly those of at most so many can. `None` if there is no such number, or it would
    /// take long to find. `number` tells slices apart; all of them have `a` in them.
    pub(crate) fn takes(
        &mut self,
        state: StateId,
        number: usize,
        slice: &Slice,
    ) -> Result<Option<Length>> {
        if matches!(self.step(state, b'a')?, StateId::DEAD | StateId::DEFERRED) {
            return Ok(None);
        }
        let count = self.states[state.index()].configs.len();
        let mut longest = Some(Length::UpTo(0));
        for at in 0..count {
            let Config { terminal, guard, loose, stack, .. } =
                self.states[state.index()].configs[at];
            if guard != ExprId::NEVER {
                longest = None;
                continue;
            }
            if self.takes_all(terminal, number, slice)? {
                return Ok(Some(Length::Any));
            }
            if loose {
                // Where a length is bounded, all that is left may be exceptions.
                longest = None;
                continue;
            }
            let mut length = self.grammar.exprs.length_over(terminal, slice.classes)?;
            let bound = match length {
                Some(Length::UpTo(bound)) => bound,
                Some(Length::Open) => MOST_ROUNDS,
                _ => 0,
            };
            // Where it may end, what follows may take more. And of several it is not known which one's
            // length is left open.
            if stack != StackId::BOTTOM && self.grammar.exprs.ends_within(terminal, bound)?
                || length == Some(Length::Open) && count > 1
            {
                length = None;
            }
            longest = longest.zip(length).map(|(a, b)| a.max(b));
        }
        Ok(longest.filter(|&length| length > Length::UpTo(0)))
    }

    /// Whether a terminal stays in progress over every text of the slice.
    fn takes_all(&mut self, terminal: ExprId, number: usize, slice: &Slice) -> Result<bool> {
        if let Some(&known) = self.taken.get(&(terminal, number)) {
            return Ok(known);
        }
        let exprs = &mut self.grammar.exprs;
        // A code point of one byte that is refused settles it without a search.
        let mut takes = true;
        for &(low, high) in slice.ranges.iter().filter(|range| range.1 < 0x80) {
            takes = takes
                && exprs.step(terminal, low as u8)? != ExprId::NEVER
                && exprs.step(terminal, high as u8)? != ExprId::NEVER;
        }
        if takes {
            let texts = exprs.texts_over(slice.ranges);
            takes = exprs.takes_all(terminal, texts)?;
        }
        self.taken.insert((terminal, number), takes);
        Ok(takes)
    }
}
