//! Opens and reopens sessions: sends Hello to a node that another host may be using.

use std::thread;
use std::time::{Duration, Instant};

use runtime_node::client::Client;
use runtime_node::message::{NodeAnswer, Refusal};

use super::{AGAIN, LinkError, NodeLink, PATIENCE, draw};
use crate::worlds::node::profile::Profile;

impl NodeLink {
    /// Opens a new session; returns the error for the interrupted request.
    pub(super) fn meet_again(&mut self) -> LinkError {
        // The node may receive requests while its answers are lost.
        self.is_unmet = true;
        let profile = match self.meet() {
            Err(error) => return error,
            Ok(profile) => profile,
        };
        if profile != self.profile {
            let (found, dials) = (profile.name.clone(), profile.dials());
            let (port, expected) = (self.port.to_string(), self.profile.name.clone());
            return LinkError::Other { port, found, dials, expected };
        }
        (self.is_released, self.is_unmet) = (false, false);
        self.restarts += 1;
        LinkError::Restarted
    }

    /// Sends Hello until no other host has a session, or one has it for longer than its deadline.
    #[allow(clippy::disallowed_methods, reason = "a line's time limits are real time")]
    pub(super) fn meet(&mut self) -> Result<Profile, LinkError> {
        let start = Instant::now();
        let mut limit = None;
        loop {
            let left_ms = match self.hello() {
                Err(LinkError::Refused(Refusal::Busy { left_ms })) => left_ms,
                other => return other,
            };
            let left = Duration::from_millis(left_ms.into());
            let limit = *limit.get_or_insert((start.elapsed() + left + AGAIN).min(PATIENCE));
            if start.elapsed() > limit {
                return Err(self.taken(left_ms));
            }
            thread::sleep(AGAIN);
        }
    }

    fn hello(&mut self) -> Result<Profile, LinkError> {
        self.client.begin(draw());
        let read = |answer: NodeAnswer<'_>| match answer {
            NodeAnswer::Hello(hello) => Some(Profile::of(&hello)),
            _ => None,
        };
        let port = self.port.to_string();
        self.exchange(&Client::hello(), PATIENCE, read)?
            .map_err(|source| LinkError::Profile { port, source })
    }
}
