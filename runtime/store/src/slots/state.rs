//! The state of adapter slots: the content of `state.toml`, version 1.
//!
//! ```toml
//! # checksum of the lines below: sha256 …
//! version = 1
//!
//! [confirmed]
//! name = "round-3"
//! sha256 = "…"          # 64 hexadecimal digits; the file's name
//! bytes = 4194304
//!
//! [previous]            # the confirmed one before, for `revert`
//! …
//!
//! [probation]
//! tried = false         # whether a start has run with it
//!
//! [probation.slot]
//! …
//! ```
//!
//! A key that is not here, or a version that is not this one, is refused, and so is a text
//! that is not what its checksum was made of; one without a checksum is an older program's.

use models::checksum::sha256_bytes;
use serde::{Deserialize, Serialize};

use crate::sealed;

/// The version that is written and read.
const VERSION: u32 = 1;

/// The state of adapter slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotsState {
    /// The confirmed adapter.
    pub confirmed: Option<Slot>,
    /// The adapter that was confirmed before.
    pub previous: Option<Slot>,
    /// The adapter on probation.
    pub probation: Option<Probation>,
}

/// An installed adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// The name given at installation.
    pub name: String,
    /// sha256 of the file, in hexadecimal.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
}

impl Slot {
    pub(super) fn new(adapter: &[u8], name: &str) -> Self {
        Self { name: name.into(), sha256: sha256_bytes(adapter), bytes: adapter.len() as u64 }
    }
}

/// An adapter on probation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probation {
    /// The adapter.
    pub slot: Slot,
    /// Whether a start has used it.
    pub tried: bool,
}

/// The state as its file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    version: u32,
    confirmed: Option<Slot>,
    previous: Option<Slot>,
    probation: Option<Probation>,
}

impl SlotsState {
    /// The adapter to use; `None` is the model without one.
    pub fn active(&self) -> Option<&Slot> {
        self.probation.as_ref().map(|probation| &probation.slot).or(self.confirmed.as_ref())
    }

    /// All adapters of the state.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        let probation = self.probation.as_ref().map(|probation| &probation.slot);
        self.confirmed.iter().chain(&self.previous).chain(probation)
    }

    /// Reads the text of a state file; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        sealed::check_toml(text).map_err(|mismatch| mismatch.to_string())?;
        let file: StateFile = toml::from_str(text).map_err(|error| error.message().to_string())?;
        let StateFile { version, confirmed, previous, probation } = file;
        if version != VERSION {
            return Err(format!("its version is {version}, this program reads {VERSION}"));
        }
        let state = Self { confirmed, previous, probation };
        // Checked, since it becomes part of a path.
        let is_sha256 = |text: &str| {
            text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if let Some(slot) = state.slots().find(|slot| !is_sha256(&slot.sha256)) {
            return Err(format!("{:?} is no sha256 in hexadecimal", slot.sha256));
        }
        Ok(state)
    }

    pub(super) fn to_toml(&self) -> String {
        let Self { confirmed, previous, probation } = self.clone();
        let file = StateFile { version: VERSION, confirmed, previous, probation };
        sealed::toml(&toml::to_string(&file).expect("strings and numbers are TOML"))
    }
}
