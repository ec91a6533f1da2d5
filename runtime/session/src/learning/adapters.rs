//! The adapters of a loop: their files, and their way through the slots.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use runtime_evaluation::learning::state::AdapterFile;
use runtime_store::slots::{Slot, SlotsState};

use super::LocalLearner;

impl LocalLearner {
    /// Where an adapter of the loop lies; it must be the one that the state names.
    pub(super) fn adapter_path(&self, adapter: &AdapterFile) -> anyhow::Result<PathBuf> {
        let path = self.out.join(&adapter.path);
        let found = models::checksum::sha256_file(&path)
            .with_context(|| format!("cannot read the adapter {}", path.display()))?;
        ensure!(
            found == adapter.sha256,
            "{} has the sha256 {found}, expected {}: it was changed since the loop made it",
            path.display(),
            adapter.sha256
        );
        Ok(path)
    }

    /// Where an adapter is run from: its slot, where it has one, or else its file.
    pub(super) fn run_path(&self, adapter: &AdapterFile) -> anyhow::Result<PathBuf> {
        match self.own_slots.active()? {
            Some(active) if active.slot.sha256 == adapter.sha256 => Ok(active.path),
            _ => self.adapter_path(adapter),
        }
    }

    /// Puts an adapter on probation in the loop's own slots, and marks it as tried.
    pub(super) fn try_adapter(&self, name: &str, adapter: &AdapterFile) -> anyhow::Result<()> {
        let SlotsState { confirmed, probation, .. } = self.own_slots.state()?;
        let is_it = |slot: &Slot| slot.sha256 == adapter.sha256;
        if confirmed.is_some_and(|slot| is_it(&slot)) {
            return Ok(());
        }
        let on_probation = probation.as_ref().map(|probation| &probation.slot);
        if !on_probation.is_some_and(is_it) {
            if on_probation.is_some() {
                self.own_slots.revert()?;
            }
            self.own_slots.install(&self.bytes(adapter)?, name)?;
        }
        if self.own_slots.state()?.probation.is_some_and(|probation| !probation.tried) {
            self.own_slots.start()?;
        }
        Ok(())
    }

    /// Keeps the adapter on probation, and lets other runs use it.
    pub(super) fn keep_adapter(&self, name: &str, adapter: &AdapterFile) -> anyhow::Result<()> {
        self.try_adapter(name, adapter)?;
        if self.own_slots.state()?.probation.is_some() {
            self.own_slots.confirm()?;
        }
        self.slots.adopt(&self.bytes(adapter)?, name)?;
        Ok(())
    }

    /// Goes back from the adapter on probation; that of a loop which was begun before loops had
    /// slots of their own is among those of all runs.
    pub(super) fn leave_adapter(&self, adapter: &AdapterFile) -> anyhow::Result<()> {
        for slots in [&self.own_slots, &self.slots] {
            let probation = slots.state()?.probation;
            if probation.is_some_and(|probation| probation.slot.sha256 == adapter.sha256) {
                slots.revert()?;
            }
        }
        Ok(())
    }

    fn bytes(&self, adapter: &AdapterFile) -> anyhow::Result<Vec<u8>> {
        let path = self.run_path(adapter)?;
        runtime_files::read(&path, runtime_files::WHOLE_BYTES_MAX)
            .with_context(|| format!("cannot read {}", path.display()))
    }
}
