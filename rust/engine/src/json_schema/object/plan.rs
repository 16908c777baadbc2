//! A thread's conjunction, laid out: the names it knows, and the classes of all others.

use super::super::formula::{Atom, Formula, FormulaId};
use super::super::leaf::{self, StringConstraint};
use super::super::names::Name;
use super::super::patterns::PatternId;
use super::super::schema::SchemaId;
use super::super::schema::Type;
use super::super::Front;
use super::ObjectState;
use crate::error::Result;
use crate::expr::ExprId;
use crate::grammar::Grammar;

/// The conjunction of a thread.
pub(super) struct Plan {
    pub groups: Vec<SchemaId>,
    pub unevaluated: Vec<u32>,
    pub names: Vec<SchemaId>,
    pub min: u32,
    pub max: u32,
    /// The names known: first those declared, in their order.
    pub keys: Vec<Key>,
    pub declared: u32,
    /// Patterns and names that the rest's formula tells names apart by.
    told_apart: (Vec<PatternId>, Vec<SchemaId>),
    /// Made when first asked for.
    pub classes: Option<Box<[Class]>>,
}

/// A name that the plan knows.
pub(super) struct Key {
    pub name: Name,
    pub required: bool,
    /// What the value must satisfy in any case; `FALSE` if the name is not allowed.
    pub goal: FormulaId,
}

/// Names that the plan does not know and that are alike for it.
#[derive(Clone)]
pub(in super::super) struct Class {
    /// The names, quotes included.
    pub terminal: ExprId,
    pub matched: Vec<PatternId>,
    /// Which of the schemas for names they satisfy.
    pub allowed: Vec<SchemaId>,
    /// What the value must satisfy in any case.
    pub goal: FormulaId,
}

/// What is known of a name while it is being looked at.
#[derive(Clone, Copy)]
pub(in super::super) enum NameKind<'a> {
    Known(Name),
    Class(&'a Class),
}

impl Front {
    /// The state before the first property of each thread of a goal.
    pub(super) fn object_starts(
        &mut self,
        goal: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<Vec<ObjectState>> {
        if let Some(known) = self.objects.starts.get(&goal) {
            return Ok(known.clone());
        }
        let formula = self.typed(goal, Type::Object);
        let formula = self.spelled_out(formula, Type::Object, &mut grammar.exprs)?;
        let mut starts = Vec::new();
        for thread in self.threads(formula) {
            let (plan, rest) = self.lay_out(goal, thread, grammar)?;
            self.objects.plans.push(plan);
            let plan = self.objects.plans.len() as u32 - 1;
            starts.push(ObjectState { plan, rest, from: 0, written: 0, used: 0, count: 0 });
        }
        self.objects.starts.insert(goal, starts.clone());
        Ok(starts)
    }

    fn lay_out(
        &mut self,
        goal: FormulaId,
        thread: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<(Plan, FormulaId)> {
        let mut plan = Plan {
            groups: Vec::new(),
            unevaluated: Vec::new(),
            names: Vec::new(),
            min: 0,
            max: u32::MAX,
            keys: Vec::new(),
            declared: 0,
            told_apart: (Vec::new(), Vec::new()),
            classes: None,
        };
        let mut required = Vec::new();
        let mut rest = Vec::new();
        for part in self.formulas.conjuncts(thread) {
            match self.literal(part) {
                (Some(Atom::Group(group)), false) => plan.groups.push(group),
                (Some(Atom::Required(name)), false) => required.push(name),
                (Some(Atom::MinProperties(min)), false) => plan.min = plan.min.max(min),
                (Some(Atom::MaxProperties(max)), false) => plan.max = plan.max.min(max),
                (Some(Atom::Names(names)), false) => plan.names.push(names),
                (Some(Atom::UnevaluatedProperties(n)), false) => plan.unevaluated.push(n),
                _ => rest.push(part),
            }
        }
        required.sort_unstable();
        let rest = self.formulas.and(rest);
        let groups = if rest == FormulaId::TRUE && plan.unevaluated.is_empty() {
            plan.groups.clone()
        } else {
            self.groups_of(thread)
        };
        let declared = self.declared(goal, &groups);
        plan.declared = declared.len() as u32;
        let mut names = declared;
        if rest != FormulaId::TRUE || !required.is_empty() || !plan.unevaluated.is_empty() {
            self.add_mentioned(&mut names, &mut plan, &required, rest);
        }
        self.add_listed(&mut names, &plan);
        for (at, name) in names.into_iter().enumerate() {
            let goal = match (plan.groups.as_slice(), plan.names.as_slice()) {
                // The usual case: one schema declares all.
                ([only], []) if plan.unevaluated.is_empty() => {
                    let known = self.schemas.object(*only).and_then(|s| s.properties.get(at));
                    let known = known.filter(|(known, _)| *known == name).map(|&(_, value)| value);
                    let has_patterns =
                        self.schemas.object(*only).is_some_and(|s| !s.patterns.is_empty());
                    match known {
                        Some(value) if !has_patterns => self.formulas.schema(value),
                        _ => self.goal_of_name(&plan, NameKind::Known(name), grammar)?,
                    }
                }
                _ => self.goal_of_name(&plan, NameKind::Known(name), grammar)?,
            };
            plan.keys.push(Key { name, required: required.binary_search(&name).is_ok(), goal });
        }
        Ok((plan, rest))
    }

    /// Adds the names that are required, or that the rest's formula mentions.
    fn add_mentioned(
        &self,
        names: &mut Vec<Name>,
        plan: &mut Plan,
        required: &[Name],
        rest: FormulaId,
    ) {
        let mut known: rustc_hash::FxHashSet<Name> = names.iter().copied().collect();
        let (patterns, schemas) = &mut plan.told_apart;
        let mut add = |name: Name| {
            if known.insert(name) {
                names.push(name);
            }
        };
        let mut add_group = |group: SchemaId, add: &mut dyn FnMut(Name)| {
            if let Some(spec) = self.schemas.object(group) {
                spec.properties.iter().for_each(|&(name, _)| add(name));
                for &(pattern, _) in &spec.patterns {
                    if !patterns.contains(&pattern) {
                        patterns.push(pattern);
                    }
                }
            }
        };
        required.iter().for_each(|&name| add(name));
        for &number in &plan.unevaluated {
            let groups = &self.unevaluated_rest(number).seen.groups;
            groups.iter().for_each(|&group| add_group(group, &mut add));
        }
        self.formulas.visit(rest, &mut |formula, _, _| match formula {
            Formula::Atom(Atom::Required(name)) => add(*name),
            Formula::Atom(Atom::Group(group)) => add_group(*group, &mut add),
            Formula::Atom(Atom::UnevaluatedProperties(number)) => {
                let groups = &self.unevaluated_rest(*number).seen.groups;
                groups.iter().for_each(|&group| add_group(group, &mut add));
            }
            Formula::Atom(Atom::Names(names)) if !schemas.contains(names) => schemas.push(*names),
            _ => {}
        });
    }

    /// Adds the names that `propertyNames` lists, if it is a list.
    fn add_listed(&mut self, names: &mut Vec<Name>, plan: &Plan) {
        for &schema in &plan.names {
            let values = self.schemas.get(schema).values.clone().unwrap_or_default();
            for name in values.iter().filter_map(|value| value.as_str()) {
                let name = self.schemas.names.intern(name);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
    }

    /// What a plan asks of the value of a property in any case.
    fn goal_of_name(
        &mut self,
        plan: &Plan,
        name: NameKind<'_>,
        grammar: &mut Grammar,
    ) -> Result<FormulaId> {
        let mut goals = Vec::new();
        for &group in &plan.groups {
            self.group_schemas(group, name, &mut goals, grammar)?;
        }
        for &number in &plan.unevaluated {
            self.unevaluated_schemas(number, name, &mut goals, grammar)?;
        }
        for &names in &plan.names {
            if !self.allows_name(names, name, grammar)? {
                return Ok(FormulaId::FALSE);
            }
        }
        Ok(self.formulas.and(goals))
    }

    /// Adds what a schema's `properties`, `patternProperties` and `additionalProperties` ask of the
    /// value of a property.
    pub(in super::super) fn group_schemas(
        &mut self,
        group: SchemaId,
        name: NameKind<'_>,
        goals: &mut Vec<FormulaId>,
        grammar: &mut Grammar,
    ) -> Result<()> {
        let Some(spec) = self.schemas.get(group).object.clone() else { return Ok(()) };
        let mut seen = false;
        if let NameKind::Known(name) = name {
            if let Some(value) = spec.property(name) {
                seen = true;
                goals.push(self.formulas.schema(value));
            }
        }
        for &(pattern, value) in &spec.patterns {
            if self.matches_name(pattern, name, grammar)? {
                seen = true;
                goals.push(self.formulas.schema(value));
            }
        }
        if let (false, Some(additional)) = (seen, spec.additional) {
            goals.push(self.formulas.schema(additional));
        }
        Ok(())
    }

    /// Adds what `unevaluatedProperties` asks of the value of a property.
    pub(in super::super) fn unevaluated_schemas(
        &mut self,
        number: u32,
        name: NameKind<'_>,
        goals: &mut Vec<FormulaId>,
        grammar: &mut Grammar,
    ) -> Result<()> {
        let rest = self.unevaluated_rest(number).clone();
        for &group in &rest.seen.groups {
            let Some(spec) = self.schemas.get(group).object.clone() else { continue };
            if let NameKind::Known(name) = name {
                if spec.property(name).is_some() {
                    return Ok(());
                }
            }
            for &(pattern, _) in &spec.patterns {
                if self.matches_name(pattern, name, grammar)? {
                    return Ok(());
                }
            }
        }
        goals.push(self.formulas.schema(rest.schema));
        Ok(())
    }

    fn matches_name(
        &mut self,
        pattern: PatternId,
        name: NameKind<'_>,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        let name = match name {
            NameKind::Class(class) => return Ok(class.matched.contains(&pattern)),
            NameKind::Known(name) => name,
        };
        if let Some(&known) = self.objects.pattern_matches.get(&(pattern, name)) {
            return Ok(known);
        }
        let text = spelling(self.schemas.names.text(name));
        let body = &text.as_bytes()[1..text.len() - 1];
        let matches = grammar.exprs.matches(self.schemas.patterns.expr(pattern), body)?;
        self.objects.pattern_matches.insert((pattern, name), matches);
        Ok(matches)
    }

    /// Whether a schema for names allows this one.
    pub(in super::super) fn allows_name(
        &mut self,
        names: SchemaId,
        name: NameKind<'_>,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        let name = match name {
            NameKind::Class(class) => return Ok(class.allowed.contains(&names)),
            NameKind::Known(name) => name,
        };
        if let Some(&known) = self.objects.name_matches.get(&(names, name)) {
            return Ok(known);
        }
        let text = spelling(self.schemas.names.text(name));
        let formula = self.typed_schema(names, Type::String);
        let terminal = self.scalar(formula, Type::String, &mut grammar.exprs)?;
        let allows = grammar.exprs.matches(terminal, text.as_bytes())?;
        self.objects.name_matches.insert((names, name), allows);
        Ok(allows)
    }

    /// Finds the classes of the names that a plan does not know, once.
    pub(super) fn find_classes(&mut self, plan: u32, grammar: &mut Grammar) -> Result<()> {
        if self.objects.plans[plan as usize].classes.is_some() {
            return Ok(());
        }
        let classes = self.classes(plan, grammar)?;
        self.objects.plans[plan as usize].classes = Some(classes.into());
        Ok(())
    }

    fn classes(&mut self, plan: u32, grammar: &mut Grammar) -> Result<Vec<Class>> {
        let at = plan as usize;
        // Where nothing else is allowed there is nothing to tell apart.
        let known_only = self.objects.plans[at].groups.iter().any(|&group| {
            let spec = self.schemas.object(group);
            spec.is_some_and(|s| s.additional == Some(SchemaId::FALSE) && s.patterns.is_empty())
        });
        let listed = |front: &Self, &schema: &SchemaId| front.schemas.get(schema).values.is_some();
        if known_only || self.objects.plans[at].names.iter().any(|schema| listed(self, schema)) {
            return Ok(Vec::new());
        }
        let string = self.scalar(FormulaId::TRUE, Type::String, &mut grammar.exprs)?;
        let mut terminal = string;
        let keys = &self.objects.plans[at].keys;
        if !keys.is_empty() {
            let names = keys.iter().map(|key| spelling(self.schemas.names.text(key.name)));
            let known = grammar.exprs.literal_set(names);
            let others = grammar.exprs.not(known);
            terminal = grammar.exprs.and(vec![string, others]);
        }
        let plan = &self.objects.plans[at];
        let (mut patterns, asked) = plan.told_apart.clone();
        let (groups, names) = (plan.groups.clone(), plan.names.clone());
        for group in groups {
            for &(pattern, _) in self.schemas.object(group).iter().flat_map(|s| &s.patterns) {
                if !patterns.contains(&pattern) {
                    patterns.push(pattern);
                }
            }
        }
        for &schema in &names {
            let formula = self.typed_schema(schema, Type::String);
            let allowed = self.scalar(formula, Type::String, &mut grammar.exprs)?;
            terminal = grammar.exprs.and(vec![terminal, allowed]);
        }
        let mut classes =
            vec![Class { terminal, matched: vec![], allowed: names, goal: FormulaId::TRUE }];
        let quote = grammar.exprs.literal(b"\"");
        for pattern in patterns {
            let text = self.schemas.patterns.text(pattern).to_owned();
            let constraint = StringConstraint { patterns: vec![text], ..Default::default() };
            let body = leaf::string_body(&mut grammar.exprs, &constraint)?;
            let matching = grammar.exprs.concat(&[quote, body, quote]);
            self.tell_apart(&mut classes, matching, grammar, |class| class.matched.push(pattern))?;
        }
        for schema in asked {
            let formula = self.typed_schema(schema, Type::String);
            let allowed = self.scalar(formula, Type::String, &mut grammar.exprs)?;
            self.tell_apart(&mut classes, allowed, grammar, |class| class.allowed.push(schema))?;
        }
        let mut usable = Vec::with_capacity(classes.len());
        for mut class in classes {
            let goal = {
                let plan = std::mem::replace(&mut self.objects.plans[at], Plan::EMPTY);
                let goal = self.goal_of_name(&plan, NameKind::Class(&class), grammar);
                self.objects.plans[at] = plan;
                goal?
            };
            if goal != FormulaId::FALSE && !grammar.exprs.matches_nothing(class.terminal)? {
                class.goal = goal;
                usable.push(class);
            }
        }
        Ok(usable)
    }

    /// Splits each class by whether its names are among those of a terminal.
    fn tell_apart(
        &mut self,
        classes: &mut Vec<Class>,
        terminal: ExprId,
        grammar: &mut Grammar,
        mark: impl Fn(&mut Class),
    ) -> Result<()> {
        for class in std::mem::take(classes) {
            self.burn(&mut grammar.exprs)?;
            let exprs = &mut grammar.exprs;
            let outside = exprs.not(terminal);
            let mut inside = class.clone();
            inside.terminal = exprs.and(vec![class.terminal, terminal]);
            let outside = Class { terminal: exprs.and(vec![class.terminal, outside]), ..class };
            mark(&mut inside);
            for class in [inside, outside] {
                if !exprs.matches_nothing(class.terminal)? {
                    classes.push(class);
                }
            }
        }
        Ok(())
    }
}

impl Plan {
    /// Stands in for a plan that is being worked on.
    const EMPTY: Plan = Plan {
        groups: Vec::new(),
        unevaluated: Vec::new(),
        names: Vec::new(),
        min: 0,
        max: 0,
        keys: Vec::new(),
        declared: 0,
        told_apart: (Vec::new(), Vec::new()),
        classes: None,
    };
}

/// The text of a name, quotes included, in its one spelling.
pub(super) fn spelling(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}
