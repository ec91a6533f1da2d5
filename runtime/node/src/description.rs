//! What a node says of itself: its sensors, its actuators and its deadline.
//!
//! A value on the wire is a whole number that counts powers of ten of the unit: with
//! `decimals` 1 and unit "°C", 215 means 21.5 °C. So the node needs no floating
//! point, and a value is the same on both sides to the last digit.

use heapless::Vec;
use serde::{Deserialize, Serialize};

/// Most sensors of one node.
pub const SENSORS_MAX: usize = 8;
/// Most actuators of one node.
pub const ACTUATORS_MAX: usize = 4;
/// Longest name of a node, a sensor or an actuator, in bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 16;
/// Longest unit, in bytes of UTF-8.
pub const UNIT_BYTES_MAX: usize = 8;
/// Most digits after the decimal point: more would overflow 32 bits.
pub const DECIMALS_MAX: u8 = 9;

/// A node's account of itself. It lies in flash, hence the slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description<'a> {
    /// What the node is called; 1 to [`NAME_BYTES_MAX`] bytes.
    pub name: &'a str,
    /// How long the host may be silent before actuators become safe; above 0.
    pub deadline_ms: u32,
    /// At most [`SENSORS_MAX`]; a sensor's number is its place here.
    pub sensors: &'a [Sensor<'a>],
    /// At most [`ACTUATORS_MAX`]; an actuator's number is its place here.
    pub actuators: &'a [Actuator<'a>],
}

/// What can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sensor<'a> {
    /// 1 to [`NAME_BYTES_MAX`] bytes.
    pub name: &'a str,
    /// What is counted and how far it goes.
    #[serde(borrow)]
    pub scale: Scale<'a>,
}

/// A sensor's values, in the order of the description; `None` if one could not
/// be read.
pub type Readings = Vec<Option<i32>, SENSORS_MAX>;

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actuator<'a> {
    /// 1 to [`NAME_BYTES_MAX`] bytes.
    pub name: &'a str,
    /// What is counted and how far it goes.
    #[serde(borrow)]
    pub scale: Scale<'a>,
    /// The value that harms nobody when the host is gone; a setting of `scale`.
    pub safe: i32,
}

/// The values of a sensor or an actuator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale<'a> {
    /// At most [`UNIT_BYTES_MAX`] bytes; empty for a switch or a bare number.
    pub unit: &'a str,
    /// Digits after the decimal point, at most [`DECIMALS_MAX`].
    pub decimals: u8,
    /// Least and greatest value.
    pub range: Range,
    /// The smallest difference, at least 1: values are `range.min` and whole
    /// resolutions above it.
    pub resolution: u32,
}

/// Values from `min` to `max`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Least value.
    pub min: i32,
    /// Greatest value; never below `min`.
    pub max: i32,
}

impl Range {
    /// Whether `value` lies in the range.
    pub fn contains(self, value: i32) -> bool {
        (self.min..=self.max).contains(&value)
    }
}

impl Scale<'_> {
    /// Whether `value` is in the range and a whole number of resolutions above its
    /// least.
    pub fn has(&self, value: i32) -> bool {
        let above_min = i64::from(value) - i64::from(self.range.min);
        self.range.contains(value) && above_min % i64::from(self.resolution.max(1)) == 0
    }

    fn check(&self) -> Result<(), DescriptionError> {
        if self.unit.len() > UNIT_BYTES_MAX {
            return Err(DescriptionError::Unit { unit_bytes: self.unit.len() });
        }
        if self.decimals > DECIMALS_MAX {
            return Err(DescriptionError::Decimals { decimals: self.decimals });
        }
        if self.range.min > self.range.max || self.resolution == 0 {
            return Err(DescriptionError::Scale);
        }
        Ok(())
    }
}

impl Description<'_> {
    /// Checks every limit that the fields' docs state.
    pub fn check(&self) -> Result<(), DescriptionError> {
        if self.sensors.len() > SENSORS_MAX || self.actuators.len() > ACTUATORS_MAX {
            return Err(DescriptionError::TooMany {
                sensors: self.sensors.len(),
                actuators: self.actuators.len(),
            });
        }
        if self.deadline_ms == 0 {
            return Err(DescriptionError::Deadline);
        }
        check_name(self.name)?;
        for sensor in self.sensors {
            check_name(sensor.name)?;
            sensor.scale.check()?;
        }
        for actuator in self.actuators {
            check_name(actuator.name)?;
            actuator.scale.check()?;
            if !actuator.scale.has(actuator.safe) {
                return Err(DescriptionError::Safe { safe: actuator.safe });
            }
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), DescriptionError> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(DescriptionError::Name { name_bytes: name.len() });
    }
    Ok(())
}

/// Why a description cannot be a node's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// More than fits into one answer.
    #[error(
        "{sensors} sensors and {actuators} actuators: at most {SENSORS_MAX} and {ACTUATORS_MAX}"
    )]
    TooMany {
        /// How many are described.
        sensors: usize,
        /// How many are described.
        actuators: usize,
    },
    /// A deadline of nothing would never let an actuator move.
    #[error("the deadline is 0 ms")]
    Deadline,
    /// A name is empty or too long.
    #[error("a name has {name_bytes} bytes: 1 to {NAME_BYTES_MAX} are allowed")]
    Name {
        /// Its length.
        name_bytes: usize,
    },
    /// A unit is too long.
    #[error("a unit has {unit_bytes} bytes, more than {UNIT_BYTES_MAX}")]
    Unit {
        /// Its length.
        unit_bytes: usize,
    },
    /// More digits than 32 bits hold.
    #[error("a scale has {decimals} decimals, more than {DECIMALS_MAX}")]
    Decimals {
        /// What is described.
        decimals: u8,
    },
    /// A range is empty, or a resolution 0.
    #[error("a scale has an empty range or a resolution of 0")]
    Scale,
    /// A safe state that the actuator cannot be in.
    #[error("the safe state {safe} is not a value of its actuator")]
    Safe {
        /// What is described.
        safe: i32,
    },
}
