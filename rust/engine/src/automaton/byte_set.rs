//! Sets of bytes, for laying out a state's row.

/// A set of bytes, one bit each.
#[derive(Default)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// Adds `low..=high`.
    pub fn add(&mut self, low: u8, high: u8) {
        for (word, bits) in (0u32..).zip(&mut self.0) {
            let (first, last) = (word * 64, word * 64 + 63);
            let (low, high) = (u32::from(low).max(first), u32::from(high).min(last));
            if low <= high {
                *bits |= (u64::MAX << (low - first)) & (u64::MAX >> (last - high));
            }
        }
    }

    /// Adds the byte at which a range begins and the one after its end.
    pub fn cut(&mut self, low: u8, high: u8) {
        self.0[usize::from(low / 64)] |= 1 << (low % 64);
        if let Some(after) = high.checked_add(1) {
            self.0[usize::from(after / 64)] |= 1 << (after % 64);
        }
    }

    pub fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte / 64)] >> (byte % 64) & 1 == 1
    }

    /// The first byte of the set that is not below `byte`.
    pub fn at_or_after(&self, byte: u8) -> Option<u8> {
        let mut word = usize::from(byte / 64);
        let mut bits = self.0[word] & (u64::MAX << (byte % 64));
        while bits == 0 {
            word += 1;
            bits = *self.0.get(word)?;
        }
        Some((word * 64) as u8 + bits.trailing_zeros() as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::ByteSet;

    #[test]
    fn every_range_is_held_as_it_is() {
        for low in 0..=255u8 {
            for high in low..=255 {
                let mut set = ByteSet::default();
                set.add(low, high);
                assert!((0..=255).all(|byte| set.has(byte) == (low..=high).contains(&byte)));
                let from = |byte: u8| (byte.max(low)..=high).next();
                assert!((0..=255).all(|byte| set.at_or_after(byte) == from(byte)));
                let mut cuts = ByteSet::default();
                cuts.cut(low, high);
                let is_cut = |byte: u8| byte == low || Some(byte) == high.checked_add(1);
                assert!((0..=255).all(|byte| cuts.has(byte) == is_cut(byte)));
            }
        }
    }
}
