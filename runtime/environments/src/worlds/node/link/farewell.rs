//! The end of a session: actuators return to their safe states, and a message about it.

use std::time::Duration;

use runtime_node::message::{NodeAnswer, NodeRequest, Observation, Refusal};

use super::{LinkError, NodeLink};
use crate::world::causes;
use crate::worlds::node::asking::observation;

/// Timeout for the answer to the end of a session. Without it the node's deadline returns
/// actuators to their safe states.
const FAREWELL: Duration = Duration::from_secs(1);

impl NodeLink {
    /// Ends the session, so that actuators return to their safe states; no error if it had
    /// ended before.
    pub fn release(&mut self) -> Result<(), LinkError> {
        let read = |answer: NodeAnswer<'_>| matches!(answer, NodeAnswer::Release(_)).then_some(());
        match self.exchange(&NodeRequest::Release, FAREWELL, read) {
            Ok(()) | Err(LinkError::Refused(Refusal::NoSession)) => {}
            Err(LinkError::Refused(Refusal::Busy { left_ms })) => return Err(self.taken(left_ms)),
            other => return other,
        }
        (self.is_released, self.is_unmet) = (true, true);
        Ok(())
    }

    /// Ends the session; returns a message about the actuators, or `None` if this host has set
    /// none.
    pub fn farewell(&mut self) -> Option<String> {
        if self.is_released {
            return None;
        }
        let before = match self.exchange(&NodeRequest::Observe, FAREWELL, observation) {
            // The actuators are already in their safe states.
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

    /// The message that lists the actuators that were not in their safe states.
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

impl Drop for NodeLink {
    /// Ends the session without a message; if that fails, the node's deadline ends it.
    fn drop(&mut self) {
        if self.acts() && !self.is_unmet {
            let _ = self.release();
        }
    }
}
