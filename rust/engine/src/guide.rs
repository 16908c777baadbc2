//! A guide: one request's position in an index.

use std::sync::Arc;

use crate::automaton::StateId;
use crate::error::Result;
use crate::index::{Index, Mask};

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
}

impl Guide {
    /// A guide at the start of `index`. `stop` are the ids that end the text; by default the
    /// vocabulary's.
    pub fn new(index: Index, stop: Option<Vec<u32>>) -> Self {
        let stop = stop.unwrap_or_else(|| index.vocabulary().eos().to_vec());
        let state = index.start();
        Guide { index, stop: stop.into(), state, history: Vec::new(), stopped: 0, mask: None }
    }

    /// The index it moves in.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Whether [`Guide::fill`] has only to copy a mask.
    pub fn is_ready(&mut self) -> bool {
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
        if !self.is_ready() {
            match self.index.mask(self.state) {
                Ok((mask, accepting)) => self.mask = Some((self.state, mask, accepting)),
                Err(error) => {
                    row.fill(0);
                    return Err(error);
                }
            }
        }
        if let Some((_, mask, accepting)) = &self.mask {
            mask.write(row);
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
        if next == StateId::DEAD {
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
                state = self.index.advance(state, token)?;
                if state == StateId::DEAD {
                    break;
                }
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
