//! The host's last word: actuators to their safe states, and what there is to say of it.

use std::time::Duration;

use runtime_node::message::{Answer, Observation, Refusal, Request};

use super::{Link, LinkError};
use crate::worlds::node::asking::{causes, observation};

/// How long the node may take to answer: where it does not, its deadline makes actuators
/// safe.
const FAREWELL: Duration = Duration::from_secs(1);

impl Link {
    /// Ends the session: actuators go to their safe states, as they are where the session was
    /// over before.
    pub fn release(&mut self) -> Result<(), LinkError> {
        let read = |answer: Answer<'_>| matches!(answer, Answer::Release(_)).then_some(());
        match self.exchange(&Request::Release, FAREWELL, read) {
            Ok(()) | Err(LinkError::Refused(Refusal::NoSession)) => {}
            Err(LinkError::Refused(Refusal::Busy { left_ms })) => return Err(self.taken(left_ms)),
            other => return other,
        }
        (self.is_released, self.is_unmet) = (true, true);
        Ok(())
    }

    /// Ends the session; returns what became of the actuators, in words. `None` where this
    /// host has set none.
    pub fn farewell(&mut self) -> Option<String> {
        if self.is_released {
            return None;
        }
        let before = match self.exchange(&Request::Observe, FAREWELL, observation) {
            // They are safe already.
            Err(LinkError::Refused(Refusal::NoSession)) => Ok(None),
            seen => seen.map(Some),
        };
        let released = before.and_then(|before| self.release().map(|()| before));
        let has_acted = std::mem::take(&mut self.has_acted);
        has_acted.then(|| match released {
            Ok(before) => self.safe_again(before.as_ref()),
            Err(error) => format!(
                "the actuators of {} could not be made safe: {}; the node does it itself after \
                 {:.1} s without its host, so look whether it has",
                self.profile.name,
                causes(&error),
                f64::from(self.profile.deadline_ms) / 1e3,
            ),
        })
    }

    /// What was not in its safe state before, or that all were.
    fn safe_again(&self, before: Option<&Observation>) -> String {
        let actuators = || self.profile.actuators.iter();
        let states = before.into_iter().flat_map(|seen| &seen.actuators);
        let changed = actuators().zip(states).filter(|(one, state)| state.value != one.safe);
        let told: Vec<String> = changed
            .map(|(one, _)| {
                format!("the {} is safe again ({})", one.dial.name, one.dial.value(one.safe))
            })
            .collect();
        if !told.is_empty() {
            return told.join(", ");
        }
        let all: Vec<String> = actuators()
            .map(|one| format!("{} {}", one.dial.name, one.dial.value(one.safe)))
            .collect();
        format!("the actuators are safe: {}", all.join(", "))
    }
}

impl Drop for Link {
    /// Without a word; where the node does not hear of it, its deadline does the same.
    fn drop(&mut self) {
        if self.acts() && !self.is_unmet {
            let _ = self.release();
        }
    }
}
