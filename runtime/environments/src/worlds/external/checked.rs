//! What answers have to be beyond what their types say.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::message::{Description, Opening, Outcome, PROTOCOL, TaskPage};

/// Greatest number of admissible actions.
const ACTIONS_MAX: usize = 10_000;
/// Greatest number of abilities that a task needs.
const ABILITIES_MAX: usize = 16;
/// Greatest number of bytes of a schema.
const SCHEMA_BYTES_MAX: usize = 64 << 10;

/// A field that breaks a promise.
#[derive(Debug, thiserror::Error)]
#[error("answered with {field} {found}, expected {expected}")]
pub(super) struct WrongField {
    pub(super) field: &'static str,
    pub(super) found: String,
    pub(super) expected: &'static str,
}

/// An answer that is checked before it is believed.
pub(super) trait Checked: DeserializeOwned {
    /// What is wrong with it.
    fn check(&self) -> Result<(), WrongField>;
}

impl Checked for Description {
    fn check(&self) -> Result<(), WrongField> {
        let names = self.splits.iter().map(|split| split.name.trim().to_lowercase());
        let names: BTreeSet<String> = names.collect();
        expect(self.protocol == PROTOCOL, "protocol", || self.protocol.to_string(), "1")?;
        expect(!self.name.trim().is_empty(), "name", || "nothing".into(), "a name")?;
        expect(self.steps_max > 0, "steps_max", || "0".into(), "1 or more")?;
        let differ = names.len() == self.splits.len() && !names.contains("");
        expect(differ, "splits", || format!("{names:?}"), "names that differ")?;
        let usual = self.default_split.as_ref().map(|name| name.trim().to_lowercase());
        let is_one = usual.as_ref().is_none_or(|name| names.contains(name));
        expect(is_one, "default_split", || format!("{usual:?}"), "the name of a split")
    }
}

impl Checked for TaskPage {
    fn check(&self) -> Result<(), WrongField> {
        let is_named = self.tasks.iter().all(|task| !task.id.trim().is_empty());
        expect(is_named, "id", || "nothing".into(), "a name")?;
        let abilities = || self.tasks.iter().flat_map(|task| &task.abilities);
        let wrong = abilities().find(|(_, weight)| !(1..=3).contains(*weight));
        let found = || format!("{wrong:?}");
        expect(wrong.is_none(), "abilities", found, "weights of 1 to 3")?;
        let most = self.tasks.iter().map(|task| task.abilities.len()).max().unwrap_or(0);
        expect(most <= ABILITIES_MAX, "abilities", || format!("{most} of them"), "16 at most")
    }
}

impl Checked for Opening {
    fn check(&self) -> Result<(), WrongField> {
        check_actions(self.actions.as_deref(), self.schema.as_ref())
    }
}

impl Checked for Outcome {
    fn check(&self) -> Result<(), WrongField> {
        let actions = self.actions.as_deref().filter(|_| !self.done);
        check_actions(actions, self.schema.as_ref())?;
        let reward = self.reward;
        expect(reward.is_finite(), "reward", || reward.to_string(), "a finite number")?;
        let progress = self.progress.unwrap_or(0.0);
        let is_share = (0.0..=1.0).contains(&progress);
        expect(is_share, "progress", || progress.to_string(), "0 to 1")
    }
}

fn check_actions(
    actions: Option<&[String]>,
    schema: Option<&Map<String, Value>>,
) -> Result<(), WrongField> {
    if let Some(schema) = schema {
        let bytes = Value::Object(schema.clone()).to_string().len();
        let fits = bytes <= SCHEMA_BYTES_MAX;
        expect(fits, "schema", || format!("{bytes} bytes"), "65,536 at most")?;
        expect(actions.is_none(), "schema", || "actions beside it".into(), "one of them")?;
    }
    let Some(actions) = actions else { return Ok(()) };
    let wrong = |action: &&String| action.trim().is_empty() || action.contains(['\n', '\r']);
    let wrong = actions.iter().find(wrong);
    let is_right = wrong.is_none() && (1..=ACTIONS_MAX).contains(&actions.len());
    let found = || match wrong {
        Some(action) => format!("{action:?} among them"),
        None => format!("{} of them", actions.len()),
    };
    expect(is_right, "actions", found, "1 to 10,000, each a line")
}

fn expect(
    is_so: bool,
    field: &'static str,
    found: impl Fn() -> String,
    expected: &'static str,
) -> Result<(), WrongField> {
    if is_so { Ok(()) } else { Err(WrongField { field, found: found(), expected }) }
}
