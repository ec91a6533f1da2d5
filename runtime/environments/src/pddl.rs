//! Reads the part of PDDL that text games need: typed objects, predicates over up to two
//! of them, actions with quantified and conditional effects. The semantics are in
//! `game`.

pub mod sexpr;
pub mod error;
pub mod condition;

use std::collections::HashMap;

use condition::{
    Atom, Condition, Effect, Parameter, parse_atom, parse_condition, parse_effect, parse_typed_list,
};
pub use error::{ARITY_MAX, PddlError};
use sexpr::Sexpr;

/// A PDDL domain, which many games share.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Each type's parent; `object` is the root and its own parent.
    pub kinds: HashMap<String, String>,
    /// Objects that every problem has.
    pub constants: Vec<Parameter>,
    /// Each predicate's number of terms.
    pub predicates: HashMap<String, usize>,
    /// The actions, in the order of the text.
    pub actions: Vec<ActionSchema>,
}

/// An action schema with variables.
#[derive(Clone, Debug)]
pub struct ActionSchema {
    /// The name, in lower case.
    pub name: String,
    /// The parameters.
    pub parameters: Vec<Parameter>,
    /// The precondition.
    pub precondition: Condition,
    /// The effects.
    pub effects: Vec<Effect>,
}

/// A PDDL problem: objects, initial facts and goal of one game.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The objects, without the domain's constants.
    pub objects: Vec<Parameter>,
    /// The initial facts.
    pub facts: Vec<Atom>,
    /// The goal.
    pub goal: Condition,
}

/// Reads a domain.
pub fn parse_domain(text: &str) -> Result<Domain, PddlError> {
    let text = text.to_ascii_lowercase();
    let whole = sexpr::parse(&text)?;
    let mut domain = Domain {
        kinds: HashMap::from([("object".to_owned(), "object".to_owned())]),
        constants: Vec::new(),
        predicates: HashMap::new(),
        actions: Vec::new(),
    };
    for section in sections(&whole)? {
        match section.form() {
            Some((":types", items)) => {
                for kind in parse_typed_list(items)? {
                    domain.kinds.entry(kind.name).or_insert(kind.kind);
                }
            }
            Some((":constants", items)) => domain.constants = parse_typed_list(items)?,
            Some((":predicates", items)) => {
                for item in items {
                    let (name, terms) =
                        item.form().ok_or_else(|| PddlError::form("a predicate", item))?;
                    let arity = parse_typed_list(terms)?.len();
                    if arity > ARITY_MAX {
                        return Err(PddlError::Arity { predicate: name.to_owned(), arity });
                    }
                    domain.predicates.insert(name.to_owned(), arity);
                }
            }
            Some((":action", items)) => domain.actions.push(parse_action(section, items)?),
            Some((":requirements" | ":functions" | "domain", _)) => {}
            _ => return Err(PddlError::form("a section of a domain", section)),
        }
    }
    Ok(domain)
}

/// Reads a problem.
pub fn parse_problem(text: &str) -> Result<Problem, PddlError> {
    let text = text.to_ascii_lowercase();
    let whole = sexpr::parse(&text)?;
    let mut objects = Vec::new();
    let mut facts = Vec::new();
    let mut goal = None;
    for section in sections(&whole)? {
        match section.form() {
            Some((":objects", items)) => objects = parse_typed_list(items)?,
            Some((":init", items)) => {
                // An equality sets a number, which the games do not use.
                let known =
                    items.iter().filter(|item| item.form().is_none_or(|(head, _)| head != "="));
                facts = known.map(parse_atom).collect::<Result<_, _>>()?;
            }
            Some((":goal", [condition])) => goal = Some(parse_condition(condition)?),
            Some((":domain" | ":requirements" | ":metric" | "problem", _)) => {}
            _ => return Err(PddlError::form("a section of a problem", section)),
        }
    }
    let goal = goal.ok_or_else(|| PddlError::form("a section (:goal …)", &Sexpr::Word("none")))?;
    Ok(Problem { objects, facts, goal })
}

fn sections<'s, 'a>(whole: &'s Sexpr<'a>) -> Result<&'s [Sexpr<'a>], PddlError> {
    match whole.form() {
        Some(("define", sections)) => Ok(sections),
        _ => Err(PddlError::form("(define …)", whole)),
    }
}

fn parse_action(section: &Sexpr<'_>, items: &[Sexpr<'_>]) -> Result<ActionSchema, PddlError> {
    let (name, fields) = items
        .split_first()
        .and_then(|(name, fields)| Some((name.word()?, fields)))
        .ok_or_else(|| PddlError::form("an action's name", section))?;
    let mut action = ActionSchema {
        name: name.to_owned(),
        parameters: Vec::new(),
        precondition: Condition::All(Vec::new()),
        effects: Vec::new(),
    };
    for field in fields.chunks(2) {
        match field {
            [Sexpr::Word(":parameters"), Sexpr::List(items)] => {
                action.parameters = parse_typed_list(items)?;
            }
            [Sexpr::Word(":precondition"), condition] => {
                action.precondition = parse_condition(condition)?;
            }
            [Sexpr::Word(":effect"), effect] => {
                let always = Condition::All(Vec::new());
                parse_effect(effect, &[], &always, &mut action.effects)?;
            }
            _ => return Err(PddlError::form("a field of an action", section)),
        }
    }
    Ok(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_read_with_its_quantifiers() {
        let domain = parse_domain(
            "(define (domain d) (:types a b - c) (:predicates (P ?x) (q ?x ?y - a))
             (:action Go :parameters (?x - a ?y) :precondition (and (p ?x) (or (q ?x ?y)
               (exists (?z - b) (not (q ?z ?x)))))
              :effect (and (forall (?z) (when (p ?z) (not (q ?x ?z)))) (p ?y) (increase (cost) 1))))",
        )
        .unwrap();

        assert_eq!(domain.kinds["b"], "c");
        assert_eq!(domain.predicates["q"], 2);
        let action = &domain.actions[0];
        assert_eq!(action.name, "go");
        assert_eq!(action.parameters[1].kind, "object");
        assert_eq!(action.effects.len(), 2);
        assert_eq!(action.effects[0].for_all[0].name, "?z");
        assert!(action.effects[1].adds);
    }

    #[test]
    fn what_cannot_be_played_is_refused_by_name() {
        let wide = parse_domain("(define (domain d) (:predicates (p ?x ?y ?z)))").unwrap_err();
        assert!(wide.to_string().contains("takes 3 terms"), "{wide}");
        let goalless = parse_problem("(define (problem p) (:init))").unwrap_err();
        assert!(goalless.to_string().contains("goal"), "{goalless}");
        assert!(parse_problem("(define (:objects a -) (:goal ()))").is_err());
    }
}
