//! The domain and the grammar that games share.

use std::collections::HashMap;

use super::error::GameError;
use super::join::PARAMETERS_MAX;
use crate::pddl::{self, ActionSchema, Domain};
use crate::text::TextGrammar;

/// The domain and the grammar that games share.
#[derive(Debug)]
pub struct Rules {
    /// The actions and their meaning.
    pub domain: Domain,
    /// The texts.
    pub grammar: TextGrammar,
    /// Number and arity of each predicate.
    pub(super) predicates: HashMap<String, (usize, usize)>,
}

impl Rules {
    /// Reads a domain and a grammar.
    pub fn parse(domain: &str, grammar: &str) -> Result<Self, GameError> {
        let domain = pddl::parse_domain(domain)?;
        let mut names: Vec<_> = domain.predicates.iter().collect();
        names.sort_unstable();
        let predicates: HashMap<String, (usize, usize)> = names
            .into_iter()
            .enumerate()
            .map(|(number, (name, &arity))| (name.clone(), (number, arity)))
            .collect();
        let numbers =
            predicates.iter().map(|(name, &(number, _))| (name.clone(), number)).collect();
        let mut grammar = TextGrammar::parse(grammar, &numbers)?;
        for action in &domain.actions {
            if !grammar.actions.contains_key(&action.name) {
                return Err(GameError::UnsaidAction(action.name.clone()));
            }
            if action.parameters.len() > PARAMETERS_MAX {
                return Err(GameError::TooManyParameters);
            }
            for parameter in &action.parameters {
                grammar
                    .lexicon
                    .placeholder(parameter.name.trim_start_matches('?'), &parameter.kind);
            }
        }
        Ok(Self { domain, grammar, predicates })
    }

    /// The number of a predicate.
    pub fn predicate(&self, name: &str) -> Option<usize> {
        self.predicates.get(name).map(|&(number, _)| number)
    }

    /// Whether some action changes a predicate.
    pub fn is_changed(&self, predicate: usize) -> bool {
        let changes = |action: &ActionSchema| {
            action
                .effects
                .iter()
                .any(|effect| self.predicate(&effect.atom.predicate) == Some(predicate))
        };
        self.domain.actions.iter().any(changes)
    }
}
