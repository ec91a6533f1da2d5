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
mod numbers;
mod asking;
mod play;

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

use runtime_core::environment::EnvironmentError;
use runtime_core::reflection::ReflectionStore;
use runtime_core::task::Task;
use runtime_node::memory::REFLECTION_BYTES_MAX;
use runtime_node::message::{Answer, Refusal, Request};

use crate::entry::{Decides, Entry, WorldOption};
use crate::selection::{TaskSelection, select};
use crate::split::Split;
use crate::world::{Playable, World, WorldError};
use asking::{broken, lock, retry};
use goal::{Goal, GoalError};
use link::{Link, LinkError};
use numbers::{SPLIT_TASKS, SPLITS, number_at, number_of};
use play::NodeEnvironment;
use port::{Port, PortError};

/// Steps of an episode at most, where nobody says.
const STEPS_MAX: u32 = 12;

/// In the registry.
pub const ENTRY: Entry = Entry {
    name: "node",
    about: "a microcontroller: its sensors are seen, its actuators are set",
    task_ids: "SPLIT/NUMBER",
    prompts: "node",
    data: None,
    options: &[CONNECT, GOAL],
    has_expert: false,
    // Real hardware is touched by it.
    replays: false,
    remembers: true,
    open: |options| Ok(Box::new(Node::open(options.own(CONNECT), options.own(GOAL))?)),
};

/// The port, as [`Port`] reads it.
pub const CONNECT: WorldOption = WorldOption {
    name: "connect",
    value: "PORT",
    about: "Where the node of the environment `node` is: a serial device such as `/dev/ttyACM0` \
            (or `/dev/ttyUSB0@9600`), `tcp:HOST:PORT`, or `exec:COMMAND` that speaks on its \
            standard input and output. A command inherits PATH, HOME, LANG, TERM, TMPDIR and \
            their like, and no other variable: say others in it, `exec:env NAME=VALUE COMMAND`",
    decides: Decides::Place,
};

/// The goal, as [`Goal::of`] reads it.
pub const GOAL: WorldOption = WorldOption {
    name: "goal",
    value: "GOAL",
    about: "What the node is to be brought to: a sensor, a band and for how many steps, such as \
            `temperature 18..22 for 3` [default: the middle tenth of its first graded sensor, \
            for 3]",
    decides: Decides::Run,
};

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

impl From<NodeError> for WorldError {
    fn from(error: NodeError) -> Self {
        Self::Own(Box::new(error))
    }
}

/// A node, and what it is to be brought to.
pub struct Node {
    link: Arc<Mutex<Link>>,
    goal: Goal,
}

impl Node {
    /// Connects to a node, by what [`CONNECT`] and [`GOAL`] were given.
    pub fn open(connect: Option<&str>, goal: Option<&str>) -> Result<Self, NodeError> {
        let port: Port = connect.ok_or(NodeError::NoPort)?.parse()?;
        let link = Link::open(port)?;
        let goal = Goal::of(link.profile(), goal)?;
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
        ENTRY.name
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

    fn archive(&self) -> Option<Box<dyn ReflectionStore + Send>> {
        Some(Box::new(NodeReflections(Arc::clone(&self.link))))
    }

    fn leave(&self) -> Option<String> {
        lock(&self.link).farewell()
    }
}

/// The node's own memory of reflections.
struct NodeReflections(Arc<Mutex<Link>>);

impl ReflectionStore for NodeReflections {
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

#[cfg(test)]
mod board;
#[cfg(test)]
mod tests;
