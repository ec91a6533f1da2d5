//! The texts of a text game: TextWorld's grammar files, each read once for all games
//! that share it, and evaluated over the facts of an episode.

pub mod error;
pub mod document;
pub mod symbol;
pub mod generation;

use std::collections::HashMap;

use serde_json::Value;

pub use error::GrammarError;
use symbol::{Lexicon, Query, Symbol};

/// A grammar file: the rules and texts of a text game.
#[derive(Clone, Debug)]
pub struct TextGrammar {
    /// The numbers of its names.
    pub lexicon: Lexicon,
    /// Productions by rule number; empty for a rule that is used but not defined.
    pub productions: Vec<Vec<Production>>,
    /// Actions by their name in lower case.
    pub actions: HashMap<String, ActionSymbols>,
    /// The rule of the first observation.
    pub intro: usize,
    /// The rule of the instruction.
    pub task: usize,
    /// The rules for lists.
    pub list: ListRules,
}

/// The rules for lists.
#[derive(Clone, Copy, Debug)]
pub struct ListRules {
    /// A list without items.
    pub empty: usize,
    /// Between items.
    pub separator: usize,
    /// Before the last of several items.
    pub last_separator: usize,
}

/// One alternative of a rule; the first one whose condition holds is used.
#[derive(Clone, Debug)]
pub struct Production {
    /// The condition; empty if there is none.
    pub condition: Query,
    /// The text.
    pub symbols: Vec<Symbol>,
}

/// The texts of one action.
#[derive(Clone, Debug)]
pub struct ActionSymbols {
    /// The command.
    pub template: Vec<Symbol>,
    /// The observation after it.
    pub feedback: Vec<Symbol>,
}

impl TextGrammar {
    /// Reads a grammar file for a domain with `predicates`.
    pub fn parse(text: &str, predicates: &HashMap<String, usize>) -> Result<Self, GrammarError> {
        let document = document::parse(text)?;
        let mut lexicon = Lexicon { predicates: predicates.clone(), ..Lexicon::default() };
        let mut defined = Vec::new();
        for (name, productions) in &document.rules {
            let productions = parse_productions(name, productions, &mut lexicon)?;
            defined.push((lexicon.rule(name), productions));
        }
        let mut actions = HashMap::new();
        for action in document.actions {
            let template = symbol::parse(&action.template, &mut lexicon)?;
            let feedback = symbol::parse(&action.feedback, &mut lexicon)?;
            actions.insert(action.name, ActionSymbols { template, feedback });
        }
        let intro = lexicon.rule("intro");
        let task = lexicon.rule("task");
        let list = ListRules {
            empty: lexicon.rule("list_empty"),
            separator: lexicon.rule("list_separator"),
            last_separator: lexicon.rule("list_last_separator"),
        };
        let mut productions = vec![Vec::new(); lexicon.rules.len()];
        for (rule, read) in defined {
            productions[rule] = read;
        }
        Ok(Self { lexicon, productions, actions, intro, task, list })
    }
}

fn parse_productions(
    name: &str,
    productions: &Value,
    lexicon: &mut Lexicon,
) -> Result<Vec<Production>, GrammarError> {
    let malformed = || GrammarError::Rule(name.to_owned());
    let productions = productions.as_array().ok_or_else(malformed)?;
    productions
        .iter()
        .map(|production| {
            let said = production.get("rhs").and_then(Value::as_str).ok_or_else(malformed)?;
            let condition = production.get("condition").and_then(Value::as_str).unwrap_or_default();
            let condition = match condition {
                "" => Query::new(),
                condition => symbol::parse_query(condition, lexicon)?,
            };
            Ok(Production { condition, symbols: symbol::parse(said, lexicon)? })
        })
        .collect()
}
