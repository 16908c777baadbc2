//! A guide: one request's position in an index.

use std::sync::Arc;

use crate::automaton::StateId;
use crate::error::{Error, Result};
use crate::index::{Index, Limit, Mask, Minimum};

/// How many bytes [`Guide::forced_bytes`] returns at most; a grammar may force text without end.
const FORCED_LIMIT: usize = 4096;

/// One request's position in an [`Index`]. Cheap to make and to copy.
#[derive(Clone)]
pub struct Guide {
    index: Index,
    /// Ids that end the text; never text themselves.
    stop: Arc<[u32]>,
    state: StateId,
    /// The states before each token taken, stop tokens apart.
    history: Vec<StateId>,
    /// How many stop tokens have been taken.
    stopped: usize,
    /// The mask of `state` and whether the text may end there, once asked for.
    mask: Option<(StateId, Arc<Mask>, bool)>,
    budget: Option<Budget>,
}

/// The tokens within which a guide's text is to be whole.
#[derive(Clone)]
struct Budget {
    tokens: u32,
    /// The stop tokens that are text otherwise.
    stop: Arc<[u32]>,
    /// From how many tokens left on a state allows all its tokens, once asked for.
    room: Option<(StateId, u32)>,
    /// What was found last, by state and tokens left.
    limit: Option<(StateId, u32, Option<Arc<Mask>>)>,
}

impl Guide {
    /// A guide at the start of `index`. `stop` are the ids that end the text; by default the
    /// vocabulary's.
    pub fn new(index: Index, stop: Option<Vec<u32>>) -> Self {
        let stop = stop.unwrap_or_else(|| index.vocabulary().eos().to_vec());
        let state = index.start();
        let stop = stop.into();
        Guide { index, stop, state, history: Vec::new(), stopped: 0, mask: None, budget: None }
    }

    /// The same, for a text of at most `tokens` tokens: from now on only those tokens are allowed
    /// after which the text can still be whole within them. A stop token needs no place, since the
    /// text ends there anyhow. `None` takes a budget away.
    ///
    /// # Errors
    /// [`Error::Budget`] if no text is so short, with how many tokens it takes. The guide has no
    /// budget then; nor has it one where neither that nor a text that is so short could be found.
    pub fn set_budget(&mut self, tokens: Option<u32>) -> Result<()> {
        self.budget = None;
        let Some(tokens) = tokens else { return Ok(()) };
        let Minimum { at_least, enough } = match self.index.minimum_tokens(&self.stop, tokens) {
            Err(Error::Limit { .. }) => return Ok(()),
            found => found?,
        };
        if at_least > tokens {
            return Err(Error::Budget { tokens, at_least, enough });
        }
        if enough.is_some_and(|enough| enough <= tokens) {
            let stop = self.index.text_stops(&self.stop);
            self.budget = Some(Budget { tokens, stop, room: None, limit: None });
        }
        Ok(())
    }

    /// The number of tokens within which the text is to be whole, if there is one.
    pub fn budget(&self) -> Option<u32> {
        self.budget.as_ref().map(|budget| budget.tokens)
    }

    /// The index it moves in.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Whether [`Guide::fill`] has only to copy a mask.
    pub fn is_ready(&mut self) -> bool {
        self.has_mask() && self.has_room()
    }

    /// Whether there is known to be room for whichever token comes next.
    fn has_room(&mut self) -> bool {
        let taken = self.history.len() as u32;
        let (state, index) = (self.state, &self.index);
        let Some(budget) = &mut self.budget else { return true };
        if budget.room.is_none_or(|(known, _)| known != state) {
            budget.room = index.known_room(state, &budget.stop).map(|room| (state, room));
        }
        budget.room.is_some_and(|(_, room)| budget.tokens.saturating_sub(taken) >= room)
    }

    /// The tokens that leave enough room for the end, where not all of them do. None as well if
    /// finding that out takes too much work: the text may then be cut off.
    fn limit(&mut self) -> Option<Arc<Mask>> {
        if self.has_room() {
            return None;
        }
        let left = self.left()?;
        let budget = self.budget.as_mut()?;
        if let Some((state, tokens, limit)) = &budget.limit {
            if *state == self.state && *tokens == left {
                return limit.clone();
            }
        }
        let limit = match self.index.limit(self.state, left, &budget.stop) {
            Ok(Limit::Tokens(mask)) => Some(mask),
            Ok(Limit::Nothing) | Err(_) => None,
        };
        budget.limit = Some((self.state, left, limit.clone()));
        limit
    }

    /// How many tokens are left of the budget.
    fn left(&self) -> Option<u32> {
        let taken = self.history.len() as u32;
        self.budget.as_ref().map(|budget| budget.tokens.saturating_sub(taken))
    }

    /// Whether a token that leads from a state to another leaves enough room, with `left` tokens
    /// left before it.
    fn leaves_room(&self, step: (StateId, u32, StateId), left: Option<u32>) -> bool {
        match (&self.budget, left) {
            // Too much work counts as for the mask.
            (Some(budget), Some(left)) => {
                self.index.leaves_room(step, left, &budget.stop).unwrap_or(true)
            }
            _ => true,
        }
    }

    fn has_mask(&mut self) -> bool {
        if self.stopped > 0 || self.mask.as_ref().is_some_and(|(state, ..)| *state == self.state) {
            return true;
        }
        let known = self.index.known_mask(self.state);
        let ready = known.is_some();
        if let Some((mask, accepting)) = known {
            self.mask = Some((self.state, mask, accepting));
        }
        ready
    }

    /// Writes the mask over `row`, as words of 32 tokens. Stop tokens are allowed exactly where the
    /// text may end; after one of them nothing else is.
    ///
    /// # Errors
    /// [`crate::error::Error::Limit`] if a state not seen before is too large; the row is cleared.
    pub fn fill(&mut self, row: &mut [u32]) -> Result<()> {
        if self.stopped > 0 {
            row.fill(0);
            self.set_stop(row, true);
            return Ok(());
        }
        if !self.has_mask() {
            match self.index.mask(self.state) {
                Ok((mask, accepting)) => self.mask = Some((self.state, mask, accepting)),
                Err(error) => {
                    row.fill(0);
                    return Err(error);
                }
            }
        }
        let limited = self.limit();
        if let Some((_, mask, accepting)) = &self.mask {
            limited.as_ref().unwrap_or(mask).write(row);
            self.set_stop(row, *accepting);
        }
        Ok(())
    }

    fn set_stop(&self, row: &mut [u32], allowed: bool) {
        for &id in self.stop.iter() {
            if let Some(word) = row.get_mut(id as usize / 32) {
                let bit = 1 << (id % 32);
                *word = if allowed { *word | bit } else { *word & !bit };
            }
        }
    }

    /// Takes a token. `false`, and nothing changes, if it is not allowed.
    ///
    /// # Errors
    /// [`crate::error::Error::Limit`] as for [`Guide::fill`]; nothing changes.
    pub fn advance(&mut self, token: u32) -> Result<bool> {
        if self.stop.contains(&token) {
            let allowed = self.stopped > 0 || self.is_accepting();
            self.stopped += usize::from(allowed);
            return Ok(allowed);
        }
        if self.stopped > 0 || self.index.vocabulary().token(token).is_empty() {
            return Ok(false);
        }
        let next = self.index.advance(self.state, token)?;
        let step = (self.state, token, next);
        if next == StateId::DEAD
            || self.limit().is_some_and(|mask| !mask.contains(token))
                && !self.leaves_room(step, self.left())
        {
            return Ok(false);
        }
        self.history.push(self.state);
        self.state = next;
        Ok(true)
    }

    /// How many of `tokens`, one after another, could be taken. Changes nothing.
    ///
    /// # Errors
    /// As for [`Guide::advance`].
    pub fn validate(&self, tokens: impl Iterator<Item = Option<u32>>) -> Result<usize> {
        let (mut state, mut stopped, mut count) = (self.state, self.stopped > 0, 0);
        let mut left = self.left();
        for token in tokens {
            let Some(token) = token else { break };
            if self.stop.contains(&token) {
                if !stopped && !self.index.is_accepting(state) {
                    break;
                }
                stopped = true;
            } else {
                if stopped || self.index.vocabulary().token(token).is_empty() {
                    break;
                }
                let next = self.index.advance(state, token)?;
                if next == StateId::DEAD || !self.leaves_room((state, token, next), left) {
                    break;
                }
                state = next;
                left = left.map(|left| left.saturating_sub(1));
            }
            count += 1;
        }
        Ok(count)
    }

    /// Takes back the last `count` tokens, stop tokens included. `false`, and nothing changes, if
    /// fewer were taken.
    pub fn rollback(&mut self, count: usize) -> bool {
        if count > self.taken() {
            return false;
        }
        let stops = count.min(self.stopped);
        self.stopped -= stops;
        if let Some(at) = (count > stops).then(|| self.history.len() - (count - stops)) {
            self.state = self.history[at];
            self.history.truncate(at);
        }
        true
    }

    /// How many tokens have been taken.
    pub fn taken(&self) -> usize {
        self.history.len() + self.stopped
    }

    /// Back to the start.
    pub fn reset(&mut self) {
        self.state = self.index.start();
        self.history.clear();
        self.stopped = 0;
    }

    /// Whether the text so far is a whole sentence.
    pub fn is_accepting(&self) -> bool {
        match &self.mask {
            Some((state, _, accepting)) if *state == self.state => *accepting,
            _ => self.index.is_accepting(self.state),
        }
    }

    /// Whether a stop token has been taken.
    pub fn is_finished(&self) -> bool {
        self.stopped > 0
    }

    /// What must come next as long as there is only one way; at most 4,096 bytes of it.
    ///
    /// # Errors
    /// As for [`Guide::advance`].
    pub fn forced_bytes(&self) -> Result<Vec<u8>> {
        if self.stopped > 0 {
            return Ok(Vec::new());
        }
        self.index.forced_bytes(self.state, FORCED_LIMIT)
    }
}
