//! Which states take whatever text over some classes of characters: those of which some terminal
//! does.

use super::{Automaton, Config, StackId, StateId};
use crate::error::Result;
use crate::expr::{ExprId, Length, MOST_ROUNDS};
use crate::vocabulary::classes::{ClassSet, BROKEN};
use crate::vocabulary::Slice;

/// What is known of the characters that a state goes on with.
#[derive(Clone, Copy)]
pub(crate) struct Links {
    /// Every text over these classes leads back to a terminal of the state.
    pub back: ClassSet,
    /// No text with a character of another class in it is known to be read from the state, if it
    /// begins with one.
    pub first: ClassSet,
}

impl Links {
    pub(super) const UNKNOWN: Links = Links { back: BROKEN, first: 0 };
    const NONE: Links = Links { back: 0, first: 0 };
}

impl Automaton {
    /// See [`Links`]. No characters where a terminal has finitely many texts.
    #[inline]
    pub(crate) fn links(&mut self, state: StateId) -> Result<Links> {
        match self.links.get(state.index()) {
            Some(known) if known.back != BROKEN => Ok(*known),
            _ => self.find_links(state),
        }
    }

    fn find_links(&mut self, state: StateId) -> Result<Links> {
        let mut links = Links::NONE;
        for at in 0..self.states[state.index()].configs.len() {
            let Config { terminal, guard, .. } = self.states[state.index()].configs[at];
            if guard != ExprId::NEVER || !self.grammar.exprs.facts(terminal).infinite {
                continue;
            }
            let (classes, back) = self.grammar.exprs.first_link(terminal)?;
            links.first |= classes;
            if back && classes.count_ones() > links.back.count_ones() {
                links.back = classes;
            }
        }
        if self.links.len() < self.states.len() {
            self.links.resize(self.states.len(), Links::UNKNOWN);
        }
        self.links[state.index()] = links;
        Ok(links)
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
