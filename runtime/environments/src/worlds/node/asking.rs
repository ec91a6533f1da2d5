//! Asking a node through a link that several share, and what is said where it does not answer.

use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime_core::environment::EnvironmentError;
use runtime_node::message::{Answer, Observation, Request};

use super::link::{Link, LinkError};

/// Asks once more of a node that started anew: what is asked does not depend on before.
pub(super) fn retry<T>(
    link: &mut Link,
    request: &Request<'_>,
    read: impl Fn(Answer<'_>) -> Option<T>,
) -> Result<T, LinkError> {
    match link.ask(request, &read) {
        Err(LinkError::Restarted) => link.ask(request, &read),
        other => other,
    }
}

pub(super) fn ask(link: &mut Link, request: &Request<'_>) -> Result<Observation, LinkError> {
    link.ask(request, observation)
}

pub(super) fn lock(link: &Mutex<Link>) -> MutexGuard<'_, Link> {
    // A panic elsewhere leaves a session that is asked anew, not a broken one.
    link.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the world says when its node does not.
pub(super) fn broken(error: &LinkError) -> EnvironmentError {
    EnvironmentError::Broken(causes(error))
}

/// An error with what caused it.
pub(super) fn causes(error: &LinkError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The observation of an answer that has one.
pub(super) fn observation(answer: Answer<'_>) -> Option<Observation> {
    match answer {
        Answer::Act(seen) | Answer::Observe(seen) | Answer::Reset(seen) => Some(seen),
        _ => None,
    }
}
