//! Worlds of problems whose answers are programs: `HumanEval`, MBPP, Reflexion's lists and one's own,
//! shared by their entries.
//!
//! The first observation is the problem, an action is an answer with a program in it. After each the
//! shown tests are made, whose results are the observation and the progress; when they hold, or the
//! turns are used up, the hidden tests are made once, of the last program. They decide the return,
//! and nothing else is told of them, unless they are the shown ones.

mod play;
mod shown;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use runtime_core::task::Task;

use super::mathematics::{SOLUTION_TOKENS, TURNS, number};
use crate::entry::{Decides, EnvironmentOptions, WorldOption};
use crate::programs::internal::InternalTests;
use crate::programs::problem::{self, Problem};
use crate::rows::{RowError, RowFile};
use crate::selection::{TaskSelection, select};
use crate::split::{Purpose, Split};
use crate::world::{Playable, World, WorldError};
use play::Programming as Playing;
pub use shown::ShownTests;

/// Which tests the agent is told the results of.
pub const SHOWN_TESTS: WorldOption = WorldOption {
    name: "shown-tests",
    value: "none|examples|internal|hidden",
    about: "Tests whose results the agent is told in humaneval, mbpp, reflexion-programs and \
            programs: those that stand as examples in the problem, those that a model proposed \
            (--internal-tests), or the hidden ones, which is an oracle [default: examples]",
    decides: Decides::Run,
};

/// The file of internal tests.
pub const INTERNAL_TESTS: WorldOption = WorldOption {
    name: "internal-tests",
    value: "FILE.jsonl",
    about: "Tests that a model proposed for --shown-tests internal: a file of `rebound tests propose`",
    decides: Decides::Run,
};

/// What a problem's text tells of its tests.
pub const PROMPT_TESTS: WorldOption = WorldOption {
    name: "prompt-tests",
    value: "none|first",
    about: "What problems in MBPP's form tell of their hidden tests: none, or the first assertion, \
            which is then an example, too [default: none]",
    decides: Decides::Run,
};

/// The file of one's own problems.
pub const PROBLEMS: WorldOption = WorldOption {
    name: "problems",
    value: "FILE.jsonl",
    about: "Your problems for the world programs, as JSON lines in the form of HumanEval, MBPP or \
            MultiPL-E",
    decides: Decides::Run,
};

/// The options of all of these worlds.
pub(super) const OPTIONS: &[WorldOption] = &[SHOWN_TESTS, INTERNAL_TESTS, TURNS, SOLUTION_TOKENS];
/// Those of MBPP.
pub(super) const OPTIONS_MBPP: &[WorldOption] =
    &[SHOWN_TESTS, INTERNAL_TESTS, PROMPT_TESTS, TURNS, SOLUTION_TOKENS];
/// The options of one's own problems.
pub(super) const OPTIONS_OWN: &[WorldOption] =
    &[PROBLEMS, SHOWN_TESTS, INTERNAL_TESTS, PROMPT_TESTS, TURNS, SOLUTION_TOKENS];
/// Default of [`SOLUTION_TOKENS`].
const ANSWER_TOKENS: u32 = 512;
const PURPOSES: [(&str, Purpose); 3] =
    [("train", Purpose::Train), ("validation", Purpose::Validation), ("test", Purpose::Test)];

/// What these worlds differ in.
#[derive(Debug)]
pub struct ProgramLists {
    /// The name of the world.
    pub name: &'static str,
    /// The lists of problems: what their splits' names begin with, and their files; of one's own
    /// problems there is none.
    pub lists: &'static [(&'static str, RowFile)],
    /// The splits.
    pub splits: &'static [(&'static str, Purpose)],
    /// The default split.
    pub default_split: &'static str,
}

/// A world of problems whose answers are programs.
#[derive(Clone, Debug)]
pub struct ProgramWorld {
    collection: &'static ProgramLists,
    files: Vec<(&'static str, Source)>,
    turns: u32,
    answer_tokens: u32,
    shown: ShownTests,
    /// Whether problems' texts keep the hidden test that they may show.
    shows_example: bool,
    /// The problems by their task's id, in the order of their files, once they were read.
    problems: Arc<OnceLock<Vec<(String, Problem)>>>,
    /// The file of internal tests, where they are shown.
    internal_file: Option<PathBuf>,
    /// What is in it, once it was read.
    internal: Arc<OnceLock<InternalTests>>,
}

#[derive(Clone, Debug)]
enum Source {
    Set(RowFile, PathBuf),
    Own(PathBuf),
}

/// Why one's own problems cannot be opened.
#[derive(Debug, thiserror::Error)]
enum ProgramWorldError {
    #[error("--problems names the file of your problems; none was given")]
    NoProblems,
    #[error("--shown-tests is {0:?}, expected none, examples, internal or hidden")]
    ShownTests(String),
    #[error("--prompt-tests is {0:?}, expected none or first")]
    PromptTests(String),
    #[error(
        "--shown-tests internal and --internal-tests FILE go together: the one says that a model's \
         tests are shown, the other which they are"
    )]
    InternalTests,
}

impl ProgramWorld {
    /// The world over a data folder. Nothing is read yet.
    pub fn open(
        collection: &'static ProgramLists,
        options: &EnvironmentOptions,
    ) -> Result<Self, WorldError> {
        let own = |error| WorldError::Own(Box::new(error));
        let files = if collection.lists.is_empty() {
            let path = options.own(PROBLEMS).ok_or_else(|| own(ProgramWorldError::NoProblems))?;
            vec![("", Source::Own(path.into()))]
        } else {
            let data = options.data.as_deref().ok_or(WorldError::NoData(collection.name))?;
            let source = |file| Source::Set(file, data.to_owned());
            collection.lists.iter().map(|(list, file)| (*list, source(*file))).collect()
        };
        let shown = options.own(SHOWN_TESTS).map_or(Some(ShownTests::Examples), ShownTests::named);
        let wrong = || options.own(SHOWN_TESTS).unwrap_or_default().to_owned();
        let shown = shown.ok_or_else(|| own(ProgramWorldError::ShownTests(wrong())))?;
        let internal_file = options.own(INTERNAL_TESTS).map(PathBuf::from);
        if (shown == ShownTests::Internal) != internal_file.is_some() {
            return Err(own(ProgramWorldError::InternalTests));
        }
        let shows_example = match options.own(PROMPT_TESTS) {
            None | Some("none") => false,
            Some("first") => true,
            Some(other) => return Err(own(ProgramWorldError::PromptTests(other.to_owned()))),
        };
        Ok(Self {
            collection,
            files,
            turns: number(options, TURNS, (1, 1))?,
            answer_tokens: number(options, SOLUTION_TOKENS, (1, ANSWER_TOKENS))?,
            shown,
            shows_example,
            problems: Arc::default(),
            internal_file,
            internal: Arc::default(),
        })
    }

    /// The problem of a task id; `None` if there is no such problem.
    pub fn problem(&self, id: &str) -> Result<Option<&Problem>, RowError> {
        let found = self.problems()?.iter().find(|(task, _)| task == id);
        Ok(found.map(|(_, problem)| problem))
    }

    /// The tests that a model proposed for a problem; none where they are not shown. Their file is
    /// read once.
    pub fn internal_tests(&self, id: &str) -> Result<&[String], RowError> {
        let Some(file) = &self.internal_file else { return Ok(&[]) };
        let found = if let Some(found) = self.internal.get() {
            found
        } else {
            let read = InternalTests::read(file, self.problems()?)?;
            self.internal.get_or_init(|| read)
        };
        Ok(found.of(id).unwrap_or_default())
    }

    /// All problems that have a purpose, by their task's id. They are read once.
    pub fn problems(&self) -> Result<&[(String, Problem)], RowError> {
        if let Some(problems) = self.problems.get() {
            return Ok(problems);
        }
        let mut all = Vec::new();
        for (list, source) in &self.files {
            let path = match source {
                Source::Set(file, data) => file.find(data)?,
                Source::Own(path) => path.clone(),
            };
            for mut problem in problem::read(&path)? {
                problem.example = problem.example.filter(|_| self.shows_example);
                let purpose =
                    PURPOSES.iter().find(|(_, purpose)| Some(*purpose) == problem.purpose);
                let Some((purpose, _)) = purpose else { continue };
                let list = if list.is_empty() { String::new() } else { format!("{list}/") };
                all.push((format!("{list}{purpose}/{}", problem.id), problem));
            }
        }
        Ok(self.problems.get_or_init(|| all))
    }
}

impl World for ProgramWorld {
    fn name(&self) -> &'static str {
        self.collection.name
    }

    fn splits(&self) -> Vec<Split> {
        self.collection.splits.iter().map(|(name, purpose)| Split::new(*name, *purpose)).collect()
    }

    fn default_split(&self) -> &str {
        self.collection.default_split
    }

    fn default_steps_max(&self, _split: &str) -> u32 {
        self.turns
    }

    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError> {
        let split = format!("{}/", self.split(&selection.split)?.name);
        let problems = self.problems()?;
        // What is wrong with their file is told before anything is played.
        self.internal_tests("")?;
        let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, (id, problem)) in problems.iter().enumerate() {
            if id.starts_with(&split) {
                kinds.entry(problem.language.name()).or_default().push(place);
            }
        }
        let task = |place: usize| Task {
            id: problems[place].0.clone(),
            kind: problems[place].1.language.name().to_owned(),
            // The first observation states it.
            instruction: String::new(),
            seed: selection.seed,
            limits: selection.limits,
        };
        Ok(select(kinds.into_values().collect(), selection).into_iter().map(task).collect())
    }

    fn environment(&self) -> Box<dyn Playable + Send> {
        Box::new(Playing::new(self.clone()))
    }
}

#[cfg(test)]
mod tests;
