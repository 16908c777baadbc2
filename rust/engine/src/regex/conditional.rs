//! Conditional groups, `(?(1)yes|no)`, resolved by what the text has passed through so far.
//!
//! Whether a group has taken part is a matter of the way through the pattern, and there are finitely
//! many groups: each part of the pattern is rewritten once for each set of groups that may have
//! taken part before it, and once for each set after it. Groups only ever join the set, so a
//! repetition is taken apart into rounds that change nothing and the few that do.

use std::collections::BTreeMap;

use super::ast::{deep, Kind, Look, Mark, Mode, Node, Repeat};
use super::cursor::error_at;
use super::zero_width;
use crate::error::{Error, Result};
use crate::expr::UNBOUNDED;

/// The most groups that conditions may ask for.
const MOST_GROUPS: usize = 32;
/// The greatest count of rounds that is written out.
const MOST_ROUNDS: u32 = 64;
/// The largest tree this may make.
const MOST_NODES: u64 = 200_000;

/// Which of the groups that conditions ask for have taken part, a bit each.
type Taken = u32;

/// The ways through a node by what has taken part after it.
type Ways = BTreeMap<Taken, Node>;

/// An equivalent without marks. `asked` are the groups that conditions ask for, and where.
pub(super) fn resolve(pattern: &str, node: &Node, asked: &[(u32, usize)]) -> Result<Node> {
    if !node.facts.marks {
        return Ok(node.clone());
    }
    let position = asked.first().map_or(0, |&(_, position)| position);
    let mut groups: Vec<u32> = asked.iter().map(|&(group, _)| group).collect();
    groups.sort_unstable();
    groups.dedup();
    let resolve = Resolve { pattern, position, groups };
    if resolve.groups.len() > MOST_GROUPS {
        return Err(resolve.refuse("ask for too many groups"));
    }
    Ok(Node::alt(resolve.ways(node, 0)?.into_values().collect()))
}

struct Resolve<'p> {
    pattern: &'p str,
    /// Where the first conditional group stands.
    position: usize,
    groups: Vec<u32>,
}

impl Resolve<'_> {
    fn ways(&self, node: &Node, taken: Taken) -> Result<Ways> {
        if !node.facts.marks {
            return Ok(Ways::from([(taken, node.clone())]));
        }
        let ways = deep(|| match node.kind() {
            Kind::Empty | Kind::Class(_) => Ok(Ways::from([(taken, node.clone())])),
            Kind::Mark(mark) => Ok(self.mark(*mark, taken)),
            Kind::Concat(items) => self.concat(items, taken),
            Kind::Alt(items) => {
                let mut all = Ways::new();
                for item in items {
                    for (after, way) in self.ways(item, taken)? {
                        add(&mut all, after, way);
                    }
                }
                Ok(all)
            }
            Kind::Repeat(repeat) if repeat.mode == Mode::Possessive => {
                let (after, body) = self.only_way(&repeat.body, taken)?;
                if after != taken {
                    return Err(self.refuse("depend on a possessive repetition"));
                }
                Ok(Ways::from([(after, Node::repeat(Repeat { body, ..repeat.clone() }))]))
            }
            Kind::Repeat(repeat) => self.rounds(repeat, repeat.min, repeat.max, taken),
            Kind::Look(look) if look.negated => {
                // It holds where the body does not match: nothing has taken part in that.
                let bodies = self.ways(&look.body, taken)?.into_values().collect();
                let body = Node::alt(bodies);
                Ok(Ways::from([(taken, Node::look(Look { body, ..look.clone() }))]))
            }
            Kind::Look(look) => {
                let (after, body) = self.only_way(&look.body, taken)?;
                Ok(Ways::from([(after, Node::look(Look { body, ..look.clone() }))]))
            }
            Kind::Atomic { body, position } => {
                let (after, body) = self.only_way(body, taken)?;
                Ok(Ways::from([(after, Node::atomic(body, *position))]))
            }
        })?;
        self.check_size(&ways)?;
        Ok(ways)
    }

    fn mark(&self, mark: Mark, taken: Taken) -> Ways {
        let bit = |group: u32| self.groups.binary_search(&group).map_or(0, |at| 1 << at);
        match mark {
            Mark::Takes(group) => Ways::from([(taken | bit(group), Node::empty())]),
            Mark::Asks { group, taken: wanted } if (taken & bit(group) != 0) == wanted => {
                Ways::from([(taken, Node::empty())])
            }
            Mark::Asks { .. } => Ways::new(),
        }
    }

    fn concat(&self, items: &[Node], taken: Taken) -> Result<Ways> {
        let mut all =
            Ways::from([(taken, Vec::new())].map(|(taken, none)| (taken, Node::concat(none))));
        for item in items {
            let mut longer = Ways::new();
            for (taken, before) in all {
                for (after, way) in self.ways(item, taken)? {
                    add(&mut longer, after, Node::concat(vec![before.clone(), way]));
                }
            }
            all = longer;
        }
        Ok(all)
    }

    /// `min` to `max` rounds, `taken` having taken part before them.
    fn rounds(&self, repeat: &Repeat, min: u32, max: u32, taken: Taken) -> Result<Ways> {
        let times = |body: &Node, min, max| {
            Node::repeat(Repeat { body: body.clone(), min, max, ..repeat.clone() })
        };
        if max == 0 {
            return Ok(Ways::from([(taken, Node::empty())]));
        }
        let mut changing = self.ways(&repeat.body, taken)?;
        let same = changing.remove(&taken);
        let mut all = Ways::new();
        match &same {
            Some(same) => add(&mut all, taken, times(same, min, max)),
            None if min == 0 => add(&mut all, taken, Node::empty()),
            None => {}
        }
        if changing.is_empty() {
            return Ok(all);
        }
        // How many rounds may come before the first that changes something; the last number stands
        // for all from there on if there is no upper bound.
        let most = match (&same, max) {
            (None, _) => 0,
            (_, UNBOUNDED) => min,
            (_, max) => max - 1,
        };
        if most > MOST_ROUNDS {
            return Err(self.refuse("depend on a repetition of too great a count"));
        }
        for (after, change) in &changing {
            for before in 0..=most {
                let open = max == UNBOUNDED && before == most;
                let first = match &same {
                    Some(same) => times(same, before, if open { UNBOUNDED } else { before }),
                    None => Node::empty(),
                };
                let left = if max == UNBOUNDED { max } else { max - before - 1 };
                let (empty, moving) = self.last_or_not(change, before < min)?;
                if let Some(empty) = empty {
                    add(&mut all, *after, Node::concat(vec![first.clone(), empty]));
                }
                let Some(moving) = moving else { continue };
                let rest = self.rounds(repeat, min.saturating_sub(before + 1), left, *after)?;
                for (end, rest) in rest {
                    add(&mut all, end, Node::concat(vec![first.clone(), moving.clone(), rest]));
                }
                self.check_size(&all)?;
            }
        }
        Ok(all)
    }

    /// A round as the last one, and as one that others may follow: past the least count, `re` goes
    /// no further after a round that took no text.
    fn last_or_not(&self, round: &Node, needed: bool) -> Result<(Option<Node>, Option<Node>)> {
        if needed || round.facts.min > 0 {
            return Ok((None, Some(round.clone())));
        }
        if !can_be_parted(round) {
            return Err(self.refuse("depend on an atomic group that may be empty"));
        }
        Ok((zero_width::zero(round), zero_width::nonempty(self.pattern, round)?))
    }

    /// The ways through a node of which only the first counts: they must agree on what takes part.
    fn only_way(&self, node: &Node, taken: Taken) -> Result<(Taken, Node)> {
        let mut ways = self.ways(node, taken)?.into_iter();
        match (ways.next(), ways.next()) {
            (Some(way), None) => Ok(way),
            (None, _) => Ok((taken, Node::never())),
            _ => Err(self.refuse("depend on which way an atomic group or a look-around matches")),
        }
    }

    fn check_size(&self, ways: &Ways) -> Result<()> {
        let size = ways.values().fold(0, |size: u64, way| size.saturating_add(way.facts.size));
        if size > MOST_NODES {
            return Err(self.refuse("make it too complex"));
        }
        Ok(())
    }

    fn refuse(&self, why: &str) -> Error {
        let message = format!("conditional groups here {why} and cannot be honoured");
        error_at(self.pattern, self.position, message)
    }
}

/// Whether the empty text can be told apart from a node's other texts: what is atomic decides by
/// itself which of its texts it takes.
fn can_be_parted(node: &Node) -> bool {
    if node.facts.min > 0 || !node.facts.atomic {
        return true;
    }
    deep(|| match node.kind() {
        Kind::Concat(items) | Kind::Alt(items) => items.iter().all(can_be_parted),
        Kind::Repeat(repeat) if repeat.mode != Mode::Possessive => can_be_parted(&repeat.body),
        Kind::Look(_) => true,
        _ => false,
    })
}

fn add(ways: &mut Ways, after: Taken, way: Node) {
    let known = ways.remove(&after);
    let all = known.into_iter().chain([way]).collect();
    ways.insert(after, Node::alt(all));
}
