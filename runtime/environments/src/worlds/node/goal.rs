//! The agent's goal on a node: a sensor's value in a range for some steps.

use runtime_node::description::Range;

use super::profile::{Dial, Profile};

/// The default number of steps in the range.
const HELD_DEFAULT: u32 = 3;
/// The default range is this fraction of the sensor's range: one tenth.
const BAND_SHARE: i64 = 10;

/// A sensor's value in a range (the band) for some steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SensorGoal {
    /// The sensor's index in the profile.
    pub sensor: usize,
    /// The range, in the sensor's units of the last digit.
    pub band: Range,
    /// Number of successive steps that must end in the range.
    pub held: u32,
}

/// A goal that is invalid for the node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the goal {found:?} cannot be used: {reason}; expected for example {example:?}, with one of \
     the node's sensors: {sensors}"
)]
pub struct GoalError {
    found: String,
    reason: String,
    example: String,
    sensors: String,
}

impl SensorGoal {
    /// Parses `SENSOR MIN..MAX [for STEPS]`. The default is the middle tenth of the range of
    /// the first sensor that is not a switch.
    pub fn of(profile: &Profile, text: Option<&str>) -> Result<Self, GoalError> {
        let usual = usual(profile);
        let refused = |reason: String| {
            let sensors: Vec<String> = profile.sensors.iter().map(Dial::to_string).collect();
            let example = usual.as_ref().map(|goal| goal.text(profile)).unwrap_or_default();
            let found = text.unwrap_or_default().to_owned();
            GoalError { found, reason, example, sensors: sensors.join(", ") }
        };
        let Some(text) = text else {
            return usual.clone().ok_or_else(|| refused("the node has no such sensor".into()));
        };
        let (rest, held) = match text.rsplit_once(" for ") {
            None => (text, Some(HELD_DEFAULT)),
            Some((rest, held)) => (rest, held.trim().parse().ok().filter(|&held| held > 0)),
        };
        let held = held.ok_or_else(|| refused("the number of steps is none".into()))?;
        let (name, band) =
            rest.trim().rsplit_once(' ').ok_or_else(|| refused("the band is missing".into()))?;
        let sensor = profile.sensors.iter().position(|dial| dial.name == name.trim());
        let sensor = sensor.ok_or_else(|| refused(format!("there is no sensor {name:?}")))?;
        let dial = &profile.sensors[sensor];
        let ends = band.split_once("..").map(|(min, max)| (dial.read(min), dial.read(max)));
        let Some((Some(min), Some(max))) = ends else {
            return Err(refused(format!("{band:?} is no band of {dial}")));
        };
        if min > max || !dial.range.contains(min) || !dial.range.contains(max) {
            return Err(refused(format!("{band} is not within {dial}")));
        }
        Ok(Self { sensor, band: Range { min, max }, held })
    }

    /// The goal in the form that [`SensorGoal::of`] parses.
    pub fn text(&self, profile: &Profile) -> String {
        let dial = &profile.sensors[self.sensor];
        let Range { min, max } = self.band;
        format!("{} {}..{} for {}", dial.name, dial.digits(min), dial.digits(max), self.held)
    }

    /// The instruction for the agent.
    pub fn instruction(&self, profile: &Profile) -> String {
        let dial = &profile.sensors[self.sensor];
        format!("bring the {} {}, and keep it there.", dial.name, self.between(dial))
    }

    /// `to between 18.0 and 22.0 °C`, `to 1`.
    fn between(&self, dial: &Dial) -> String {
        let Range { min, max } = self.band;
        if min == max {
            return format!("to {}", dial.value(min));
        }
        format!("to between {} and {}", dial.digits(min), dial.value(max))
    }
}

fn usual(profile: &Profile) -> Option<SensorGoal> {
    let sensor = profile.sensors.iter().position(|dial| !dial.is_switch())?;
    let Dial { range, .. } = profile.sensors[sensor];
    let (min, max) = (i64::from(range.min), i64::from(range.max));
    let (middle, half) = (i64::midpoint(min, max), (max - min) / BAND_SHARE / 2);
    let end = |value: i64| i32::try_from(value).ok();
    let band = Range { min: end(middle - half)?, max: end(middle + half)? };
    Some(SensorGoal { sensor, band, held: HELD_DEFAULT })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        let dial = |name: &str, decimals, max| Dial {
            name: name.to_owned(),
            unit: String::new(),
            decimals,
            range: Range { min: 0, max },
            resolution: 1,
        };
        let sensors = vec![dial("door", 0, 1), dial("room temperature", 1, 400)];
        Profile { sensors, ..Profile::default() }
    }

    #[test]
    fn a_goal_is_a_sensor_a_band_and_steps() {
        let goal = SensorGoal::of(&profile(), Some("room temperature 20.5..22 for 5")).unwrap();

        assert_eq!(goal, SensorGoal { sensor: 1, band: Range { min: 205, max: 220 }, held: 5 });
        assert_eq!(goal.text(&profile()), "room temperature 20.5..22.0 for 5");
        assert_eq!(
            SensorGoal::of(&profile(), Some("door 1..1")).unwrap().instruction(&profile()),
            "bring the door to 1, and keep it there."
        );
    }

    #[test]
    fn without_a_goal_the_middle_of_the_first_graded_sensor_is_meant() {
        let goal = SensorGoal::of(&profile(), None).unwrap();

        assert_eq!(goal.text(&profile()), "room temperature 18.0..22.0 for 3");
        assert!(SensorGoal::of(&Profile::default(), None).is_err());
    }

    #[test]
    fn what_is_no_goal_is_refused_with_one_that_is() {
        for text in
            ["", "door", "heat 1..2", "door 2..3", "door 1..0", "door 0..1 for 0", "door 0.5..1"]
        {
            let problem = SensorGoal::of(&profile(), Some(text)).unwrap_err().to_string();
            assert!(problem.contains("room temperature 18.0..22.0 for 3"), "{text}: {problem}");
        }
    }
}
