//! What randomised tests share.

use outlines_engine::guide::Guide;

/// SplitMix64: small, and the same everywhere.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// The tokens of a guide's mask, which must be written inside the row alone.
pub fn allowed(guide: &mut Guide) -> Vec<u32> {
    let words = guide.index().vocabulary().words();
    let mut row = vec![u32::MAX; words + 2];
    guide.fill(&mut row[1..=words]).expect("a mask");
    assert_eq!((row[0], row[words + 1]), (u32::MAX, u32::MAX), "written outside the row");
    let bit = |id: &u32| row[1 + *id as usize / 32] >> (id % 32) & 1 == 1;
    (0..words as u32 * 32).filter(bit).collect()
}
