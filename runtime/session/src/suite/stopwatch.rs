//! Measures each arm of a suite while it is played: time, energy, peak memory, episodes.
//!
//! ```text
//! session ─► events ─► stopwatch ─► the program around it
//!                          └─► measured.jsonl, a line for each arm of each session
//! ```
//!
//! An arm whose program was killed has no line: its episodes are kept, but not counted for speed.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use runtime_evaluation::card::{Speed, Totals};
use runtime_evaluation::listener::{ArmProgress, News};
use runtime_store::line_log::LineLog;
use runtime_store::recorder::Clock;
use serde::{Deserialize, Serialize};

use super::energy::Energy;
use crate::program::{ExitAction, Guard, Program, SessionEvent, Started, Surroundings};

/// Between two readings of the counters of energy, in microseconds.
const SAMPLE_US: u64 = 10_000_000;

/// A line of the log.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Line {
    /// Machine, limits and kernels, which a card must not mix.
    pub(super) under: String,
    /// What was measured.
    #[serde(flatten)]
    pub(super) measured: Measured,
}

/// What was measured.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Measured {
    /// The model's speed.
    Speed(Speed),
    /// An arm, or a part of it.
    Arm(MeasuredArm),
}

/// An arm of a slice, or the part of it that a session played.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct MeasuredArm {
    /// The world.
    pub(super) world: String,
    /// The strategy.
    pub(super) strategy: String,
    /// What was measured.
    pub(super) totals: Totals,
}

/// The log of what was measured.
pub(super) struct Measurements {
    log: LineLog<Line>,
    lines: Vec<Line>,
    under: String,
}

impl Measurements {
    /// Opens or creates the log.
    pub(super) fn open(path: &Path, under: String) -> anyhow::Result<Self> {
        let (log, lines) = LineLog::open(path)?;
        Ok(Self { log, lines, under })
    }

    /// Keeps what was measured.
    pub(super) fn keep(&mut self, measured: Measured) -> anyhow::Result<()> {
        let line = Line { under: self.under.clone(), measured };
        self.log.append(&line)?;
        self.lines.push(line);
        Ok(())
    }

    fn here(&self) -> impl Iterator<Item = &Measured> {
        let lines = self.lines.iter().filter(|line| line.under == self.under);
        lines.map(|line| &line.measured)
    }

    /// The speed, if it was measured under these limits.
    pub(super) fn speed(&self) -> Option<Speed> {
        self.here().find_map(|measured| match measured {
            Measured::Speed(speed) => Some(*speed),
            Measured::Arm(_) => None,
        })
    }

    /// What was measured of an arm under these limits.
    pub(super) fn of_arm(&self, world: &str, strategy: &str) -> Totals {
        Totals::sum(self.here().filter_map(|measured| match measured {
            Measured::Arm(arm) if arm.world == world && arm.strategy == strategy => {
                Some(&arm.totals)
            }
            _ => None,
        }))
    }
}

/// The program around a suite, which is told everything, and what it measures.
pub(super) struct Stopwatch {
    program: Arc<dyn Program>,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    measurements: Measurements,
    world: String,
    begun: Option<Begun>,
    failed: Option<anyhow::Error>,
}

struct Begun {
    strategy: String,
    progress: ArmProgress,
    start_us: u64,
    energy: Option<Energy>,
    sampled_us: u64,
}

impl Stopwatch {
    /// Measures what these surroundings' program is told.
    pub(super) fn around(surroundings: &Surroundings, measurements: Measurements) -> Arc<Self> {
        let state = State { measurements, world: String::new(), begun: None, failed: None };
        let (program, clock) = (Arc::clone(&surroundings.program), Arc::clone(&surroundings.clock));
        Arc::new(Self { program, clock, state: Mutex::new(state) })
    }

    /// The slice of this world is next.
    pub(super) fn next(&self, world: &str) {
        self.with(|state| world.clone_into(&mut state.world));
    }

    /// Looks at what was measured, or adds to it.
    pub(super) fn measurements<T>(&self, look: impl FnOnce(&mut Measurements) -> T) -> T {
        self.with(|state| look(&mut state.measurements))
    }

    /// The error of the log, if a line could not be kept.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.with(|state| state.failed.take()).map_or(Ok(()), Err)
    }

    fn with<T>(&self, deed: impl FnOnce(&mut State) -> T) -> T {
        deed(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn arm_begins(&self, strategy: &str, progress: ArmProgress) {
        let (start_us, strategy) = ((self.clock)(), strategy.to_owned());
        let energy = Energy::of_machine();
        let begun = Begun { strategy, progress, start_us, energy, sampled_us: start_us };
        self.with(|state| state.begun = Some(begun));
    }

    fn arm_goes_on(&self) {
        let now_us = (self.clock)();
        self.with(|state| {
            let Some(begun) = &mut state.begun else { return };
            if now_us.saturating_sub(begun.sampled_us) >= SAMPLE_US {
                begun.sampled_us = now_us;
                // One that fails once is no sum any more.
                begun.energy = begun.energy.take().and_then(|mut energy| {
                    energy.sample()?;
                    Some(energy)
                });
            }
        });
    }

    fn arm_ends(&self, progress: ArmProgress) {
        let now_us = (self.clock)();
        self.with(|state| {
            let Some(mut begun) = state.begun.take() else { return };
            let episodes = progress.trials.saturating_sub(begun.progress.trials);
            if episodes == 0 {
                return;
            }
            let totals = Totals {
                episodes,
                solved: progress.trials_solved.saturating_sub(begun.progress.trials_solved),
                seconds: now_us.saturating_sub(begun.start_us) as f64 / 1e6,
                energy_joules: begun.energy.as_mut().and_then(Energy::sample),
                memory_peak_bytes: memory_peak_bytes(),
                ..Totals::default()
            };
            let (world, strategy) = (state.world.clone(), begun.strategy);
            let arm = MeasuredArm { world, strategy, totals };
            if let Err(error) = state.measurements.keep(Measured::Arm(arm)) {
                state.failed.get_or_insert(error);
            }
        });
    }
}

impl Program for Stopwatch {
    fn hear(&self, event: SessionEvent<'_>) {
        match event {
            SessionEvent::Arm(News::ArmBegins { run, progress, .. }) => {
                self.program.hear(event);
                self.arm_begins(&run.strategy, progress);
                return;
            }
            SessionEvent::Arm(News::Progress(_)) => self.arm_goes_on(),
            SessionEvent::Arm(News::ArmEnds { progress, .. }) => self.arm_ends(progress),
            _ => {}
        }
        self.program.hear(event);
    }

    fn agrees(&self, question: &str) -> anyhow::Result<bool> {
        self.program.agrees(question)
    }

    fn keep(&self) -> Guard {
        self.program.keep()
    }

    fn before_end(&self, deed: ExitAction) -> Guard {
        self.program.before_end(deed)
    }

    fn start(&self, command: &mut Command) -> io::Result<Started> {
        self.program.start(command)
    }
}

/// The greatest memory that this process had, in bytes, as Linux tells it.
fn memory_peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(seconds: f64) -> Measured {
        let totals = Totals { episodes: 2, seconds, ..Totals::default() };
        let (world, strategy) = ("household".to_owned(), "none".to_owned());
        Measured::Arm(MeasuredArm { world, strategy, totals })
    }

    #[test]
    fn what_was_measured_under_other_limits_is_not_mixed_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("measured.jsonl");
        for (under, seconds) in [("2 threads", 1.0), ("1 thread", 10.0), ("2 threads", 2.0)] {
            let mut measurements = Measurements::open(&path, under.to_owned()).unwrap();
            measurements.keep(arm(seconds)).unwrap();
        }
        let mut measurements = Measurements::open(&path, "2 threads".to_owned()).unwrap();
        assert_eq!(measurements.speed(), None);
        measurements.keep(Measured::Speed(Speed::default())).unwrap();

        let found = measurements.of_arm("household", "none");

        assert_eq!((found.episodes, found.episodes_per_minute), (4, Some(80.0)));
        assert_eq!(measurements.of_arm("household", "reflexion"), Totals::default());
        let again = Measurements::open(&path, "2 threads".to_owned()).unwrap();
        assert_eq!(again.speed(), Some(Speed::default()));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_peak_of_memory_is_known() {
        assert!(memory_peak_bytes().unwrap() > 1 << 20);
    }
}
