//! A world of ours, played by whoever asks in the lines of the protocol.
//!
//! Beside what every world answers, `tasks` may have a `count` and a `seed`: those that a run of so many
//! tasks with this seed plays. Episodes may be in slots, each with an environment of its own, and a batch
//! has the requests of many slots in one line:
//!
//! ```text
//! → {"id": 9, "method": "batch", "params": {"requests": [
//!     {"method": "step", "params": {"slot": 0, "action": "look"}},
//!     {"method": "reset", "params": {"slot": 1, "task": "train/7"}}]}}
//! ← {"id": 9, "result": {"answers": [{"result": {…}}, {"error": {…}}]}}
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::thread;

use runtime_core::task::{Limits, Task, TaskTraits};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::message::{
    DescribedSplit, DescribedTask, Description, Opening, Outcome, PROTOCOL, TaskPage,
};
use crate::selection::TaskSelection;
use crate::world::{Playable, World, causes};

/// Tasks of one answer.
const PAGE: usize = 1000;
/// Greatest number of environments.
const SLOTS_MAX: usize = 4096;

/// A request.
#[derive(Deserialize)]
struct Asked {
    id: u64,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "method", content = "params", rename_all = "lowercase")]
enum What {
    Describe,
    Tasks {
        split: String,
        #[serde(default)]
        from: usize,
        #[serde(flatten)]
        sample: Sample,
    },
    Reset {
        task: String,
        #[serde(default)]
        slot: usize,
    },
    Step {
        action: String,
        #[serde(default)]
        slot: usize,
    },
    Batch {
        requests: Vec<What>,
    },
    Close,
}

/// Which tasks of a split.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Sample {
    /// How many; all of them in the world's order if `None`.
    count: Option<usize>,
    /// Draws them.
    #[serde(default)]
    seed: u64,
}

/// An answer, but for its number.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Result(Value),
    Error { message: String },
}

type Slot = Box<dyn Playable + Send>;

/// Answers lines until one closes the world or there are no more. `threads` play a batch.
pub fn serve(
    world: &dyn World,
    lines: &mut dyn Iterator<Item = std::io::Result<String>>,
    answers: &mut dyn Write,
    threads: NonZeroUsize,
) -> std::io::Result<()> {
    let mut server = Server { world, slots: BTreeMap::new(), tasks: BTreeMap::new(), threads };
    for line in lines {
        let (id, said) = match serde_json::from_str::<Asked>(&line?) {
            Ok(Asked { what: What::Close, .. }) => return Ok(()),
            Ok(Asked { id, what }) => (id, server.answer(what)),
            Err(error) => (0, Err(format!("the request cannot be read: {error}"))),
        };
        let mut answer = serde_json::to_value(Said::from(said))?;
        answer["id"] = id.into();
        writeln!(answers, "{answer}")?;
        answers.flush()?;
    }
    Ok(())
}

impl From<Result<Value, String>> for Said {
    fn from(said: Result<Value, String>) -> Self {
        said.map_or_else(|message| Self::Error { message }, Self::Result)
    }
}

struct Server<'a> {
    world: &'a dyn World,
    slots: BTreeMap<usize, Slot>,
    /// The tasks of the splits that were asked for.
    tasks: BTreeMap<(String, Sample), Vec<Task>>,
    threads: NonZeroUsize,
}

impl Server<'_> {
    fn answer(&mut self, what: What) -> Result<Value, String> {
        match what {
            What::Describe => Ok(told(self.describe())),
            What::Tasks { split, from, sample } => self.page(&split, from, sample).map(told),
            What::Batch { requests } => self.batch(&requests),
            What::Close => Err("it cannot be closed by a batch".into()),
            one @ (What::Reset { .. } | What::Step { .. }) => {
                let slot = self.slot(&one)?;
                play(self.slots.entry(slot).or_insert_with(|| self.world.environment()), &one)
            }
        }
    }

    fn describe(&self) -> Description {
        let splits = self.world.splits().into_iter();
        let usual = self.world.default_split();
        Description {
            protocol: PROTOCOL,
            name: self.world.name().to_owned(),
            splits: splits
                .map(|split| DescribedSplit { name: split.name, purpose: split.purpose.into() })
                .collect(),
            default_split: Some(usual.to_owned()),
            steps_max: self.world.default_steps_max(usual),
            repeats: true,
        }
    }

    fn page(&mut self, split: &str, from: usize, sample: Sample) -> Result<TaskPage, String> {
        let name = self.world.split(split).map_err(|error| causes(&error))?.name;
        let (Sample { count, seed }, limits) = (sample, Limits::default());
        let key = (name.clone(), sample);
        if !self.tasks.contains_key(&key) {
            let selection = TaskSelection { split: name, count, seed, limits };
            let tasks = self.world.tasks(&selection).map_err(|error| causes(&error))?;
            self.tasks.insert(key.clone(), tasks);
        }
        let tasks = &self.tasks[&key];
        let page = tasks.iter().skip(from).take(PAGE).map(|task| {
            let TaskTraits { difficulty, abilities } = self.world.traits(task);
            DescribedTask {
                id: task.id.clone(),
                kind: task.kind.clone(),
                instruction: task.instruction.clone(),
                difficulty,
                abilities: abilities.into_iter().collect(),
            }
        });
        Ok(TaskPage { tasks: page.collect(), more: from.saturating_add(PAGE) < tasks.len() })
    }

    /// The slot that a request is about.
    fn slot(&self, what: &What) -> Result<usize, String> {
        let slot = match what {
            What::Reset { slot, .. } | What::Step { slot, .. } => *slot,
            _ => return Err("a batch has only `reset` and `step`".into()),
        };
        let most = self.world.workers_max().map_or(SLOTS_MAX, |most| most.get() as usize);
        (slot < most).then_some(slot).ok_or_else(|| format!("there are {most} slots, from 0 on"))
    }

    /// The answers to requests about different slots, which are played side by side.
    fn batch(&mut self, requests: &[What]) -> Result<Value, String> {
        let mut taken = BTreeSet::new();
        for what in requests {
            let slot = self.slot(what)?;
            if !taken.insert(slot) {
                return Err(format!("slot {slot} is in the batch twice"));
            }
        }
        let mut environment = |what: &What| {
            let slot = self.slot(what).unwrap_or_default();
            (slot, self.slots.remove(&slot).unwrap_or_else(|| self.world.environment()))
        };
        let mut work: Vec<_> = requests.iter().map(|what| (what, environment(what))).collect();
        let share = work.len().div_ceil(self.threads.get()).max(1);
        let answers: Vec<Value> = thread::scope(|scope| {
            let shares = work.chunks_mut(share).map(|share| scope.spawn(|| play_all(share)));
            let shares: Vec<_> = shares.collect();
            let joined = shares.into_iter().map(thread::ScopedJoinHandle::join);
            joined.flat_map(|said| said.unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        self.slots.extend(work.into_iter().map(|(_, kept)| kept));
        Ok(json!({ "answers": answers }))
    }
}

fn play_all(share: &mut [(&What, (usize, Slot))]) -> Vec<Value> {
    share.iter_mut().map(|(what, (_, slot))| told(Said::from(play(slot, what)))).collect()
}

/// Carries out a request about an environment.
fn play(environment: &mut Slot, what: &What) -> Result<Value, String> {
    match what {
        What::Reset { task, .. } => {
            let observation = environment.reset(&Task::named(task));
            let observation = observation.map_err(|error| causes(&error))?;
            let actions = environment.admissible_actions();
            Ok(told(Opening { observation, actions, schema: None }))
        }
        What::Step { action, .. } => {
            let step = environment.step(action).map_err(|error| causes(&error))?;
            let ends = step.done || step.reward >= 1.0;
            Ok(told(Outcome {
                observation: step.observation,
                reward: f64::from(step.reward),
                progress: Some(f64::from(step.progress)),
                done: step.done,
                feedback: ends.then(|| environment.feedback()),
                known: environment.grounded(),
                actions: environment.admissible_actions().filter(|_| !step.done),
                schema: None,
            }))
        }
        _ => Err("it is about no environment".into()),
    }
}

/// An answer as JSON; its fields can all be written.
fn told(answer: impl Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worlds::household::Household;

    fn answers(requests: &[&str]) -> Vec<Value> {
        let mut lines = requests.iter().map(|line| Ok((*line).to_owned()));
        let mut answers = Vec::new();
        let threads = NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN);
        serve(&Household, &mut lines, &mut answers, threads).unwrap();
        let answers = String::from_utf8(answers).unwrap();
        answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_world_of_ours_answers_as_others_have_to() {
        let found = answers(&[
            r#"{"id": 1, "method": "describe"}"#,
            r#"{"id": 2, "method": "tasks", "params": {"split": "train/easy"}}"#,
            r#"{"id": 3, "method": "reset", "params": {"task": "train/easy/0"}}"#,
            r#"{"id": 4, "method": "step", "params": {"action": "look"}}"#,
            r#"{"id": 5, "method": "close"}"#,
            r#"{"id": 6, "method": "describe"}"#,
        ]);

        assert_eq!(found.len(), 4);
        assert_eq!(
            (&found[0]["id"], &found[0]["result"]["name"]),
            (&json!(1), &json!("household"))
        );
        let tasks = found[1]["result"]["tasks"].as_array().unwrap();
        assert!(tasks.iter().any(|task| task["id"] == "train/easy/0"));
        assert!(!found[2]["result"]["actions"].as_array().unwrap().is_empty());
        assert_eq!(found[3]["result"]["done"], false);
    }

    #[test]
    fn a_seed_draws_the_tasks_that_a_run_plays() {
        let ask = |more: &str| {
            format!(r#"{{"id": 1, "method": "tasks", "params": {{"split": "train/easy"{more}}}}}"#)
        };
        let asked = [r#", "count": 5, "seed": 7"#, r#", "count": 5, "seed": 8"#].map(ask);
        let found = answers(&asked.each_ref().map(String::as_str));
        let ids = |answer: &Value| -> Vec<String> {
            let tasks = answer["result"]["tasks"].as_array().unwrap().iter();
            tasks.map(|task| task["id"].as_str().unwrap().to_owned()).collect()
        };
        let selection = TaskSelection {
            split: "train/easy".into(),
            count: Some(5),
            seed: 7,
            limits: Limits::default(),
        };
        let played = Household.tasks(&selection).unwrap();

        assert_eq!(ids(&found[0]), played.into_iter().map(|task| task.id).collect::<Vec<_>>());
        assert_ne!(ids(&found[0]), ids(&found[1]));
    }

    #[test]
    fn slots_of_a_batch_are_played_apart() {
        let reset = |slot: usize| {
            format!(
                r#"{{"method": "reset", "params": {{"slot": {slot}, "task": "train/easy/{slot}"}}}}"#
            )
        };
        let batch = |requests: &[String]| {
            let all = requests.join(",");
            format!(r#"{{"id": 1, "method": "batch", "params": {{"requests": [{all}]}}}}"#)
        };
        let resets: Vec<String> = (0..5).map(reset).collect();
        let alone =
            answers(&[r#"{"id": 1, "method": "reset", "params": {"task": "train/easy/3"}}"#]);

        let together = answers(&[&batch(&resets), &batch(&[resets[1].clone(), resets[1].clone()])]);

        let begun = together[0]["result"]["answers"].as_array().unwrap();
        assert_eq!(begun.len(), 5);
        assert_eq!(begun[3]["result"], alone[0]["result"]);
        assert_eq!(together[1]["error"]["message"], "slot 1 is in the batch twice");
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let found = answers(&[
            "nonsense",
            r#"{"id": 2, "method": "reset", "params": {"task": "train/easy/x"}}"#,
            r#"{"id": 3, "method": "step", "params": {"action": "look", "slot": 99999}}"#,
            r#"{"id": 4, "method": "tasks", "params": {"split": "nowhere"}}"#,
        ]);
        for (answer, said) in found.iter().zip(["cannot be read", "no task", "slots", "no split"]) {
            let message = answer["error"]["message"].as_str().unwrap();
            assert!(message.contains(said), "{message}");
        }
    }
}
