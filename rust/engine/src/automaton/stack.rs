//! Hash-consed stacks: what follows the terminal in progress, in every way that is possible.

use super::text::TextId;
use crate::grammar::NodeId;
use crate::ids::{Hashed, Ids};

/// A set of stacks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StackId(u32);

impl StackId {
    /// Nothing follows: the text may end.
    pub const BOTTOM: StackId = StackId(0);
    /// What follows is left open; see [`super::StateId::DEFERRED`].
    pub const CUT: StackId = StackId(1);
}

/// What is on top of a stack.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Next {
    /// The end of the text.
    End,
    /// Whatever lies below the cut of a truncated stack.
    Cut,
    /// Whatever was there in the state of which this is the horizon.
    Hole(u32),
    /// A node of the grammar, and the text of the capture around it if it uses that.
    Node { node: NodeId, text: TextId },
    /// What follows a capture whose terminal is in progress.
    Captured(NodeId),
}

/// One way to go on: the top of a stack, and the stacks below it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Frame {
    pub next: Next,
    pub below: StackId,
}

/// The arena of stacks.
pub(super) struct Stacks {
    sets: Vec<Box<[Frame]>>,
    ids: Ids<StackId>,
}

impl Stacks {
    pub fn new() -> Self {
        let mut stacks = Stacks { sets: Vec::new(), ids: Ids::default() };
        let bottom = stacks.intern(&[Frame { next: Next::End, below: StackId::BOTTOM }]);
        let cut = stacks.intern(&[Frame { next: Next::Cut, below: StackId::BOTTOM }]);
        debug_assert_eq!((bottom, cut), (StackId::BOTTOM, StackId::CUT));
        stacks
    }

    pub fn frames(&self, stack: StackId) -> &[Frame] {
        &self.sets[stack.0 as usize]
    }

    /// `next` on top of `below`.
    pub fn push(&mut self, next: Next, below: StackId) -> StackId {
        self.intern(&[Frame { next, below }])
    }

    /// Every way of either.
    pub fn union(&mut self, a: StackId, b: StackId) -> StackId {
        self.union_all(&[a, b])
    }

    /// Every way of any of them; at least one.
    pub fn union_all(&mut self, stacks: &[StackId]) -> StackId {
        if stacks.iter().all(|stack| *stack == stacks[0]) {
            return stacks[0];
        }
        let mut frames: Vec<Frame> =
            stacks.iter().flat_map(|&stack| self.frames(stack)).copied().collect();
        frames.sort_unstable();
        frames.dedup();
        self.intern(&frames)
    }

    /// A stack that is left open; `number` tells those of one state apart.
    pub fn hole(&mut self, number: u32) -> StackId {
        self.intern(&[Frame { next: Next::Hole(number), below: StackId::BOTTOM }])
    }

    /// The number of a stack that is one hole.
    pub fn hole_number(&self, stack: StackId) -> Option<u32> {
        match self.frames(stack) {
            [Frame { next: Next::Hole(number), .. }] => Some(*number),
            _ => None,
        }
    }

    /// The stacks of some ways; the frames are sorted and without doubles.
    pub fn intern(&mut self, frames: &[Frame]) -> StackId {
        let hash = Hashed::of(frames);
        if let Some(id) = self.ids.find(hash, |id| *self.sets[id.0 as usize] == *frames) {
            return id;
        }
        let id = StackId(self.sets.len() as u32);
        self.sets.push(frames.into());
        self.ids.insert(hash, id);
        id
    }
}
