//! The adapters of retrospective models: their slots, and conversion from and to PEFT.

use std::path::Path;

use anyhow::{Context, ensure};
use models::adapter::{self, Adapter, peft};
use models::gguf::Gguf;
use runtime_store::slots::{Slot, Slots};

use crate::files;
use crate::weights::{check_new, opened, path_of, sha256_of};

/// The slots of a model, by its name or its path.
pub fn slots(model: &str) -> anyhow::Result<Slots> {
    Ok(Slots::open(&files::slots_folder(&sha256_of(&path_of(model)?)?)?)?)
}

/// Installs an adapter of a model on probation; returns a message with the next steps.
pub fn install(path: &Path, model: &str) -> anyhow::Result<String> {
    let base_path = path_of(model)?;
    let base_sha256 = sha256_of(&base_path)?;
    let in_full = || format!("{} does not fit {}", path.display(), base_path.display());
    let opened = Adapter::open(path)?;
    ensure!(
        opened.reward_row().is_none(),
        "{} is a reward model, which writes nothing; give it to `rebound run --reward-model`",
        path.display()
    );
    opened.check_base(&Gguf::open(&base_path)?, Some(&base_sha256)).with_context(in_full)?;
    let bytes = runtime_files::read(path, runtime_files::WHOLE_BYTES_MAX)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    ensure!(!name.is_empty(), "{} has no name", path.display());
    let slot = Slots::open(&files::slots_folder(&base_sha256)?)?.install(&bytes, &name)?;
    Ok(format!(
        "{} is on probation: the next run with `--strategy retrospective` tries it,\n\
         then keep it by `rebound adapter confirm` or go back by `rebound adapter revert`",
        described(&slot)
    ))
}

/// The list of a model's adapters, one line for each slot.
pub fn text(slots: &Slots) -> anyhow::Result<String> {
    let state = slots.state()?;
    let shown = |slot: Option<&Slot>| slot.map_or("none".to_string(), described);
    let probation = state.probation.as_ref().map_or("none".to_string(), |probation| {
        let tried = if probation.tried { "tried" } else { "not tried yet" };
        format!("{}, {tried}", described(&probation.slot))
    });
    let (confirmed, before) = (shown(state.confirmed.as_ref()), shown(state.previous.as_ref()));
    Ok(format!("confirmed  {confirmed}\nbefore it  {before}\nprobation  {probation}"))
}

/// An adapter as a line of text.
pub fn described(slot: &Slot) -> String {
    format!("{} ({} bytes, sha256 {})", slot.name, slot.bytes, slot.sha256)
}

/// Converts an adapter that PEFT saved to a new GGUF file; returns a description of it.
pub fn import(folder: &Path, base: &str, out: &Path) -> anyhow::Result<String> {
    check_new(out)?;
    let base = Gguf::open(&path_of(base)?)?;
    let imported = peft::import(folder, &base)
        .with_context(|| format!("{} cannot be imported", folder.display()))?;
    adapter::write(out, &imported)?;
    let matrices = imported.pairs.len();
    Ok(format!("{}: {matrices} matrices, alpha {}", out.display(), imported.alpha))
}

/// Converts an adapter to a folder that PEFT loads; returns a description of it.
pub fn export(adapter: &Path, base: &str, folder: &Path) -> anyhow::Result<String> {
    let config = folder.join("adapter_config.json");
    ensure!(!config.exists(), "{} exists; choose another folder", config.display());
    let (base, opened) = opened(&path_of(base)?, adapter)?;
    peft::export(&opened, &base, folder)
        .with_context(|| format!("{} cannot be exported", adapter.display()))?;
    let matrices = opened.targets.len();
    Ok(format!("{}: {matrices} matrices, alpha {}", folder.display(), opened.alpha))
}
