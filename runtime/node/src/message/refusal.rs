//! Why a node refuses a request.

use serde::{Deserialize, Serialize};

/// Why a node did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// The sender speaks another version.
    #[error("the node speaks version {node} of the protocol")]
    Version {
        /// What the node speaks.
        node: u16,
    },
    /// The sender's session is not open: the node started anew, or the host was silent for
    /// too long, or has gone. Actuators are in their safe states.
    #[error("the session is over: the node started anew, or heard nothing of its host")]
    NoSession,
    /// A late copy of a request before the last one; it was not carried out again.
    #[error("the request comes after request {last}, which is later")]
    Stale {
        /// The sequence number of the last request.
        last: u32,
    },
    /// Another request had the same number.
    #[error("another request had the same sequence number")]
    SequenceReused,
    /// The description has no such actuator.
    #[error("there is no such actuator")]
    NoSuchActuator,
    /// The value is not of the actuator's scale.
    #[error("the actuator has no such value")]
    NotOfScale,
    /// The value is of the scale, but may not be set now.
    #[error("the actuator may not be set to this now")]
    Inadmissible,
    /// The text is longer than a memory's reflection.
    #[error("the reflection is too long")]
    ReflectionTooLong,
    /// The hardware failed; actuators go to their safe states.
    #[error("the hardware failed with code {code}")]
    Hardware {
        /// The firmware's own code.
        code: u8,
    },
    /// Memory could not be saved; it is kept while the power lasts.
    #[error("memory could not be saved")]
    Storage,
    /// Another host acts, or has acted since the sender did.
    #[error("another host acts on the node")]
    Busy {
        /// How long that one may be silent from now on before the node is free; 0 if it
        /// is free already, for a `Hello`.
        left_ms: u32,
    },
    /// One who only looks may not do this.
    #[error("one who only looks may not change anything")]
    OnlyLooks,
}
