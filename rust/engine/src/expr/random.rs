//! For tests: random expressions, and the comparison of two over all short texts.

use super::{ExprId, Exprs, UNBOUNDED};

/// What the texts are made of: both letters, and both bytes of `é`.
pub const BYTES: [u8; 4] = [b'a', b'b', 0xC3, 0xA9];

/// A linear congruential generator.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((self.0 >> 33) % bound) as u32
    }

    /// An expression without conditions over `a`, `b` and `é`, of so many operations.
    pub fn expression(&mut self, exprs: &mut Exprs, operations: u32) -> ExprId {
        let mut parts =
            vec![exprs.class(&[(0x61, 0x62)]), exprs.class(&[(0x61, 0x61), (0xE9, 0xE9)])];
        parts.push(exprs.literal("aé".as_bytes()));
        for _ in 0..operations {
            let (one, other) = (parts[self.below(3) as usize], parts[parts.len() - 1]);
            let min = self.below(7);
            let max = if self.below(4) == 0 { UNBOUNDED } else { (min + self.below(7)).max(1) };
            parts.push(match self.below(4) {
                0 => exprs.or(vec![one, other]),
                1 => exprs.concat2(one, other),
                2 => exprs.concat2(other, one),
                _ => exprs.repeat(other, min, max),
            });
        }
        parts[parts.len() - 1]
    }

    pub fn byte(&mut self) -> u8 {
        BYTES[self.below(BYTES.len() as u64) as usize]
    }
}

/// Whether both go on alike over all texts of up to `bytes` bytes, as far as the other one is known;
/// `unknown` counts where it is not.
pub fn alike(exprs: &mut Exprs, one: ExprId, other: ExprId, bytes: u32, unknown: &mut u32) -> bool {
    if other == ExprId::UNKNOWN {
        *unknown += 1;
        return true;
    }
    if (one == ExprId::NEVER) != (other == ExprId::NEVER)
        || exprs.is_nullable(one) != exprs.is_nullable(other)
    {
        return false;
    }
    bytes == 0
        || BYTES.iter().all(|&byte| {
            let one = exprs.step(one, byte).expect("a step");
            let other = exprs.step(other, byte).expect("a step");
            alike(exprs, one, other, bytes - 1, unknown)
        })
}
