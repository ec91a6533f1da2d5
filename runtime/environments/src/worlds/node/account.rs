//! What a node tells of itself and its moment, for people who look at it.

use runtime_node::memory::Step;
use runtime_node::message::{Answer, Observation, Recollection, Request, Status};

use super::asking::{ask, observation, retry};
use super::link::{Link, LinkError};
use super::play::readings;

/// A reflection in a node's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The host's number for its task.
    pub task: u32,
    /// The episode during which it came.
    pub episode: u32,
    /// The advice.
    pub text: String,
}

/// What there is to see on a node, and how it fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Sensors and actuators.
    pub seen: Observation,
    /// Its counts.
    pub status: Status,
}

impl Link {
    /// What there is to see now.
    pub fn moment(&mut self) -> Result<Moment, LinkError> {
        let seen = retry(self, &Request::Observe, observation)?;
        let status = retry(self, &Request::Status, |answer| match answer {
            Answer::Status(status) => Some(status),
            _ => None,
        })?;
        Ok(Moment { seen, status })
    }

    /// The moment's sensors and actuators as an agent reads them.
    pub fn words(&self, moment: &Moment) -> String {
        readings(self.profile(), &moment.seen)
    }

    /// Sets an actuator; returns what there is to see right after it.
    pub fn act(&mut self, actuator: u8, value: i32) -> Result<Observation, LinkError> {
        ask(self, &Request::Act { actuator, value })
    }

    /// The reflections that the node remembers, the newest first.
    pub fn reflections(&mut self) -> Result<Vec<Kept>, LinkError> {
        let most = self.profile().reflections_max;
        self.recall(Recollection::Reflection, most, |answer| match answer {
            Answer::RecallReflection(found) => Some(found.map(|found| Kept {
                task: found.task,
                episode: found.episode,
                text: found.text.to_owned(),
            })),
            _ => None,
        })
    }

    /// The steps that the node remembers, the newest first.
    pub fn steps(&mut self) -> Result<Vec<Step>, LinkError> {
        let most = self.profile().steps_max;
        self.recall(Recollection::Step, most, |answer| match answer {
            Answer::RecallStep(step) => Some(step),
            _ => None,
        })
    }

    fn recall<T>(
        &mut self,
        kind: Recollection,
        most: u16,
        read: impl Fn(Answer<'_>) -> Option<Option<T>>,
    ) -> Result<Vec<T>, LinkError> {
        let mut all = Vec::new();
        for age in 0..u8::try_from(most).unwrap_or(u8::MAX) {
            match retry(self, &Request::Recall { kind, age }, &read)? {
                Some(found) => all.push(found),
                None => break,
            }
        }
        Ok(all)
    }
}
