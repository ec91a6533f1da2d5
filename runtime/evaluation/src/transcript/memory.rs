//! The memory of a trial in a transcript, according to the arm's strategy.

use runtime_core::event::RunEvent;
use runtime_core::history::{FinishedTrial, TaskHistory, parents};
use runtime_core::reflection::{Memory, Reflection};
use runtime_core::strategy::Strategy;
use serde::Serialize;
use serde_json::Value;

/// The memory of a trial in a transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrialMemory {
    /// Reflections, oldest first.
    pub reflections: Vec<String>,
    /// The trial whose trajectory it contained.
    pub attempt: Option<u32>,
}

impl TrialMemory {
    /// The memory with a single reflection.
    pub(super) fn advice(reflection: &Reflection) -> Self {
        Self { reflections: vec![reflection.text.clone()], attempt: None }
    }
}

/// The memory of a trial, from 1, of a task; of a group, that of the last member. Reflections
/// recalled by the world are not in the records.
pub fn trial_memory(run: &RunEvent, played: &TaskHistory, trial: u32) -> TrialMemory {
    let settings: Value = serde_json::from_str(&run.settings).unwrap_or_default();
    let strategy: Strategy = run.strategy.parse().unwrap_or(Strategy::None);
    let wanted = settings["reflections"].as_u64().and_then(|most| usize::try_from(most).ok());
    // Each next trial of a group reads one reflection only.
    let wanted = if settings["collection"].is_object() { Some(1) } else { wanted };
    let shown = strategy.reflections_shown(wanted.unwrap_or(usize::MAX));
    let mut memory = match settings["redraws"].as_u64() {
        Some(_) => Memory::with_capacity(shown),
        None => Memory::keeping_repeats(shown),
    };
    let before = &played.trials[..played.trials.len().min(trial.saturating_sub(1) as usize)];
    if strategy == Strategy::Search {
        return searched(before);
    }
    let before = before.iter();
    before.filter_map(|trial| trial.reflection.clone()).for_each(|advice| memory.remember(advice));
    TrialMemory {
        reflections: memory.reflections().map(|reflection| reflection.text.clone()).collect(),
        attempt: (trial > 1 && strategy.shows_last_attempt()).then(|| trial - 1),
    }
}

/// The memory of the trial that a search played after these.
fn searched(before: &[FinishedTrial]) -> TrialMemory {
    let Some(parent) = parents(before).pop().flatten() else { return TrialMemory::default() };
    let reflection = before[parent].reflection.iter();
    TrialMemory {
        reflections: reflection.map(|reflection| reflection.text.clone()).collect(),
        attempt: u32::try_from(parent + 1).ok(),
    }
}
