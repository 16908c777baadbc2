//! Which terminals of a set a text could start with, as far as one sees at once: of plain texts, one
//! must be the beginning of the other. Sorted, so that 20,000 key words need not be compared with
//! each other.

/// Some terminals, by their plain texts.
#[derive(Default)]
pub(super) struct Beginnings {
    /// Those that are a plain text, sorted by it.
    texts: Vec<usize>,
    /// Those whose texts are not known at once.
    others: Vec<usize>,
}

impl Beginnings {
    /// `text` gives the text of a terminal, if it is a plain one.
    pub fn new<'t>(
        terminals: impl Iterator<Item = usize>,
        text: impl Fn(usize) -> Option<&'t str>,
    ) -> Self {
        let (mut texts, others): (Vec<_>, Vec<_>) =
            terminals.partition(|&terminal| text(terminal).is_some());
        texts.sort_by_key(|&terminal| text(terminal));
        Beginnings { texts, others }
    }

    /// Those that could match where one of the text `of` does; None is a text not known. Takes the
    /// logarithm of their number for each letter of the text.
    pub fn meeting<'t>(
        &self,
        of: Option<&str>,
        text: impl Fn(usize) -> Option<&'t str>,
    ) -> Vec<usize> {
        let mut met = self.others.clone();
        let Some(of) = of else {
            met.extend(&self.texts);
            return met;
        };
        let from = |least: &str| {
            let start = self.texts.partition_point(|&other| text(other) < Some(least));
            self.texts[start..].iter().copied()
        };
        for (end, _) in of.char_indices() {
            let beginning = &of[..end];
            met.extend(from(beginning).take_while(|&other| text(other) == Some(beginning)));
        }
        let longer = |other: usize| text(other).is_some_and(|text| text.starts_with(of));
        met.extend(from(of).take_while(|&other| longer(other)));
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_which_one_is_the_beginning_of_the_other_meet() {
        let texts = ["", "a", "ab", "b", "abc", "é", "éa", "ab", "ac", "a", "ba"];
        for unknown in 0..texts.len() {
            let text = |terminal: usize| (terminal != unknown).then(|| texts[terminal]);
            let beginnings = Beginnings::new(0..texts.len(), text);
            for one in (0..texts.len()).map(text) {
                let mut met = beginnings.meeting(one, text);
                met.sort_unstable();
                let meets = |other: &usize| match (one, text(*other)) {
                    (Some(one), Some(other)) => one.starts_with(other) || other.starts_with(one),
                    _ => true,
                };
                assert_eq!(met, (0..texts.len()).filter(meets).collect::<Vec<_>>(), "{one:?}");
            }
        }
    }
}
