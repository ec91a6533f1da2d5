//! How a session with a node can fail, and what to do about it.

use std::io;

use runtime_node::message::{Refusal, VERSION};

use crate::worlds::node::profile::ProfileError;

/// Why a node did not answer as it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The port cannot be opened.
    #[error("the port {port} cannot be opened: is the board connected, and the port free?")]
    Open {
        /// Which.
        port: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// No right answer in [`PATIENCE`](super::PATIENCE).
    #[error(
        "no node answers at {port} ({damaged} damaged frames came): does it run our firmware, \
         at this rate?"
    )]
    Silent {
        /// Where.
        port: String,
        /// Frames that could not be read since the link was opened.
        damaged: u64,
    },
    /// The line ended, and could not be used again in [`PATIENCE`](super::PATIENCE).
    #[error("the line to {port} is lost: is the node there, its power on, and the port right?")]
    Lost {
        /// Where.
        port: String,
        /// What the last try ended with.
        #[source]
        source: io::Error,
    },
    /// The session was over, so the request was not carried out; it is open again.
    #[error(
        "the node started anew, or heard nothing of this host for too long; it made its actuators \
         safe, and did not carry the request out"
    )]
    Restarted,
    /// Another host acts on the node, or has since this one did.
    #[error(
        "another host acts on the node at {port}: a node has one host at a time, so stop the \
         other one and start again, or, where that was killed, start again in {left_s} s; \
         `rebound node monitor` looks on meanwhile"
    )]
    Taken {
        /// Where.
        port: String,
        /// How long the other one may be silent before the node is free, in seconds.
        left_s: u32,
    },
    /// The node's protocol is another.
    #[error(
        "the node at {port} speaks version {node} of the protocol, this program version \
         {VERSION}: {}", advice(*.node)
    )]
    Version {
        /// Where.
        port: String,
        /// What the node speaks.
        node: u16,
    },
    /// The node did not do what was asked.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The node describes itself as a node must not.
    #[error("the node at {port} describes itself in a way that cannot be used")]
    Profile {
        /// Where.
        port: String,
        /// What is wrong.
        #[source]
        source: ProfileError,
    },
    /// Another node than before answers, or the same one describes itself otherwise.
    #[error(
        "the node at {port} is another one than before: it is {found:?} with {dials}, and was \
         {expected:?}; connect the node of before, or begin a new run"
    )]
    Other {
        /// Where.
        port: String,
        /// Its name.
        found: String,
        /// Its sensors and actuators.
        dials: String,
        /// The name before.
        expected: String,
    },
    /// A request has no room in a frame.
    #[error("the request is too long for a frame")]
    TooLong,
}

/// What to do about a node of another version.
fn advice(node: u16) -> &'static str {
    if node < VERSION {
        "give the board the firmware of this release (`make firmware`)"
    } else {
        "take the release of this program that the board's firmware is of"
    }
}
