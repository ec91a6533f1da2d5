//! How a session begins, and begins again: hello, to a node that may be another host's.

use std::thread;
use std::time::{Duration, Instant};

use runtime_node::client::Client;
use runtime_node::message::{Answer, Refusal};

use super::{AGAIN, Link, LinkError, PATIENCE, draw};
use crate::worlds::node::profile::Profile;

impl Link {
    /// Opens a session anew; returns what there is to tell of it.
    pub(super) fn meet_again(&mut self) -> LinkError {
        // The node may hear what is asked of it and be heard no more.
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

    /// Says hello until no other host acts, or one does for longer than a silent one could.
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
        let read = |answer: Answer<'_>| match answer {
            Answer::Hello(hello) => Some(Profile::of(&hello)),
            _ => None,
        };
        let port = self.port.to_string();
        self.exchange(&Client::hello(), PATIENCE, read)?
            .map_err(|source| LinkError::Profile { port, source })
    }
}
