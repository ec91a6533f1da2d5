//! `rebound models merge`: merges a LoRA adapter into its base model.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use models::adapter::Precision;
use runtime_session::weights;
use targets_console::outln;

use crate::progress::{self, Show};

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
    #[arg(long, value_name = "TYPE")]
    to: To,
    /// The GGUF file to write; it must not exist yet
    out: PathBuf,
    /// Show no progress bar
    #[arg(long, short)]
    quiet: bool,
}

#[allow(non_camel_case_types, reason = "the names that every GGUF tool prints")]
#[derive(Clone, Copy, ValueEnum)]
enum To {
    /// 16 bits a weight
    F16,
    /// 8.5 bits a weight
    #[value(name = "q8_0")]
    Q8_0,
    /// 4.5 bits a weight; may lose what the adapter learned
    #[value(name = "q4_0")]
    Q4_0,
}

impl Merge {
    pub(super) fn run(self, folder: &Path) -> anyhow::Result<()> {
        let Self { base, adapter, to, out, quiet } = self;
        let precision = match to {
            To::F16 => Precision::F16,
            To::Q8_0 => Precision::Q8_0,
            To::Q4_0 => Precision::Q4_0,
        };
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let bar = progress::bytes(if quiet { Show::Nothing } else { Show::Bars }, &name);
        let mut told = |bytes_done, bytes_total| {
            bar.set_length(bytes_total);
            bar.set_position(bytes_done);
        };
        weights::merge((&base, folder), &adapter, precision, &out, &mut told)?;
        bar.finish_and_clear();
        if !quiet {
            outln!("{}", out.display());
        }
        Ok(())
    }
}
