//! Terminals: regular expressions over bytes, run as lazily built deterministic automata.
//!
//! An expression is a node of a hash-consed arena ([`Exprs`]), so equal expressions are one
//! [`ExprId`]. Its automaton is never built ahead: a state *is* an expression, and the row of a
//! state lists, for ranges of bytes, the Brzozowski derivative by those bytes. A row is computed
//! the first time it is asked for and then kept. Derivatives make three things cheap that a
//! Thompson construction copies or cannot do: counted repetition (a counter in the node),
//! intersection and complement, and look-around.
//!
//! - [`build`]: smart constructors; they keep expressions in a normal form, which is what bounds
//!   the number of distinct derivatives.
//! - [`utf8`]: classes of code points and sets of literals as byte-level decision nodes.
//! - [`derivative`]: rows; [`look_behind`]: what rows need of it.
//! - [`rule`]: automata worked out state by state, by code instead of an expression.
//! - [`chain`]: which expressions read whatever text over some classes of characters.
//! - [`clamp`], [`open`]: counts that have no say in what a token may be.
//! - [`fingerprint`]: the same expression in other arenas.
//! - [`emptiness`]: which expressions match nothing, so that no state is a dead end.
//! - [`shortest`]: the shortest text of an expression.
//! - [`equivalent`]: one expression for each language, where that pays.
//!
//! Sources: Brzozowski, "Derivatives of Regular Expressions" (1964); Owens, Reppy and Turon,
//! "Regular-expression derivatives re-examined" (2009); Moseley et al., "Derivative Based
//! Nonbacktracking Real-World Regex Matching" (2023) for look-around by location.

mod beginnings;
mod build;
mod chain;
mod clamp;
mod derivative;
mod emptiness;
mod equivalent;
mod fingerprint;
mod look_behind;
mod open;
#[cfg(test)]
pub(crate) mod random;
mod row;
mod rule;
mod shortest;
mod subsume;
mod utf8;

pub(crate) use chain::Length;
pub(crate) use derivative::thread_time;
pub(crate) use fingerprint::Fingerprint;
pub(crate) use open::MOST_ROUNDS;
pub use row::Transition;
pub use rule::{Rule, RuleId};
pub(crate) use shortest::{Shortest, ENDLESS};

use equivalent::Representatives;
use row::RowRef;
use rule::SharedRule;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::ids::{Hashed, Ids};

/// The upper bound of a repetition without one.
pub const UNBOUNDED: u32 = u32::MAX;

/// One expression of an [`Exprs`] arena; also one state of its automaton.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ExprId(u32);

impl ExprId {
    /// The expression that matches nothing.
    pub const NEVER: ExprId = ExprId(0);
    /// The expression that matches the empty text only.
    pub const EMPTY: ExprId = ExprId(1);
    /// The expression that matches every byte string.
    pub const ALL: ExprId = ExprId(2);
    /// What an expression of which something was left open ([`clamp`]) comes to where that would
    /// have a say. It absorbs whatever it is combined with.
    pub(crate) const UNKNOWN: ExprId = ExprId(3);

    /// The position of this expression in its arena.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The shapes of an expression.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Expr {
    Never,
    Empty,
    /// One byte decides what follows: sorted disjoint ranges, no target [`ExprId::NEVER`].
    Switch(Box<[Transition]>),
    /// What is left of literal number `literal` from byte `at` on; never empty.
    Literal {
        literal: u32,
        at: u32,
    },
    /// The head is not itself a `Concat`.
    Concat(ExprId, ExprId),
    /// Sorted, at least two.
    Or(Box<[ExprId]>),
    /// Sorted, at least two.
    And(Box<[ExprId]>),
    /// The complement among all byte strings.
    Not(ExprId),
    Repeat {
        body: ExprId,
        min: u32,
        max: u32,
    },
    /// `body`, at least `min` times; whether more often than `rounds` is left open.
    Open {
        body: ExprId,
        min: u32,
        rounds: u32,
    },
    /// See [`ExprId::UNKNOWN`].
    Unknown,
    /// What follows has (or has not) a prefix in `body`.
    LookAhead {
        body: ExprId,
        negated: bool,
    },
    /// What came before has (or has not) a suffix in the language looked for; `state` is the
    /// automaton of "anything, then that" after the bytes read so far.
    LookBehind {
        state: ExprId,
        negated: bool,
    },
    /// A state of an automaton worked out on demand.
    Rule {
        rule: RuleId,
        state: u64,
    },
}

/// What is known of an expression from its structure alone.
#[derive(Clone, Copy, Default)]
pub(crate) struct Facts {
    /// Matches the empty text (at the end of the whole text, where look-around is involved).
    pub nullable: bool,
    pub look_ahead: bool,
    pub look_behind: bool,
    /// Has an `And`, a `Not` or look-around: may match nothing without being `NEVER`.
    pub boolean: bool,
    /// Has a finite repetition count larger than one.
    pub counted: bool,
    /// May match infinitely many texts.
    pub infinite: bool,
    /// Matches infinitely many texts, if it matches any.
    pub endless: bool,
    /// No match is shorter than this many bytes (not always the greatest such number).
    pub shortest: u32,
    /// The same summed up over the conditions that a match must meet at once: how far from a match
    /// a search for one is.
    pub effort: u32,
}

/// The arena of expressions, with the rows computed so far.
pub struct Exprs {
    nodes: Vec<Expr>,
    facts: Vec<Facts>,
    ids: Ids<ExprId>,
    literals: Vec<Box<[u8]>>,
    literal_ids: FxHashMap<Box<[u8]>, u32>,
    /// Large classes made before.
    class_ids: FxHashMap<Box<[(u32, u32)]>, ExprId>,
    rules: Vec<(Box<[u8]>, SharedRule)>,
    rule_ids: FxHashMap<Box<[u8]>, RuleId>,
    representatives: Representatives,
    rows: Vec<RowRef>,
    transitions: Vec<Transition>,
    /// Whether a boolean expression matches anything; 0 unknown, 1 yes, 2 no.
    liveness: Vec<u8>,
    /// What [`subsume`] has found out.
    taken: FxHashMap<(ExprId, ExprId), bool>,
    /// Some intersections that were found to match something; see [`emptiness`].
    witnesses: Vec<ExprId>,
    /// What [`clamp`] has found out: the results, and what it asked on the way.
    clamped: FxHashMap<(ExprId, u32, bool), ExprId>,
    ways_out: FxHashMap<ExprId, Option<u32>>,
    pieces: FxHashMap<(ExprId, ExprId, ExprId), Option<ExprId>>,
    opened: FxHashMap<ExprId, ExprId>,
    links: FxHashMap<ExprId, chain::Link>,
    fingerprints: FxHashMap<ExprId, Option<Fingerprint>>,
    /// At what time of its thread the call at hand must be done, once it has gone on for a while.
    deadline: Option<std::time::Duration>,
    time_limit: std::time::Duration,
    /// How many expressions there were before it.
    size_before: usize,
    ticks: u32,
    /// How many expressions an emptiness search may visit.
    pub emptiness_limit: usize,
    /// How many expressions the arena may hold.
    pub size_limit: usize,
}

impl Default for Exprs {
    fn default() -> Self {
        Self::new()
    }
}

impl Exprs {
    /// An arena with the constants in it.
    pub fn new() -> Self {
        let mut exprs = Exprs {
            nodes: Vec::new(),
            facts: Vec::new(),
            ids: Ids::default(),
            literals: Vec::new(),
            literal_ids: FxHashMap::with_hasher(FxBuildHasher),
            class_ids: FxHashMap::with_hasher(FxBuildHasher),
            rules: Vec::new(),
            rule_ids: FxHashMap::with_hasher(FxBuildHasher),
            representatives: Representatives::default(),
            rows: Vec::new(),
            transitions: Vec::new(),
            liveness: Vec::new(),
            taken: FxHashMap::default(),
            witnesses: Vec::new(),
            clamped: FxHashMap::default(),
            ways_out: FxHashMap::default(),
            pieces: FxHashMap::default(),
            opened: FxHashMap::default(),
            links: FxHashMap::with_hasher(FxBuildHasher),
            fingerprints: FxHashMap::with_hasher(FxBuildHasher),
            deadline: None,
            time_limit: derivative::CALL_LIMIT,
            size_before: 0,
            ticks: 0,
            emptiness_limit: 50_000,
            size_limit: 4_000_000,
        };
        let never = exprs.intern(Expr::Never);
        let empty = exprs.intern(Expr::Empty);
        let all = exprs.intern(Expr::Not(never));
        let unknown = exprs.intern(Expr::Unknown);
        debug_assert_eq!((never, empty, all), (ExprId::NEVER, ExprId::EMPTY, ExprId::ALL));
        debug_assert_eq!(unknown, ExprId::UNKNOWN);
        exprs
    }

    /// How many expressions there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// False: the constants are always there.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(crate) fn node(&self, id: ExprId) -> &Expr {
        &self.nodes[id.index()]
    }

    pub(crate) fn facts(&self, id: ExprId) -> Facts {
        self.facts[id.index()]
    }

    /// Whether the expression matches the empty text.
    pub fn is_nullable(&self, id: ExprId) -> bool {
        self.facts[id.index()].nullable
    }

    fn literal_bytes(&self, literal: u32, at: u32) -> &[u8] {
        &self.literals[literal as usize][at as usize..]
    }

    /// The one id of a node already in normal form.
    fn intern(&mut self, node: Expr) -> ExprId {
        let hash = Hashed::of(&node);
        if let Some(id) = self.ids.find(hash, |id| self.nodes[id.index()] == node) {
            return id;
        }
        let id = ExprId(self.nodes.len() as u32);
        let facts = self.facts_of(&node);
        self.nodes.push(node);
        self.facts.push(facts);
        self.rows.push(RowRef::UNKNOWN);
        self.liveness.push(0);
        self.ids.insert(hash, id);
        id
    }

    fn facts_of(&self, node: &Expr) -> Facts {
        let of = |ids: &[ExprId]| {
            ids.iter().fold(Facts::default(), |all, &id| {
                let one = self.facts(id);
                Facts {
                    nullable: false,
                    look_ahead: all.look_ahead | one.look_ahead,
                    look_behind: all.look_behind | one.look_behind,
                    boolean: all.boolean | one.boolean,
                    counted: all.counted | one.counted,
                    infinite: all.infinite | one.infinite,
                    endless: all.endless | one.endless,
                    ..Facts::default()
                }
            })
        };
        let nullable = |id: ExprId| self.is_nullable(id);
        let shortest = |id: ExprId| self.facts(id).shortest;
        let effort = |id: ExprId| self.facts(id).effort;
        let facts = match node {
            Expr::Never | Expr::Unknown => Facts::default(),
            Expr::Literal { literal, at } => {
                let bytes = self.literal_bytes(*literal, *at).len();
                Facts { shortest: bytes as u32, effort: bytes as u32, ..Facts::default() }
            }
            Expr::Empty => Facts { nullable: true, ..Facts::default() },
            Expr::Switch(arms) => {
                let targets: Vec<ExprId> = arms.iter().map(|arm| arm.target).collect();
                let rest = targets.iter().map(|&target| shortest(target)).min().unwrap_or(0);
                let further = targets.iter().map(|&target| effort(target)).min().unwrap_or(0);
                Facts {
                    shortest: rest.saturating_add(1),
                    effort: further.saturating_add(1),
                    ..of(&targets)
                }
            }
            Expr::Concat(head, tail) => Facts {
                nullable: nullable(*head) && nullable(*tail),
                shortest: match *self.node(*head) {
                    Expr::LookAhead { body, negated: false } => shortest(body).max(shortest(*tail)),
                    // Look-behind counts from here, and not from where it stands.
                    _ if self.facts(*tail).look_behind => shortest(*head).max(shortest(*tail)),
                    _ => shortest(*head).saturating_add(shortest(*tail)),
                },
                effort: effort(*head).saturating_add(effort(*tail)),
                ..of(&[*head, *tail])
            },
            Expr::Or(items) => Facts {
                nullable: items.iter().any(|&i| nullable(i)),
                shortest: items.iter().map(|&i| shortest(i)).min().unwrap_or(0),
                effort: items.iter().map(|&i| effort(i)).min().unwrap_or(0),
                ..of(items)
            },
            Expr::And(items) => Facts {
                nullable: items.iter().all(|&i| nullable(i)),
                boolean: true,
                shortest: items.iter().map(|&i| shortest(i)).max().unwrap_or(0),
                effort: items.iter().fold(0, |all: u32, &i| all.saturating_add(effort(i))),
                ..of(items)
            },
            Expr::Not(body) => Facts {
                nullable: !nullable(*body),
                // Everything and "anything but the empty text" are never empty.
                boolean: *body != ExprId::NEVER,
                infinite: true,
                ..of(&[*body])
            },
            Expr::Repeat { body, min, max } => Facts {
                nullable: *min == 0 || nullable(*body),
                counted: *min > 1 || (*max > 1 && *max != UNBOUNDED),
                shortest: shortest(*body).saturating_mul(*min),
                effort: effort(*body).saturating_mul(*min),
                ..of(&[*body])
            }
            .or_counted(self.facts(*body).counted)
            .or_infinite(*max == UNBOUNDED),
            Expr::Open { body, min, .. } => Facts {
                nullable: *min == 0,
                shortest: shortest(*body).saturating_mul(*min),
                effort: effort(*body).saturating_mul(*min),
                ..of(&[*body])
            },
            Expr::LookAhead { body, negated } => Facts {
                nullable: nullable(*body) != *negated,
                look_ahead: true,
                boolean: true,
                infinite: true,
                effort: if *negated { 0 } else { effort(*body) },
                ..of(&[*body])
            },
            Expr::LookBehind { state, negated } => Facts {
                nullable: nullable(*state) != *negated,
                look_behind: true,
                boolean: true,
                infinite: true,
                shortest: if *negated { 0 } else { shortest(*state) },
                effort: if *negated { 0 } else { effort(*state) },
                ..of(&[*state])
            },
            Expr::Rule { rule, state } => {
                let rule = self.rule_of(*rule);
                Facts {
                    nullable: rule.accepts(*state),
                    boolean: rule.has_dead_ends(),
                    infinite: true,
                    shortest: rule.shortest(*state),
                    effort: rule.shortest(*state),
                    ..Facts::default()
                }
            }
        };
        // Of alternatives and conditions, some may match nothing.
        Facts { endless: facts.endless && !facts.boolean, ..facts }
    }
}

impl Facts {
    fn or_infinite(mut self, infinite: bool) -> Self {
        self.infinite |= infinite;
        self.endless |= infinite;
        self
    }

    fn or_counted(mut self, counted: bool) -> Self {
        self.counted |= counted;
        self
    }
}
