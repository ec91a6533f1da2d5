//! What a node asks of the board it runs on.

use crate::description::{Description, Range};

/// Sensors and actuators. No method may block for as long as the deadline.
pub trait Hardware {
    /// The same at every call. A node refuses to start on one that breaks the limits.
    fn description(&self) -> Description<'static>;

    /// Reads a sensor of the description, as its scale counts.
    fn read(&mut self, sensor: u8) -> Result<i32, HardwareError>;

    /// Sets an actuator of the description to a value of its scale.
    ///
    /// The safe value is set whether admissible or not.
    fn set(&mut self, actuator: u8, value: i32) -> Result<(), HardwareError>;

    /// What an actuator may be set to now; `None` if it may not move.
    ///
    /// Within this range the scale's resolution still holds.
    fn admissible(&mut self, actuator: u8) -> Option<Range>;

    /// Begins an episode, after the actuators were made safe. Where the hardware is
    /// simulated, the same seed and the same actions give the same episode.
    fn reset(&mut self, seed: u32) -> Result<(), HardwareError>;
}

/// The hardware did not do what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hardware failed with code {code}")]
pub struct HardwareError {
    /// The firmware's own code; the host shows it.
    pub code: u8,
}
