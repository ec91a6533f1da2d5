//! A node's readings, status and memory, for people who inspect it.

use runtime_node::memory::RememberedStep;
use runtime_node::message::{NodeAnswer, NodeRequest, Observation, Recollection, Status};

use super::asking::{ask, observation, retry};
use super::link::{LinkError, NodeLink};
use super::play::readings;

/// A reflection in a node's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeReflection {
    /// The host's number of the task.
    pub task: u32,
    /// The episode in which it was stored.
    pub episode: u32,
    /// The text.
    pub text: String,
}

/// The current readings and status of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeState {
    /// Sensors and actuators.
    pub seen: Observation,
    /// Its counters.
    pub status: Status,
}

impl NodeLink {
    /// The current readings and status.
    pub fn moment(&mut self) -> Result<NodeState, LinkError> {
        let seen = retry(self, &NodeRequest::Observe, observation)?;
        let status = retry(self, &NodeRequest::Status, |answer| match answer {
            NodeAnswer::Status(status) => Some(status),
            _ => None,
        })?;
        Ok(NodeState { seen, status })
    }

    /// The readings as the text that an agent reads.
    pub fn words(&self, moment: &NodeState) -> String {
        readings(self.profile(), &moment.seen)
    }

    /// Sets an actuator; returns the observation after it.
    pub fn act(&mut self, actuator: u8, value: i32) -> Result<Observation, LinkError> {
        ask(self, &NodeRequest::Act { actuator, value })
    }

    /// The reflections in the node's memory, the newest first.
    pub fn reflections(&mut self) -> Result<Vec<NodeReflection>, LinkError> {
        let most = self.profile().reflections_max;
        self.recall(Recollection::Reflection, most, |answer| match answer {
            NodeAnswer::RecallReflection(found) => Some(found.map(|found| NodeReflection {
                task: found.task,
                episode: found.episode,
                text: found.text.to_owned(),
            })),
            _ => None,
        })
    }

    /// The steps in the node's memory, the newest first.
    pub fn steps(&mut self) -> Result<Vec<RememberedStep>, LinkError> {
        let most = self.profile().steps_max;
        self.recall(Recollection::Step, most, |answer| match answer {
            NodeAnswer::RecallStep(step) => Some(step),
            _ => None,
        })
    }

    fn recall<T>(
        &mut self,
        kind: Recollection,
        most: u16,
        read: impl Fn(NodeAnswer<'_>) -> Option<Option<T>>,
    ) -> Result<Vec<T>, LinkError> {
        let mut all = Vec::new();
        for age in 0..u8::try_from(most).unwrap_or(u8::MAX) {
            match retry(self, &NodeRequest::Recall { kind, age }, &read)? {
                Some(found) => all.push(found),
                None => break,
            }
        }
        Ok(all)
    }
}
