//! What could be done before each step: records do not hold it, so the world is played again.

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use runtime_core::event::RunEvent;
use runtime_environments::world::{self, EnvironmentOptions};
use runtime_evaluation::transcript::Transcript;
use serde_json::Value;

/// The environment that is hardware.
const NODE: &str = "node";

/// Adds what could be done, as far as the world plays again as it was recorded, and a note on
/// where it is from or why it is not there.
pub(super) fn add_admissible(transcript: &mut Transcript, run: &RunEvent, data: Option<PathBuf>) {
    let note = match replay(transcript, run, data) {
        Ok(()) => "Admissible actions are not in the records: the world was played again with the \
                   recorded actions, and answered as recorded."
            .to_owned(),
        Err(error) => {
            format!("Admissible actions are not in the records, and not shown: {error:#}.")
        }
    };
    transcript.notes.push(note);
}

fn replay(
    transcript: &mut Transcript,
    run: &RunEvent,
    data: Option<PathBuf>,
) -> anyhow::Result<()> {
    let settings: Value = serde_json::from_str(&run.settings)?;
    let name = settings["environment"].as_str().context("the records name no environment")?;
    if name == NODE {
        bail!("a microcontroller is not asked again for what it could do then");
    }
    let options = EnvironmentOptions { data, ..EnvironmentOptions::default() };
    let mut environment = world::open(name, &options)?.environment();
    let opening = environment.reset(&transcript.task)?;
    ensure!(opening == transcript.opening, "the world begins otherwise than it did then");
    let mut steps = transcript.steps.iter_mut().zip(1..);
    steps.try_for_each(|(step, number)| {
        step.admissible = environment.admissible_actions();
        let found = environment.step(&step.action)?;
        ensure!(
            found.observation == step.observation,
            "from step {number} on the world answers otherwise than it did then"
        );
        Ok(())
    })
}
