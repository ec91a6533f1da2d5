//! The adapters of a loop: their files, and their way through the slots.

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use runtime_evaluation::learning::state::AdapterFile;

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

    /// Puts an adapter on probation and marks it as tried, unless it is in use already.
    pub(super) fn try_adapter(&self, name: &str, adapter: &AdapterFile) -> anyhow::Result<()> {
        let state = self.slots.state()?;
        let is_it = |sha256: &str| sha256 == adapter.sha256;
        if state.confirmed.as_ref().is_some_and(|slot| is_it(&slot.sha256)) {
            return Ok(());
        }
        if !state.probation.as_ref().is_some_and(|probation| is_it(&probation.slot.sha256)) {
            let path = self.adapter_path(adapter)?;
            let bytes =
                std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            self.slots.install(&bytes, name)?;
        }
        if self.slots.state()?.probation.is_some_and(|probation| !probation.tried) {
            self.slots.start()?;
        }
        Ok(())
    }

    pub(super) fn keep_adapter(&self, adapter: &AdapterFile) -> anyhow::Result<()> {
        // Another run may have gone back from it in the meantime.
        self.try_adapter("learned", adapter)?;
        let probation = self.slots.state()?.probation;
        if probation.is_some_and(|probation| probation.slot.sha256 == adapter.sha256) {
            self.slots.confirm()?;
        }
        Ok(())
    }

    pub(super) fn leave_adapter(&self, adapter: &AdapterFile) -> anyhow::Result<()> {
        let state = self.slots.state()?;
        let is_it = |sha256: &str| sha256 == adapter.sha256;
        if state.probation.is_some_and(|probation| is_it(&probation.slot.sha256)) {
            self.slots.revert()?;
        } else if state.confirmed.is_some_and(|slot| is_it(&slot.sha256)) {
            bail!(
                "somebody confirmed the adapter that the loop goes back from; \
                 `rebound adapter revert` it, and go on"
            );
        }
        Ok(())
    }
}
