//! The admissible actions before each step, from a replay in the world.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, anyhow, bail, ensure};
use runtime_core::event::RunEvent;
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::world::World;
use runtime_environments::worlds;
use runtime_evaluation::transcript::Transcript;
use serde_json::Value;

/// The opened worlds by name, or why they are not available.
pub(super) struct Worlds {
    /// The folder of data sets.
    pub(super) data: Option<PathBuf>,
    /// The opened worlds.
    pub(super) opened: HashMap<String, Result<Box<dyn World>, String>>,
}

impl Worlds {
    /// Adds admissible actions as far as the replay matches the records, and a note about their
    /// source or why they are missing.
    pub(super) fn add_admissible(&mut self, transcript: &mut Transcript, run: &RunEvent) {
        let note = match self.world(run).and_then(|world| replay(transcript, world)) {
            Ok(()) => "Admissible actions are not in the records: the world was played again with \
                       the recorded actions, and answered as recorded."
                .to_owned(),
            Err(error) => {
                format!("Admissible actions are not in the records, and not shown: {error:#}.")
            }
        };
        transcript.notes.push(note);
    }

    fn world(&mut self, run: &RunEvent) -> anyhow::Result<&dyn World> {
        let settings: Value = serde_json::from_str(&run.settings)?;
        let name = settings["environment"].as_str().context("the records name no environment")?;
        if worlds::find(name).is_ok_and(|entry| !entry.replays) {
            bail!("{name} is not asked again for what it could do then");
        }
        let opened = self.opened.entry(name.to_owned()).or_insert_with(|| {
            let data = self.data.clone();
            let options = EnvironmentOptions { data, ..EnvironmentOptions::default() };
            worlds::open(name, &options).map_err(|error| format!("{:#}", anyhow!(error)))
        });
        opened.as_deref().map_err(|error| anyhow!("{error}"))
    }
}

fn replay(transcript: &mut Transcript, world: &dyn World) -> anyhow::Result<()> {
    let mut environment = world.environment();
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
