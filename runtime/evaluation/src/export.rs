//! Exports trials as JSON objects, and statistics over a run.
//!
//! The object of a trial is self-contained: every call has its full prompt, so objects are
//! long. The trainer reads the records instead.

use std::collections::BTreeMap;

use runtime_core::history::{FinishedTrial, RunHistory};
use runtime_core::model::Generation;
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::task::Task;
use runtime_core::trajectory::TakenStep;
use serde::Serialize;
use serde_json::{Value, json};

use crate::results::cost::CostResults;

/// The finished trials of a run as objects, by task and trial, then those of branches, each
/// with the reflection before it.
pub fn trials(history: &RunHistory) -> impl Iterator<Item = Value> {
    numbered(history).map(move |found| {
        let mut object = trial_json(history, found.task, found.number, found.played);
        if let (Some(member), Some(reflection)) = (found.member, found.read) {
            let reflection = reflection_json(reflection);
            object["branch"] = json!({ "member": member, "reflection": reflection });
        }
        object
    })
}

/// A finished trial and where it stands.
pub(crate) struct Numbered<'a> {
    /// Its task.
    pub(crate) task: &'a Task,
    /// The trial, from 1.
    pub(crate) number: u32,
    /// Of a branch, its number in the task's group, from 0.
    pub(crate) member: Option<u32>,
    /// The reflection that its branch begins with.
    pub(crate) read: Option<&'a Reflection>,
    /// What was played.
    pub(crate) played: &'a FinishedTrial,
}

/// The finished trials of a run, by task and trial, then those of branches.
pub(crate) fn numbered(history: &RunHistory) -> impl Iterator<Item = Numbered<'_>> {
    let tasks = history.run.tasks.iter().zip(&history.tasks);
    tasks.flat_map(|(task, history)| {
        let line = (1..).zip(&history.trials).map(move |(number, played)| Numbered {
            task,
            number,
            member: None,
            read: None,
            played,
        });
        line.chain(history.branches.iter().zip(0..).flat_map(move |(branch, member)| {
            let numbers = branch.reflection.trial + 1..;
            numbers.zip(&branch.trials).map(move |(number, played)| Numbered {
                task,
                number,
                member: Some(member),
                read: Some(&branch.reflection),
                played,
            })
        }))
    })
}

/// The counts of a run's log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// Number of tasks.
    pub tasks: u64,
    /// Number of tasks solved by their last trial.
    pub tasks_solved: u64,
    /// Number of finished trials.
    pub trials: u64,
    /// Number of unfinished trials at the end of the log.
    pub trials_open: u64,
    /// Number of steps of finished trials.
    pub steps: u64,
    /// Number of steps from whose answer no action could be read.
    pub steps_malformed: u64,
    /// Number of judgements, if the agent judges itself.
    pub judgements: u64,
    /// Number of reflections.
    pub reflections: u64,
    /// Number of trials by their ending.
    pub endings: BTreeMap<String, u64>,
    /// The cost of acting.
    pub acting: CostResults,
    /// The cost of judging.
    pub judging: CostResults,
    /// The cost of reflecting.
    pub reflecting: CostResults,
}

/// The counts of a run's log.
pub fn statistics(history: &RunHistory) -> Statistics {
    let mut total = Statistics { tasks: history.tasks.len() as u64, ..Statistics::default() };
    for task in &history.tasks {
        total.tasks_solved += u64::from(task.solved(history.counted()));
        total.trials_open += u64::from(task.open.is_some());
        task.trials.iter().for_each(|trial| total.count(trial));
        for branch in &task.branches {
            total.count_reflection(&branch.reflection);
            branch.trials.iter().for_each(|trial| total.count(trial));
        }
    }
    total
}

impl Statistics {
    fn count(&mut self, trial: &FinishedTrial) {
        let steps = &trial.trajectory.steps;
        self.trials += 1;
        self.steps += steps.len() as u64;
        self.steps_malformed += steps.iter().filter(|step| step.decision.malformed).count() as u64;
        *self.endings.entry(trial.trajectory.ending.name().into()).or_default() += 1;
        self.acting += CostResults::of_acting(trial);
        if let Some(judgement) = &trial.judgement {
            self.judgements += 1;
            self.judging += CostResults::of([&judgement.generation]);
        }
        trial.reflection.iter().for_each(|reflection| self.count_reflection(reflection));
    }

    fn count_reflection(&mut self, reflection: &Reflection) {
        self.reflections += 1;
        self.reflecting += CostResults::of([&reflection.generation]);
    }
}

fn trial_json(history: &RunHistory, task: &Task, number: u32, trial: &FinishedTrial) -> Value {
    let (run, trajectory) = (&history.run, &trial.trajectory);
    json!({
        "strategy": run.strategy,
        "rebound": run.version,
        "actor": run.actor,
        "retrospective": run.retrospective,
        "prompts_sha256": run.prompts_sha256,
        "task": { "id": task.id, "kind": task.kind, "instruction": task.instruction },
        "trial": number,
        "success": trajectory.succeeded(),
        "return": trajectory.episode_return(),
        "progress": trajectory.progress(),
        "ending": trajectory.ending.name(),
        "feedback": trajectory.feedback,
        "opening": trajectory.opening,
        "steps": trajectory.steps.iter().map(step_json).collect::<Vec<_>>(),
        "judgement": trial.judgement.as_ref().map(judgement_json),
        "reflection": trial.reflection.as_ref().map(reflection_json),
    })
}

fn step_json(step: &TakenStep) -> Value {
    let TakenStep { decision, outcome, grounded } = step;
    json!({
        "action": decision.action,
        "malformed": decision.malformed,
        "grounded": grounded,
        "dropped_steps": decision.dropped_steps,
        "observation": outcome.observation,
        "reward": outcome.reward,
        "progress": outcome.progress,
        "done": outcome.done,
        "thought": decision.thought.as_ref().map(generation_json),
        "answer": generation_json(&decision.answer),
    })
}

fn judgement_json(judgement: &Judgement) -> Value {
    let answer = generation_json(&judgement.generation);
    json!({ "completed": judgement.completed, "answer": answer })
}

fn reflection_json(reflection: &Reflection) -> Value {
    let answer = generation_json(&reflection.generation);
    json!({ "text": reflection.text, "repeats": reflection.repeats, "again": reflection.again, "answer": answer })
}

/// A generation as JSON, with its tokens as columns of equal length.
fn generation_json(generation: &Generation) -> Value {
    let tokens = &generation.tokens;
    json!({
        "text": generation.text,
        "prompt_ids": generation.prompt_ids,
        "ids": tokens.iter().map(|token| token.id).collect::<Vec<_>>(),
        "log_probs": tokens.iter().map(|token| token.log_prob).collect::<Vec<_>>(),
        "log_probs_full": tokens.iter().map(|token| token.log_prob_full).collect::<Vec<_>>(),
        "origins": tokens.iter().map(|token| token.origin.name()).collect::<Vec<_>>(),
        "stop": generation.stop,
        "adapter": generation.adapter,
        "cost": generation.cost,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::{history, outcomes};

    #[test]
    fn a_trial_stands_for_itself() {
        let history = history("reflexion", &outcomes(&[2], 0));

        let first = trials(&history).next().unwrap();

        assert_eq!(first["task"]["id"], "task 0");
        assert_eq!((&first["trial"], &first["ending"]), (&json!(1), &json!("over")));
        assert_eq!(first["reflection"]["text"], "Go right.");
        let answer = &first["steps"][0]["answer"];
        assert_eq!(answer["prompt_ids"], json!([1, 2, 3]));
        assert_eq!(answer["ids"], json!([9, 9]));
        assert_eq!(answer["log_probs"], json!([-0.5, -0.5]));
        assert_eq!(answer["log_probs_full"], json!([-1.5, -1.5]));
        assert_eq!(answer["origins"], json!(["drawn", "drawn"]));
    }

    #[test]
    fn a_branch_stands_behind_with_what_it_read() {
        let mut history = history("retrospective", &outcomes(&[2], 0));
        history.tasks[0].go_back(1).unwrap();

        let found: Vec<Value> = trials(&history).collect();

        assert_eq!(found.len(), 2);
        assert_eq!((&found[1]["trial"], &found[1]["branch"]["member"]), (&json!(2), &json!(0)));
        assert_eq!(found[1]["branch"]["reflection"]["text"], "Go right.");
        assert_eq!(statistics(&history).reflections, 1);
    }

    #[test]
    fn statistics_count_judgements_beside_reflections() {
        let mut history = history("reflexion", &outcomes(&[2], 0));
        let generation = history.tasks[0].trials[0].reflection.clone().unwrap().generation;
        let judgement = Judgement { completed: false, generation };
        history.tasks[0].trials[0].judgement = Some(judgement);

        let found = statistics(&history);

        assert_eq!((found.judgements, found.reflections), (1, 1));
        assert_eq!(found.judging, found.reflecting);
    }

    #[test]
    fn statistics_count_trials_endings_and_costs() {
        let history = history("reflexion", &outcomes(&[1, 2], 1));

        let found = statistics(&history);

        assert_eq!((found.tasks, found.tasks_solved), (3, 2));
        assert_eq!((found.trials, found.steps, found.reflections), (5, 5, 3));
        assert_eq!(found.endings, BTreeMap::from([("over".into(), 3), ("solved".into(), 2)]));
        assert_eq!((found.acting.tokens.generated, found.reflecting.tokens.generated), (10, 6));
        assert_eq!(trials(&history).count(), 5);
    }
}
