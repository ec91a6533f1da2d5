//! Results of runs that are made up.

use runtime_core::event::RunEvent;
use runtime_core::history::{FinishedTrial, TaskHistory};
use runtime_core::model::{Generation, Origin, StopReason, Token};
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::task::{Limits, Task};
use runtime_core::trajectory::{Decision, Ending, TakenStep, Trajectory};
use serde_json::json;

use super::*;

/// The trial in which each task is solved; `None` is never.
pub(crate) type Outcomes = Vec<Option<u32>>;

pub(crate) fn outcomes(solved_at: &[u32], never: usize) -> Outcomes {
    let solved = solved_at.iter().map(|trial| Some(*trial));
    solved.chain(std::iter::repeat_n(None, never)).collect()
}

/// A run of two trials a task, even tasks of the kind `a`, odd ones of `b`.
pub(crate) fn history(strategy: &str, outcomes: &Outcomes) -> RunHistory {
    let task = |index: usize| Task {
        id: format!("task {index}"),
        kind: if index.is_multiple_of(2) { "a" } else { "b" }.into(),
        instruction: String::new(),
        seed: 0,
        limits: Limits { trials_max: 2, ..Limits::default() },
    };
    let run = RunEvent {
        version: "0.1.0".into(),
        strategy: strategy.into(),
        settings: r#"{"seed":7,"feedback":"success","temperature":0.7,"cache":"on"}"#.into(),
        prompts_sha256: "00".into(),
        actor: ModelIdentity { name: "actor".into(), ..ModelIdentity::default() },
        retrospective: ModelIdentity::default(),
        tasks: (0..outcomes.len()).map(task).collect(),
        traits: Vec::new(),
    };
    let tasks = outcomes.iter().map(|solved_at| {
        let trials = 1..=solved_at.unwrap_or(2);
        let trials = trials.map(|trial| finished(trial, *solved_at == Some(trial)));
        TaskHistory { trials: trials.collect(), open: None, branches: Vec::new() }
    });
    RunHistory { run, tasks: tasks.collect() }
}

fn finished(trial: u32, solved: bool) -> FinishedTrial {
    let reward = f32::from(u8::from(solved));
    let outcome = runtime_core::environment::Step {
        observation: "A wall.".into(),
        reward,
        progress: reward.max(0.5),
        done: true,
    };
    let decision = Decision {
        action: "open left".into(),
        malformed: false,
        dropped_steps: 0,
        thought: None,
        answer: generation("open left"),
    };
    let reflection = Reflection::new(trial, "Go right.".into(), generation("Go right."));
    let trajectory = Trajectory {
        opening: "Two doors.".into(),
        steps: vec![TakenStep { decision, outcome, grounded: Some(true) }],
        ending: if solved { Ending::Solved } else { Ending::Over },
        feedback: String::new(),
    };
    let reflection = (!solved).then_some(reflection);
    FinishedTrial { reflection, ..FinishedTrial::new(trajectory, 5) }
}

fn generation(text: &str) -> Generation {
    let token = Token { id: 9, log_prob: -0.5, log_prob_full: Some(-1.5), origin: Origin::Drawn };
    Generation {
        text: text.into(),
        tokens: vec![token; 2],
        prompt_ids: vec![1, 2, 3],
        stop: StopReason::EndOfTurn,
        cost: runtime_core::model::Cost {
            cached_tokens: 1,
            computed_tokens: 2,
            prefill_us: 10,
            decode_us: 20,
        },
        adapter: None,
    }
}

#[test]
fn success_accumulates_over_trials() {
    let results = results(&[history("none", &outcomes(&[1, 2, 2], 1))]).unwrap();

    let solved: Vec<u64> =
        results.arms[0].success_by_trial.iter().map(|success| success.rate.solved).collect();
    let progress: Vec<f64> =
        results.arms[0].success_by_trial.iter().map(|success| success.progress_mean).collect();
    assert_eq!(solved, [1, 3]);
    assert_eq!(progress, [(1.0 + 3.0 * 0.5) / 4.0, (3.0 + 0.5) / 4.0]);
}

#[test]
fn judgements_are_counted_against_what_was_so() {
    // Right: one solved, two failed. Wrong: a failure taken for a success.
    let mut history = history("reflexion", &outcomes(&[2], 1));
    history.run.settings = history.run.settings.replace("\"success\"", "\"self\"");
    let said = [false, true, false, true];
    let trials = history.tasks.iter_mut().flat_map(|task| &mut task.trials);
    for (trial, completed) in trials.zip(said) {
        trial.judgement = Some(Judgement { completed, generation: generation("yes") });
    }

    let results = results(&[history]).unwrap();

    let judged = results.arms[0].judged.unwrap();
    assert_eq!((judged.true_completed, judged.false_completed), (1, 1));
    assert_eq!((judged.true_failed, judged.false_failed), (2, 0));
    assert_eq!((judged.right.solved, judged.right.of, judged.cost.tokens.generated), (3, 4, 8));
    let text = crate::table::success_by_trial(&results);
    assert!(text.contains("of 2 trials that it took for solved 1 were"), "{text}");
    let analysis = crate::table::analysis::table(&results);
    for told in ["1 right, 1 wrong", "2 right, 0 wrong", "Trial 2: progress", "Trial 1: tokens"] {
        assert!(analysis.contains(told), "{told}: {analysis}");
    }
}

#[test]
fn mean_steps_are_of_the_trials_that_were_played() {
    let mut history = history("none", &outcomes(&[1, 2, 2], 1));
    let steps = &mut history.tasks[0].trials[0].trajectory.steps;
    steps.extend_from_within(..);
    steps.extend_from_within(..);

    let arm = results(&[history]).unwrap().arms.remove(0);

    let by_trial = arm.success_by_trial.iter().map(|success| success.steps_mean);
    assert_eq!(by_trial.collect::<Vec<_>>(), [(4.0 + 3.0) / 4.0, 1.0]);
    let by_kind = arm.success_by_kind.iter().map(|success| success.steps_mean);
    assert_eq!(by_kind.collect::<Vec<_>>(), [(4.0 + 2.0) / 3.0, 1.0]);
}

#[test]
fn an_arm_is_compared_with_the_control_task_by_task() {
    let control = history("none", &outcomes(&[1, 2], 6));
    let arm = history(
        "reflexion",
        &vec![None, Some(1), Some(1), Some(2), Some(2), Some(2), Some(2), None],
    );

    let comparison = results(&[control, arm]).unwrap().comparisons.remove(0);

    assert_eq!((comparison.only_arm, comparison.only_control), (5, 1));
    assert!((comparison.difference_points - 50.0).abs() < 1e-12);
    // Six differ, five to one: 2 · (1 + 6)/64.
    assert!((comparison.p_value - 0.218_75).abs() < 1e-12);
}

#[test]
fn costs_are_summed_apart_for_acting_and_reflecting() {
    let results = results(&[history("reflexion", &outcomes(&[1], 1))]).unwrap();

    // One solved trial and two failed ones, each of one step; two reflections.
    let arm = &results.arms[0];
    assert_eq!((arm.acting.tokens.prompt, arm.acting.tokens.generated), (9, 6));
    assert_eq!((arm.acting.cache.computed, arm.acting.cache.cached), (6, 3));
    assert_eq!(arm.acting.times_us.environment, 15);
    assert_eq!(arm.reflecting.times_us.decode, 40);
}

#[test]
fn equal_runs_differ_in_times_and_cache_alone() {
    let first = history("reflexion", &outcomes(&[1, 2], 1));
    let mut second = first.clone();
    let trial = &mut second.tasks[1].trials[0];
    trial.environment_us = 99;
    trial.trajectory.steps[0].decision.answer.cost.cached_tokens = 3;
    let json = |history| serde_json::to_value(results(&[history]).unwrap()).unwrap();
    let (first, second) = (json(first), json(second));

    assert_ne!(first, second);
    assert_eq!(without_times(&first), without_times(&second));
    assert_eq!(without_times(&first)["settings"]["cache"], json!("on"));
}

#[test]
fn results_can_be_read_back() {
    let results = results(&[history("none", &outcomes(&[1], 1))]).unwrap();

    let json = serde_json::to_string(&results).unwrap();

    assert_eq!(serde_json::from_str::<Results>(&json).unwrap(), results);
}

#[test]
fn results_that_name_no_interval_hold_those_of_a_bootstrap() {
    let arms = [history("none", &outcomes(&[1], 1)), history("reflexion", &outcomes(&[1], 1))];
    let mut json = serde_json::to_value(results(&arms).unwrap()).unwrap();
    let comparison = json["comparisons"][0].as_object_mut().unwrap();
    assert_eq!(comparison.remove("interval"), Some(json!("tango-score")));

    let older: Results = serde_json::from_value(json).unwrap();

    let text = crate::table::success_by_trial(&older);
    assert!(text.contains("95 % paired bootstrap, exact McNemar test."), "{text}");
}

#[test]
fn a_few_tasks_without_a_difference_leave_doubt() {
    let arm = |strategy| history(strategy, &outcomes(&[1, 1], 2));

    let text = crate::table::success_by_trial(&results(&[arm("none"), arm("reflexion")]).unwrap());

    assert!(text.contains("+0.0 [-49.0, +49.0], p = 1.000"), "{text}");
    assert!(text.contains("95 % paired score intervals (Tango), exact McNemar test."), "{text}");
}

#[test]
fn a_trial_is_told_in_full() {
    let results = results(&[history("none", &outcomes(&[2], 0))]).unwrap();

    let json = serde_json::to_value(&results).unwrap();

    assert_eq!(
        json["arms"][0]["tasks"][0]["trials"][0],
        json!({
            "trial": 1, "steps": 1, "malformed": 0, "return": 0.0, "progress": 0.5,
            "ending": "over",
            "tokens": { "prompt": 3, "generated": 2 },
            "cache": { "computed": 2, "cached": 1 },
            "times_us": { "prefill": 10, "decode": 20, "environment": 5 },
            "reflection": {
                "text": "Go right.",
                "tokens": { "prompt": 3, "generated": 2 },
                "cache": { "computed": 2, "cached": 1 },
                "times_us": { "prefill": 10, "decode": 20, "environment": 0 },
            },
        })
    );
}

#[test]
fn arms_of_other_conditions_are_not_compared() {
    let control = history("none", &outcomes(&[1], 1));
    let mut arm = history("reflexion", &outcomes(&[1], 1));
    arm.run.actor.sha256 = "ff".into();

    let error = results(&[control, arm]).unwrap_err();

    assert_eq!(
        error.to_string(),
        "the arm reflexion has another actor than the arm none; they cannot be compared"
    );
}

#[test]
fn an_interrupted_arm_says_so() {
    let mut control = history("none", &outcomes(&[1], 2));
    control.tasks[2].trials.truncate(1);
    let arm = history("reflexion", &outcomes(&[1, 1], 1));

    let results = results(&[control, arm]).unwrap();

    assert_eq!(results.arms[0].tasks_finished, 2);
    assert_eq!(results.comparisons[0].tasks, 2);
}

#[test]
fn the_trial_with_the_greatest_progress_counts_where_the_strategy_says_so() {
    let chosen = |strategy: &str| {
        let mut arm = history(strategy, &outcomes(&[2], 0));
        // The second trial has the whole return; the first shows more.
        arm.tasks[0].trials[0].trajectory.steps[0].outcome.progress = 1.0;
        arm.tasks[0].trials[1].trajectory.steps[0].outcome.progress = 0.75;
        results(&[history("none", &outcomes(&[2], 0)), arm]).unwrap()
    };

    for (strategy, solved_at) in [("reflexion", Some(2)), ("rerank", None), ("search", None)] {
        let found = chosen(strategy);
        let arm = &found.arms[1];
        let progress: Vec<f64> = arm.success_by_trial.iter().map(|all| all.progress_mean).collect();

        assert_eq!(arm.tasks[0].solved_at, solved_at, "{strategy}");
        assert_eq!(arm.success_by_trial[1].rate.solved, u64::from(solved_at.is_some()));
        assert_eq!(progress, [1.0, if solved_at.is_some() { 0.75 } else { 1.0 }]);
        assert_eq!(found.comparisons[0].only_control, u64::from(solved_at.is_none()));
        let reread: Results =
            serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
        assert_eq!(reread.arms[1].tasks[0].solved_by(2), solved_at.is_some());
    }
}
