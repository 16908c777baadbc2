//! `unevaluatedProperties` and `unevaluatedItems`.
//!
//! What a schema beside the keyword has looked at depends on which of its branches hold. Each way
//! for them to hold is written out as an alternative: the branches it counts on, and the keyword
//! for what they leave. Counting on fewer branches than hold only asks for more, so the
//! alternatives need not exclude each other.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::formula::{Atom, FormulaId};
use super::limits::on_enough_stack;
use super::schema::{Applied, SchemaId, Type};
use super::Front;

/// How many alternatives are written out at most.
const ALTERNATIVES: usize = 512;

/// A schema for the members that others have not looked at.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Rest {
    pub schema: SchemaId,
    pub seen: Seen,
}

/// What has been looked at.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Seen {
    /// Everything.
    pub all: bool,
    /// The properties that these schemas name or match.
    pub groups: Vec<SchemaId>,
    /// That many items.
    pub prefix: u32,
    /// The items that these schemas allow.
    pub contains: Vec<SchemaId>,
}

/// The lists in use.
#[derive(Default)]
pub(super) struct Memory {
    list: Vec<Rest>,
    ids: FxHashMap<Rest, u32>,
    /// Of schemas that apply others.
    ways: FxHashMap<(SchemaId, Type), Arc<[Way]>>,
}

/// A way for branches to hold: what it counts on, and what they then have looked at.
type Way = (FormulaId, Seen);

impl Front {
    pub(super) fn unevaluated_properties(&mut self, id: SchemaId, rest: SchemaId) -> FormulaId {
        self.unevaluated_members(id, rest, Type::Object, Atom::UnevaluatedProperties)
    }

    pub(super) fn unevaluated_items(&mut self, id: SchemaId, rest: SchemaId) -> FormulaId {
        self.unevaluated_members(id, rest, Type::Array, Atom::UnevaluatedItems)
    }

    pub(super) fn unevaluated_rest(&self, number: u32) -> &Rest {
        &self.unevaluated.list[number as usize]
    }

    fn unevaluated_members(
        &mut self,
        id: SchemaId,
        rest: SchemaId,
        of: Type,
        atom: fn(u32) -> Atom,
    ) -> FormulaId {
        if rest == SchemaId::TRUE {
            return FormulaId::TRUE;
        }
        let own = self.own_seen(id, of, false);
        let ways = self.applied_ways(id, of, vec![(FormulaId::TRUE, own)]);
        let mut any = Vec::with_capacity(ways.len());
        for (counted_on, seen) in ways {
            if seen.all {
                any.push(counted_on);
                continue;
            }
            let rest = Rest { schema: rest, seen };
            let list = &mut self.unevaluated.list;
            let number = *self.unevaluated.ids.entry(rest.clone()).or_insert_with(|| {
                list.push(rest);
                list.len() as u32 - 1
            });
            let atom = self.formulas.atom(atom(number));
            any.push(self.formulas.and(vec![counted_on, atom]));
        }
        self.formulas.or(any)
    }

    /// What a schema's own keywords look at.
    fn own_seen(&self, id: SchemaId, of: Type, unevaluated: bool) -> Seen {
        let mut seen = Seen::default();
        if of == Type::Object {
            if let Some(spec) = self.schemas.object(id) {
                seen.all = spec.additional.is_some() || (unevaluated && spec.unevaluated.is_some());
                if spec.has_group() {
                    seen.groups.push(id);
                }
            }
        } else if let Some(spec) = self.schemas.array(id) {
            seen.all = spec.items.is_some() || (unevaluated && spec.unevaluated.is_some());
            seen.prefix = spec.prefix.len() as u32;
            seen.contains.extend(spec.contains.filter(|c| c.evaluates).map(|c| c.schema));
        }
        seen
    }

    /// The ways for a schema that holds.
    fn ways(&mut self, id: SchemaId, of: Type) -> Arc<[Way]> {
        let schema = self.schemas.get(id);
        if !schema.types.has(of) {
            return Arc::new([]);
        }
        let plain = schema.applied.is_empty();
        let own = vec![(FormulaId::TRUE, self.own_seen(id, of, true))];
        if plain {
            return own.into();
        }
        if let Some(known) = self.unevaluated.ways.get(&(id, of)) {
            return known.clone();
        }
        let ways: Arc<[Way]> = on_enough_stack(|| self.applied_ways(id, of, own)).into();
        self.unevaluated.ways.insert((id, of), ways.clone());
        ways
    }

    /// The ways for the schemas that a schema applies, each added to those given.
    fn applied_ways(&mut self, id: SchemaId, of: Type, mut ways: Vec<Way>) -> Vec<Way> {
        for applied in self.schemas.get(id).applied.clone() {
            match applied {
                Applied::Not(_) => {}
                Applied::Ref(schema) => {
                    let more = self.ways(schema, of);
                    ways = self.both(ways, &more);
                }
                Applied::All(list) => {
                    for &schema in &list {
                        let more = self.ways(schema, of);
                        ways = self.both(ways, &more);
                    }
                }
                Applied::Any(list) => {
                    for &schema in &list {
                        let more = self.counted_on(schema, of);
                        ways = self.both(ways, &more);
                    }
                }
                Applied::One(list) => {
                    let mut more = vec![(FormulaId::TRUE, Seen::default())];
                    for &schema in &list {
                        more.extend(self.counted_on(schema, of).into_iter().skip(1));
                    }
                    ways = self.both(ways, &more);
                }
                Applied::Dependent(name, schema) if of == Type::Object => {
                    let present = self.formulas.atom(Atom::Required(name));
                    let mut more = vec![(FormulaId::TRUE, Seen::default())];
                    for (counted_on, seen) in self.ways(schema, of).iter() {
                        let counted_on = self.formulas.and(vec![present, *counted_on]);
                        more.push((counted_on, seen.clone()));
                    }
                    ways = self.both(ways, &more);
                }
                Applied::Dependent(..) => {}
                Applied::If { condition, then, otherwise } => {
                    let holds = self.typed_schema(condition, of);
                    let fails = self.formulas.not(holds);
                    let mut more = self.ways(condition, of).to_vec();
                    if let Some(then) = then {
                        let then = self.ways(then, of);
                        more = self.both(more, &then);
                    }
                    let mut otherwise = match otherwise {
                        Some(otherwise) => self.ways(otherwise, of).to_vec(),
                        None => vec![(FormulaId::TRUE, Seen::default())],
                    };
                    for (counted_on, _) in &mut more {
                        *counted_on = self.formulas.and(vec![holds, *counted_on]);
                    }
                    for (counted_on, _) in &mut otherwise {
                        *counted_on = self.formulas.and(vec![fails, *counted_on]);
                    }
                    more.append(&mut otherwise);
                    ways = self.both(ways, &more);
                }
            }
        }
        ways
    }

    /// The ways for a schema that may hold; the first is not to count on it.
    fn counted_on(&mut self, schema: SchemaId, of: Type) -> Vec<Way> {
        let mut ways = vec![(FormulaId::TRUE, Seen::default())];
        let holds = self.typed_schema(schema, of);
        for (counted_on, seen) in self.ways(schema, of).iter() {
            if *seen != Seen::default() {
                ways.push((self.formulas.and(vec![holds, *counted_on]), seen.clone()));
            }
        }
        ways
    }

    /// Each way of the first with each of the second.
    fn both(&mut self, first: Vec<Way>, second: &[Way]) -> Vec<Way> {
        let plain = second
            .iter()
            .all(|(counted_on, seen)| *counted_on == FormulaId::TRUE && *seen == Seen::default());
        if plain {
            return first;
        }
        if first.len() * second.len() > ALTERNATIVES {
            self.give_up();
        }
        if self.is_out_of_fuel() {
            return first;
        }
        let mut all = Vec::with_capacity(first.len() * second.len());
        for (a, seen_a) in &first {
            for (b, seen_b) in second {
                let counted_on = self.formulas.and(vec![*a, *b]);
                if counted_on == FormulaId::FALSE {
                    continue;
                }
                self.spend((seen_a.groups.len() + seen_b.groups.len()) as u64);
                let mut groups = [seen_a.groups.as_slice(), &seen_b.groups].concat();
                let mut contains = [seen_a.contains.as_slice(), &seen_b.contains].concat();
                groups.sort_unstable();
                groups.dedup();
                contains.sort_unstable();
                contains.dedup();
                let seen = Seen {
                    all: seen_a.all || seen_b.all,
                    groups,
                    prefix: seen_a.prefix.max(seen_b.prefix),
                    contains,
                };
                all.push((counted_on, seen));
            }
        }
        all
    }
}
