//! Sets of numbers as ranges: code points, nodes of a trie.

/// The same set, its ranges in order. Those that overlap are one, and so are those of which one
/// begins at most `gap` after the other's end: 1 joins inclusive ranges that touch, 0 those whose end
/// is not in them.
pub(crate) fn merged(mut ranges: Vec<(u32, u32)>, gap: u32) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let joins = next.0 <= kept.1.saturating_add(gap);
        if joins {
            kept.1 = kept.1.max(next.1);
        }
        joins
    });
    ranges
}

#[cfg(test)]
mod tests {
    use super::merged;

    #[test]
    fn ranges_are_joined_where_nothing_lies_between() {
        let ranges =
            vec![(7, 9), (1, 2), (3, 4), (8, 20), (8, 8), (30, u32::MAX), (u32::MAX, u32::MAX)];
        assert_eq!(merged(ranges.clone(), 1), [(1, 4), (7, 20), (30, u32::MAX)]);
        assert_eq!(merged(ranges, 0), [(1, 2), (3, 4), (7, 20), (30, u32::MAX)]);
        assert_eq!(merged(vec![(3, 5), (5, 6), (1, 3)], 0), [(1, 6)]);
        assert_eq!(merged(Vec::new(), 1), []);
    }
}
