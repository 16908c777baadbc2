//! Values: the grammar of a goal, over all the types that its values may have.

use super::formula::{Formula, FormulaId};
use super::schema::{Type, Types};
use super::trace::Course;
use super::{Front, Key};
use crate::error::Result;
use crate::grammar::{Grammar, NodeId};

impl Front {
    /// The node of the values that satisfy a goal, which there must be. What is not a simple
    /// terminal is made when it is first reached.
    pub(super) fn goal_node(&mut self, goal: FormulaId, grammar: &mut Grammar) -> Result<NodeId> {
        if let Some(&known) = self.goals.get(&goal) {
            return Ok(known);
        }
        let node = match self.formulas.get(goal) {
            Formula::Schema(id) if self.is_simple(*id) => self.expand_goal(goal, grammar)?,
            _ => self.dynamic(Key::Goal(goal), grammar),
        };
        self.goals.insert(goal, node);
        Ok(node)
    }

    /// The values that satisfy a goal.
    pub(super) fn expand_goal(&mut self, goal: FormulaId, grammar: &mut Grammar) -> Result<NodeId> {
        let types = self.types_of(goal);
        let mut any = Vec::new();
        for of in Type::ALL.into_iter().filter(|&of| types.has(of)) {
            let formula = self.typed(goal, of);
            if formula == FormulaId::FALSE {
                continue;
            }
            any.push(match of {
                Type::Array => self.array_node(goal, Course::NONE, grammar)?,
                Type::Object => self.object_node(goal, Course::NONE, grammar)?,
                _ => {
                    let text = self.scalar(formula, of, &mut grammar.exprs)?;
                    if grammar.exprs.matches_nothing(text)? {
                        continue;
                    }
                    grammar.terminal(text)
                }
            });
        }
        Ok(grammar.alt(any))
    }

    /// Whether the schema's values are scalars whose texts are known already, or nearly so.
    fn is_simple(&self, id: super::schema::SchemaId) -> bool {
        let schema = self.schemas.get(id);
        schema.is_types_only() && schema.types.and(Types::CONTAINERS) == Types::NONE
    }
}
