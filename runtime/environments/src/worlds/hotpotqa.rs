//! HotPotQA (Yang et al. 2018): questions whose answers follow from two pages, played as `ReAct` does
//! over documents that never change, with the pages given, or from memory alone.
//!
//! ```text
//! Search[title] ─► beginning of the page, or similar titles
//! Lookup[keyword] ─► its next sentence with the keyword
//! Finish[answer] ─► the end: 1.0 for an exact match, else the F1 of its words
//! ```
//!
//! Task ids are `SPLIT/ID`, with the data set's ids. What ends an episode does not say whether the
//! answer is right: that is the business of a run's feedback.

mod action;
mod documents;
mod error;
mod folding;
mod page;
mod play;
mod question;
mod score;
mod store;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use runtime_core::task::{Difficulty, Task, TaskTraits};

use crate::entry::{Decides, EnvironmentOptions, WorldEntry, WorldOption};
use crate::selection::{TaskSelection, select};
use crate::split::Split;
use crate::world::{Playable, World, WorldError};
use documents::{Documents, MemoryDocuments};
pub use error::HotpotqaError;
use play::QuestionEnvironment;
use question::{Question, SPLITS};
pub use score::{AnswerScore, normalized, score};

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "hotpotqa",
    about: "HotPotQA's questions over documents to search, with their pages, or without any",
    task_ids: "SPLIT/ID",
    prompts: "hotpotqa",
    data: Some("hotpotqa"),
    options: &[PAGES, STORE, OBSERVATION],
    has_expert: false,
    replays: false,
    remembers: false,
    open,
};

/// The option [`HotpotqaOptions::context`].
pub const PAGES: WorldOption = WorldOption {
    name: "pages",
    value: "none|gold|search",
    about: "In hotpotqa, whether the actor answers from memory, is given the pages that the answer \
            follows from, or searches for them [default: search]",
    decides: Decides::Run,
};

/// The option that names a file of documents.
pub const STORE: WorldOption = WorldOption {
    name: "store",
    value: "FILE.jsonl",
    about: "In hotpotqa, the documents to search instead of the questions' own paragraphs: a line \
            has a title, and a text or sentences",
    decides: Decides::Run,
};

/// The option [`HotpotqaOptions::observation_characters`].
pub const OBSERVATION: WorldOption = WorldOption {
    name: "observation-characters",
    value: "NUMBER",
    about: "In hotpotqa, greatest length of an observation, and of each page that is given \
            [default: 800]",
    decides: Decides::Run,
};

/// Options of HotPotQA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HotpotqaOptions {
    /// What the actor answers from.
    pub context: Context,
    /// Greatest number of characters of an observation, at least 40, and of each page that is
    /// given. Four characters are about a token.
    pub observation_characters: usize,
}

impl Default for HotpotqaOptions {
    fn default() -> Self {
        Self { context: Context::Search, observation_characters: 800 }
    }
}

/// What an actor answers from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// What the model knows.
    None,
    /// The pages that the answer follows from, in the first observation.
    Gold,
    /// Documents that it searches.
    Search,
}

impl FromStr for Context {
    type Err = HotpotqaError;

    /// Parses a name, ignoring case.
    fn from_str(name: &str) -> Result<Self, HotpotqaError> {
        match name.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::None),
            "gold" => Ok(Self::Gold),
            "search" => Ok(Self::Search),
            _ => Err(refused(PAGES, name, "none, gold or search")),
        }
    }
}

fn refused(option: WorldOption, found: &str, expected: &'static str) -> HotpotqaError {
    HotpotqaError::Option { option: option.name, found: found.to_owned(), expected }
}

fn open(options: &EnvironmentOptions) -> Result<Box<dyn World>, WorldError> {
    let data = options.data.as_deref().ok_or(WorldError::NoData(ENTRY.name))?;
    let mut own = HotpotqaOptions::default();
    if let Some(context) = options.own(PAGES) {
        own.context = context.parse()?;
    }
    if let Some(found) = options.own(OBSERVATION) {
        let number = found.parse().ok().filter(|&number: &usize| number >= 40);
        let number = number.ok_or_else(|| refused(OBSERVATION, found, "40 or more"))?;
        own.observation_characters = number;
    }
    let store = options.own(STORE).map(PathBuf::from);
    Ok(Box::new(Hotpotqa::open(data, store.as_deref(), own)?))
}

/// HotPotQA's questions in a data folder.
#[derive(Clone, Debug)]
pub struct Hotpotqa {
    shared: Arc<Shared>,
}

/// What all environments share.
#[derive(Debug)]
struct Shared {
    questions: Vec<Question>,
    documents: Box<dyn Documents>,
    options: HotpotqaOptions,
}

impl Shared {
    /// The place of a task's question.
    fn place(&self, id: &str) -> Option<usize> {
        let (split, id) = id.split_once('/')?;
        let is_it = |known: &Question| known.id == id && SPLITS[known.split].0 == split;
        self.questions.iter().position(is_it)
    }
}

impl Hotpotqa {
    /// The questions in a data folder, over the documents of a file, or else over their own
    /// paragraphs.
    pub fn open(
        data: &Path,
        store: Option<&Path>,
        options: HotpotqaOptions,
    ) -> Result<Self, HotpotqaError> {
        let (questions, pages) = question::read(data)?;
        let documents: Box<dyn Documents> = match store {
            // Nothing is searched, so nothing is opened.
            _ if options.context != Context::Search => Box::new(MemoryDocuments::new([])),
            Some(path) => store::open(path)?,
            None => Box::new(MemoryDocuments::new(pages)),
        };
        Ok(Self { shared: Arc::new(Shared { questions, documents, options }) })
    }
}

impl World for Hotpotqa {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn splits(&self) -> Vec<Split> {
        SPLITS.map(|(name, purpose, _)| Split::new(name, purpose)).into()
    }

    fn default_split(&self) -> &'static str {
        "validation"
    }

    /// Six as in `ReAct`; an answer without a search is one step.
    fn default_steps_max(&self, _split: &str) -> u32 {
        if self.shared.options.context == Context::Search { 6 } else { 1 }
    }

    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError> {
        let split = self.split(&selection.split)?.name;
        let questions = &self.shared.questions;
        let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, question) in questions.iter().enumerate() {
            if SPLITS[question.split].0 == split {
                kinds.entry(&question.kind).or_default().push(place);
            }
        }
        let task = |place: usize| Task {
            id: format!("{split}/{}", questions[place].id),
            kind: questions[place].kind.clone(),
            instruction: questions[place].text.clone(),
            seed: selection.seed,
            limits: selection.limits,
        };
        Ok(select(kinds.into_values().collect(), selection).into_iter().map(task).collect())
    }

    fn environment(&self) -> Box<dyn Playable + Send> {
        Box::new(QuestionEnvironment { shared: Arc::clone(&self.shared), episode: None })
    }

    /// The data set's level. `AgentBoard`, whose weights of abilities others have, has no such task.
    fn traits(&self, task: &Task) -> TaskTraits {
        let question = self.shared.place(&task.id).map(|place| &self.shared.questions[place]);
        let difficulty = match question.map(|question| question.level.as_str()) {
            Some("easy") => Some(Difficulty::Easy),
            Some("medium" | "hard") => Some(Difficulty::Hard),
            _ => None,
        };
        TaskTraits { difficulty, abilities: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
