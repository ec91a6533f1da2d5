//! What a text game says: TextWorld's grammar files, read once for all games
//! that share one, and told with the facts of a play.

pub mod error;
pub mod document;
pub mod symbol;
pub mod telling;

use std::collections::HashMap;

use serde_json::Value;

pub use error::GrammarError;
use symbol::{Lexicon, Query, Symbol};

/// The rules of a grammar file and how its actions are said.
#[derive(Clone, Debug)]
pub struct Grammar {
    /// Words by number.
    pub lexicon: Lexicon,
    /// By rule number; empty where a rule is used and never defined.
    pub productions: Vec<Vec<Production>>,
    /// By the action's name in lower case.
    pub actions: HashMap<String, ActionSymbols>,
    /// The rule that opens an episode.
    pub intro: usize,
    /// The rule that says what is to be done.
    pub task: usize,
    /// What lists are made with.
    pub list: ListRules,
}

/// Rules that lists are made with.
#[derive(Clone, Copy, Debug)]
pub struct ListRules {
    /// A list without items.
    pub empty: usize,
    /// Between items.
    pub separator: usize,
    /// Before the last of several items.
    pub last_separator: usize,
}

/// One way to say a rule: the first whose condition can be met is taken.
#[derive(Clone, Debug)]
pub struct Production {
    /// Empty where there is none.
    pub condition: Query,
    /// What is said.
    pub symbols: Vec<Symbol>,
}

/// How one action is said.
#[derive(Clone, Debug)]
pub struct ActionSymbols {
    /// What the actor types.
    pub template: Vec<Symbol>,
    /// What the actor reads afterwards.
    pub feedback: Vec<Symbol>,
}

impl Grammar {
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
