//! Masks applied to logits in memory: the CPU's side of what a GPU kernel does.

/// Overwrites the logits of tokens that are not allowed.
///
/// Token `t` is allowed if bit `t % 32` of `words[t / 32]` is set; what lies beyond the last word is left as it is.
/// One pass over the words, which writes only what is forbidden: a word that allows all its tokens costs no access
/// to its logits.
pub fn mask<T: Copy>(logits: &mut [T], words: &[i32], minus_infinity: T) {
    for (logits, &word) in logits.chunks_mut(u32::BITS as usize).zip(words) {
        match word as u32 {
            u32::MAX => {}
            0 => logits.fill(minus_infinity),
            word => {
                for (bit, logit) in logits.iter_mut().enumerate() {
                    if word >> bit & 1 == 0 {
                        *logit = minus_infinity;
                    }
                }
            }
        }
    }
}
