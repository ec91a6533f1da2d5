//! `rebound adapter import` and `export`: adapters as PEFT keeps them.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use models::adapter::{self, Adapter, peft};
use models::checksum;
use models::gguf::Gguf;
use models::manifest;
use runtime_session::files;
use targets_console::outln;

/// The arguments of `rebound adapter import`.
#[derive(clap::Args)]
pub(super) struct Import {
    /// The folder with `adapter_config.json` and `adapter_model.safetensors`
    #[arg(value_name = "PEFT_DIR")]
    folder: PathBuf,
    /// The model that it adapts: a name from `rebound models list`, or a GGUF file
    #[arg(long, value_name = "NAME|FILE")]
    base: String,
    /// The new adapter, a GGUF file; it must not exist
    out: PathBuf,
}

/// The arguments of `rebound adapter export`.
#[derive(clap::Args)]
pub(super) struct Export {
    /// A LoRA adapter in GGUF format
    adapter: PathBuf,
    /// The model that it adapts: a name from `rebound models list`, or a GGUF file
    #[arg(long, value_name = "NAME|FILE")]
    base: String,
    /// The new folder; it must hold no adapter
    #[arg(value_name = "PEFT_DIR")]
    folder: PathBuf,
}

impl Import {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { folder, base, out } = self;
        ensure!(!out.exists(), "{} exists; choose another name or remove it", out.display());
        let base = Gguf::open(&path_of(&base)?)?;
        let imported = peft::import(&folder, &base)
            .with_context(|| format!("{} cannot be imported", folder.display()))?;
        adapter::write(&out, &imported)?;
        let matrices = imported.pairs.len();
        outln!("{}: {matrices} matrices, alpha {}", out.display(), imported.alpha);
        Ok(())
    }
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { adapter, base, folder } = self;
        let config = folder.join("adapter_config.json");
        ensure!(!config.exists(), "{} exists; choose another folder", config.display());
        let base_path = path_of(&base)?;
        let base = Gguf::open(&base_path)?;
        let opened = Adapter::open(&adapter)?;
        if opened.base_sha256.is_some() {
            opened.check_base(&base, Some(&sha256(&base_path)?))?;
        }
        peft::export(&opened, &base, &folder)
            .with_context(|| format!("{} cannot be exported", adapter.display()))?;
        outln!("{}: {} matrices, alpha {}", folder.display(), opened.targets.len(), opened.alpha);
        Ok(())
    }
}

fn path_of(base: &str) -> anyhow::Result<PathBuf> {
    Ok(manifest::resolve(base, &files::models_folder()?)?.path)
}

fn sha256(path: &Path) -> anyhow::Result<String> {
    checksum::sha256_file(path).with_context(|| format!("cannot read {}", path.display()))
}
