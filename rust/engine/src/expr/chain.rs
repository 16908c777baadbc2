//! Which expressions read whatever text over some classes of characters, without limit or up to a
//! length.
//!
//! The inside of a string, free text, an identifier: nearly every token of a vocabulary is allowed
//! there, and this is how that is known without trying them.

use rustc_hash::FxHashSet;

use super::utf8;
use super::{Expr, ExprId, Exprs, MOST_ROUNDS, UNBOUNDED};
use crate::error::Result;
use crate::vocabulary::classes::{
    self, above_ascii, coarse, AboveAscii, ClassSet, ANY_ABOVE_ASCII,
};

/// The characters whose classes are looked for, most likely first; the last stands for nearly all
/// above ASCII.
const PROBES: [&str; 5] = ["a", "0", " ", "A", "é"];

/// How many characters are followed one by one; a longer way is not known to end.
const LONGEST: u32 = 512;

/// The one state that every character of some classes is known to lead to; no classes if there is
/// none.
#[derive(Clone, Copy)]
pub(super) struct Link {
    classes: ClassSet,
    next: ExprId,
}

const NO_LINK: Link = Link { classes: 0, next: ExprId::NEVER };

/// How long the texts over some classes may be that can be read from a state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Length {
    /// So many characters.
    UpTo(u32),
    /// A count was left open ([`super::open`]): at least as many as are followed.
    Open,
    /// However many.
    Any,
}

impl Exprs {
    /// Whether every text over the classes of at most `chars` characters can be read from a state
    /// and then completed. `false` may also mean that they do not all lead the same way.
    pub(crate) fn reads_all(
        &mut self,
        state: ExprId,
        classes: ClassSet,
        chars: u32,
    ) -> Result<bool> {
        let mut at = state;
        for _ in 0..chars {
            let link = self.link(at)?;
            if classes & !link.classes != 0 {
                return Ok(false);
            }
            if link.next == at {
                break;
            }
            at = link.next;
            if at == ExprId::UNKNOWN {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Some classes, and of how many characters at most every text over them can be read from a state
    /// and then completed; [`u32::MAX`] if of any number.
    pub(crate) fn read_from(&mut self, state: ExprId) -> Result<(ClassSet, u32)> {
        let first = self.link(state)?;
        if let Some((Length::UpTo(most), _)) = self.counted_over(state, first.classes)? {
            return Ok((first.classes, most));
        }
        let (mut at, mut chars) = (state, 0);
        while chars < MOST_ROUNDS {
            let link = self.link(at)?;
            if first.classes & !link.classes != 0 || link.next == ExprId::UNKNOWN {
                break;
            }
            if link.next == at {
                return Ok((first.classes, u32::MAX));
            }
            (at, chars) = (link.next, chars + 1);
        }
        Ok((first.classes, chars))
    }

    /// Whether every character of the classes leads from a state back to it.
    pub(crate) fn stays_in(&mut self, state: ExprId, classes: ClassSet) -> Result<bool> {
        let link = self.link(state)?;
        Ok(link.next == state && classes & !link.classes == 0)
    }

    /// How many characters the texts over `wanted` have that can be read from a state, if exactly
    /// those of at most so many can. `None` if there is no such number, or it would take long to
    /// find.
    pub(crate) fn length_over(
        &mut self,
        state: ExprId,
        wanted: ClassSet,
    ) -> Result<Option<Length>> {
        if let Some((length, _)) = self.counted_over(state, wanted)? {
            return Ok(Some(length));
        }
        let (mut at, mut length) = (state, 0);
        loop {
            let link = self.link(at)?;
            if link.classes == 0 || wanted & !link.classes != 0 {
                // Where it ends, nothing of what is wanted may be left.
                return Ok((!self.reads_any(at, wanted)?).then_some(Length::UpTo(length)));
            }
            if link.next == at {
                return Ok(Some(Length::Any));
            }
            if link.next == ExprId::UNKNOWN {
                return Ok(Some(Length::Open));
            }
            if length == LONGEST {
                return Ok(None);
            }
            (at, length) = (link.next, length + 1);
        }
    }

    /// Whether a state can end with one of the next `length` characters, all of which lead the same
    /// way.
    pub(crate) fn ends_within(&mut self, state: ExprId, length: u32) -> Result<bool> {
        let classes = self.link(state)?.classes;
        if let Some((_, tail)) = self.counted_over(state, classes)? {
            if !self.is_nullable(tail) {
                return Ok(false);
            }
        }
        let mut at = state;
        for _ in 0..length {
            at = self.link(at)?.next;
            if self.is_nullable(at) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// As [`Exprs::length_over`] of a count of single characters, and what comes after the count.
    /// None where a character may leave nothing to match, as before something that looks behind.
    fn counted_over(
        &mut self,
        state: ExprId,
        wanted: ClassSet,
    ) -> Result<Option<(Length, ExprId)>> {
        if self.facts(state).boolean {
            return Ok(None);
        }
        let (head, tail) = match *self.node(state) {
            Expr::Concat(head, tail) => (head, tail),
            _ => (state, ExprId::EMPTY),
        };
        let (body, length) = match *self.node(head) {
            Expr::Repeat { max: UNBOUNDED, .. } => return Ok(None),
            Expr::Repeat { body, max, .. } => (body, Length::UpTo(max)),
            Expr::Open { body, .. } => (body, Length::Open),
            _ => return Ok(None),
        };
        let link = self.link(body)?;
        let counts = link.classes != 0 && wanted & !link.classes == 0 && link.next == ExprId::EMPTY;
        Ok((counts && !self.reads_any(tail, wanted)?).then_some((length, tail)))
    }

    /// Whether some character of the classes may be read from a state.
    fn reads_any(&mut self, state: ExprId, classes: ClassSet) -> Result<bool> {
        Ok(self.may_read(state)? & classes != 0)
    }

    fn link(&mut self, state: ExprId) -> Result<Link> {
        if let Some(&known) = self.links.get(&state) {
            return Ok(known);
        }
        let link = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.find_link(state))?;
        self.links.insert(state, link);
        Ok(link)
    }

    fn find_link(&mut self, state: ExprId) -> Result<Link> {
        if self.byte_by_byte(state).is_some() {
            return Ok(NO_LINK);
        }
        if let Some(link) = self.link_of_parts(state)? {
            return Ok(link);
        }
        for probe in PROBES {
            let next = self.read(state, probe)?;
            if next == ExprId::NEVER {
                continue;
            }
            let mut characters = 0u128;
            for arm in self.row(state)? {
                if arm.target == next {
                    for byte in arm.low..=arm.high.min(0x7F) {
                        characters |= 1 << byte;
                    }
                }
            }
            let classes = classes::within(characters) | self.above_ascii_to(state, next)?;
            if classes != 0 {
                return Ok(Link { classes, next });
            }
        }
        Ok(NO_LINK)
    }

    /// The link of a state as far as those of its parts tell: so it need not be found anew for each
    /// count, and each set of alternatives.
    fn link_of_parts(&mut self, state: ExprId) -> Result<Option<Link>> {
        if self.facts(state).boolean {
            // What comes before or after may have a say in what a part reads, and whether a part
            // matches anything alone can be much harder to tell than of the whole.
            return Ok(None);
        }
        // Whether no more than what the parts tell is to be found.
        let mut all = false;
        let classes = match self.node(state).clone() {
            Expr::Concat(head, tail) => {
                let classes = self.link(head)?.classes;
                all = !self.is_nullable(head);
                match all {
                    true => classes,
                    false => self.alike_for(tail, classes)?,
                }
            }
            Expr::Repeat { body, .. } | Expr::Open { body, .. } => {
                all = true;
                self.link(body)?.classes
            }
            Expr::Or(items) => {
                let mut classes = 0;
                for &item in &items {
                    let of_item = self.link(item)?.classes;
                    if classes::weight(of_item) > classes::weight(classes) {
                        classes = of_item;
                    }
                }
                for &item in &items {
                    classes = self.alike_for(item, classes)?;
                }
                classes
            }
            _ => 0,
        };
        let Some(char) = classes::sample(classes) else { return Ok(all.then_some(NO_LINK)) };
        let next = self.read(state, char.encode_utf8(&mut [0; 4]))?;
        Ok((next != ExprId::NEVER).then_some(Link { classes, next }))
    }

    /// Some of the classes: all characters of these lead a state the same way, or none of them
    /// anywhere.
    fn alike_for(&mut self, state: ExprId, classes: ClassSet) -> Result<ClassSet> {
        let read = classes & self.link(state)?.classes;
        if read == classes {
            return Ok(read);
        }
        let refused = classes & !self.may_read(state)?;
        Ok(if classes::weight(read) >= classes::weight(refused) { read } else { refused })
    }

    /// The classes of which a character may be read from a state, and perhaps others above ASCII.
    fn may_read(&mut self, state: ExprId) -> Result<ClassSet> {
        let mut set = 0;
        self.each_range(state, |low, high| {
            (low..=high.min(0x80)).for_each(|byte| set |= classes::of_first_byte(byte));
            if high > 0x80 {
                set |= ANY_ABOVE_ASCII;
            }
        })?;
        Ok(set)
    }

    /// The classes above ASCII of which every character leads from one state to another.
    fn above_ascii_to(&mut self, state: ExprId, next: ExprId) -> Result<ClassSet> {
        let mut likely = Vec::with_capacity(coarse().len());
        for part in coarse() {
            likely.push(self.read_all(state, part.samples, next)?);
        }
        if likely.iter().all(|&likely| likely)
            && self.leads_to(state, &[(0x80, 0x10_FFFF)], next)?
        {
            return Ok(ANY_ABOVE_ASCII);
        }
        let mut classes = 0;
        for (part, likely) in coarse().iter().zip(likely) {
            if likely && self.leads_to(state, &part.ranges, next)? {
                classes |= part.class;
            } else if !self.facts(state).boolean {
                // Where it may take a search to tell that a way leads on, no more are tried.
                let finer = |class: &&AboveAscii| class.class & !part.class == 0;
                for class in above_ascii().iter().filter(finer) {
                    if class.class != part.class
                        && self.read_all(state, class.samples, next)?
                        && self.leads_to(state, &class.ranges, next)?
                    {
                        classes |= class.class;
                    }
                }
            }
        }
        Ok(classes)
    }

    /// Whether each of some texts leads from a state to `next`.
    fn read_all(&mut self, state: ExprId, texts: &[&str], next: ExprId) -> Result<bool> {
        for text in texts {
            if self.read(state, text)? != next {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn read(&mut self, state: ExprId, text: &str) -> Result<ExprId> {
        text.bytes().try_fold(state, |state, byte| self.step(state, byte))
    }

    /// Whether each of the code points above ASCII, given as inclusive ranges in order, leads from a
    /// state to `next`.
    fn leads_to(&mut self, state: ExprId, ranges: &[(u32, u32)], next: ExprId) -> Result<bool> {
        let mut search = Search { next, whole: FxHashSet::default() };
        // The shortest first.
        for (first, last, mark, continuations) in utf8::ENCODINGS {
            let within = clipped(ranges, first, last);
            if !self.codes_lead_to(&mut search, state, &within, mark, continuations)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// As [`Exprs::leads_to`], of code points of which all but this byte, with the fixed bits `mark`,
    /// and so many continuations have been read.
    fn codes_lead_to(
        &mut self,
        search: &mut Search,
        state: ExprId,
        ranges: &[(u32, u32)],
        mark: u8,
        continuations: u32,
    ) -> Result<bool> {
        let bits = 6 * continuations;
        let free = if mark == utf8::CONTINUATION { 0x3F } else { 0x7F };
        let byte = |code: u32| mark | ((code >> bits) & free) as u8;
        let mut from = 0;
        for (at, &(low, high)) in ranges.iter().enumerate() {
            let mut low = low.max(from);
            while low <= high {
                // What has the first byte of `low`.
                let (first, last) = (low & !((1 << bits) - 1), low | ((1 << bits) - 1));
                let target = self.step(state, byte(low))?;
                if continuations == 0 {
                    if target != search.next {
                        return Ok(false);
                    }
                } else if low == first && last <= high {
                    if search.whole.insert((target, continuations))
                        && !self.codes_lead_to(
                            search,
                            target,
                            &[(first, last)],
                            utf8::CONTINUATION,
                            continuations - 1,
                        )?
                    {
                        return Ok(false);
                    }
                } else {
                    let within = clipped(&ranges[at..], low, last);
                    let mark = utf8::CONTINUATION;
                    if !self.codes_lead_to(search, target, &within, mark, continuations - 1)? {
                        return Ok(false);
                    }
                }
                low = last + 1;
                from = low;
            }
        }
        Ok(true)
    }
}

/// The search of [`Exprs::leads_to`].
struct Search {
    next: ExprId,
    /// The states, with the number of continuations, from which all code points were looked at.
    whole: FxHashSet<(ExprId, u32)>,
}

/// What some ranges, in order, have from `first` to `last`.
fn clipped(ranges: &[(u32, u32)], first: u32, last: u32) -> Vec<(u32, u32)> {
    let start = ranges.partition_point(|range| range.1 < first);
    let within = ranges[start..].iter().take_while(|range| range.0 <= last);
    within.map(|range| (range.0.max(first), range.1.min(last))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::random::Random;
    use crate::vocabulary::classes::Place;

    const CHARACTERS: [&str; 10] = ["a", "b", "f", "z", "0", "-", " ", "é", "語", "\u{2028}"];

    fn class_of(char: &str) -> ClassSet {
        char.bytes().fold((Place::Whole, 0), |at, byte| at.0.step(byte)).1
    }

    /// An expression over classes of characters, of so many operations.
    fn expression(random: &mut Random, exprs: &mut Exprs, operations: u32) -> ExprId {
        let letters = above_ascii().iter().find(|above| above.samples.contains(&"é"));
        let mut word = vec![(0x30, 0x39), (0x61, 0x7A)];
        word.extend_from_slice(letters.map_or(&[], |letters| &letters.ranges));
        let sets = [
            word,
            vec![(0x61, 0x7A)],
            vec![(0x00, 0x09), (0x0B, 0x10_FFFF)],
            vec![(0x61, 0x62), (0xE9, 0xE9)],
            vec![(0x20, 0x20), (0x2D, 0x2D)],
        ];
        let mut part = exprs.class(&sets[random.below(5) as usize]);
        for _ in 0..operations {
            let one = exprs.class(&sets[random.below(5) as usize]);
            let min = random.below(3);
            let max = if random.below(3) == 0 { UNBOUNDED } else { min + 1 + random.below(7) };
            let one = if random.below(2) == 0 { exprs.repeat(one, min, max) } else { one };
            part = match random.below(6) {
                0 => exprs.or(vec![one, part]),
                1 => exprs.concat2(one, part),
                2 => exprs.concat2(part, one),
                3 => exprs.and(vec![one, part]),
                _ => exprs.repeat(part, min, max),
            };
        }
        part
    }

    #[test]
    fn texts_over_the_classes_of_a_state_are_read() {
        let mut random = Random(1);
        let mut texts = 0;
        for _ in 0..4000 {
            let mut exprs = Exprs::new();
            let mut state = expression(&mut random, &mut exprs, 4);
            for _ in 0..4 {
                if exprs.matches_nothing(state).expect("an answer") {
                    break;
                }
                for state in [state, exprs.open_counts(state)] {
                    let (classes, chars) = exprs.read_from(state).expect("an answer");
                    let within: Vec<&str> =
                        CHARACTERS.into_iter().filter(|it| class_of(it) & !classes == 0).collect();
                    if within.is_empty() {
                        continue;
                    }
                    let mut at = state;
                    for _ in 0..chars.min(12) {
                        let char = within[random.below(within.len() as u64) as usize];
                        at = exprs.read(at, char).expect("a step");
                        assert!(at != ExprId::NEVER && at != ExprId::UNKNOWN, "{state:?} {char}");
                        assert!(!exprs.matches_nothing(at).expect("an answer"));
                        texts += 1;
                    }
                    if chars > 0 {
                        assert!(exprs.reads_all(state, classes, chars.min(12)).expect("an answer"));
                    }
                }
                let char = CHARACTERS[random.below(CHARACTERS.len() as u64) as usize];
                state = exprs.read(state, char).expect("a step");
            }
        }
        assert!(texts > 10_000, "{texts}");
    }
}
