//! How much memory a thread's work takes: an allocator that counts.
//!
//! An index is to keep within so many bytes. It is made of dozens of arenas and tables, in the
//! automaton, the terminals and what front ends remember, and an account of each of them would
//! always leave some out. So all memory of this library comes from an allocator that counts, for
//! each thread, what is taken and given back; an index adds up the difference over each call
//! ([`held`]).
//!
//! Only large blocks are counted. A first visit of a state takes some hundred small ones, most of
//! which it gives back at once, and to count them all takes half as long as to allocate them. What
//! an index keeps is in large ones for the most part, which arenas and tables are: over 400 schemas
//! of MaskBench small ones are a fifth, and at most a state has one for each of its entries in the
//! arenas, of a like size. So a quarter is added ([`with_small`]).

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

use mimalloc::MiMalloc;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
}

/// What this thread's work has taken so far and not given back, in bytes. Only differences mean
/// something.
#[inline]
pub(crate) fn held() -> isize {
    HELD.with(Cell::get)
}

/// Does something that does not count: what it takes is given back elsewhere, or the other way
/// round.
pub(crate) fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    let before = held();
    let done = work();
    HELD.with(|held| held.set(before));
    done
}

/// Blocks of fewer bytes are not counted.
const SMALL: usize = 1024;

/// An allocator that is fast at small blocks, counted: a first visit of a state takes some hundred.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What takes so many bytes in large blocks, with what it takes in small ones.
pub(crate) fn with_small(large: isize) -> isize {
    large + large / 4
}

/// What is counted of a block: nothing, or what it takes as mimalloc lays it out, in four sizes from
/// one power of two to the next.
#[inline]
pub(crate) fn counted(size: usize) -> isize {
    if size < SMALL {
        return 0;
    }
    size.next_multiple_of(1 << ((size - 1).ilog2() - 2)) as isize
}

/// Not inlined, so that a small block is a look at its size and a jump.
#[cold]
fn add(change: isize) {
    HELD.with(|held| held.set(held.get() + change));
}

// SAFETY: every call is mimalloc's, unchanged; counting touches a cell of the thread that
// has no destructor and never allocates.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= SMALL {
            add(counted(layout.size()));
        }
        MiMalloc.alloc(layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= SMALL {
            add(counted(layout.size()));
        }
        MiMalloc.alloc_zeroed(layout)
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.size().max(size) >= SMALL {
            add(counted(size) - counted(layout.size()));
        }
        MiMalloc.realloc(at, layout, size)
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        if layout.size() >= SMALL {
            add(-counted(layout.size()));
        }
        MiMalloc.dealloc(at, layout);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_no_longer_counts() {
        let before = held();
        let mut list: Vec<u8> = Vec::with_capacity(2000);
        assert_eq!(held() - before, 2048);
        list.reserve_exact(5000);
        assert_eq!(held() - before, 5120);
        let more = uncounted(|| vec![0u8; 1500]);
        assert_eq!(held() - before, 5120);
        drop(list);
        assert_eq!(held() - before, 0);
        drop(more);
        assert_eq!(held() - before, -1536);
    }
}
