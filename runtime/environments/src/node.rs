//! A microcontroller as a world: its sensors are what there is to see, its actuators what
//! can be done.
//!
//! ```text
//! port ─► line ─► link ─► profile ─► goal, instruction, admissible actions
//!                  ▲ └──► archive: reflections in the node's own memory
//!                  └── pulse: the node hears of its host while a model thinks
//! ```
//!
//! The node describes itself; nothing here knows a heater. Whoever leaves makes it safe. Where its hardware is simulated,
//! a task's seed seeds that, and an episode repeats; a real room does not.

pub mod port;
pub mod profile;
pub mod goal;
pub mod link;
pub mod account;
pub mod simulated;
mod line;
mod patience;
mod play;

use std::error::Error;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use runtime_core::environment::EnvironmentError;
use runtime_core::reflection::Archive;
use runtime_core::task::Task;
use runtime_node::memory::REFLECTION_BYTES_MAX;
use runtime_node::message::{Answer, Observation, Refusal, Request};

use crate::selection::{TaskSelection, select};
use crate::split::{Purpose, Split};
use crate::world::{Playable, World, WorldError};
use goal::{Goal, GoalError};
use link::{Link, LinkError};
use play::NodeEnvironment;
use port::{Port, PortError};

/// Every split; they differ by the seeds of what is simulated.
const SPLITS: [(&str, Purpose); 3] =
    [("train", Purpose::Train), ("validation", Purpose::Validation), ("test", Purpose::Test)];
/// Tasks of each.
const SPLIT_TASKS: usize = 1_000;
/// Steps of an episode at most, where nobody says.
const STEPS_MAX: u32 = 12;

/// Where a node is, and what it is to be brought to.
#[derive(Clone, Debug, Default)]
pub struct NodeOptions {
    /// The port, as [`Port`] reads it.
    pub connect: Option<String>,
    /// The goal, as [`Goal::of`] reads it.
    pub goal: Option<String>,
}

/// Why a node cannot be played on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// Nobody said where it is.
    #[error("the environment node needs to know where the node is: --connect PORT")]
    NoPort,
    /// The port is none.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The node does not answer.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// It cannot be brought there.
    #[error(transparent)]
    Goal(#[from] GoalError),
}

/// A node, and what it is to be brought to.
pub struct Node {
    link: Arc<Mutex<Link>>,
    goal: Goal,
}

impl Node {
    /// Connects to a node.
    pub fn open(options: &NodeOptions) -> Result<Self, NodeError> {
        let port: Port = options.connect.as_deref().ok_or(NodeError::NoPort)?.parse()?;
        let link = Link::open(port)?;
        let goal = Goal::of(link.profile(), options.goal.as_deref())?;
        let pulse = Duration::from_millis(link.profile().deadline_ms.into()) / 4;
        let link = Arc::new(Mutex::new(link));
        let watched = Arc::downgrade(&link);
        thread::spawn(move || keep_alive(&watched, pulse.max(Duration::from_millis(10))));
        Ok(Self { link, goal })
    }
}

/// Asks the node how it is, whenever it has heard nothing for a while.
fn keep_alive(link: &Weak<Mutex<Link>>, pulse: Duration) {
    let is_status = |answer: Answer<'_>| matches!(answer, Answer::Status(_)).then_some(());
    loop {
        let Some(link) = link.upgrade() else { break };
        let mut asked = lock(&link);
        if asked.idle() >= pulse && !asked.is_released() {
            // What is wrong is found again by whoever plays.
            let _ = asked.ask(&Request::Status, is_status);
        }
        drop(asked);
        drop(link);
        thread::sleep(pulse / 2);
    }
}

impl World for Node {
    fn name(&self) -> &'static str {
        "node"
    }

    fn splits(&self) -> Vec<Split> {
        SPLITS.map(|(name, purpose)| Split::new(name, purpose)).into()
    }

    fn default_split(&self) -> &'static str {
        "validation"
    }

    fn default_steps_max(&self, _split: &str) -> u32 {
        STEPS_MAX
    }

    fn workers_max(&self) -> Option<NonZeroU32> {
        Some(NonZeroU32::MIN)
    }

    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError> {
        let split = self.split(&selection.split)?.name;
        let place = SPLITS.iter().position(|(name, _)| *name == split).unwrap_or(0);
        let indices = select(vec![(0..SPLIT_TASKS).collect()], selection);
        let link = lock(&self.link);
        let instruction = self.goal.instruction(link.profile());
        let kind =
            format!("{}-{}", link.profile().name, link.profile().sensors[self.goal.sensor].name);
        let task = |index: usize| Task {
            id: format!("{split}/{index}"),
            kind: kind.clone(),
            instruction: instruction.clone(),
            seed: u64::from(number_at(place, index)),
            limits: selection.limits,
        };
        Ok(indices.into_iter().map(task).collect())
    }

    fn environment(&self) -> Box<dyn Playable + Send> {
        let (link, goal) = (Arc::clone(&self.link), self.goal.clone());
        Box::new(NodeEnvironment { link, goal, episode: None })
    }

    fn archive(&self) -> Option<Box<dyn Archive + Send>> {
        Some(Box::new(NodeArchive(Arc::clone(&self.link))))
    }

    fn leave(&self) -> Option<String> {
        lock(&self.link).farewell()
    }
}

/// The node's own memory of reflections.
struct NodeArchive(Arc<Mutex<Link>>);

impl Archive for NodeArchive {
    fn recall(&mut self, task: &Task) -> Result<Vec<String>, EnvironmentError> {
        let wanted = number_of(task)?;
        let kept = lock(&self.0).reflections().map_err(|error| broken(&error))?;
        let on_task = kept.into_iter().rev().filter(|kept| kept.task == wanted);
        Ok(on_task.map(|kept| kept.text).collect())
    }

    fn remember(&mut self, task: &Task, text: &str) -> Result<(), EnvironmentError> {
        let text = &text[..text.floor_char_boundary(REFLECTION_BYTES_MAX)];
        let request = Request::Remember { task: number_of(task)?, text };
        let kept = retry(&mut lock(&self.0), &request, |answer| {
            matches!(answer, Answer::Remember).then_some(())
        });
        match kept {
            // The node keeps it while its power lasts, and counts the failure.
            Err(LinkError::Refused(Refusal::Storage)) => Ok(()),
            other => other.map_err(|error| broken(&error)),
        }
    }
}

/// The node's number for a task, which seeds what it simulates.
fn number_of(task: &Task) -> Result<u32, EnvironmentError> {
    let parsed = task.id.split_once('/').and_then(|(split, index)| {
        let place = SPLITS.iter().position(|(name, _)| *name == split)?;
        let index: usize = index.parse().ok().filter(|&index| index < SPLIT_TASKS)?;
        Some(number_at(place, index))
    });
    parsed.ok_or_else(|| EnvironmentError::UnknownTask(task.id.clone()))
}

/// The number of a split's task: the split in the upper 16 bits, the index in the lower.
fn number_at(split: usize, index: usize) -> u32 {
    u32::try_from(split << 16 | index).unwrap_or(u32::MAX)
}

/// Asks once more of a node that started anew: what is asked does not depend on before.
fn retry<T>(
    link: &mut Link,
    request: &Request<'_>,
    read: impl Fn(Answer<'_>) -> Option<T>,
) -> Result<T, LinkError> {
    match link.ask(request, &read) {
        Err(LinkError::Restarted) => link.ask(request, &read),
        other => other,
    }
}

fn ask(link: &mut Link, request: &Request<'_>) -> Result<Observation, LinkError> {
    link.ask(request, play::observation)
}

fn lock(link: &Mutex<Link>) -> MutexGuard<'_, Link> {
    // A panic elsewhere leaves a session that is asked anew, not a broken one.
    link.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the world says when its node does not.
fn broken(error: &LinkError) -> EnvironmentError {
    EnvironmentError::Broken(causes(error))
}

/// An error with what caused it.
fn causes(error: &LinkError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod board;
#[cfg(test)]
mod tests;
