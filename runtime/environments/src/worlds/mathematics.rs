//! Worlds of problems with a final answer: GSM8K and MATH, shared by their entries.
//!
//! The first observation is the problem, an action is a worked solution of several lines that ends
//! in the final answer. One that is right earns 1.0 and ends the episode. After one that is not the
//! world says so, as long as [`TURNS`] leaves another; which answer is right it never says.

mod play;
mod problem;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use runtime_core::task::{Task, TaskTraits};

use crate::entry::{Decides, EnvironmentOptions, WorldOption};
use crate::rows::{Row, RowError, RowFile};
use crate::selection::{TaskSelection, select};
use crate::split::{Purpose, Split};
use crate::world::{Playable, World, WorldError};
use play::Solving;
pub use problem::Problem;

/// How many solutions an episode takes.
pub const TURNS: WorldOption = WorldOption {
    name: "turns",
    value: "NUMBER",
    about: "Solutions that an episode takes in gsm8k and math, and programs in worlds of programs: \
            after a wrong one the environment says so, and another may be tried [default: 1]",
    decides: Decides::Run,
};

/// How many calculations an episode answers.
pub const CALCULATIONS: WorldOption = WorldOption {
    name: "calculations",
    value: "NUMBER",
    about: "Calculations that an episode answers in gsm8k and math, asked for by \
            `Calculate[12*3]` or `<<12*3>>` instead of a solution [default: 0]",
    decides: Decides::Run,
};

/// How long a solution may be.
pub const SOLUTION_TOKENS: WorldOption = WorldOption {
    name: "solution-tokens",
    value: "NUMBER",
    about: "Greatest number of tokens of a solution in gsm8k and math, and of an answer in worlds of \
            programs [default: 320 in gsm8k, 512 elsewhere]",
    decides: Decides::Run,
};

/// The options of both worlds.
pub(super) const OPTIONS: &[WorldOption] = &[TURNS, CALCULATIONS, SOLUTION_TOKENS];

/// Of so many problems to train on one is for validation: the first of each group of this length.
const VALIDATION_STRIDE: usize = 15;
/// Greatest value of an option.
const OPTION_MAX: u32 = 4096;

/// What GSM8K and MATH differ in.
#[derive(Debug)]
pub struct Subject {
    /// The name of the world.
    pub name: &'static str,
    /// The problems to train on and to validate with.
    pub train: RowFile,
    /// The problems to test with.
    pub test: RowFile,
    /// Default of [`SOLUTION_TOKENS`].
    pub solution_tokens: u32,
    /// How a solution ends, for those that do not.
    pub ending: &'static str,
    /// Reads a problem from its row, without its id.
    pub read: fn(&Row<'_>) -> Result<Problem, RowError>,
    /// Whether a final answer is right: given, expected.
    pub equal: fn(&str, &str) -> bool,
}

/// Limits of an episode.
#[derive(Clone, Copy, Debug)]
pub struct EpisodeLimits {
    /// Number of solutions, at least 1.
    pub turns: u32,
    /// Number of calculations.
    pub calculations: u32,
    /// Greatest number of tokens of a solution.
    pub solution_tokens: u32,
}

/// A world of problems with a final answer.
#[derive(Clone, Debug)]
pub struct Mathematics {
    subject: &'static Subject,
    data: PathBuf,
    limits: EpisodeLimits,
    /// The file to train on and the file to test with, once they were read.
    files: Arc<[OnceLock<Vec<Problem>>; 2]>,
}

/// Why an option's value cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("--{option} is {value:?}, expected a whole number from {least} to {OPTION_MAX}")]
struct OptionError {
    option: &'static str,
    value: String,
    least: u32,
}

impl Mathematics {
    /// The world over a data folder. Nothing is read yet.
    pub fn open(
        subject: &'static Subject,
        options: &EnvironmentOptions,
    ) -> Result<Self, WorldError> {
        let data = options.data.as_deref().ok_or(WorldError::NoData(subject.name))?;
        let limits = EpisodeLimits {
            turns: number(options, TURNS, (1, 1))?,
            calculations: number(options, CALCULATIONS, (0, 0))?,
            solution_tokens: number(options, SOLUTION_TOKENS, (1, subject.solution_tokens))?,
        };
        Ok(Self::new(subject, data, limits))
    }

    /// The world over a data folder, with these limits.
    pub fn new(subject: &'static Subject, data: &Path, limits: EpisodeLimits) -> Self {
        Self { subject, data: data.to_owned(), limits, files: Arc::default() }
    }

    /// The problems of a split, with their gold solutions, in the order of their file.
    pub fn problems(&self, split: &str) -> Result<Vec<&Problem>, WorldError> {
        let split = self.split(split)?.name;
        let file = self.file(split == "test")?;
        let is_in = |problem: &&Problem| problem.id.starts_with(&format!("{split}/"));
        Ok(file.iter().filter(is_in).collect())
    }

    /// The problem of a task id; `None` if there is no such problem.
    pub fn problem(&self, id: &str) -> Result<Option<&Problem>, RowError> {
        let Some((split, place)) = id.split_once('/') else { return Ok(None) };
        let Ok(place) = place.parse::<usize>() else { return Ok(None) };
        let file = self.file(split == "test")?;
        Ok(file.get(place).filter(|problem| problem.id == id))
    }

    /// Whether a solution of a problem ends in the right answer.
    pub fn is_right(&self, problem: &Problem, solution: &str) -> bool {
        self.subject.is_right(problem, solution)
    }

    /// The problems of a file: the one to test with, or the one to train on. It is read once.
    fn file(&self, is_test: bool) -> Result<&[Problem], RowError> {
        let kept = &self.files[usize::from(is_test)];
        if let Some(problems) = kept.get() {
            return Ok(problems);
        }
        let file = if is_test { self.subject.test } else { self.subject.train };
        let mut place = 0;
        let problems = file.read(&self.data, |row| {
            let split = match place % VALIDATION_STRIDE {
                _ if is_test => "test",
                0 => "validation",
                _ => "train",
            };
            let id = format!("{split}/{place}");
            place += 1;
            Ok(Problem { id, ..(self.subject.read)(&row)? })
        })?;
        Ok(kept.get_or_init(|| problems))
    }
}

impl Subject {
    /// Whether a solution of a problem ends in the right answer.
    pub fn is_right(&self, problem: &Problem, solution: &str) -> bool {
        let answer = crate::answer::extract::final_answer(solution);
        answer.is_some_and(|answer| (self.equal)(answer, &problem.answer))
    }
}

/// The value of an option, of which the least and the usual one are given.
pub(super) fn number(
    options: &EnvironmentOptions,
    option: WorldOption,
    (least, usual): (u32, u32),
) -> Result<u32, WorldError> {
    let Some(value) = options.own(option) else { return Ok(usual) };
    let number = value.parse().ok().filter(|number| (least..=OPTION_MAX).contains(number));
    number.ok_or_else(|| {
        let (option, value) = (option.name, value.to_owned());
        WorldError::Own(Box::new(OptionError { option, value, least }))
    })
}

impl World for Mathematics {
    fn name(&self) -> &'static str {
        self.subject.name
    }

    fn splits(&self) -> Vec<Split> {
        vec![
            Split::new("train", Purpose::Train),
            Split::new("validation", Purpose::Validation),
            Split::new("test", Purpose::Test),
        ]
    }

    fn default_split(&self) -> &'static str {
        "validation"
    }

    fn default_steps_max(&self, _split: &str) -> u32 {
        self.limits.turns + self.limits.calculations
    }

    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError> {
        let problems = self.problems(&selection.split)?;
        let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, problem) in problems.iter().enumerate() {
            kinds.entry(&problem.kind).or_default().push(place);
        }
        let places = select(kinds.into_values().collect(), selection);
        let task = |place: usize| Task {
            id: problems[place].id.clone(),
            kind: problems[place].kind.clone(),
            // The first observation states it.
            instruction: String::new(),
            seed: selection.seed,
            limits: selection.limits,
        };
        Ok(places.into_iter().map(task).collect())
    }

    fn environment(&self) -> Box<dyn Playable + Send> {
        Box::new(Solving::new(self.clone()))
    }

    fn traits(&self, task: &Task) -> TaskTraits {
        let problem = self.problem(&task.id).ok().flatten();
        TaskTraits {
            difficulty: problem.and_then(|problem| problem.difficulty),
            abilities: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
