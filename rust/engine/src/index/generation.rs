//! Keeping within a limit of memory: what an index lets go of when it holds too much.
//!
//! What is remembered only grows while it is used: states, the expressions and stacks they are made
//! of, masks. They refer to each other by number, so that none of them can be let go of alone. So an
//! index has *generations*: each is the constraint compiled anew and all that was found out since.
//!
//! - When the present generation has grown to half of the limit, the next one begins (with the next
//!   text, if the constraint takes long to compile), in which new texts start. Those at work go on in theirs, which ends with the last of them.
//! - When all generations together hold more than the limit, the oldest are emptied, but for the
//!   present one. A text that was at work in one goes on in the present one, where its tokens are
//!   read again first ([`super::path`]). So what an application uses all the time is made again, and
//!   what it does not is gone.
//!
//! A text near the end of its budget of tokens needs the ways to the end that were found for it
//! ([`super::budget`]). It keeps its generation from being emptied, until all hold twice the limit.
//!
//! What the texts at work take has to be held, and reading them again takes time. So a generation
//! lasts at least until it holds twice of what it had to begin with and took over: an index holds at
//! most its limit, or a small multiple of what the grammar and the texts at work take, and what one
//! call adds; and no more time goes into reading again than into what is new.
//!
//! What is held is counted by what calls allocate ([`crate::memory`]).

use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::Duration;

use super::path::{Path, Place};
use super::Inner;
use crate::automaton::Automaton;
use crate::error::Result;
use crate::expr::thread_time;
use crate::grammar::{Expander, Grammar};
use crate::memory;
use crate::vocabulary::Vocabulary;

/// How many bytes an index may hold if nothing else is said: a typical one takes two million, and
/// this is room for about a million states.
pub const MEMORY_LIMIT: usize = 256 << 20;

/// A constraint that takes longer to compile is not compiled again within a call that does something
/// else, and that vLLM's loop may wait for, but when the next text starts.
const QUICK: Duration = Duration::from_millis(20);

/// What an index is made of, each time anew.
pub type Source = dyn Fn() -> Result<(Grammar, Option<Box<dyn Expander>>)> + Send + Sync;

/// Held by whoever needs what a generation knows, and cannot find it out again for sure.
pub(crate) type Stay = Arc<()>;

/// What is known at one time; all of it is let go of together.
pub(super) struct Generation {
    pub number: u64,
    pub start: Place,
    /// None once emptied.
    inner: Mutex<Option<Inner>>,
    gone: AtomicBool,
    /// Whether the automaton has little room left.
    full: AtomicBool,
    /// In bytes.
    held: AtomicIsize,
    /// Of it, what it has to hold: the grammar, and the texts that were read again.
    needed: AtomicIsize,
    /// How much of the processor's time it took to begin.
    took: Duration,
    /// What all generations hold.
    total: Arc<AtomicIsize>,
}

impl Generation {
    fn new(
        number: u64,
        source: &Source,
        vocabulary: &Arc<Vocabulary>,
        total: &Arc<AtomicIsize>,
    ) -> Result<(Self, Vec<String>)> {
        let (before, begun) = (memory::held(), thread_time());
        let (mut grammar, expander) = source()?;
        let warnings = memory::uncounted(|| std::mem::take(&mut grammar.warnings));
        let automaton = Automaton::new(grammar, expander)?;
        let inner = Inner::new(automaton, vocabulary.clone());
        let held = memory::with_small(memory::held() - before);
        total.fetch_add(held, Relaxed);
        let generation = Generation {
            number,
            start: inner.place(inner.automaton.start()),
            inner: Mutex::new(Some(inner)),
            gone: AtomicBool::new(false),
            full: AtomicBool::new(false),
            held: AtomicIsize::new(held),
            needed: AtomicIsize::new(held),
            took: thread_time() - begun,
            total: total.clone(),
        };
        Ok((generation, warnings))
    }

    /// Whether it was emptied.
    #[inline]
    pub fn is_gone(&self) -> bool {
        self.gone.load(Relaxed)
    }

    /// What it knows, if it was not emptied and nobody is at work on it.
    pub fn at_rest(&self) -> Option<MutexGuard<'_, Option<Inner>>> {
        self.inner.try_lock().ok()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Inner>> {
        // Work is only ever added, so what a panicking thread left behind is still sound.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the next one is to begin.
    fn is_ripe(&self, limit: isize) -> bool {
        let lasts = (limit / 2).max(self.needed.load(Relaxed).saturating_mul(2));
        self.held.load(Relaxed) > lasts || self.full.load(Relaxed)
    }

    /// Lets go of all that it knows, unless somebody is at work on it, or a text near the end of its
    /// budget and it is not `forced`. False if so.
    fn empty(&self, forced: bool) -> bool {
        let mut inner = match self.inner.try_lock() {
            Ok(inner) => inner,
            Err(TryLockError::Poisoned(inner)) => inner.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        if inner.as_ref().is_some_and(|inner| Arc::strong_count(&inner.stay) > 1) && !forced {
            return false;
        }
        self.gone.store(true, Relaxed);
        memory::uncounted(|| *inner = None);
        self.total.fetch_sub(self.held.swap(0, Relaxed), Relaxed);
        true
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.total.fetch_sub(*self.held.get_mut(), Relaxed);
    }
}

/// What one call has spent.
struct Spent {
    /// What the thread held to begin with; at the end, by how many bytes the index has grown.
    bytes: isize,
    /// Whether the automaton has little room left.
    full: bool,
}

impl Spent {
    #[inline]
    fn begin(inner: &mut Inner) -> Self {
        inner.automaton.exprs().start_clock();
        Spent { bytes: memory::held(), full: false }
    }

    fn so_far(&self) -> isize {
        memory::with_small(memory::held() - self.bytes)
    }

    #[inline]
    fn end(self, inner: &mut Inner) -> Self {
        let bytes = self.so_far() - memory::with_small(std::mem::take(&mut inner.lent));
        Spent { bytes, full: inner.automaton.is_nearly_full() }
    }
}

/// The generations of an index.
pub(super) struct Generations {
    source: Box<Source>,
    vocabulary: Arc<Vocabulary>,
    limit: AtomicUsize,
    total: Arc<AtomicIsize>,
    begun: AtomicU64,
    live: Mutex<Live>,
}

struct Live {
    present: Arc<Generation>,
    /// The others, oldest first, as long as texts are at work in them.
    past: Vec<Weak<Generation>>,
}

impl Generations {
    /// The first generation, and what the user should be told.
    ///
    /// # Errors
    /// As for the source and [`Automaton::new`].
    pub fn new(source: Box<Source>, vocabulary: Arc<Vocabulary>) -> Result<(Self, Vec<String>)> {
        let total = Arc::new(AtomicIsize::new(0));
        let (first, warnings) = Generation::new(0, &*source, &vocabulary, &total)?;
        let generations = Generations {
            source,
            vocabulary,
            limit: AtomicUsize::new(MEMORY_LIMIT),
            total,
            begun: AtomicU64::new(0),
            live: Mutex::new(Live { present: Arc::new(first), past: Vec::new() }),
        };
        Ok((generations, warnings))
    }

    /// The generation in which texts start, the next one if it is due.
    pub fn present(&self) -> Arc<Generation> {
        let mut live = self.live();
        if live.present.is_ripe(self.signed_limit()) {
            self.begin(&mut live);
        }
        live.present.clone()
    }

    /// What all generations hold, in bytes.
    pub fn memory(&self) -> usize {
        self.total.load(Relaxed).max(0) as usize
    }

    pub fn limit(&self) -> usize {
        self.limit.load(Relaxed)
    }

    fn signed_limit(&self) -> isize {
        self.limit().min(isize::MAX as usize) as isize
    }

    pub fn set_limit(&self, bytes: usize) {
        self.limit.store(bytes, Relaxed);
    }

    /// How many there have been before the present one.
    pub fn past(&self) -> u64 {
        self.begun.load(Relaxed)
    }

    /// Does something with what is known at a path, which is settled for it.
    ///
    /// # Errors
    /// As for [`Path::settle`], or what is done reports.
    pub fn at<T>(
        &self,
        path: &mut Path,
        work: impl FnOnce(&mut Inner, &Path) -> Result<T>,
    ) -> Result<T> {
        if path.is_settled() {
            let generation = &path.generation;
            let mut guard = generation.lock();
            if let Some(inner) = &mut *guard {
                let spent = Spent::begin(inner);
                let answer = work(inner, path);
                let spent = spent.end(inner);
                drop(guard);
                self.charge(generation, spent);
                return answer;
            }
        }
        self.settled(path, work)
    }

    /// The same for a path that has to be settled first.
    fn settled<T>(
        &self,
        path: &mut Path,
        work: impl FnOnce(&mut Inner, &Path) -> Result<T>,
    ) -> Result<T> {
        loop {
            let generation = path.generation.clone();
            let mut guard = generation.lock();
            let Some(inner) = &mut *guard else {
                drop(guard);
                path.move_to(self.present());
                continue;
            };
            // In one go with the work, so that it cannot be in vain.
            let spent = Spent::begin(inner);
            let settled = path.settle(inner);
            generation.needed.fetch_add(spent.so_far(), Relaxed);
            let answer = settled.and_then(|()| work(inner, path));
            let spent = spent.end(inner);
            drop(guard);
            self.charge(&generation, spent);
            return answer;
        }
    }

    fn charge(&self, generation: &Generation, spent: Spent) {
        generation.held.fetch_add(spent.bytes, Relaxed);
        generation.total.fetch_add(spent.bytes, Relaxed);
        generation.full.fetch_or(spent.full, Relaxed);
        if spent.bytes != 0 {
            self.make_room(generation);
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the next generation when that is due, and empties those before it.
    fn make_room(&self, charged: &Generation) {
        let limit = self.signed_limit();
        let is_over = || self.total.load(Relaxed) > limit;
        if !charged.is_ripe(limit) && !is_over() {
            return;
        }
        let mut live = self.live();
        if live.present.is_ripe(limit) && live.present.took < QUICK {
            self.begin(&mut live);
        }
        live.past.retain(|past| {
            let Some(past) = past.upgrade() else { return false };
            let forced = self.total.load(Relaxed) / 2 > limit;
            let due = is_over() || past.full.load(Relaxed);
            !(due && past.empty(forced))
        });
    }

    /// Begins another generation, if the constraint can be compiled again in the time there is;
    /// else the present one goes on for a while.
    fn begin(&self, live: &mut Live) {
        let number = live.present.number + 1;
        match Generation::new(number, &*self.source, &self.vocabulary, &self.total) {
            Ok((next, _)) => {
                let past = std::mem::replace(&mut live.present, Arc::new(next));
                live.past.push(Arc::downgrade(&past));
                self.begun.store(number, Relaxed);
            }
            Err(_) => {
                let held = live.present.held.load(Relaxed);
                live.present.needed.store(held, Relaxed);
            }
        }
    }
}
