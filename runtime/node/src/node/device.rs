//! Carries requests out on hardware and memory. It knows no bytes and no numbers of
//! requests.

use embassy_time::Instant;
use heapless::Vec;

use crate::description::{ACTUATORS_MAX, Readings};
use crate::frame::encode_answer;
use crate::hardware::{Hardware, HardwareError};
use crate::memory::{EpisodicMemory, RememberedStep};
use crate::message::{
    ActuatorState, Hello, NodeAnswer, NodeRequest, Observation, Recollection, Refusal, Status,
    VERSION,
};
use crate::storage::Keeper;

/// A node without its line.
pub(super) struct Device<'a, H, K, const STEPS: usize, const REFLECTIONS: usize> {
    hardware: H,
    keeper: K,
    memory: &'a mut EpisodicMemory<STEPS, REFLECTIONS>,
    /// Whether memory holds what the keeper does not.
    is_unsaved: bool,
    /// What each actuator was last set to.
    settings: Vec<i32, ACTUATORS_MAX>,
    started_at: Instant,
    /// Its counts and `safe_state_owed` only; the rest is filled in when asked for.
    counts: Status,
}

impl<'a, H, K, const STEPS: usize, const REFLECTIONS: usize> Device<'a, H, K, STEPS, REFLECTIONS>
where
    H: Hardware,
    K: Keeper<STEPS, REFLECTIONS>,
{
    pub(super) fn start(
        hardware: H,
        keeper: K,
        memory: &'a mut EpisodicMemory<STEPS, REFLECTIONS>,
        now: Instant,
    ) -> Self {
        let actuators = hardware.description().actuators;
        let settings = actuators.iter().map(|actuator| actuator.safe).collect();
        let mut device = Self {
            hardware,
            keeper,
            memory,
            is_unsaved: false,
            settings,
            started_at: now,
            counts: Status::default(),
        };
        if device.keeper.load(device.memory).is_err() {
            count(&mut device.counts.storage_failures);
        }
        // A failure is owed: `tend` tries again.
        let _ = device.make_safe();
        device
    }

    pub(super) fn count_bad_frame(&mut self) {
        count(&mut self.counts.frames_bad);
    }

    /// Makes actuators safe, since the host was silent for too long.
    pub(super) fn miss_deadline(&mut self) {
        count(&mut self.counts.deadlines_missed);
        // A failure is owed: `tend` tries again.
        let _ = self.make_safe();
    }

    /// Makes actuators safe where that is owed; returns whether none is any more.
    pub(super) fn tend(&mut self) -> bool {
        if self.counts.safe_state_owed {
            // A failure is owed: the next call tries again.
            let _ = self.make_safe();
        }
        self.is_safe()
    }

    /// Whether no actuator ought to be in its safe state without being so.
    pub(super) fn is_safe(&self) -> bool {
        !self.counts.safe_state_owed
    }

    /// How long a host may be silent.
    pub(super) fn deadline_ms(&self) -> u32 {
        self.hardware.description().deadline_ms
    }

    pub(super) fn hardware(&mut self) -> &mut H {
        &mut self.hardware
    }

    /// Does what is asked, and writes the answer's frame to `out`; returns its length in
    /// bytes. The status tells whether there is a host.
    // Inlined, the answer would stand on the stack of all that the firmware does.
    #[inline(never)]
    pub(super) fn answer(
        &mut self,
        sequence: u32,
        request: NodeRequest<'_>,
        (has_host, now): (bool, Instant),
        out: &mut [u8],
    ) -> usize {
        let answer = self.carry_out(request, has_host, now);
        encode_answer(sequence, &answer, out).unwrap_or(0)
    }

    fn carry_out(
        &mut self,
        request: NodeRequest<'_>,
        has_host: bool,
        now: Instant,
    ) -> NodeAnswer<'_> {
        match request {
            NodeRequest::Hello { .. } => NodeAnswer::Hello(self.hello()),
            NodeRequest::Act { actuator, value } => {
                self.act(actuator, value, now).map_or_else(NodeAnswer::Refused, NodeAnswer::Act)
            }
            NodeRequest::Observe => NodeAnswer::Observe(self.observe()),
            NodeRequest::Reset { seed } => {
                self.reset(seed).map_or_else(NodeAnswer::Refused, NodeAnswer::Reset)
            }
            NodeRequest::Remember { task, text } => self
                .remember(task, text)
                .map_or_else(NodeAnswer::Refused, |()| NodeAnswer::Remember),
            NodeRequest::Recall { kind: Recollection::Step, age } => {
                NodeAnswer::RecallStep(self.memory.step(age.into()).cloned())
            }
            NodeRequest::Recall { kind: Recollection::Reflection, age } => {
                NodeAnswer::RecallReflection(self.memory.reflection(age.into()))
            }
            NodeRequest::Status => NodeAnswer::Status(Status { has_host, ..self.status(now) }),
            NodeRequest::Release => {
                self.release().map_or_else(NodeAnswer::Refused, NodeAnswer::Release)
            }
        }
    }

    fn hello(&self) -> Hello<'static> {
        let description = self.hardware.description();
        Hello {
            version: VERSION,
            name: description.name,
            deadline_ms: description.deadline_ms,
            steps_max: saturate(STEPS),
            reflections_max: saturate(REFLECTIONS),
            outlives_power: K::OUTLIVES_POWER,
            sensors: description.sensors.iter().copied().collect(),
            actuators: description.actuators.iter().copied().collect(),
        }
    }

    fn act(&mut self, actuator: u8, value: i32, now: Instant) -> Result<Observation, Refusal> {
        let actuators = self.hardware.description().actuators;
        let described = actuators.get(usize::from(actuator)).ok_or(Refusal::NoSuchActuator)?;
        if !described.scale.has(value) {
            return Err(Refusal::NotOfScale);
        }
        if !self.hardware.admissible(actuator).is_some_and(|range| range.contains(value)) {
            return Err(Refusal::Inadmissible);
        }
        if let Err(HardwareError { code }) = self.set(actuator, value) {
            // Where the actuator stands is unknown now.
            let _ = self.make_safe();
            return Err(Refusal::Hardware { code });
        }
        let observation = self.observe();
        #[allow(clippy::cast_possible_truncation, reason = "it wraps, as a step's docs say")]
        let at_ms = self.uptime_ms(now) as u32;
        self.memory.record(RememberedStep {
            episode: observation.episode,
            at_ms,
            actuator,
            value,
            readings: observation.readings.clone(),
        });
        self.is_unsaved = true;
        Ok(observation)
    }

    fn observe(&mut self) -> Observation {
        let description = self.hardware.description();
        let sensors = (0u8..).zip(description.sensors);
        let readings: Readings = sensors.map(|(sensor, _)| self.read(sensor)).collect();
        let hardware = &mut self.hardware;
        let states = (0u8..).zip(&self.settings).map(|(actuator, &value)| ActuatorState {
            value,
            admissible: hardware.admissible(actuator),
        });
        Observation { episode: self.memory.episode(), readings, actuators: states.collect() }
    }

    fn reset(&mut self, seed: u32) -> Result<Observation, Refusal> {
        self.make_safe().map_err(|HardwareError { code }| Refusal::Hardware { code })?;
        if let Err(HardwareError { code }) = self.hardware.reset(seed) {
            count(&mut self.counts.faults);
            return Err(Refusal::Hardware { code });
        }
        self.memory.begin_episode();
        if self.is_unsaved {
            // An episode can be played without flash; the status tells of it.
            let _ = self.save();
        }
        Ok(self.observe())
    }

    fn release(&mut self) -> Result<Observation, Refusal> {
        self.make_safe().map_err(|HardwareError { code }| Refusal::Hardware { code })?;
        Ok(self.observe())
    }

    fn remember(&mut self, task: u32, text: &str) -> Result<(), Refusal> {
        self.memory.remember(task, text).map_err(|_| Refusal::ReflectionTooLong)?;
        self.save()
    }

    fn save(&mut self) -> Result<(), Refusal> {
        let saved = self.keeper.save(self.memory);
        self.is_unsaved = saved.is_err();
        saved.map_err(|_| {
            count(&mut self.counts.storage_failures);
            Refusal::Storage
        })
    }

    fn status(&self, now: Instant) -> Status {
        Status {
            uptime_ms: self.uptime_ms(now),
            episode: self.memory.episode(),
            steps: saturate(self.memory.steps()),
            reflections: saturate(self.memory.reflections()),
            ..self.counts
        }
    }

    fn uptime_ms(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.started_at).as_millis()
    }

    fn read(&mut self, sensor: u8) -> Option<i32> {
        let reading = self.hardware.read(sensor);
        if reading.is_err() {
            count(&mut self.counts.faults);
        }
        reading.ok()
    }

    fn set(&mut self, actuator: u8, value: i32) -> Result<(), HardwareError> {
        let set = self.hardware.set(actuator, value);
        match (&set, self.settings.get_mut(usize::from(actuator))) {
            (Ok(()), Some(setting)) => *setting = value,
            _ => count(&mut self.counts.faults),
        }
        set
    }

    /// Sets every actuator to its safe state, also after one fails; the error is the
    /// last one's.
    fn make_safe(&mut self) -> Result<(), HardwareError> {
        let mut made = Ok(());
        for (actuator, described) in (0u8..).zip(self.hardware.description().actuators) {
            made = self.set(actuator, described.safe).and(made);
        }
        self.counts.safe_state_owed = made.is_err();
        made
    }
}

fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

fn saturate(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}
