//! Reads `game.tw-pddl`: JSON with domain, grammar, problem and walkthrough.
//!
//! All of ALFWorld's games share one domain, and one grammar except for the line with the
//! task. That line is cut out, so that the rest is parsed only once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde::Deserialize;

use crate::game::{Game, GameError, Rules};
use crate::pddl::parse_problem;

/// The text before the line with the task in the grammar.
const TASK_START: &str = "\"rhs\": \"Your task is to: ";
/// The beginning of that line.
const TASK_LINE: &str = "Your task is to: ";
/// Greatest number of cached grammars and domains; a release has one of each.
const RULES_MAX: usize = 8;

/// A game file, as written.
#[derive(Clone, Debug, Deserialize)]
pub struct GameFile {
    /// The PDDL domain.
    pub pddl_domain: String,
    /// The TextWorld grammar.
    pub grammar: String,
    /// The PDDL problem.
    pub pddl_problem: String,
    /// Commands that win.
    #[serde(default)]
    pub walkthrough: Vec<String>,
}

/// Why a game file cannot be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GameFileError {
    /// Not the JSON that was expected.
    #[error("JSON with pddl_domain, grammar and pddl_problem was expected, {0}")]
    Json(#[from] serde_json::Error),
    /// The JSON does not describe a game.
    #[error(transparent)]
    Game(#[from] GameError),
}

/// A cache of parsed rules by their text.
#[derive(Debug, Default)]
pub struct RulesCache {
    known: Mutex<HashMap<(String, String), Arc<Rules>>>,
}

/// Reads the JSON of a game file.
pub fn parse(bytes: &[u8]) -> Result<GameFile, GameFileError> {
    Ok(serde_json::from_slice(bytes)?)
}

impl GameFile {
    /// The instruction, without `Your task is to:` and the full stop.
    pub fn instruction(&self) -> String {
        let line = split_task(&self.grammar).map_or("", |(_, line, _)| line);
        let task = line.strip_prefix(TASK_LINE).unwrap_or(line).trim();
        task.strip_suffix('.').unwrap_or(task).to_owned()
    }

    /// Compiles the game with the rules of `cache`.
    pub fn compile(&self, cache: &RulesCache) -> Result<Game, GameFileError> {
        let problem = parse_problem(&self.pddl_problem).map_err(GameError::from)?;
        let (grammar, task) = match split_task(&self.grammar) {
            Some((before, line, after)) => (format!("{before}{after}"), Some(line.to_owned())),
            None => (self.grammar.clone(), None),
        };
        let rules = cache.rules(&self.pddl_domain, grammar)?;
        Ok(Game::new(rules, &problem, task)?)
    }
}

/// The grammar before the task's line, the line and the grammar after it.
/// `None` if the line is not plain text.
fn split_task(grammar: &str) -> Option<(&str, &str, &str)> {
    let start = grammar.find(TASK_START)? + TASK_START.len() - TASK_LINE.len();
    let length = grammar[start..].find('"')?;
    let line = &grammar[start..start + length];
    let is_plain = !line.contains(['\\', ';', '|', '<', '>', '[', ']', '#', '{', '}', '\n']);
    is_plain.then(|| (&grammar[..start], line, &grammar[start + length..]))
}

impl RulesCache {
    fn rules(&self, domain: &str, grammar: String) -> Result<Arc<Rules>, GameError> {
        let key = (domain.to_owned(), grammar);
        let lock = || self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(rules) = lock().get(&key) {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new(Rules::parse(&key.0, &key.1)?);
        let mut known = lock();
        if known.len() == RULES_MAX {
            known.clear();
        }
        known.insert(key, Arc::clone(&rules));
        Ok(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GRAMMAR: &str = r#"grammar :: """{"task": [{"rhs": "Your task is to: nap."}]}""";"#;

    #[test]
    fn the_line_of_the_task_is_cut_out() {
        let file = GameFile {
            pddl_domain: "(define (domain d))".to_owned(),
            grammar: GRAMMAR.to_owned(),
            pddl_problem: "(define (problem p) (:goal ()))".to_owned(),
            walkthrough: Vec::new(),
        };
        let cache = RulesCache::default();

        let game = file.compile(&cache).unwrap();
        let other = GameFile { grammar: GRAMMAR.replace("nap", "rest"), ..file.clone() };
        let other = other.compile(&cache).unwrap();

        assert_eq!(file.instruction(), "nap");
        assert_eq!(game.task.as_deref(), Some("Your task is to: nap."));
        assert!(Arc::ptr_eq(&game.rules, &other.rules));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            domain in "[ -~\n]{0,80}",
            grammar in "[ -~\n]{0,80}",
            problem in "(\\(define \\(problem p\\)|)[ -~\n]{0,80}",
        ) {
            let _ = parse(&bytes);
            let file = GameFile {
                pddl_domain: domain,
                grammar,
                pddl_problem: problem,
                walkthrough: Vec::new(),
            };
            let _ = file.compile(&RulesCache::default());
        }
    }
}
