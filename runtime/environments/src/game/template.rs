//! Commands of an action that do not depend on facts.
//!
//! `go to [{r.name | receptacleatlocation(r:receptacle, lend:location)}]` asks
//! for a fact that the action's precondition already implies: one receptacle, `r`. Such a
//! template is a text with names to insert, which makes listing commands cheap.

use super::join::{Alternative, Fact, Term};
use crate::facts::{NOTHING, ObjectId};
use crate::objects::Objects;
use crate::text::symbol::{Each, QueryAtom, Symbol, SymbolItem, ValuePart};

/// A text with names to insert.
pub type Template = Vec<CommandPart>;

/// A part of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandPart {
    /// A literal text.
    Text(String),
    /// The name of the object of this parameter of the action.
    Name(usize),
}

/// The action that a template is simplified for.
pub struct Parameters<'a> {
    /// The placeholder of each parameter.
    pub placeholders: &'a [usize],
    /// The variable of each parameter.
    pub variables: &'a [usize],
    /// The alternatives of the precondition.
    pub alternatives: &'a [Alternative],
}

/// The simplified template; `None` if it depends on facts.
pub fn simplify(symbols: &[Symbol], parameters: &Parameters<'_>) -> Option<Template> {
    let mut pieces = Vec::new();
    for symbol in symbols {
        match symbol {
            Symbol::Text(text) => pieces.push(CommandPart::Text(text.clone())),
            Symbol::Rule(_) => return None,
            Symbol::Each(each) | Symbol::List(each) => pieces.extend(item(each, parameters)?),
        }
    }
    Some(pieces)
}

fn item(each: &Each, parameters: &Parameters<'_>) -> Option<Template> {
    let is_granted = |query: &Vec<QueryAtom>| query.iter().all(|atom| grants(parameters, atom));
    if !each.given.as_ref().is_none_or(is_granted) {
        return None;
    }
    // A name is never empty, so the first sum is said.
    let SymbolItem::Value(sums) = &each.item else {
        return None;
    };
    let piece = |part: &ValuePart| match part {
        ValuePart::Text(text) => Some(CommandPart::Text(text.clone())),
        ValuePart::Article => Some(CommandPart::Text("a".to_owned())),
        ValuePart::Id(_) => None,
        ValuePart::Name(variable) => {
            let mut places = (0..).zip(parameters.variables);
            places.find(|(_, known)| *known == variable).map(|(place, _)| CommandPart::Name(place))
        }
    };
    sums.first()?.iter().map(piece).collect()
}

/// Whether every alternative of the precondition implies the atom.
fn grants(parameters: &Parameters<'_>, atom: &QueryAtom) -> bool {
    let mut terms = [Term::Object(NOTHING); 2];
    for (term, placeholder) in terms.iter_mut().zip(&atom.placeholders) {
        let place = parameters.placeholders.iter().position(|known| known == placeholder);
        *term = place.map_or(Term::Absent, Term::Slot);
    }
    let asked = atom.predicate.map(|predicate| Fact { predicate, terms });
    let asks = |one: &Alternative| asked.is_some_and(|fact| one.conjunction.facts.contains(&fact));
    !atom.denied && !terms.contains(&Term::Absent) && parameters.alternatives.iter().all(asks)
}

/// Appends the command for `arguments`.
pub fn say(template: &Template, arguments: &[ObjectId], objects: &Objects, said: &mut String) {
    for piece in template {
        said.push_str(match piece {
            CommandPart::Text(text) => text,
            CommandPart::Name(place) => &objects.names[usize::from(arguments[*place])],
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::game::play::GameState;
    use crate::game::{Game, Rules};
    use crate::pddl::parse_problem;

    const DOMAIN: &str = "(define (domain d) (:predicates (at ?x - object ?y - object) (seen ?x))
        (:action a :parameters (?x - object ?y - object) :precondition (at ?x ?y) :effect (seen ?x))
        (:action b :parameters (?x - object) :precondition (at ?x ?x) :effect (seen ?x)))";
    const GRAMMAR: &str = r#"grammar :: """{"list_separator": [{"rhs": ","}], "list_last_separator": [{"rhs": ","}]}""";
        action a { template :: "go [{x.name | at(x:object, y:object)}] {'to ' + y.name}"; feedback :: "."; }
        action b { template :: "list [{z.id | at(z:object, y:object)}]"; feedback :: "."; }"#;
    const PROBLEM: &str = "(define (problem p) (:objects m_bar_1 m_bar_2 n_bar_1)
        (:init (at m_bar_1 m_bar_2) (at m_bar_2 n_bar_1) (at n_bar_1 n_bar_1)) (:goal (seen n_bar_1)))";

    #[test]
    fn what_the_precondition_grants_is_not_asked_again() {
        let rules = Arc::new(Rules::parse(DOMAIN, GRAMMAR).unwrap());
        let game = Game::new(rules, &parse_problem(PROBLEM).unwrap(), None).unwrap();

        let granted = game.actions[0].template.clone().unwrap();
        let text = |text: &str| CommandPart::Text(text.to_owned());
        let expected =
            [text("go "), CommandPart::Name(0), text(" "), text("to "), CommandPart::Name(1)];
        assert_eq!(granted, expected);
        // What it does not grant is asked of the facts each time.
        assert!(game.actions[1].template.is_none());
        let commands = GameState::new(Arc::new(game)).admissible().unwrap();
        assert!(commands.contains(&"go m 2 to m 1".to_owned()), "{commands:?}");
        // Only one pair: no other placeholder may stand for what `x` stands for.
        assert!(commands.contains(&"list m_bar_1".to_owned()), "{commands:?}");
    }
}
