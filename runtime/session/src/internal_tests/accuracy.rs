//! What internal tests say of the programs of stored runs, beside what the hidden tests said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use runtime_core::history::{FinishedTrial, RunHistory};
use runtime_core::strategy::Judge;
use runtime_environments::programs::answer;
use runtime_environments::programs::judge::{ProgramJudge, ProgramLimits};
use runtime_environments::programs::problem::Problem;
use runtime_environments::worlds::programming::{INTERNAL_TESTS, ProgramWorld, SHOWN_TESTS};
use runtime_evaluation::test_accuracy::{self, TestAccuracy, TestVerdicts};
use runtime_sandbox::Strength;
use runtime_store::run_folder::RunFolder;
use runtime_store::trial_log::read_log;
use serde::Serialize;
use toml::Value;

use crate::options::{RunOptions, file};
use crate::programs::world;

/// The value of `--shown-tests` where internal tests are shown.
const INTERNAL: &str = "internal";

/// Whose programs are held against which internal tests.
#[derive(Clone, Debug)]
pub struct AccuracyRequest {
    /// Folders of runs.
    pub runs: Vec<PathBuf>,
    /// The internal tests; `None` for those that each run was played with.
    pub internal_tests: Option<PathBuf>,
    /// The folder with data sets, where it is another one than the runs'.
    pub data: Option<PathBuf>,
}

/// How well internal tests did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Accuracy {
    /// The programs by language; each program of a problem counts once.
    pub languages: Vec<TestAccuracy>,
    /// Number of trials that do not count, since their problem has no internal tests.
    pub without_tests: u64,
    /// Number of trials that do not count, since they have no program or the world broke them.
    pub without_program: u64,
    /// Number of trials whose program another one had before.
    pub repeats: u64,
}

impl Accuracy {
    /// The table and the counts, as lines of text.
    pub fn text(&self) -> String {
        let Self { languages, without_tests, without_program, repeats } = self;
        let table = test_accuracy::text(languages);
        format!(
            "{table}\nTrials that do not count: {repeats} with a program that counts already, \
             {without_tests} of problems without internal tests, {without_program} without a program.\n"
        )
    }
}

/// Holds internal tests against the hidden ones, on the programs of these runs.
///
/// Where a run was played with these tests, its records tell; else the programs are run again.
pub fn accuracy(request: &AccuracyRequest) -> anyhow::Result<Accuracy> {
    let mut counting = Counting::default();
    for run in &request.runs {
        let counted = count_run(run, request, &mut counting);
        counted.with_context(|| format!("in the run {}", run.display()))?;
    }
    let Counting { verdicts, mut accuracy, .. } = counting;
    let languages = verdicts.iter().map(|(language, all)| TestAccuracy::new(language, all));
    accuracy.languages = languages.collect();
    Ok(accuracy)
}

#[derive(Default)]
struct Counting {
    /// The programs that were counted, by their problem.
    seen: BTreeSet<(String, String)>,
    verdicts: BTreeMap<&'static str, Vec<TestVerdicts>>,
    accuracy: Accuracy,
}

fn count_run(run: &Path, request: &AccuracyRequest, counting: &mut Counting) -> anyhow::Result<()> {
    let folder = RunFolder::new(run);
    ensure!(folder.config().exists(), "there is no run.toml");
    let stored = file::read_stored(&folder.config())?.options;
    let (options, is_played) = with_internal(stored, request)?;
    let world = world(&options)?;
    let mut judge = ProgramJudge::new(ProgramLimits::default(), Strength::Full);
    for arm in folder.arms() {
        let history = read_log(&folder.trial_log(arm))?.history;
        let mut again =
            |problem: &Problem, program: &str, tests: &[String]| -> anyhow::Result<bool> {
                let tests = problem.language.tests(tests);
                Ok(judge.judge_by(problem, program, &tests)?.passed())
            };
        let rejudge: Option<&mut Rejudge<'_>> = if is_played { None } else { Some(&mut again) };
        count_arm(&history, &world, rejudge, counting)?;
    }
    Ok(())
}

/// The options of a stored run with internal tests, and whether it was played with them.
fn with_internal(
    stored: toml::Table,
    request: &AccuracyRequest,
) -> anyhow::Result<(RunOptions, bool)> {
    let mut table = stored;
    let shown = table.get(SHOWN_TESTS.name).and_then(Value::as_str) == Some(INTERNAL);
    if let Some(data) = &request.data {
        table.insert("data".into(), data.display().to_string().into());
    }
    if let Some(file) = &request.internal_tests {
        table.insert(INTERNAL_TESTS.name.into(), file.display().to_string().into());
        table.insert(SHOWN_TESTS.name.into(), INTERNAL.into());
    }
    let is_played = shown && request.internal_tests.is_none();
    ensure!(
        shown || request.internal_tests.is_some(),
        "it was played without internal tests; --internal-tests names them"
    );
    Ok((table.try_into()?, is_played))
}

/// Whether all of these internal tests hold for a program.
type Rejudge<'a> = dyn FnMut(&Problem, &str, &[String]) -> anyhow::Result<bool> + 'a;

fn count_arm(
    history: &RunHistory,
    world: &ProgramWorld,
    mut rejudge: Option<&mut Rejudge<'_>>,
    counting: &mut Counting,
) -> anyhow::Result<()> {
    for (task, played) in history.run.tasks.iter().zip(&history.tasks) {
        let problem = world.problem(&task.id)?;
        let problem = problem.with_context(|| format!("there is no problem {}", task.id))?;
        let tests = world.internal_tests(&task.id)?;
        let accuracy = &mut counting.accuracy;
        if tests.is_empty() {
            accuracy.without_tests += played.trials.len() as u64;
            continue;
        }
        for trial in &played.trials {
            let Some(program) = program(problem, trial) else {
                accuracy.without_program += 1;
                continue;
            };
            if !counting.seen.insert((task.id.clone(), program.clone())) {
                accuracy.repeats += 1;
                continue;
            }
            let internal = match &mut rejudge {
                Some(rejudge) => rejudge(problem, &program, tests)?,
                None => trial.passed(Judge::Progress) == Some(true),
            };
            let verdicts = counting.verdicts.entry(problem.language.name()).or_default();
            verdicts.push(TestVerdicts { internal, hidden: trial.trajectory.succeeded() });
        }
    }
    Ok(())
}

/// The program that decided a trial's return.
fn program(problem: &Problem, trial: &FinishedTrial) -> Option<String> {
    let last = trial.trajectory.steps.last().filter(|_| !trial.is_broken())?;
    answer::program(problem, &last.decision.action)
}

#[cfg(test)]
mod tests;
