//! What a node is, and what it does now, in words and as JSON.

pub mod monitor;
pub mod simulated;

use std::fmt::Write;

use runtime_environments::worlds::node::account::NodeState;
use runtime_environments::worlds::node::link::NodeLink;
use runtime_environments::worlds::node::profile::{Dial, Profile};
use serde_json::{Value, json};

/// A node as JSON.
pub fn json(link: &mut NodeLink) -> anyhow::Result<Value> {
    let (moment, reflections, steps) = (link.moment()?, link.reflections()?, link.steps()?);
    let Profile { name, deadline_ms, steps_max, reflections_max, outlives_power, .. } =
        link.profile();
    let kept: Vec<Value> = reflections
        .iter()
        .map(|kept| json!({"task": kept.task, "episode": kept.episode, "text": kept.text}))
        .collect();
    Ok(json!({
        "name": name, "port": link.port().to_string(), "deadline_ms": deadline_ms,
        "steps_max": steps_max, "reflections_max": reflections_max,
        "outlives_power": outlives_power,
        "sensors": dials(link.profile().sensors.iter()),
        "actuators": dials(link.profile().actuators.iter().map(|one| &one.dial)),
        "now": self::moment(link, &moment), "reflections": kept, "steps": steps,
    }))
}

/// A node in words.
pub fn text(link: &mut NodeLink) -> anyhow::Result<String> {
    let (moment, reflections, steps) = (link.moment()?, link.reflections()?, link.steps()?);
    let mut text = String::new();
    let Profile { name, deadline_ms, steps_max, reflections_max, outlives_power, .. } =
        link.profile();
    let lasts = if *outlives_power { "through power cuts" } else { "while the power lasts" };
    writeln!(text, "{name} at {}", link.port())?;
    writeln!(text, "deadline     {deadline_ms} ms without its host, then actuators are made safe")?;
    writeln!(text, "memory       {steps_max} steps, {reflections_max} reflections, {lasts}")?;
    for dial in &link.profile().sensors {
        writeln!(text, "sensor       {dial}")?;
    }
    for actuator in &link.profile().actuators {
        let safe = actuator.dial.value(actuator.safe);
        writeln!(text, "actuator     {}, safe at {safe}", actuator.dial)?;
    }
    let status = &moment.status;
    writeln!(text, "now          {}", link.words(&moment))?;
    writeln!(
        text,
        "status       up {:.1} s, {}, episode {}, {} steps; {} bad frames, {} deadlines missed, \
         {} faults, {} failures of storage",
        status.uptime_ms as f64 / 1e3,
        host(&moment),
        status.episode,
        steps.len(),
        status.frames_bad,
        status.deadlines_missed,
        status.faults,
        status.storage_failures
    )?;
    for kept in reflections {
        writeln!(text, "reflection   task {}, episode {}: {}", kept.task, kept.episode, kept.text)?;
    }
    Ok(text)
}

/// A moment's counts in a line.
pub fn counts(moment: &NodeState) -> String {
    let status = &moment.status;
    format!(
        "up {:.0} s, {}, episode {}, {} bad frames, {} deadlines missed, {} faults",
        status.uptime_ms as f64 / 1e3,
        host(moment),
        status.episode,
        status.frames_bad,
        status.deadlines_missed,
        status.faults
    )
}

/// Whether anybody acts.
fn host(moment: &NodeState) -> &'static str {
    if moment.status.has_host { "a host acts" } else { "no host" }
}

fn dials<'a>(dials: impl Iterator<Item = &'a Dial>) -> Vec<Value> {
    let range = |dial: &Dial| [dial.digits(dial.range.min), dial.digits(dial.range.max)];
    dials.map(|dial| json!({"name": dial.name, "unit": dial.unit, "range": range(dial)})).collect()
}

/// A moment as JSON: values by name, and the node's counts.
pub fn moment(link: &NodeLink, now: &NodeState) -> Value {
    let profile = link.profile();
    let sensors = profile.sensors.iter().zip(&now.seen.readings);
    let sensors = sensors
        .map(|(dial, value)| (dial.name.clone(), json!(value.map(|value| dial.digits(value)))));
    let actuators = profile.actuators.iter().zip(&now.seen.actuators);
    let actuators =
        actuators.map(|(one, state)| (one.dial.name.clone(), json!(one.dial.digits(state.value))));
    let values: serde_json::Map<String, Value> = sensors.chain(actuators).collect();
    json!({"values": values, "status": now.status})
}
