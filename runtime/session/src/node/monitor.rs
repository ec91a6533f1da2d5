//! What a node does, looked at again and again.

use std::time::Duration;

use anyhow::ensure;
use runtime_environments::worlds::node::account::NodeState;
use runtime_environments::worlds::node::link::NodeLink;
use runtime_environments::worlds::node::profile::{Dial, Profile};

/// A sensor or an actuator, as a bar shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gauge {
    /// What it is.
    pub name: String,
    /// How far its value is from the least.
    pub place: u64,
    /// How far the greatest is.
    pub length: u64,
    /// Its value with the unit.
    pub text: String,
}

/// Looks at the node at a port every so many seconds, as long as somebody looks on.
pub fn watch(
    port: &str,
    every_seconds: f64,
    is_watched: &dyn Fn() -> bool,
    show: &mut dyn FnMut(&NodeLink, &NodeState) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    ensure!(
        (0.05..=3600.0).contains(&every_seconds),
        "--every is {every_seconds}, expected 0.05 to 3600"
    );
    let mut link = NodeLink::watch(port.parse()?)?;
    while is_watched() {
        let moment = link.moment()?;
        show(&link, &moment)?;
        std::thread::sleep(Duration::from_secs_f64(every_seconds));
    }
    Ok(())
}

/// Sensors, then actuators.
pub fn gauges(profile: &Profile, moment: &NodeState) -> Vec<Gauge> {
    let readings = moment.seen.readings.iter().copied();
    let states = moment.seen.actuators.iter().map(|state| Some(state.value));
    let actuators = profile.actuators.iter().map(|one| &one.dial).zip(states);
    let all = profile.sensors.iter().zip(readings).chain(actuators);
    all.map(|(dial, value)| gauge(dial, value)).collect()
}

fn gauge(dial: &Dial, value: Option<i32>) -> Gauge {
    let place = value.map_or(0, |value| value.saturating_sub(dial.range.min));
    Gauge {
        name: dial.name.clone(),
        place: u64::try_from(place).unwrap_or(0),
        length: u64::from(dial.range.max.abs_diff(dial.range.min)).max(1),
        text: value.map_or("cannot be read".to_owned(), |value| dial.value(value)),
    }
}
