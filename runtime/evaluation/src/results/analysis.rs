//! What is asked of an agent beside its success (`AgentBoard`, Ma et al., 2024, section 3): progress
//! by step, grounding accuracy, easy and hard tasks, abilities, and what a solved task costs.

use std::collections::BTreeMap;

use runtime_core::history::{FinishedTrial, RunHistory};
use runtime_core::task::Difficulty;
use runtime_core::trajectory::Ending;
use serde::{Deserialize, Serialize};

use super::cost::CostResults;
use super::task::TaskResults;
use crate::interval::Rate;

/// An arm's analysis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Grounding accuracy: of the actions of which it is known, those that the world knew.
    pub grounding: Option<Rate>,
    /// Easy and hard tasks apart, where the world grades its tasks.
    pub by_difficulty: Vec<DifficultyResults>,
    /// The abilities that the world's tasks need, sorted by name.
    pub abilities: Vec<AbilityScore>,
    /// Mean progress after each step of each task's trial that counts, 0.0 to 1.0, from step 0 on. An
    /// episode that is over keeps what it reached.
    pub progress_by_step: Vec<f64>,
    /// Number of trials that an error of the world ended.
    pub broken: u64,
    /// What acting, reflecting and judging cost in all, divided by the number of solved tasks;
    /// `None` where none was solved.
    pub per_solved: Option<CostPerSolved>,
}

/// The tasks of a difficulty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifficultyResults {
    /// The difficulty.
    pub difficulty: Difficulty,
    /// The rate of tasks solved in any trial.
    #[serde(flatten)]
    pub rate: Rate,
    /// Mean progress over tasks in their trial that counts.
    pub progress_mean: f64,
}

/// How well an arm does what needs an ability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AbilityScore {
    /// The ability's name.
    pub ability: String,
    /// The mean of tasks' success, each weighed by how much of the ability it needs, 0.0 to 1.0.
    pub score: f64,
    /// Number of tasks that need it.
    pub tasks: u64,
}

/// What a solved task costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostPerSolved {
    /// Number of prompt tokens, cached ones included.
    pub prompt_tokens: f64,
    /// Number of generated tokens.
    pub generated_tokens: f64,
    /// Times in microseconds.
    pub times_us: TimePerSolved,
}

/// Times for a solved task.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimePerSolved {
    /// In microseconds, of models and the environment.
    pub all: f64,
}

impl Analysis {
    /// The analysis of an arm with these results and this cost in all.
    pub(super) fn new(history: &RunHistory, tasks: &[TaskResults], cost: CostResults) -> Self {
        let trials = || history.tasks.iter().flat_map(|task| &task.trials);
        let counted = history.tasks.iter().filter_map(|task| task.counted(history.counted()));
        let broken = trials().filter(|trial| trial.trajectory.ending == Ending::Broken);
        Self {
            grounding: grounding(trials()),
            by_difficulty: [Difficulty::Easy, Difficulty::Hard]
                .into_iter()
                .filter_map(|difficulty| of_difficulty(difficulty, history, tasks))
                .collect(),
            abilities: abilities(history, tasks),
            progress_by_step: mean_progress(counted),
            broken: broken.count() as u64,
            per_solved: per_solved(tasks, cost),
        }
    }
}

fn grounding<'a>(trials: impl Iterator<Item = &'a FinishedTrial>) -> Option<Rate> {
    let steps = trials.flat_map(|trial| &trial.trajectory.steps);
    let known: Vec<bool> = steps.filter_map(|step| step.grounded).collect();
    let grounded = known.iter().filter(|grounded| **grounded).count() as u64;
    (!known.is_empty()).then(|| Rate::new(grounded, known.len() as u64))
}

fn of_difficulty(
    difficulty: Difficulty,
    history: &RunHistory,
    tasks: &[TaskResults],
) -> Option<DifficultyResults> {
    let graded = history.run.traits.iter().zip(tasks);
    let graded = graded.filter(|(traits, _)| traits.difficulty == Some(difficulty));
    let found: Vec<&TaskResults> = graded.map(|(_, task)| task).collect();
    let solved = found.iter().filter(|task| task.success).count() as u64;
    let progress: f64 = found.iter().map(|task| task.progress_by(u32::MAX)).sum();
    let progress_mean = progress / found.len() as f64;
    let rate = || Rate::new(solved, found.len() as u64);
    (!found.is_empty()).then(|| DifficultyResults { difficulty, rate: rate(), progress_mean })
}

fn abilities(history: &RunHistory, tasks: &[TaskResults]) -> Vec<AbilityScore> {
    // Of each ability the sum of weights, that of the solved tasks, and the number of tasks.
    let mut sums: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for (traits, task) in history.run.traits.iter().zip(tasks) {
        for (ability, weight) in &traits.abilities {
            let (all, solved, count) = sums.entry(ability).or_default();
            *all += u64::from(*weight);
            *solved += u64::from(*weight) * u64::from(task.success);
            *count += 1;
        }
    }
    let scores = sums.into_iter().filter(|(_, (all, ..))| *all > 0);
    let score = |(ability, (all, solved, tasks)): (&str, (u64, u64, u64))| AbilityScore {
        ability: ability.into(),
        score: solved as f64 / all as f64,
        tasks,
    };
    scores.map(score).collect()
}

fn per_solved(tasks: &[TaskResults], cost: CostResults) -> Option<CostPerSolved> {
    let solved = tasks.iter().filter(|task| task.success).count() as f64;
    let times = cost.times_us;
    let all = times.prefill + times.decode + times.environment;
    (solved > 0.0).then(|| CostPerSolved {
        prompt_tokens: cost.tokens.prompt as f64 / solved,
        generated_tokens: cost.tokens.generated as f64 / solved,
        times_us: TimePerSolved { all: all as f64 / solved },
    })
}

/// The mean over trials of the progress after each step, from step 0, whose progress is 0;
/// empty without trials.
pub(crate) fn mean_progress<'a>(trials: impl Iterator<Item = &'a FinishedTrial>) -> Vec<f64> {
    let trials: Vec<_> = trials.map(|trial| &trial.trajectory.steps).collect();
    if trials.is_empty() {
        return Vec::new();
    }
    let steps_max = trials.iter().map(|steps| steps.len()).max().unwrap_or(0);
    let mean_after = |step: usize| {
        let reached = trials.iter().filter_map(|steps| steps[..step.min(steps.len())].last());
        let sum: f64 = reached.map(|step| f64::from(step.outcome.progress)).sum();
        sum / trials.len() as f64
    };
    (0..=steps_max).map(mean_after).collect()
}

#[cfg(test)]
mod tests {
    use runtime_core::task::TaskTraits;

    use crate::results::results;
    use crate::results::tests::{history, outcomes};

    use super::*;

    #[test]
    fn an_arm_is_analysed_beyond_its_success() {
        let mut arm = history("reflexion", &outcomes(&[1, 2], 2));
        let traits = |difficulty, planning| TaskTraits {
            difficulty: Some(difficulty),
            abilities: vec![("planning".into(), planning)],
        };
        let (easy, hard) = (traits(Difficulty::Easy, 1), traits(Difficulty::Hard, 3));
        arm.run.traits = vec![easy.clone(), hard.clone(), easy, hard];
        arm.tasks[2].trials[0].trajectory.steps[0].grounded = Some(false);
        arm.tasks[2].trials[1].trajectory.steps[0].grounded = None;
        arm.tasks[3].trials[1].trajectory.ending = Ending::Broken;

        let found = results(&[arm]).unwrap();
        let analysis = found.arms[0].analysis.as_ref().unwrap();

        // Seven trials of a step, one of which nothing is known.
        assert_eq!(analysis.grounding, Some(Rate::new(5, 6)));
        let graded = analysis.by_difficulty.iter();
        let graded: Vec<_> = graded
            .map(|of| (of.difficulty, of.rate.solved, of.rate.of, of.progress_mean))
            .collect();
        assert_eq!(graded, [(Difficulty::Easy, 1, 2, 0.75), (Difficulty::Hard, 1, 2, 0.75)]);
        let planning = AbilityScore { ability: "planning".into(), score: 0.5, tasks: 4 };
        assert_eq!(analysis.abilities, [planning]);
        assert_eq!(analysis.progress_by_step, [0.0, 0.75]);
        assert_eq!(analysis.broken, 1);
        let all = found.arms[0].acting.tokens.generated + found.arms[0].reflecting.tokens.generated;
        assert!((analysis.per_solved.unwrap().generated_tokens - all as f64 / 2.0).abs() < 1e-9);
        let written: Vec<f64> = found.arms[0]
            .success_by_trial
            .iter()
            .map(|trial| trial.generated_tokens_mean)
            .collect();
        // Of an answer and a reflection of two tokens each, three of four first trials have both, and
        // two of three second ones.
        assert_eq!(written, [3.5, 10.0 / 3.0]);
    }
}
