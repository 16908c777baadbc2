//! Rows: what each byte leads to, as sorted disjoint ranges, and how rows are combined.

use super::ExprId;

/// The bytes `low..=high` lead to `target`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Transition {
    /// First byte of the range.
    pub low: u8,
    /// Last byte of the range.
    pub high: u8,
    /// The expression after one of these bytes.
    pub target: ExprId,
}

/// Where a row lies in the arena's list of transitions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct RowRef {
    pub start: u32,
    pub len: u32,
}

impl RowRef {
    pub const UNKNOWN: RowRef = RowRef { start: u32::MAX, len: 0 };
}

/// The byte positions at which at least one of several rows changes, as segments.
///
/// `for_each(low, high)` is called for every maximal segment inside which each row is constant.
pub(super) fn segments(rows: &[&[Transition]], mut for_each: impl FnMut(u8, u8)) {
    let mut starts = [0u64; 4];
    starts[0] = 1;
    let mut mark = |at: usize| {
        if at < 256 {
            starts[at / 64] |= 1 << (at % 64);
        }
    };
    for row in rows {
        for transition in *row {
            mark(transition.low as usize);
            mark(transition.high as usize + 1);
        }
    }
    let mut low = 0usize;
    for (word_index, &word) in starts.iter().enumerate() {
        let mut word = word;
        while word != 0 {
            let at = word_index * 64 + word.trailing_zeros() as usize;
            word &= word - 1;
            if at > low {
                for_each(low as u8, (at - 1) as u8);
            }
            low = at;
        }
    }
    for_each(low as u8, 255);
}

/// The target of `byte` in a row.
pub(super) fn lookup(row: &[Transition], byte: u8) -> ExprId {
    for transition in row {
        if byte <= transition.high {
            return if byte >= transition.low { transition.target } else { ExprId::NEVER };
        }
    }
    ExprId::NEVER
}

/// Appends a range to a row under construction, joining it to the last one where they touch.
pub(super) fn push(row: &mut Vec<Transition>, low: u8, high: u8, target: ExprId) {
    if target == ExprId::NEVER {
        return;
    }
    if let Some(last) = row.last_mut() {
        if last.target == target && last.high.checked_add(1) == Some(low) {
            last.high = high;
            return;
        }
    }
    row.push(Transition { low, high, target });
}
