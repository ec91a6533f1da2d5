//! An episode on a node: converts actions and readings from and to text.

use std::sync::{Arc, Mutex};

use runtime_core::environment::{Environment, EnvironmentError, Step};
use runtime_core::task::Task;
use runtime_node::message::{ActuatorState, NodeRequest, Observation, Refusal};

use super::asking::{ask, broken, lock, observation, retry};
use super::goal::SensorGoal;
use super::link::{LinkError, NodeLink};
use super::numbers::number_of;
use super::profile::Profile;
use crate::world::{GameScore, Playable};

/// The action that lets time pass and changes nothing.
const WAIT: &str = "wait";
/// Greatest number of attempts to reset a node that restarts meanwhile.
const RESETS_MAX: u32 = 3;

/// The environment on a node.
pub(super) struct NodeEnvironment {
    pub(super) link: Arc<Mutex<NodeLink>>,
    pub(super) goal: SensorGoal,
    pub(super) episode: Option<EpisodeState>,
}

/// The state of an episode.
pub(super) struct EpisodeState {
    profile: Profile,
    seen: Observation,
    /// Number of restarts of the node at the last observation.
    restarts: u64,
    /// Number of successive steps that ended in the range, now and at most.
    held: u32,
    held_best: u32,
}

/// The request that an action means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Set { actuator: u8, value: i32 },
    Look,
}

impl Environment for NodeEnvironment {
    fn reset(&mut self, task: &Task) -> Result<String, EnvironmentError> {
        let request = NodeRequest::Reset { seed: number_of(task)? };
        let mut link = lock(&self.link);
        let mut left = RESETS_MAX;
        let seen = loop {
            left -= 1;
            match ask(&mut link, &request) {
                Err(LinkError::Restarted) if left > 0 => {}
                other => break other.map_err(|error| broken(&error))?,
            }
        };
        let (profile, restarts) = (link.profile().clone(), link.restarts());
        let opening = format!("{} {}", tools(&profile), readings(&profile, &seen));
        self.episode = Some(EpisodeState { profile, seen, restarts, held: 0, held_best: 0 });
        Ok(opening)
    }

    /// The reward is 1.0 once the sensor was in the range for the goal's number of steps.
    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let episode = self.episode.as_mut().ok_or(EnvironmentError::NotReset)?;
        let was_done = episode.is_done(&self.goal);
        let Some(wanted) = episode.wanted(action) else {
            let said =
                format!("Nothing happens: say {WAIT}, or set one of the actuators to a value.");
            return Ok(episode.step(said, was_done, &self.goal));
        };
        let mut link = lock(&self.link);
        let said = if link.restarts() == episode.restarts {
            episode.act(&mut link, wanted)?
        } else {
            // The pulse between the steps has noticed a restart.
            episode.start_anew(&mut link)?
        };
        episode.count(&self.goal);
        Ok(episode.step(said, was_done, &self.goal))
    }

    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        let EpisodeState { profile, seen, .. } = self.episode.as_ref()?;
        let mut actions = vec![WAIT.to_owned()];
        for (actuator, state) in profile.actuators.iter().zip(&seen.actuators) {
            let offered = state.admissible.map(|range| actuator.dial.offered(range));
            for value in offered.unwrap_or_default() {
                let dial = &actuator.dial;
                actions.push(format!("set {} to {}", dial.name, dial.digits(value)));
            }
        }
        actions.sort();
        Some(actions)
    }

    fn feedback(&self) -> String {
        let Some(episode) = &self.episode else { return String::new() };
        if episode.is_done(&self.goal) {
            return "You finished the task.".to_owned();
        }
        let dial = &episode.profile.sensors[self.goal.sensor];
        let reading = episode.seen.readings.get(self.goal.sensor).copied().flatten();
        let now = reading.map_or("unknown".to_owned(), |value| dial.value(value));
        let (best, held, name) = (episode.held_best, self.goal.held, &dial.name);
        format!(
            "The {name} was where it belongs for {best} of {held} steps in a row at best. \
             In the end it was {now}."
        )
    }
}

impl Playable for NodeEnvironment {
    fn standing(&self) -> GameScore {
        let Some(episode) = &self.episode else { return GameScore::default() };
        let won = episode.is_done(&self.goal);
        let (score, score_max) = (i64::from(episode.held_best), i64::from(self.goal.held));
        GameScore { score: score.min(score_max), score_max, won, done: won }
    }
}

impl EpisodeState {
    /// The request that an action means; `None` if the action is invalid.
    fn wanted(&self, action: &str) -> Option<Wanted> {
        let action = action.trim();
        if action.eq_ignore_ascii_case(WAIT) {
            return Some(self.stay());
        }
        let (name, digits) = action.strip_prefix("set ")?.rsplit_once(" to ")?;
        let mut actuators = (0_u8..).zip(&self.profile.actuators);
        let (actuator, found) = actuators.find(|(_, one)| one.dial.name == name)?;
        Some(Wanted::Set { actuator, value: found.dial.read(digits)? })
    }

    /// The request for waiting: sets an actuator to its current value, since actions advance
    /// the time of simulated hardware; only reads if no actuator may be set.
    fn stay(&self) -> Wanted {
        let may_stay = |state: &ActuatorState| {
            state.admissible.is_some_and(|range| range.contains(state.value))
        };
        let found = (0_u8..).zip(&self.seen.actuators).find(|(_, state)| may_stay(state));
        found.map_or(Wanted::Look, |(actuator, state)| Wanted::Set { actuator, value: state.value })
    }

    /// Sends the request; returns the observation as text.
    fn act(&mut self, link: &mut NodeLink, wanted: Wanted) -> Result<String, EnvironmentError> {
        let request = match wanted {
            Wanted::Set { actuator, value } => NodeRequest::Act { actuator, value },
            Wanted::Look => NodeRequest::Observe,
        };
        match ask(link, &request) {
            Ok(seen) => Ok(self.take(seen)),
            Err(LinkError::Restarted) => self.start_anew(link),
            Err(LinkError::Refused(refusal)) if is_of_the_action(refusal) => {
                let why = format!("That was not done: {refusal}.");
                match ask(link, &NodeRequest::Observe) {
                    Ok(seen) => Ok(format!("{why} {}", self.take(seen))),
                    Err(LinkError::Restarted) => self.start_anew(link),
                    Err(error) => Err(broken(&error)),
                }
            }
            Err(error) => Err(broken(&error)),
        }
    }

    /// Resumes the episode after the node restarted, with its actuators in their safe states.
    fn start_anew(&mut self, link: &mut NodeLink) -> Result<String, EnvironmentError> {
        self.held = 0;
        let seen =
            retry(link, &NodeRequest::Observe, observation).map_err(|error| broken(&error))?;
        self.restarts = link.restarts();
        let seen = self.take(seen);
        let why = "The node started anew, or heard nothing of its host for too long";
        Ok(format!("{why}: its actuators are in their safe states. {seen}"))
    }

    /// Stores the observation and returns it as text.
    fn take(&mut self, seen: Observation) -> String {
        self.seen = seen;
        readings(&self.profile, &self.seen)
    }

    fn count(&mut self, goal: &SensorGoal) {
        let reading = self.seen.readings.get(goal.sensor).copied().flatten();
        let is_in = reading.is_some_and(|value| goal.band.contains(value));
        self.held = if is_in { self.held + 1 } else { 0 };
        self.held_best = self.held_best.max(self.held);
    }

    fn is_done(&self, goal: &SensorGoal) -> bool {
        self.held_best >= goal.held
    }

    fn step(&self, observation: String, was_done: bool, goal: &SensorGoal) -> Step {
        let done = self.is_done(goal);
        let reward = if done && !was_done { 1.0 } else { 0.0 };
        let progress = self.held_best.min(goal.held) as f32 / goal.held as f32;
        Step { observation, reward, progress, done }
    }
}

/// Whether a refusal is about the action, so that the agent should read it.
fn is_of_the_action(refusal: Refusal) -> bool {
    use Refusal::{Hardware, Inadmissible, NoSuchActuator, NotOfScale};
    matches!(refusal, NoSuchActuator | NotOfScale | Inadmissible | Hardware { .. })
}

/// The sentence that lists the actuators.
fn tools(profile: &Profile) -> String {
    let actuators: Vec<String> = profile.actuators.iter().map(|one| one.dial.to_string()).collect();
    if actuators.is_empty() {
        return format!("You watch the {}.", profile.name);
    }
    format!("You control the {} by: {}.", profile.name, actuators.join(", "))
}

/// The sentence that lists the readings.
pub(super) fn readings(profile: &Profile, seen: &Observation) -> String {
    let sensors = profile.sensors.iter().zip(&seen.readings).map(|(dial, reading)| match reading {
        Some(value) => format!("{} is {}", dial.name, dial.value(*value)),
        None => format!("{} cannot be read", dial.name),
    });
    let actuators = profile.actuators.iter().zip(&seen.actuators);
    let actuators = actuators.map(|(actuator, state)| {
        let (dial, value) = (&actuator.dial, actuator.dial.value(state.value));
        let free = state.admissible;
        match free.filter(|range| range.max < dial.range.max || range.min > dial.range.min) {
            Some(range) => {
                let (min, max) = (dial.digits(range.min), dial.digits(range.max));
                format!("{} is {value}, and may be {min} to {max} now", dial.name)
            }
            None if free.is_none() => format!("{} is {value}, and may not move", dial.name),
            None => format!("{} is {value}", dial.name),
        }
    });
    let all: Vec<String> = sensors.chain(actuators).collect();
    let mut text = all.join("; ");
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    text + "."
}
