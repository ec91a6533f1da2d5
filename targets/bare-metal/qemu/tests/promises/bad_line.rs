//! A bad line costs time: no answer on it is wrong, and nothing is done twice or not at all.

use std::collections::VecDeque;
use std::io::{Write, stdout};
use std::time::Instant;

use runtime_environments::worlds::node::link::{LinkError, NodeLink};
use runtime_node::hardware::Hardware;
use runtime_node::memory::StoredReflection;
use runtime_node::message::{
    ActuatorState, NodeAnswer, NodeRequest, Observation, Recollection, Refusal, Status,
};
use runtime_node::thermostat::{FAN, HEATER, Thermostat};
use targets_bare_metal_qemu::board::EmulatedBoard;
use targets_bare_metal_qemu::damage::Damage;
use targets_bare_metal_qemu::gateway::Gateway;
use targets_bare_metal_qemu::machine::EmulatedMachine;

on_every_board!(a_thousand_exchanges_on_a_bad_line_are_right);

const EXCHANGES: u32 = 1_000;
/// How often they are begun: a machine that is too busy may keep the board from hearing of
/// its host for 2 s.
const TRIES: u32 = 3;
/// What the firmware remembers.
const STEPS: usize = 16;
const REFLECTIONS: usize = 4;

fn a_thousand_exchanges_on_a_bad_line_are_right(board: &EmulatedBoard) {
    let lapses: Vec<String> = (0..TRIES).map_while(|_| exchange(board).err()).collect();

    assert!(lapses.len() < TRIES as usize, "{lapses:#?}");
}

/// All exchanges with a new machine, or why they came to an end that is no fault of the line.
///
/// # Panics
///
/// Where an answer is wrong.
#[allow(clippy::disallowed_methods, reason = "what it took is told")]
fn exchange(board: &EmulatedBoard) -> Result<(), String> {
    let machine = EmulatedMachine::start(board, None).unwrap();
    let gateway = Gateway::open(machine, Damage::BAD).unwrap();
    let mut link = NodeLink::open(gateway.port().parse().unwrap()).unwrap();
    let mut twin = Twin::default();
    let mut draws = Draws(7);
    let start = Instant::now();
    for exchange in 1..=EXCHANGES {
        let text = format!("Advice {exchange}.");
        // Before its first episode a board's room has lived for as long as its start took.
        let request =
            if exchange == 1 { NodeRequest::Reset { seed: 1 } } else { draws.request(&text) };
        let expected = twin.answer(&request);
        let found = answer(&mut link, &request).map_err(|error| error.to_string())?;
        if found != expected {
            // A board that hears nothing for 2 s moves its actuators itself.
            let missed = status(&mut link).deadlines_missed;
            assert!(missed > 0, "{exchange}: {request:?} gave\n{found}, expected was\n{expected}");
            return Err(format!("{}: no host was heard for 2 s", board.name));
        }
    }
    let seconds = start.elapsed().as_secs_f32();

    let steps = link.steps().unwrap();
    let found: VecDeque<_> = steps.into_iter().map(|step| (step.actuator, step.value)).collect();
    let (frames_bad, damaged) = (status(&mut link).frames_bad, link.damaged());
    let counts = gateway.close();
    let told = format!(
        "{}: {EXCHANGES} exchanges in {seconds:.1} s, {frames_bad} frames damaged at the node, \
         {damaged} at the host; {counts:?}\n",
        board.name,
    );
    stdout().write_all(told.as_bytes()).unwrap();
    assert_eq!(found, twin.steps, "what was done, the latest first");
    assert!(frames_bad > 50 && damaged > 50, "the line was not bad");
    assert!(counts.cut > 10 && counts.doubled > 10 && counts.late > 10, "{counts:?}");
    Ok(())
}

/// What a host might ask, drawn from a seed (xorshift).
struct Draws(u32);

impl Draws {
    fn below(&mut self, count: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % count
    }

    fn request<'t>(&mut self, text: &'t str) -> NodeRequest<'t> {
        match self.below(16) {
            0 => NodeRequest::Reset { seed: self.below(1_000) },
            1 => NodeRequest::Observe,
            2 => NodeRequest::Remember { task: self.below(9), text },
            3 => {
                let age = u8::try_from(self.below(5)).unwrap();
                NodeRequest::Recall { kind: Recollection::Reflection, age }
            }
            // Now and then there is no such actuator or value.
            _ => {
                let actuator = u8::try_from(self.below(20) % 3).unwrap();
                NodeRequest::Act { actuator, value: self.below(5).cast_signed() }
            }
        }
    }
}

/// An answer in words, a refusal among them.
fn answer(link: &mut NodeLink, request: &NodeRequest<'_>) -> Result<String, LinkError> {
    match link.ask(request, |answer| Some(format!("{answer:?}"))) {
        Err(LinkError::Refused(refusal)) => Ok(format!("{:?}", NodeAnswer::Refused(refusal))),
        other => other,
    }
}

fn status(link: &mut NodeLink) -> Status {
    link.moment().unwrap().status
}

/// What the board must be like: the same thermostat, under the same acts.
#[derive(Default)]
struct Twin {
    room: Thermostat,
    settings: [i32; 2],
    episode: u32,
    /// Actuators and values, the latest first.
    steps: VecDeque<(u8, i32)>,
    /// Tasks, episodes and texts, the latest first.
    reflections: VecDeque<(u32, u32, String)>,
}

impl Twin {
    /// What the board must answer, in words.
    fn answer(&mut self, request: &NodeRequest<'_>) -> String {
        let answer = match *request {
            NodeRequest::Act { actuator, value } => match self.act(actuator, value) {
                Ok(()) => NodeAnswer::Act(self.seen()),
                Err(refusal) => NodeAnswer::Refused(refusal),
            },
            NodeRequest::Reset { seed } => {
                self.room.reset(seed).unwrap();
                self.settings = [0; 2];
                self.episode += 1;
                NodeAnswer::Reset(self.seen())
            }
            NodeRequest::Remember { task, text } => {
                self.reflections.push_front((task, self.episode, text.to_owned()));
                self.reflections.truncate(REFLECTIONS);
                NodeAnswer::Remember
            }
            NodeRequest::Recall { age, .. } => {
                let found = self.reflections.get(usize::from(age));
                NodeAnswer::RecallReflection(
                    found.map(|&(task, episode, ref text)| StoredReflection {
                        task,
                        episode,
                        text,
                    }),
                )
            }
            _ => NodeAnswer::Observe(self.seen()),
        };
        format!("{answer:?}")
    }

    fn act(&mut self, actuator: u8, value: i32) -> Result<(), Refusal> {
        let setting = self.settings.get_mut(usize::from(actuator));
        let setting = setting.ok_or(Refusal::NoSuchActuator)?;
        if !(0..=3).contains(&value) || (actuator == FAN && value > 1) {
            return Err(Refusal::NotOfScale);
        }
        if !self.room.admissible(actuator).is_some_and(|range| range.contains(value)) {
            return Err(Refusal::Inadmissible);
        }
        self.room.set(actuator, value).unwrap();
        *setting = value;
        self.steps.push_front((actuator, value));
        self.steps.truncate(STEPS);
        Ok(())
    }

    fn seen(&mut self) -> Observation {
        let state = |actuator: u8| ActuatorState {
            value: self.settings[usize::from(actuator)],
            admissible: self.room.admissible(actuator),
        };
        let actuators = [HEATER, FAN].map(state).into_iter().collect();
        let readings = [0, 1].map(|sensor| self.room.read(sensor).ok()).into_iter().collect();
        Observation { episode: self.episode, readings, actuators }
    }
}
