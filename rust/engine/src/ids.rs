//! The ids of an arena's things, by what the things are: hash-consing.
//!
//! Part of each hash is kept with the id, so that a table that grows need not hash everything again.

use std::hash::{BuildHasher, BuildHasherDefault, Hash};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// Ids by hash. The things themselves are wherever the ids lead.
pub(crate) struct Ids<T> {
    table: HashTable<(u32, T)>,
}

/// The hash of a thing, for its id to be looked up and put in with.
#[derive(Clone, Copy)]
pub(crate) struct Hashed(u32);

impl Hashed {
    pub fn of(thing: &(impl Hash + ?Sized)) -> Self {
        // Most of what the hasher mixes well is in the lower half.
        Hashed(BuildHasherDefault::<FxHasher>::default().hash_one(thing) as u32)
    }

    /// All bits of what a table asks for, which uses the first and the last ones.
    fn spread(self) -> u64 {
        u64::from(self.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl<T> Default for Ids<T> {
    fn default() -> Self {
        Ids { table: HashTable::new() }
    }
}

impl<T: Copy> Ids<T> {
    /// The id for which `is` holds, among those of this hash.
    pub fn find(&self, hash: Hashed, is: impl Fn(T) -> bool) -> Option<T> {
        self.table.find(hash.spread(), |&(kept, id)| kept == hash.0 && is(id)).map(|&(_, id)| id)
    }

    /// Puts in an id that is not there.
    pub fn insert(&mut self, hash: Hashed, id: T) {
        self.table.insert_unique(hash.spread(), (hash.0, id), |&(kept, _)| Hashed(kept).spread());
    }
}

#[cfg(test)]
mod tests {
    use super::{Hashed, Ids};

    #[test]
    fn ids_are_found_by_what_they_lead_to() {
        let (mut things, mut ids) = (Vec::new(), Ids::default());
        for number in (0..5000u64).chain(0..5000) {
            let thing = number.wrapping_mul(0x0101_0101_0101_0101);
            let hash = Hashed::of(&thing);
            match ids.find(hash, |id: u32| things[id as usize] == thing) {
                Some(id) => assert_eq!(u64::from(id), number),
                None => {
                    ids.insert(hash, things.len() as u32);
                    things.push(thing);
                }
            }
        }
        assert_eq!(things.len(), 5000);
    }
}
