//! `rebound adapter`: puts a trained adapter on the device, on probation, and carries
//! adapters to and from PEFT.

mod peft;

use std::path::PathBuf;

use anyhow::{Context, ensure};
use models::adapter;
use models::gguf::Gguf;
use models::manifest;
use runtime_session::files;
use runtime_store::slots::{Slot, Slots};
use targets_console::command::Examples;
use targets_console::outln;

use peft::{Export, Import};

/// By the command's path below `rebound`.
pub(crate) const EXAMPLES: Examples<'static> = &[
    ("adapter install", &["rebound adapter install runs/taught/adapter.gguf"]),
    ("adapter confirm", &["rebound adapter confirm"]),
    ("adapter revert", &["rebound adapter revert --model gemma-3-270m"]),
    ("adapter list", &["rebound adapter list"]),
    (
        "adapter import",
        &["rebound adapter import --base smollm2-135m-instruct peft-folder new.gguf"],
    ),
    (
        "adapter export",
        &["rebound adapter export --base smollm2-135m-instruct new.gguf peft-folder"],
    ),
];

/// Install, confirm or revert the adapter of a retrospective model; convert adapters
///
/// Each model has adapters of its own. A new one is on probation: the next run that reflects
/// with the model tries it, and the one after goes back unless it was confirmed.
#[derive(clap::Args)]
pub(crate) struct Adapter {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Try an adapter; it is reverted on the start after next unless confirmed
    Install {
        /// A LoRA adapter in GGUF format
        adapter: PathBuf,
        #[command(flatten)]
        base: Base,
    },
    /// Keep the adapter that was tried
    Confirm(Base),
    /// Go back to the adapter before
    Revert(Base),
    /// Which adapters there are
    List(Base),
    /// Read an adapter that PEFT saved, and write it as GGUF
    ///
    /// Adapters of the linear layers of llama, qwen2, qwen3 and gemma3 models; what a GGUF
    /// file cannot say is refused by name. The new adapter names no base: it is good for
    /// every quantization of the model.
    Import(Import),
    /// Write an adapter as a folder that PEFT loads
    Export(Export),
}

/// The model that adapters are for.
#[derive(clap::Args)]
struct Base {
    /// The model: a name from `rebound models list`, or a GGUF file
    #[arg(long, value_name = "NAME|FILE", default_value = "smollm2-135m-instruct")]
    model: String,
}

impl Adapter {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Install { adapter, base } => install(&adapter, &base),
            Action::Confirm(base) => {
                outln!("confirmed {}", described(&base.slots()?.confirm()?));
                Ok(())
            }
            Action::Revert(base) => {
                outln!("went back from {}", described(&base.slots()?.revert()?));
                Ok(())
            }
            Action::List(base) => list(&base.slots()?),
            Action::Import(import) => import.run(),
            Action::Export(export) => export.run(),
        }
    }
}

impl Base {
    fn path(&self) -> anyhow::Result<PathBuf> {
        Ok(manifest::resolve(&self.model, &files::models_folder()?)?.path)
    }

    fn slots(&self) -> anyhow::Result<Slots> {
        Ok(Slots::open(&files::slots_folder(&sha256(&self.path()?)?)?)?)
    }
}

fn sha256(path: &std::path::Path) -> anyhow::Result<String> {
    models::checksum::sha256_file(path).with_context(|| format!("cannot read {}", path.display()))
}

fn install(path: &std::path::Path, base: &Base) -> anyhow::Result<()> {
    let base_path = base.path()?;
    let base_sha256 = sha256(&base_path)?;
    let in_full = || format!("{} does not fit {}", path.display(), base_path.display());
    let opened = adapter::Adapter::open(path)?;
    ensure!(
        opened.reward_row().is_none(),
        "{} is a reward model, which writes nothing; give it to `rebound run --reward-model`",
        path.display()
    );
    opened.check_base(&Gguf::open(&base_path)?, Some(&base_sha256)).with_context(in_full)?;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    ensure!(!name.is_empty(), "{} has no name", path.display());
    let slot = Slots::open(&files::slots_folder(&base_sha256)?)?.install(&bytes, &name)?;
    outln!(
        "{} is on probation: the next run with `--strategy retrospective` tries it,",
        described(&slot)
    );
    outln!("then keep it by `rebound adapter confirm` or go back by `rebound adapter revert`");
    Ok(())
}

fn list(slots: &Slots) -> anyhow::Result<()> {
    let state = slots.state()?;
    let shown = |slot: Option<&Slot>| slot.map_or("none".to_string(), described);
    outln!("confirmed  {}", shown(state.confirmed.as_ref()));
    outln!("before it  {}", shown(state.previous.as_ref()));
    match &state.probation {
        None => outln!("probation  none"),
        Some(probation) => {
            let tried = if probation.tried { "tried" } else { "not tried yet" };
            outln!("probation  {}, {tried}", described(&probation.slot));
        }
    }
    Ok(())
}

fn described(slot: &Slot) -> String {
    format!("{} ({} bytes, sha256 {})", slot.name, slot.bytes, slot.sha256)
}
