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

use runtime_core::environment::ActionForm;
use runtime_core::task::{Limits, Task, TaskTraits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

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
            let schema = schema_of(&mut **environment).filter(|_| actions.is_none());
            Ok(told(Opening { observation, actions, schema }))
        }
        What::Step { action, .. } => {
            let action = meant(&environment.action_form(), action);
            let step = environment.step(&action).map_err(|error| causes(&error))?;
            let ends = step.done || step.reward >= 1.0;
            let actions = environment.admissible_actions().filter(|_| !step.done);
            let schema = schema_of(&mut **environment).filter(|_| !step.done && actions.is_none());
            Ok(told(Outcome {
                observation: step.observation,
                reward: f64::from(step.reward),
                progress: Some(f64::from(step.progress)),
                done: step.done,
                feedback: ends.then(|| environment.feedback()),
                known: environment.grounded(),
                actions,
                schema,
            }))
        }
        _ => Err("it is about no environment".into()),
    }
}

/// The schema of an action now, if the world has one that is an object; of a line of a form it is a
/// string's.
fn schema_of(environment: &mut dyn Playable) -> Option<Map<String, Value>> {
    if let Some(schema) = environment.action_schema() {
        return serde_json::from_str(&schema).ok();
    }
    let ActionForm::Pattern(form) = environment.action_form() else { return None };
    let schema = json!({"type": "string", "pattern": format!("^(?:{form})$")});
    schema.as_object().cloned()
}

/// The action that was meant: a line of a form may come as the JSON string that its schema asks for.
fn meant(form: &ActionForm, action: &str) -> String {
    let is_line = matches!(form, ActionForm::Pattern(_));
    let line = is_line.then(|| serde_json::from_str(action).ok()).flatten();
    line.unwrap_or_else(|| action.to_owned())
}

/// An answer as JSON; its fields can all be written.
fn told(answer: impl Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or_default()
}

#[cfg(test)]
mod tests;
