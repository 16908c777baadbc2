//! The grammar of an object, made state by state.

use super::super::formula::FormulaId;
use super::super::names::Name;
use super::super::schema::Type;
use super::super::trace::{After, Course};
use super::super::{Front, Key, PropertyOrder};
use super::{ObjectState, PropertyRef};
use crate::error::Result;
use crate::expr::ExprId;
use crate::grammar::{Grammar, NodeId};

impl Front {
    /// Whether any object satisfies a goal.
    pub(in super::super) fn has_object(
        &mut self,
        goal: FormulaId,
        grammar: &mut Grammar,
    ) -> Result<bool> {
        if let Some(values) = self.listed_values(goal, Type::Object, grammar)? {
            return Ok(!values.is_empty());
        }
        for start in self.object_starts(goal, grammar)? {
            if self.is_completable(&start, grammar)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The objects that satisfy a goal.
    pub(in super::super) fn object_node(
        &mut self,
        goal: FormulaId,
        course: Course,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        if let Some(listed) = self.listed_node(goal, Type::Object, course, grammar)? {
            return Ok(listed);
        }
        let mut any = Vec::new();
        for start in self.object_starts(goal, grammar)? {
            if !self.is_completable(&start, grammar)? {
                continue;
            }
            if self.may_close(&start) {
                any.push(self.end(self.separators.empty_object, "}", course, grammar));
            }
            let first = self.next_property(&start, course, grammar)?;
            any.push(grammar.seq([self.separators.open_object, first]));
        }
        Ok(grammar.alt(any))
    }

    /// What may follow a property and its value.
    pub(in super::super) fn object_rest(
        &mut self,
        state: ObjectState,
        course: Course,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let next = self.next_property(&state, course, grammar)?;
        let next = grammar.seq([self.separators.comma, next]);
        if self.may_close(&state) {
            let close = self.end(self.separators.close_object, "}", course, grammar);
            return Ok(grammar.alt([close, next]));
        }
        Ok(next)
    }

    /// A property, and everything after it.
    fn next_property(
        &mut self,
        state: &ObjectState,
        course: Course,
        grammar: &mut Grammar,
    ) -> Result<NodeId> {
        let plan = self.plan(state);
        if state.count >= plan.max {
            return Ok(NodeId::NEVER);
        }
        let (declared, in_order) = (plan.declared, self.order == PropertyOrder::Schema);
        let mut any = Vec::new();
        let open: Vec<(u32, bool)> = self.open_keys(state).collect();
        let mut blocked = false;
        for (key, required) in open {
            if in_order && blocked && key >= declared {
                break;
            }
            let property = PropertyRef::Key(key);
            for (goal, rest) in self.property_cases(state.plan, state.rest, property, grammar)? {
                let next = self.object_after(*state, property, rest, grammar)?;
                if self.is_completable(&next, grammar)? {
                    let name = self.plan(state).keys[key as usize].name;
                    let node = self.name_node(name, grammar);
                    let mut inside = course;
                    if course != Course::NONE {
                        let name = super::plan::spelling(self.schemas.names.text(name));
                        inside = self.before_member(course, Some(&name));
                    }
                    let value = self.value_then(goal, After::Object(next), inside, grammar)?;
                    any.push(grammar.seq([node, value]));
                }
            }
            if in_order && required && key < declared {
                blocked = true;
                break;
            }
        }
        if !blocked {
            self.other_properties(state, course, &mut any, grammar)?;
        }
        Ok(grammar.alt(any))
    }

    /// Properties whose names the plan does not know.
    fn other_properties(
        &mut self,
        state: &ObjectState,
        course: Course,
        any: &mut Vec<NodeId>,
        grammar: &mut Grammar,
    ) -> Result<()> {
        self.find_classes(state.plan, grammar)?;
        let classes = self.plan(state).classes.as_ref().map_or(0, |all| all.len());
        for class in 0..classes as u32 {
            let terminal = self.class_terminal(state, class, grammar)?;
            if terminal == ExprId::NEVER {
                continue;
            }
            let property = PropertyRef::Class(class);
            for (goal, rest) in self.property_cases(state.plan, state.rest, property, grammar)? {
                let next = self.object_after(*state, property, rest, grammar)?;
                let named = self.after_some_name(next, class, grammar)?;
                if !self.is_completable(&named, grammar)? {
                    continue;
                }
                if course == Course::NONE {
                    let value = self.goal_node(goal, grammar)?;
                    let after = self.key(Key::AfterName(next));
                    let after = grammar.with_text(after);
                    let then = grammar.seq([self.separators.colon, value, after]);
                    any.push(grammar.capture(terminal, then));
                } else {
                    let then = self.key(Key::Named(goal, next, course));
                    let then = grammar.with_text(then);
                    any.push(grammar.capture(terminal, then));
                }
            }
        }
        Ok(())
    }

    /// A known name and the colon.
    pub(in super::super) fn name_node(&mut self, name: Name, grammar: &mut Grammar) -> NodeId {
        if let Some(&known) = self.objects.name_nodes.get(&name) {
            return known;
        }
        let text = super::plan::spelling(self.schemas.names.text(name));
        let text = grammar.exprs.literal(text.as_bytes());
        let terminal = grammar.exprs.concat2(text, self.separators.colon_terminal);
        let node = grammar.terminal(terminal);
        self.objects.name_nodes.insert(name, node);
        node
    }
}
