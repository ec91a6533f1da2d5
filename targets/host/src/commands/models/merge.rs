//! `rebound models merge`: merges a LoRA adapter into its base model.

use std::path::{Path, PathBuf};

use models::adapter::MergePrecision;
use runtime_session::weights;
use targets_console::outln;

use crate::progress::{self, Show};
use crate::values;

/// The arguments of `rebound models merge`.
#[derive(clap::Args)]
pub(super) struct Merge {
    /// The base model: a name from `rebound models list`, or a GGUF file
    #[arg(long, value_name = "NAME|FILE")]
    base: String,
    /// The LoRA adapter to merge
    #[arg(long, value_name = "FILE")]
    adapter: PathBuf,
    /// Quantization of the matrices; a matrix whose rows are not whole blocks becomes f16
    #[arg(long, value_name = "TYPE", value_parser = values::precision())]
    to: MergePrecision,
    /// The GGUF file to write; it must not exist yet
    out: PathBuf,
    /// Show no progress bar
    #[arg(long, short)]
    quiet: bool,
}

impl Merge {
    pub(super) fn run(self, folder: &Path) -> anyhow::Result<()> {
        let Self { base, adapter, to, out, quiet } = self;
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let bar = progress::bytes(if quiet { Show::Nothing } else { Show::Bars }, &name);
        let mut told = |bytes_done, bytes_total| {
            bar.set_length(bytes_total);
            bar.set_position(bytes_done);
        };
        weights::merge((&base, folder), &adapter, to, &out, &mut told)?;
        bar.finish_and_clear();
        if !quiet {
            outln!("{}", out.display());
        }
        Ok(())
    }
}
