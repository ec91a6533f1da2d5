//! A room with a heater and a fan. The heater may not be switched on while the door
//! is open.

use runtime_node::description::{Actuator, Description, Range, Scale, Sensor};
use runtime_node::hardware::{Hardware, HardwareError};

pub(crate) const HEATER: u8 = 0;
pub(crate) const FAN: u8 = 1;
pub(crate) const DEADLINE_MS: u64 = 2_000;

const SWITCH: Scale<'static> =
    Scale { unit: "", decimals: 0, range: Range { min: 0, max: 1 }, resolution: 1 };

pub(crate) const THERMOSTAT: Description<'static> = Description {
    name: "thermostat",
    deadline_ms: DEADLINE_MS as u32,
    sensors: &[
        Sensor {
            name: "temperature",
            scale: Scale {
                unit: "°C",
                decimals: 1,
                range: Range { min: -400, max: 1250 },
                resolution: 1,
            },
        },
        Sensor { name: "door", scale: SWITCH },
    ],
    actuators: &[
        Actuator { name: "heater", scale: SWITCH, safe: 0 },
        Actuator {
            name: "fan",
            scale: Scale {
                unit: "%",
                decimals: 0,
                range: Range { min: 0, max: 100 },
                resolution: 25,
            },
            safe: 25,
        },
    ],
};

#[derive(Clone, Debug)]
pub(crate) struct Thermostat {
    pub(crate) temperature: i32,
    pub(crate) is_door_open: bool,
    pub(crate) settings: [i32; 2],
    /// Every setting of the heater, in order.
    pub(crate) heatings: Vec<i32>,
    pub(crate) is_thermometer_broken: bool,
    pub(crate) is_heater_broken: bool,
}

impl Default for Thermostat {
    fn default() -> Self {
        Self {
            temperature: 185,
            is_door_open: false,
            settings: [1, 100],
            heatings: Vec::new(),
            is_thermometer_broken: false,
            is_heater_broken: false,
        }
    }
}

impl Hardware for Thermostat {
    fn description(&self) -> Description<'static> {
        THERMOSTAT
    }

    fn read(&mut self, sensor: u8) -> Result<i32, HardwareError> {
        match sensor {
            0 if self.is_thermometer_broken => Err(HardwareError { code: 4 }),
            0 => Ok(self.temperature),
            _ => Ok(i32::from(self.is_door_open)),
        }
    }

    fn set(&mut self, actuator: u8, value: i32) -> Result<(), HardwareError> {
        if actuator == HEATER {
            if self.is_heater_broken {
                return Err(HardwareError { code: 5 });
            }
            self.heatings.push(value);
        }
        self.settings[usize::from(actuator)] = value;
        Ok(())
    }

    fn admissible(&mut self, actuator: u8) -> Option<Range> {
        let max = if actuator == FAN { 100 } else { i32::from(!self.is_door_open) };
        Some(Range { min: 0, max })
    }

    fn reset(&mut self, seed: u32) -> Result<(), HardwareError> {
        self.temperature = 180 + (seed % 10) as i32;
        Ok(())
    }
}
