//! Errors of a session with a node, with advice.

use std::io;

use runtime_node::message::{Refusal, VERSION};

use crate::worlds::node::profile::ProfileError;

/// Why a request to a node failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The port cannot be opened.
    #[error("the port {port} cannot be opened: is the board connected, and the port free?")]
    Open {
        /// The port.
        port: String,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// No valid answer within [`PATIENCE`](super::PATIENCE).
    #[error(
        "no node answers at {port} ({damaged} damaged frames came): does it run our firmware, \
         at this rate?"
    )]
    Silent {
        /// The port.
        port: String,
        /// Number of unreadable frames since the link was opened.
        damaged: u64,
    },
    /// The line ended and could not be opened again within [`PATIENCE`](super::PATIENCE).
    #[error("the line to {port} is lost: is the node there, its power on, and the port right?")]
    Lost {
        /// The port.
        port: String,
        /// The error of the last attempt.
        #[source]
        source: io::Error,
    },
    /// The session had ended, so the request was not carried out; a new session is open.
    #[error(
        "the node started anew, or heard nothing of this host for too long; it made its actuators \
         safe, and did not carry the request out"
    )]
    Restarted,
    /// Another host has a session with the node, or had one since this host's.
    #[error(
        "another host acts on the node at {port}: a node has one host at a time, so stop the \
         other one and start again, or, where that was killed, start again in {left_s} s; \
         `rebound node monitor` looks on meanwhile"
    )]
    Taken {
        /// The port.
        port: String,
        /// Seconds until the other host's session ends without a request.
        left_s: u32,
    },
    /// The node has another version of the protocol.
    #[error(
        "the node at {port} speaks version {node} of the protocol, this program version \
         {VERSION}: {}", advice(*.node)
    )]
    Version {
        /// The port.
        port: String,
        /// The node's version.
        node: u16,
    },
    /// The node refused the request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The node's description is invalid.
    #[error("the node at {port} describes itself in a way that cannot be used")]
    Profile {
        /// The port.
        port: String,
        /// What is wrong.
        #[source]
        source: ProfileError,
    },
    /// Another node than before answers, or the same one with another description.
    #[error(
        "the node at {port} is another one than before: it is {found:?} with {dials}, and was \
         {expected:?}; connect the node of before, or begin a new run"
    )]
    Other {
        /// The port.
        port: String,
        /// Its name.
        found: String,
        /// Its sensors and actuators.
        dials: String,
        /// The name before.
        expected: String,
    },
    /// A request does not fit into a frame.
    #[error("the request is too long for a frame")]
    TooLong,
}

/// Advice for a node of another version.
fn advice(node: u16) -> &'static str {
    if node < VERSION {
        "give the board the firmware of this release (`make firmware`)"
    } else {
        "take the release of this program that the board's firmware is of"
    }
}
