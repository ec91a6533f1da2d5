//! Compiles conditions over names into conjunctions over numbers.
//!
//! A condition becomes alternatives, each a conjunction that includes the variables of
//! `exists`, as in Fast Downward. Parts that cannot be split so (`forall`, negations)
//! become tests.

use std::collections::HashMap;

use super::error::GameError;
use super::join::{Conjunction, Fact, SLOTS_MAX, Term, Test, TypedVariable};
use crate::facts::NOTHING;
use crate::objects::Objects;
use crate::pddl::condition::{Atom, Condition, Effect, Parameter};

/// Greatest number of alternatives of one condition.
const ALTERNATIVES_MAX: usize = 64;

/// One effect of an action: a fact that it changes.
#[derive(Clone, Debug)]
pub struct FactChange {
    /// Variables besides the action's own.
    pub for_all: Vec<TypedVariable>,
    /// The condition, evaluated before the action.
    pub when: Test,
    /// The fact.
    pub fact: Fact,
    /// Whether it becomes true.
    pub adds: bool,
}

/// The numbering of the names of one action or goal.
pub struct Compiler<'a> {
    /// Number and arity of each predicate.
    predicates: &'a HashMap<String, (usize, usize)>,
    objects: &'a Objects,
    /// The variables in scope, innermost last.
    visible: Vec<(String, usize)>,
    slots: usize,
}

impl<'a> Compiler<'a> {
    /// A compiler without variables.
    pub fn new(predicates: &'a HashMap<String, (usize, usize)>, objects: &'a Objects) -> Self {
        Self { predicates, objects, visible: Vec::new(), slots: 0 }
    }

    /// Adds variables to the scope; their numbers continue those before.
    pub fn declare(&mut self, parameters: &[Parameter]) -> Result<Vec<TypedVariable>, GameError> {
        let slots = parameters.iter().map(|parameter| {
            let slot = self.slots;
            if slot == SLOTS_MAX {
                return Err(GameError::TooManyVariables);
            }
            self.slots += 1;
            self.visible.push((parameter.name.clone(), slot));
            Ok(TypedVariable { slot, kind: self.objects.kind(&parameter.kind) })
        });
        slots.collect()
    }

    fn forget(&mut self, slots: &[TypedVariable]) {
        self.visible.truncate(self.visible.len() - slots.len());
    }

    /// The alternatives of a condition.
    pub fn alternatives(&mut self, condition: &Condition) -> Result<Vec<Conjunction>, GameError> {
        let alternatives = match condition {
            Condition::All(parts) => {
                let mut all = vec![Conjunction::default()];
                for part in parts {
                    let part = self.alternatives(part)?;
                    if all.len() * part.len() > ALTERNATIVES_MAX {
                        return Err(GameError::TooManyAlternatives);
                    }
                    all = all
                        .iter()
                        .flat_map(|one| part.iter().map(|other| both(one, other)))
                        .collect();
                }
                all
            }
            Condition::Any(parts) => {
                let mut any = Vec::new();
                for part in parts {
                    any.extend(self.alternatives(part)?);
                }
                any
            }
            Condition::Exists(parameters, part) => {
                let slots = self.declare(parameters)?;
                let mut inner = self.alternatives(part)?;
                self.forget(&slots);
                for one in &mut inner {
                    one.slots.extend(&slots);
                }
                inner
            }
            Condition::Atom(atom) if atom.predicate != "=" => {
                vec![Conjunction { facts: vec![self.fact(atom)?], ..Conjunction::default() }]
            }
            other => vec![Conjunction { tests: vec![self.test(other)?], ..Conjunction::default() }],
        };
        if alternatives.len() > ALTERNATIVES_MAX {
            return Err(GameError::TooManyAlternatives);
        }
        Ok(alternatives)
    }

    fn test(&mut self, condition: &Condition) -> Result<Test, GameError> {
        Ok(match condition {
            Condition::All(parts) => {
                Test::All(parts.iter().map(|part| self.test(part)).collect::<Result<_, _>>()?)
            }
            Condition::Any(parts) => {
                Test::Any(parts.iter().map(|part| self.test(part)).collect::<Result<_, _>>()?)
            }
            Condition::Not(part) => Test::Not(Box::new(self.test(part)?)),
            Condition::Exists(parameters, part) => {
                let slots = self.declare(parameters)?;
                let part = self.test(part)?;
                self.forget(&slots);
                Test::Exists(slots, Box::new(part))
            }
            Condition::ForAll(parameters, part) => {
                let slots = self.declare(parameters)?;
                let part = self.test(part)?;
                self.forget(&slots);
                let counterexample = Test::Exists(slots, Box::new(Test::Not(Box::new(part))));
                Test::Not(Box::new(counterexample))
            }
            Condition::Atom(Atom { predicate, terms }) if predicate == "=" => match &terms[..] {
                [one, other] => Test::Equal(self.term(one)?, self.term(other)?),
                _ => {
                    return Err(GameError::Terms { predicate: "=".to_owned(), found: terms.len() });
                }
            },
            Condition::Atom(atom) => Test::Fact(self.fact(atom)?),
        })
    }

    /// The compiled form of an effect.
    pub fn change(&mut self, effect: &Effect) -> Result<FactChange, GameError> {
        let for_all = self.declare(&effect.for_all)?;
        let change = FactChange {
            when: self.test(&effect.when)?,
            fact: self.fact(&effect.atom)?,
            adds: effect.adds,
            for_all,
        };
        self.forget(&change.for_all);
        Ok(change)
    }

    fn fact(&self, atom: &Atom) -> Result<Fact, GameError> {
        let &(predicate, arity) = self
            .predicates
            .get(&atom.predicate)
            .ok_or_else(|| GameError::UnknownPredicate(atom.predicate.clone()))?;
        if arity != atom.terms.len() {
            let predicate = atom.predicate.clone();
            return Err(GameError::Terms { predicate, found: atom.terms.len() });
        }
        let mut terms = [Term::Object(NOTHING); 2];
        for (term, name) in terms.iter_mut().zip(&atom.terms) {
            *term = self.term(name)?;
        }
        Ok(Fact { predicate, terms })
    }

    fn term(&self, name: &str) -> Result<Term, GameError> {
        if !name.starts_with('?') {
            return Ok(self.objects.number(name).map_or(Term::Absent, Term::Object));
        }
        let seen = self.visible.iter().rev().find(|(visible, _)| visible == name);
        seen.map(|&(_, slot)| Term::Slot(slot))
            .ok_or_else(|| GameError::UnknownVariable(name.to_owned()))
    }
}

fn both(one: &Conjunction, other: &Conjunction) -> Conjunction {
    Conjunction {
        facts: [&one.facts[..], &other.facts].concat(),
        tests: [&one.tests[..], &other.tests].concat(),
        slots: [&one.slots[..], &other.slots].concat(),
    }
}
