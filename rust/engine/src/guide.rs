//! A guide: one request's position in an index.

use std::sync::Arc;

use crate::automaton::StateId;
use crate::error::{Error, Result};
use crate::index::{Index, Inner, Limit, Mask, Minimum, Path, Spot, Stay};

/// How many bytes [`Guide::forced_bytes`] returns at most; a grammar may force text without end.
const FORCED_LIMIT: usize = 4096;

/// One request's position in an [`Index`]. Cheap to make and to copy.
#[derive(Clone)]
pub struct Guide {
    index: Index,
    /// Ids that end the text; never text themselves.
    stop: Arc<[u32]>,
    /// The tokens taken, stop tokens apart, and where they lead.
    path: Path,
    /// How many stop tokens have been taken.
    stopped: usize,
    /// The mask last asked for.
    mask: Option<(Spot, Arc<Mask>)>,
    budget: Option<Budget>,
}

/// The tokens within which a guide's text is to be whole.
#[derive(Clone)]
struct Budget {
    tokens: u32,
    /// The stop tokens that are text otherwise.
    stop: Arc<[u32]>,
    /// From how many tokens left on all tokens are allowed, once asked for.
    room: Option<(Spot, u32)>,
    /// What was found last, with the tokens left.
    limit: Option<(Spot, u32, Option<Arc<Mask>>)>,
    /// Keeps the ways to the end, as long as they matter.
    stay: Option<Stay>,
}

impl Guide {
    /// A guide at the start of `index`. `stop` are the ids that end the text; by default the
    /// vocabulary's.
    pub fn new(index: Index, stop: Option<Vec<u32>>) -> Self {
        let stop = stop.unwrap_or_else(|| index.vocabulary().eos().to_vec());
        let path = index.path();
        Guide { index, stop: stop.into(), path, stopped: 0, mask: None, budget: None }
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
        let stop = self.index.text_stops(&self.stop);
        let (minimum, stay) = match self.index.minimum(&mut self.path, &stop, tokens) {
            Err(Error::Limit { .. }) => return Ok(()),
            found => found?,
        };
        let Minimum { at_least, enough } = minimum;
        if at_least > tokens {
            return Err(Error::Budget { tokens, at_least, enough });
        }
        if enough.is_some_and(|enough| enough <= tokens) {
            let stay = Some(stay);
            self.budget = Some(Budget { tokens, stop, room: None, limit: None, stay });
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

    /// Whether where a token leads has only to be looked up.
    pub fn knows(&self, token: u32) -> bool {
        self.stop.contains(&token) || self.index.knows(&self.path, token)
    }

    /// Whether there is known to be room for whichever token comes next.
    #[inline]
    fn has_room(&mut self) -> bool {
        self.budget.is_none() || self.has_room_for_all()
    }

    fn has_room_for_all(&mut self) -> bool {
        let (taken, path) = (self.path.len() as u32, &self.path);
        let Some(budget) = &mut self.budget else { return true };
        if budget.room.is_none_or(|(known, _)| !path.is_at(known)) {
            budget.room = None;
            if let Some((room, stay)) = self.index.known_room(path, &budget.stop) {
                budget.room = Some((path.spot(), room));
                if budget.tokens.saturating_sub(taken) >= room {
                    budget.stay = stay;
                }
            }
        }
        budget.room.is_some_and(|(_, room)| budget.tokens.saturating_sub(taken) >= room)
    }

    /// The tokens that leave enough room for the end, where not all of them do. None as well if
    /// finding that out takes too much work: the text may then be cut off.
    #[inline]
    fn limit(&mut self) -> Option<Arc<Mask>> {
        if self.has_room() {
            return None;
        }
        self.find_limit()
    }

    fn find_limit(&mut self) -> Option<Arc<Mask>> {
        let left = self.left()?;
        let budget = self.budget.as_mut()?;
        if let Some((spot, tokens, limit)) = &budget.limit {
            if self.path.is_at(*spot) && *tokens == left {
                return limit.clone();
            }
        }
        let limit = match self.index.limit(&mut self.path, left, &budget.stop) {
            Ok((limit, stay)) => {
                budget.stay = Some(stay);
                match limit {
                    Limit::Tokens(mask) => Some(mask),
                    Limit::Nothing => None,
                }
            }
            Err(_) => None,
        };
        budget.limit = Some((self.path.spot(), left, limit.clone()));
        limit
    }

    /// How many tokens are left of the budget.
    fn left(&self) -> Option<u32> {
        let taken = self.path.len() as u32;
        self.budget.as_ref().map(|budget| budget.tokens.saturating_sub(taken))
    }

    fn has_mask(&mut self) -> bool {
        if self.stopped > 0 || self.mask.as_ref().is_some_and(|(spot, _)| self.path.is_at(*spot)) {
            return true;
        }
        let known = self.index.known_mask(&self.path);
        let ready = known.is_some();
        if let Some(mask) = known {
            self.mask = Some((self.path.spot(), mask));
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
            match self.index.mask(&mut self.path) {
                Ok(mask) => self.mask = Some((self.path.spot(), mask)),
                Err(error) => {
                    row.fill(0);
                    return Err(error);
                }
            }
        }
        let limited = self.limit();
        if let Some((_, mask)) = &self.mask {
            limited.as_ref().unwrap_or(mask).write(row);
            self.set_stop(row, self.path.is_accepting());
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
        if self.limit().is_some_and(|mask| !mask.contains(token)) {
            let (left, budget) = (self.left(), self.budget.as_ref());
            let leaves_room = self.index.at(&mut self.path, |inner, path| {
                let next = inner.after(path.state(), token)?;
                let step = (path.state(), token, next);
                Ok(next != StateId::DEAD && leaves_room(inner, budget, step, left))
            })?;
            if !leaves_room {
                return Ok(false);
            }
        }
        self.index.advance(&mut self.path, token)
    }

    /// How many of `tokens`, one after another, could be taken. Changes nothing.
    ///
    /// # Errors
    /// As for [`Guide::advance`].
    pub fn validate(&mut self, tokens: impl Iterator<Item = Option<u32>>) -> Result<usize> {
        let (stop, budget) = (&self.stop, self.budget.as_ref());
        let (mut stopped, mut count, mut left) = (self.stopped > 0, 0, self.left());
        let vocabulary = self.index.vocabulary();
        self.index.at(&mut self.path, |inner, path| {
            let mut state = path.state();
            for token in tokens {
                let Some(token) = token else { break };
                if stop.contains(&token) {
                    if !stopped && !inner.is_accepting(state) {
                        break;
                    }
                    stopped = true;
                } else {
                    if stopped || vocabulary.token(token).is_empty() {
                        break;
                    }
                    let next = inner.after(state, token)?;
                    if next == StateId::DEAD
                        || !leaves_room(inner, budget, (state, token, next), left)
                    {
                        break;
                    }
                    state = next;
                    left = left.map(|left| left.saturating_sub(1));
                }
                count += 1;
            }
            Ok(count)
        })
    }

    /// Takes back the last `count` tokens, stop tokens included. `false`, and nothing changes, if
    /// fewer were taken.
    pub fn rollback(&mut self, count: usize) -> bool {
        if count > self.taken() {
            return false;
        }
        let stops = count.min(self.stopped);
        self.stopped -= stops;
        self.path.take_back(count - stops);
        true
    }

    /// How many tokens have been taken.
    pub fn taken(&self) -> usize {
        self.path.len() + self.stopped
    }

    /// Back to the start.
    pub fn reset(&mut self) {
        self.path = self.index.path();
        self.stopped = 0;
    }

    /// Whether the text so far is a whole sentence.
    pub fn is_accepting(&self) -> bool {
        self.path.is_accepting()
    }

    /// Whether a stop token has been taken.
    pub fn is_finished(&self) -> bool {
        self.stopped > 0
    }

    /// What must come next as long as there is only one way; at most 4,096 bytes of it.
    ///
    /// # Errors
    /// As for [`Guide::advance`].
    pub fn forced_bytes(&mut self) -> Result<Vec<u8>> {
        if self.stopped > 0 {
            return Ok(Vec::new());
        }
        self.index.forced_bytes(&mut self.path, FORCED_LIMIT)
    }
}

/// Whether a token that leads from a state to another leaves enough room, with `left` tokens left
/// before it.
fn leaves_room(
    inner: &mut Inner,
    budget: Option<&Budget>,
    step: (StateId, u32, StateId),
    left: Option<u32>,
) -> bool {
    match (budget, left) {
        // Too much work counts as for the mask.
        (Some(budget), Some(left)) => inner.leaves_room(step, left, &budget.stop).unwrap_or(true),
        _ => true,
    }
}
