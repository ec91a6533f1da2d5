//! Requests to a node through a shared link, and their errors.

use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime_core::environment::EnvironmentError;
use runtime_node::message::{NodeAnswer, NodeRequest, Observation};

use super::link::{LinkError, NodeLink};
use crate::world::causes;

/// Sends a request, and again after a restart of the node, which must not change its meaning.
pub(super) fn retry<T>(
    link: &mut NodeLink,
    request: &NodeRequest<'_>,
    read: impl Fn(NodeAnswer<'_>) -> Option<T>,
) -> Result<T, LinkError> {
    match link.ask(request, &read) {
        Err(LinkError::Restarted) => link.ask(request, &read),
        other => other,
    }
}

pub(super) fn ask(
    link: &mut NodeLink,
    request: &NodeRequest<'_>,
) -> Result<Observation, LinkError> {
    link.ask(request, observation)
}

pub(super) fn lock(link: &Mutex<NodeLink>) -> MutexGuard<'_, NodeLink> {
    // After a panic in another thread the session is still usable.
    link.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The environment's error for an error of the link.
pub(super) fn broken(error: &LinkError) -> EnvironmentError {
    EnvironmentError::Broken(causes(error))
}

/// The observation in an answer, if it has one.
pub(super) fn observation(answer: NodeAnswer<'_>) -> Option<Observation> {
    match answer {
        NodeAnswer::Act(seen) | NodeAnswer::Observe(seen) | NodeAnswer::Reset(seen) => Some(seen),
        _ => None,
    }
}
