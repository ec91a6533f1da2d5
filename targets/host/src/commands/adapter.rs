//! `rebound adapter`: puts a trained adapter on the device, on probation, and carries
//! adapters to and from PEFT.

use std::path::PathBuf;

use runtime_session::adapters::{self, described, slots};
use targets_console::outln;

pub(crate) const EXAMPLES: &str = "\
rebound adapter install runs/taught/adapter.gguf
rebound adapter confirm
rebound adapter revert --model gemma-3-270m
rebound adapter list
rebound adapter import --base smollm2-135m-instruct peft-folder new.gguf
rebound adapter export --base smollm2-135m-instruct new.gguf peft-folder";

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
    Import {
        /// The folder with `adapter_config.json` and `adapter_model.safetensors`
        #[arg(value_name = "PEFT_DIR")]
        folder: PathBuf,
        /// The model that it adapts: a name from `rebound models list`, or a GGUF file
        #[arg(long, value_name = "NAME|FILE")]
        base: String,
        /// The new adapter, a GGUF file; it must not exist
        out: PathBuf,
    },
    /// Write an adapter as a folder that PEFT loads
    Export {
        /// A LoRA adapter in GGUF format
        adapter: PathBuf,
        /// The model that it adapts: a name from `rebound models list`, or a GGUF file
        #[arg(long, value_name = "NAME|FILE")]
        base: String,
        /// The new folder; it must hold no adapter
        #[arg(value_name = "PEFT_DIR")]
        folder: PathBuf,
    },
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
            Action::Install { adapter, base } => {
                let slot = adapters::install(&adapter, &base.model)?;
                outln!(
                    "{} is on probation: the next run with `--strategy retrospective` tries it,\n\
                     then keep it by `rebound adapter confirm` or go back by `rebound adapter revert`",
                    described(&slot)
                );
            }
            Action::Confirm(base) => {
                outln!("confirmed {}", described(&slots(&base.model)?.confirm()?));
            }
            Action::Revert(base) => {
                outln!("went back from {}", described(&slots(&base.model)?.revert()?));
            }
            Action::List(base) => outln!("{}", adapters::text(&slots(&base.model)?)?),
            Action::Import { folder, base, out } => {
                outln!("{}", adapters::import(&folder, &base, &out)?);
            }
            Action::Export { adapter, base, folder } => {
                outln!("{}", adapters::export(&adapter, &base, &folder)?);
            }
        }
        Ok(())
    }
}
