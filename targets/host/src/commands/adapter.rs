//! `rebound adapter`: installs a trained adapter on probation, and converts adapters from
//! and to PEFT.

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

/// Install, confirm or revert the LoRA adapter of a retrospective model; convert adapters
///
/// Each model has its own adapters. A new adapter is on probation: the next run in which the
/// model writes reflections uses it, and the run after that returns to the previous adapter
/// unless the new one was confirmed.
#[derive(clap::Args)]
pub(crate) struct Adapter {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Install an adapter on probation; it is reverted after one run unless confirmed
    Install {
        /// A LoRA adapter in GGUF format
        adapter: PathBuf,
        #[command(flatten)]
        base: Base,
    },
    /// Confirm the adapter on probation, so that later runs use it too
    Confirm(Base),
    /// Return to the adapter that was active before
    Revert(Base),
    /// List the model's installed adapters
    List(Base),
    /// Convert an adapter that PEFT saved to GGUF
    ///
    /// Takes LoRA adapters of the linear layers of llama, qwen2, qwen3 and gemma3 models. A
    /// PEFT setting that GGUF cannot express is an error that names it. The new file names no
    /// base model, so it works with every quantization of the model.
    Import {
        /// The folder with `adapter_config.json` and `adapter_model.safetensors`
        #[arg(value_name = "PEFT_DIR")]
        folder: PathBuf,
        /// The adapter's base model: a name from `rebound models list`, or a GGUF file
        #[arg(long, value_name = "NAME|FILE")]
        base: String,
        /// The GGUF file to write; it must not exist yet
        out: PathBuf,
    },
    /// Convert a GGUF adapter to a folder that PEFT loads
    Export {
        /// A LoRA adapter in GGUF format
        adapter: PathBuf,
        /// The adapter's base model: a name from `rebound models list`, or a GGUF file
        #[arg(long, value_name = "NAME|FILE")]
        base: String,
        /// The folder to write; it must not contain an adapter yet
        #[arg(value_name = "PEFT_DIR")]
        folder: PathBuf,
    },
}

/// The base model of the adapters.
#[derive(clap::Args)]
struct Base {
    /// The base model: a name from `rebound models list`, or a GGUF file
    #[arg(long, value_name = "NAME|FILE", default_value = "smollm2-135m-instruct")]
    model: String,
}

impl Adapter {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Install { adapter, base } => {
                outln!("{}", adapters::install(&adapter, &base.model)?);
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
