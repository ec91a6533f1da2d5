//! Adapter slots: install, try, confirm or revert.
//!
//! ```text
//! install ─► on probation ─► start: tried ─► confirm ─► confirmed
//!                                  │           └► the one before: previous
//!                                  ├► next start without confirm ─► reverted
//!                                  └► revert ─► the confirmed one again
//! ```
//!
//! The folder contains each adapter as `<sha256>.gguf`, and their roles in
//! `state.toml`. An adapter is on the medium before the state names it, and the
//! state is replaced whole: a power cut at any step leaves the state before or
//! after it, and every adapter that it names. A state that cannot be read is an
//! error, never a guess.
//!
//! Whether an adapter fits its base and is good enough to keep is decided by
//! others.

mod error;
mod state;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use models::checksum::sha256_file;
use models::replace::folder_of;

pub use error::SlotsError;
pub use state::{Probation, Slot, SlotsState};

use crate::disk::{Disk, OsDisk};
use crate::replace::replace_on;

const STATE_FILE: &str = "state.toml";
const LOCK_FILE: &str = "lock";
const ADAPTER_SUFFIX: &str = ".gguf";

/// The adapters of one device, in a folder.
pub struct Slots {
    folder: PathBuf,
    disk: Box<dyn Disk>,
}

/// An adapter whose file was just verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveAdapter {
    /// The adapter.
    pub slot: Slot,
    /// The path of its file.
    pub path: PathBuf,
}

/// The adapters at a start of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The adapter to use; `None` is the model without an adapter.
    pub active: Option<ActiveAdapter>,
    /// What happened to the adapter on probation, if there was one.
    pub probation: Option<ProbationStart>,
}

/// The result of a start for an adapter on probation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbationStart {
    /// The adapter is used now; the next start reverts it unless it is confirmed.
    Tried(Slot),
    /// The adapter was reverted because it was used before and not confirmed.
    RevertedUnconfirmed(Slot),
    /// The adapter was reverted because its file is damaged or missing.
    RevertedDamaged(Slot),
}

impl Slots {
    /// The slots in a folder, which is created if it does not exist.
    pub fn open(folder: &Path) -> Result<Self, SlotsError> {
        Self::open_on(Box::new(OsDisk), folder)
    }

    /// The state of the slots.
    pub fn state(&self) -> Result<SlotsState, SlotsError> {
        let _lock = self.lock()?;
        self.read_state()
    }

    /// The adapter on probation, or else the confirmed one, without changing the state.
    pub fn active(&self) -> Result<Option<ActiveAdapter>, SlotsError> {
        let _lock = self.lock()?;
        let state = self.read_state()?;
        state.active().map(|slot| self.verified(slot)).transpose()
    }

    /// Installs an adapter on probation, to be used at the next start.
    pub fn install(&self, adapter: &[u8], name: &str) -> Result<Slot, SlotsError> {
        let _lock = self.lock()?;
        let mut state = self.read_state()?;
        if let Some(probation) = state.probation {
            return Err(SlotsError::OnProbation { name: probation.slot.name });
        }
        let slot = Slot::new(adapter, name);
        if state.confirmed.as_ref().is_some_and(|confirmed| confirmed.sha256 == slot.sha256) {
            return Err(SlotsError::AlreadyConfirmed { name: name.into() });
        }
        self.write_adapter(&slot, adapter)?;
        state.probation = Some(Probation { slot: slot.clone(), tried: false });
        self.write_state(&state)?;
        Ok(slot)
    }

    /// Installs an adapter that was confirmed elsewhere.
    pub fn adopt(&self, adapter: &[u8], name: &str) -> Result<Slot, SlotsError> {
        let _lock = self.lock()?;
        let mut state = self.read_state()?;
        let slot = Slot::new(adapter, name);
        if let Some(other) = &state.probation
            && other.slot.sha256 != slot.sha256
        {
            return Err(SlotsError::OnProbation { name: other.slot.name.clone() });
        }
        if let Some(confirmed) = &state.confirmed
            && confirmed.sha256 == slot.sha256
        {
            return Ok(confirmed.clone());
        }
        self.write_adapter(&slot, adapter)?;
        state.probation = None;
        state.previous = state.confirmed.replace(slot.clone());
        self.write_state(&state)?;
        Ok(slot)
    }

    /// The adapter to use for this start of the program.
    ///
    /// An adapter on probation is tried once. That it was tried is on the medium
    /// before this returns, so one that takes the program down is gone with the
    /// next start.
    pub fn start(&self) -> Result<Start, SlotsError> {
        let _lock = self.lock()?;
        let mut state = self.read_state()?;
        let Some(probation) = state.probation.take() else {
            let active = state.confirmed.as_ref().map(|slot| self.verified(slot)).transpose()?;
            return Ok(Start { active, probation: None });
        };
        let slot = probation.slot.clone();
        let reverted = match self.verified(&slot) {
            Ok(active) if !probation.tried => {
                state.probation = Some(Probation { tried: true, ..probation });
                self.write_state(&state)?;
                let probation = Some(ProbationStart::Tried(slot));
                return Ok(Start { active: Some(active), probation });
            }
            Ok(_) => ProbationStart::RevertedUnconfirmed(slot),
            Err(SlotsError::Damaged { .. }) => ProbationStart::RevertedDamaged(slot),
            Err(error) => return Err(error),
        };
        let active = state.confirmed.as_ref().map(|slot| self.verified(slot)).transpose()?;
        self.write_state(&state)?;
        Ok(Start { active, probation: Some(reverted) })
    }

    /// Confirms the adapter on probation.
    pub fn confirm(&self) -> Result<Slot, SlotsError> {
        let _lock = self.lock()?;
        let mut state = self.read_state()?;
        let Some(probation) = state.probation.take() else {
            return Err(SlotsError::NothingOnProbation);
        };
        if !probation.tried {
            return Err(SlotsError::NotTried { name: probation.slot.name });
        }
        let kept = self.verified(&probation.slot)?.slot;
        state.previous = state.confirmed.replace(kept.clone());
        self.write_state(&state)?;
        Ok(kept)
    }

    /// Reverts by one: from probation to the confirmed adapter, from that to the previous
    /// one, from the oldest to the model without an adapter. Returns the reverted
    /// adapter.
    pub fn revert(&self) -> Result<Slot, SlotsError> {
        let _lock = self.lock()?;
        let mut state = self.read_state()?;
        let left = match state.probation.take() {
            Some(probation) => Some(probation.slot),
            None => std::mem::replace(&mut state.confirmed, state.previous.take()),
        };
        let left = left.ok_or(SlotsError::NothingToRevert)?;
        self.write_state(&state)?;
        Ok(left)
    }

    fn open_on(disk: Box<dyn Disk>, folder: &Path) -> Result<Self, SlotsError> {
        let slots = Self { folder: folder.to_owned(), disk };
        fs::create_dir_all(folder).map_err(|source| SlotsError::io("make", folder, source))?;
        let _lock = slots.lock()?;
        if !slots.state_path().exists() {
            // The state is written before the first adapter.
            if slots.adapter_files()?.next().is_some() {
                return Err(SlotsError::StateMissing { path: slots.state_path() });
            }
            slots.write_state(&SlotsState::default())?;
            let around = folder_of(folder);
            let synced = slots.disk.sync_folder(around);
            synced.map_err(|source| SlotsError::io("sync", around, source))?;
        }
        slots.read_state()?;
        Ok(slots)
    }

    fn write_adapter(&self, slot: &Slot, adapter: &[u8]) -> Result<(), SlotsError> {
        let path = self.adapter_path(slot);
        replace_on(&*self.disk, &path, adapter)
            .map_err(|source| SlotsError::io("write", &path, source))
    }

    fn read_state(&self) -> Result<SlotsState, SlotsError> {
        let path = self.state_path();
        let text = runtime_files::read_text(&path)
            .map_err(|source| SlotsError::io("read", &path, source))?;
        SlotsState::parse(&text).map_err(|reason| SlotsError::State { path, reason })
    }

    /// Writes the state, then removes the adapters that it no longer names.
    fn write_state(&self, state: &SlotsState) -> Result<(), SlotsError> {
        let path = self.state_path();
        replace_on(&*self.disk, &path, state.to_toml().as_bytes())
            .map_err(|source| SlotsError::io("write", &path, source))?;
        let named: Vec<PathBuf> = state.slots().map(|slot| self.adapter_path(slot)).collect();
        for file in self.adapter_files()?.filter(|file| !named.contains(file)) {
            // A file that cannot be removed now is removed with the next change.
            let _ = self.disk.remove(&file);
        }
        Ok(())
    }

    /// The files of all adapters, including incomplete ones.
    fn adapter_files(&self) -> Result<impl Iterator<Item = PathBuf> + use<>, SlotsError> {
        let entries = fs::read_dir(&self.folder);
        let entries = entries.map_err(|source| SlotsError::io("list", &self.folder, source))?;
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        Ok(paths.filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().contains(ADAPTER_SUFFIX))
        }))
    }

    fn verified(&self, slot: &Slot) -> Result<ActiveAdapter, SlotsError> {
        let path = self.adapter_path(slot);
        let damaged = |found: String| SlotsError::Damaged {
            name: slot.name.clone(),
            path: path.clone(),
            found,
        };
        let found = match sha256_file(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(damaged("there is no such file".into()));
            }
            Err(source) => return Err(SlotsError::io("read", &path, source)),
        };
        if found != slot.sha256 {
            return Err(damaged(format!("its sha256 is {found}")));
        }
        Ok(ActiveAdapter { slot: slot.clone(), path })
    }

    /// Held while the state is read and changed; other processes wait.
    fn lock(&self) -> Result<File, SlotsError> {
        let path = self.folder.join(LOCK_FILE);
        let file = File::create(&path).map_err(|source| SlotsError::io("make", &path, source))?;
        file.lock().map_err(|source| SlotsError::io("lock", &path, source))?;
        Ok(file)
    }

    fn state_path(&self) -> PathBuf {
        self.folder.join(STATE_FILE)
    }

    fn adapter_path(&self, slot: &Slot) -> PathBuf {
        self.folder.join(format!("{}{ADAPTER_SUFFIX}", slot.sha256))
    }
}

#[cfg(test)]
mod tests;
