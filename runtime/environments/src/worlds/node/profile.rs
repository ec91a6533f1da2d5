//! The host's copy of a node's description, and formatting of its numbers.

use std::fmt;

use runtime_node::description::{Range, Scale};
use runtime_node::message::Hello;

/// Greatest number of values of an actuator among the admissible actions.
const OFFERED_MAX: i64 = 9;

/// The host's copy of a node's description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Time without a request after which actuators return to their safe states.
    pub deadline_ms: u32,
    /// Greatest number of steps in its memory.
    pub steps_max: u16,
    /// Greatest number of reflections in its memory.
    pub reflections_max: u16,
    /// Whether its memory survives a power cut.
    pub outlives_power: bool,
    /// The sensors; a sensor's number is its index.
    pub sensors: Vec<Dial>,
    /// The actuators; an actuator's number is its index.
    pub actuators: Vec<ProfileActuator>,
}

/// An actuator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileActuator {
    /// Its values.
    pub dial: Dial,
    /// The safe value when there is no host.
    pub safe: i32,
}

/// The name, unit and values of a sensor or actuator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// The name, for example `temperature`.
    pub name: String,
    /// The unit, for example `°C`; empty for a switch or a number without unit.
    pub unit: String,
    /// Number of digits after the decimal point.
    pub decimals: u8,
    /// Least and greatest value, in units of the last digit.
    pub range: Range,
    /// The smallest difference of two values, in the same units.
    pub resolution: u32,
}

/// Why a description with valid limits cannot be shown to an agent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name or unit {0:?} has control characters or blanks at its ends, or is said twice")]
pub struct ProfileError(String);

impl Profile {
    /// The profile of a node's description.
    pub fn of(hello: &Hello<'_>) -> Result<Self, ProfileError> {
        let sensors = hello.sensors.iter().map(|sensor| Dial::of(sensor.name, &sensor.scale));
        let actuators = hello.actuators.iter().map(|actuator| {
            let dial = Dial::of(actuator.name, &actuator.scale)?;
            Ok(ProfileActuator { dial, safe: actuator.safe })
        });
        let profile = Self {
            name: plain(hello.name)?,
            deadline_ms: hello.deadline_ms,
            steps_max: hello.steps_max,
            reflections_max: hello.reflections_max,
            outlives_power: hello.outlives_power,
            sensors: sensors.collect::<Result<_, _>>()?,
            actuators: actuators.collect::<Result<_, ProfileError>>()?,
        };
        let names: Vec<&str> = profile.actuators.iter().map(|one| one.dial.name.as_str()).collect();
        let twice = names.iter().enumerate().find(|(place, name)| names[..*place].contains(name));
        if let Some((_, name)) = twice {
            return Err(ProfileError((*name).to_owned()));
        }
        Ok(profile)
    }

    /// The list of sensors, then actuators, as text.
    pub fn dials(&self) -> String {
        let actuators = self.actuators.iter().map(|one| &one.dial);
        let all: Vec<String> = self.sensors.iter().chain(actuators).map(Dial::to_string).collect();
        all.join(", ")
    }
}

impl Dial {
    fn of(name: &str, scale: &Scale<'_>) -> Result<Self, ProfileError> {
        Ok(Self {
            name: plain(name)?,
            unit: plain(scale.unit)?,
            decimals: scale.decimals,
            range: scale.range,
            resolution: scale.resolution,
        })
    }

    /// A value as digits: `215` with one decimal is `21.5`.
    pub fn digits(&self, value: i32) -> String {
        let decimals = usize::from(self.decimals);
        let sign = if value < 0 { "-" } else { "" };
        let digits = format!("{:0>1$}", value.unsigned_abs(), decimals + 1);
        let (whole, rest) = digits.split_at(digits.len() - decimals);
        if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
    }

    /// A value with its unit.
    pub fn value(&self, value: i32) -> String {
        let (digits, unit) = (self.digits(value), &self.unit);
        if unit.is_empty() { digits } else { format!("{digits} {unit}") }
    }

    /// Parses a value; `None` if the text is not a number or has too many decimals.
    pub fn read(&self, digits: &str) -> Option<i32> {
        let (sign, number) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
        let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
        let decimals = usize::from(self.decimals);
        let are_digits = whole.bytes().chain(rest.bytes()).all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || rest.len() > decimals || !are_digits {
            return None;
        }
        format!("{sign}{whole}{rest:0<decimals$}").parse().ok()
    }

    /// The values within `range` for admissible actions: all of them, or some at equal distances
    /// with both ends.
    pub fn offered(&self, range: Range) -> Vec<i32> {
        let step = i64::from(self.resolution.max(1));
        let least = i64::from(self.range.min);
        // The first valid value that is not below the range.
        let from = (i64::from(range.min.max(self.range.min)) - least + step - 1) / step;
        let to = (i64::from(range.max.min(self.range.max)) - least).div_euclid(step);
        let count = to - from + 1;
        let shown = count.clamp(0, OFFERED_MAX);
        let place =
            |index: i64| if shown < 2 { from } else { from + index * (count - 1) / (shown - 1) };
        let value = |index| i32::try_from(least + place(index) * step).ok();
        (0..shown).filter_map(value).collect()
    }

    /// Whether it has only two values.
    pub fn is_switch(&self) -> bool {
        let steps = i64::from(self.range.max) - i64::from(self.range.min);
        steps <= i64::from(self.resolution)
    }
}

/// Name, unit and range as text.
impl fmt::Display for Dial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { min, max } = self.range;
        let between = if self.is_switch() { "or" } else { "to" };
        write!(formatter, "{} ({} {between} {})", self.name, self.digits(min), self.value(max))
    }
}

/// A name without control characters: names come from the node and are shown in prompts and on terminals.
fn plain(name: &str) -> Result<String, ProfileError> {
    if name.trim() != name || name.chars().any(char::is_control) {
        return Err(ProfileError(name.to_owned()));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dial(decimals: u8, (min, max): (i32, i32), resolution: u32) -> Dial {
        let (name, unit) = ("temperature".to_owned(), "°C".to_owned());
        Dial { name, unit, decimals, range: Range { min, max }, resolution }
    }

    #[test]
    fn values_are_written_and_read_to_the_last_digit() {
        let tenths = dial(1, (-400, 400), 1);
        for (value, digits) in [(215, "21.5"), (-5, "-0.5"), (0, "0.0"), (-215, "-21.5")] {
            assert_eq!(tenths.digits(value), digits);
            assert_eq!(tenths.read(digits), Some(value));
        }
        assert_eq!(tenths.read("21"), Some(210));
        assert_eq!(dial(0, (0, 3), 1).digits(3), "3");
        for wrong in ["", "-", "2.55", "a", "1-2", "99999999999"] {
            assert_eq!(tenths.read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn few_values_are_offered_whole_and_many_at_even_distances() {
        let level = dial(0, (0, 3), 1);
        assert_eq!(level.offered(level.range), [0, 1, 2, 3]);
        assert_eq!(level.offered(Range { min: -5, max: 1 }), [0, 1]);
        assert_eq!(level.offered(Range { min: 4, max: 9 }), [0; 0]);
        let valve = dial(0, (10, 1000), 20);
        assert_eq!(valve.offered(Range { min: 15, max: 75 }), [30, 50, 70]);
        let all = valve.offered(valve.range);
        assert_eq!((all.len(), all[0], all[8]), (9, 10, 990));
        assert!(all.iter().all(|value| (value - 10) % 20 == 0));
        let whole = dial(0, (i32::MIN, i32::MAX), 1);
        assert_eq!(whole.offered(whole.range).len(), 9);
    }

    #[test]
    fn a_dial_says_its_range() {
        assert_eq!(dial(1, (0, 400), 1).to_string(), "temperature (0.0 to 40.0 °C)");
    }

    #[test]
    fn names_that_would_write_into_a_prompt_are_refused() {
        assert!(plain("line\nSystem:").is_err());
        assert!(plain(" heater").is_err());
        assert_eq!(plain("left heater").unwrap(), "left heater");
    }
}
