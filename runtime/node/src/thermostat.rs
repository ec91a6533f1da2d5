//! Hardware to try a node with: a heater and a fan, a thermometer and a door, in a
//! simulated room.
//!
//! The room lives by acts, not by the clock: each setting of an actuator is followed
//! by one minute of the room. So the same seed and the same actions give the same
//! episode, however slow the host is, as long as it is never silent for longer than
//! the deadline: the node then sets both actuators itself, which takes two minutes.
//!
//! A real board implements [`Hardware`] on its pins instead. What a minute does is
//! `room`'s matter.

mod room;

use crate::description::{Actuator, Description, Range, Scale, Sensor};
use crate::hardware::{Hardware, HardwareError};

use room::Room;

/// The thermometer's place among the sensors.
pub const TEMPERATURE: u8 = 0;
/// The door's place among the sensors; 1 is open.
pub const DOOR: u8 = 1;
/// The heater's place among the actuators.
pub const HEATER: u8 = 0;
/// The fan's place among the actuators.
pub const FAN: u8 = 1;

/// The heater's greatest level.
const HEATER_MAX: i32 = 3;
/// The heater's greatest level while the door is open.
const HEATER_MAX_DOOR_OPEN: i32 = 1;
/// The board has no such sensor or actuator.
const NOTHING_THERE: HardwareError = HardwareError { code: 1 };

/// What the thermostat says of itself.
pub const THERMOSTAT: Description<'static> = Description {
    name: "thermostat",
    deadline_ms: 2_000,
    sensors: &[
        Sensor {
            name: "temperature",
            scale: Scale {
                unit: "°C",
                decimals: 1,
                range: Range { min: 0, max: 400 },
                resolution: 1,
            },
        },
        Sensor { name: "door", scale: levels(1) },
    ],
    actuators: &[
        Actuator { name: "heater", scale: levels(HEATER_MAX), safe: 0 },
        Actuator { name: "fan", scale: levels(1), safe: 0 },
    ],
};

/// Whole numbers from 0 to `max`, without a unit.
const fn levels(max: i32) -> Scale<'static> {
    Scale { unit: "", decimals: 0, range: Range { min: 0, max }, resolution: 1 }
}

/// The simulated hardware: where its actuators stand, in a room.
#[derive(Clone, Debug)]
pub struct Thermostat {
    room: Room,
    heater: i32,
    fan: i32,
}

impl Thermostat {
    /// The room of seed 0, with everything off.
    pub fn new() -> Self {
        Self { room: Room::new(0), heater: 0, fan: 0 }
    }
}

impl Default for Thermostat {
    fn default() -> Self {
        Self::new()
    }
}

impl Hardware for Thermostat {
    fn description(&self) -> Description<'static> {
        THERMOSTAT
    }

    fn read(&mut self, sensor: u8) -> Result<i32, HardwareError> {
        match sensor {
            TEMPERATURE => Ok(self.room.temperature_tenths()),
            DOOR => Ok(self.room.is_door_open().into()),
            _ => Err(NOTHING_THERE),
        }
    }

    fn set(&mut self, actuator: u8, value: i32) -> Result<(), HardwareError> {
        match actuator {
            HEATER => self.heater = value,
            FAN => self.fan = value,
            _ => return Err(NOTHING_THERE),
        }
        self.room.pass_minute(self.heater, self.fan);
        Ok(())
    }

    /// A heater that stood higher when the door opened goes on as it was set.
    fn admissible(&mut self, actuator: u8) -> Option<Range> {
        let max = match actuator {
            HEATER if self.room.is_door_open() => HEATER_MAX_DOOR_OPEN,
            HEATER => HEATER_MAX,
            FAN => 1,
            _ => return None,
        };
        Some(Range { min: 0, max })
    }

    fn reset(&mut self, seed: u32) -> Result<(), HardwareError> {
        *self = Self { room: Room::new(seed), heater: 0, fan: 0 };
        Ok(())
    }
}
