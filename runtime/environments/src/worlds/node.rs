//! A microcontroller as a world: observations are its sensors' readings, actions set its
//! actuators.
//!
//! ```text
//! port ─► line ─► link ─► profile ─► goal, instruction, admissible actions
//!                  ▲ └──► reflections in the node's own memory
//!                  └── pulse: keeps the session alive while a model generates
//! ```
//!
//! The node describes itself, so this module knows no particular sensor or actuator. At the
//! end of a session actuators return to their safe states. Simulated hardware is seeded by the
//! task, so that episodes repeat; real hardware is not repeatable.

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
use runtime_node::message::{NodeAnswer, NodeRequest, Refusal};

use crate::entry::{Decides, WorldEntry, WorldOption};
use crate::selection::{TaskSelection, select};
use crate::split::Split;
use crate::world::{Playable, World, WorldError};
use asking::{broken, lock, retry};
use goal::{GoalError, SensorGoal};
use link::{LinkError, NodeLink};
use numbers::{SPLIT_TASKS, SPLITS, number_at, number_of};
use play::NodeEnvironment;
use port::{Port, PortError};

/// The default of the greatest number of steps in an episode.
const STEPS_MAX: u32 = 12;

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "node",
    about: "a microcontroller: observations are sensor readings, actions set actuators",
    task_ids: "SPLIT/NUMBER",
    prompts: "node",
    data: None,
    options: &[CONNECT, GOAL],
    has_expert: false,
    // A replay would act on real hardware.
    replays: false,
    remembers: true,
    open: |options| Ok(Box::new(NodeWorld::open(options.own(CONNECT), options.own(GOAL))?)),
};

/// The option for the port, which [`Port`] parses.
pub const CONNECT: WorldOption = WorldOption {
    name: "connect",
    value: "PORT",
    about: "Port of the node for the environment `node`: a serial device such as `/dev/ttyACM0` \
            (or `/dev/ttyUSB0@9600`), `tcp:HOST:PORT`, or `exec:COMMAND`, a command that talks \
            on its standard input and output. It inherits only PATH, HOME, LANG, TERM, TMPDIR and \
            similar environment variables; set others by `exec:env NAME=VALUE COMMAND`",
    decides: Decides::Place,
};

/// The option for the goal, which [`SensorGoal::of`] parses.
pub const GOAL: WorldOption = WorldOption {
    name: "goal",
    value: "GOAL",
    about: "Goal for the environment `node`: a sensor, a range and a number of steps, such as \
            `temperature 18..22 for 3` [default: the middle tenth of the range of the first \
            sensor that is not a switch, for 3 steps]",
    decides: Decides::Run,
};

/// Why a node cannot be used as a world.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The port is missing.
    #[error("the environment node needs to know where the node is: --connect PORT")]
    NoPort,
    /// The port is invalid.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The node does not answer.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The goal is invalid for the node.
    #[error(transparent)]
    Goal(#[from] GoalError),
}

impl From<NodeError> for WorldError {
    fn from(error: NodeError) -> Self {
        Self::Own(Box::new(error))
    }
}

/// A node with a goal.
pub struct NodeWorld {
    link: Arc<Mutex<NodeLink>>,
    goal: SensorGoal,
}

impl NodeWorld {
    /// Connects to a node; the arguments are the values of [`CONNECT`] and [`GOAL`].
    pub fn open(connect: Option<&str>, goal: Option<&str>) -> Result<Self, NodeError> {
        let port: Port = connect.ok_or(NodeError::NoPort)?.parse()?;
        let link = NodeLink::open(port)?;
        let goal = SensorGoal::of(link.profile(), goal)?;
        let pulse = Duration::from_millis(link.profile().deadline_ms.into()) / 4;
        let link = Arc::new(Mutex::new(link));
        let watched = Arc::downgrade(&link);
        thread::spawn(move || keep_alive(&watched, pulse.max(Duration::from_millis(10))));
        Ok(Self { link, goal })
    }
}

/// Sends a status request to the node whenever the session has been idle for `pulse`.
fn keep_alive(link: &Weak<Mutex<NodeLink>>, pulse: Duration) {
    let is_status = |answer: NodeAnswer<'_>| matches!(answer, NodeAnswer::Status(_)).then_some(());
    loop {
        let Some(link) = link.upgrade() else { break };
        let mut asked = lock(&link);
        if asked.idle() >= pulse && !asked.is_released() {
            // An error will occur again at the next step, which reports it.
            let _ = asked.ask(&NodeRequest::Status, is_status);
        }
        drop(asked);
        drop(link);
        thread::sleep(pulse / 2);
    }
}

impl World for NodeWorld {
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

/// The reflections in the node's own memory.
struct NodeReflections(Arc<Mutex<NodeLink>>);

impl ReflectionStore for NodeReflections {
    fn recall(&mut self, task: &Task) -> Result<Vec<String>, EnvironmentError> {
        let wanted = number_of(task)?;
        let kept = lock(&self.0).reflections().map_err(|error| broken(&error))?;
        let on_task = kept.into_iter().rev().filter(|kept| kept.task == wanted);
        Ok(on_task.map(|kept| kept.text).collect())
    }

    fn remember(&mut self, task: &Task, text: &str) -> Result<(), EnvironmentError> {
        let text = &text[..text.floor_char_boundary(REFLECTION_BYTES_MAX)];
        let request = NodeRequest::Remember { task: number_of(task)?, text };
        let kept = retry(&mut lock(&self.0), &request, |answer| {
            matches!(answer, NodeAnswer::Remember).then_some(())
        });
        match kept {
            // The node stores it until a power cut, and counts the failure.
            Err(LinkError::Refused(Refusal::Storage)) => Ok(()),
            other => other.map_err(|error| broken(&error)),
        }
    }
}

#[cfg(test)]
mod board;
#[cfg(test)]
mod tests;
