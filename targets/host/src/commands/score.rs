//! `rebound score`: prints the log-probabilities of a text under a model.

use std::io::Read;
use std::num::NonZeroU32;
use std::path::PathBuf;

use anyhow::Context;
use runtime_session::loading::Loading;
use runtime_session::score::score;
use targets_console::outln;

use crate::options::{Flags, Keys};
use crate::progress::notes;

pub(crate) const EXAMPLES: &str = "\
rebound score --model smollm2-135m-instruct --text-file story.txt
rebound score --model mine.gguf --adapter adapter.gguf --text-file story.txt";

/// Print the log-probability of each token of a text, as JSON
///
/// Natural logarithms. The first is null, since no token precedes it.
#[derive(clap::Args)]
pub(crate) struct Score {
    /// The model: a name from `rebound models list`, or a GGUF file
    #[arg(long, value_name = "NAME|FILE")]
    model: String,
    /// A LoRA adapter to attach
    #[arg(long, value_name = "FILE")]
    adapter: Option<PathBuf>,
    /// File with the text [default: standard input]
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
    /// Context length in tokens [default: 2048]
    #[arg(long, value_name = "N", default_value = "2048")]
    context: NonZeroU32,
    /// Number of CPU threads [default: one for each idle core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroU32>,
    #[command(flatten)]
    engine: Flags<Engine>,
}

/// The keys of a run that say what computes.
struct Engine;

impl Keys for Engine {
    const LINES: &'static str = "\
engine: Inference engine: llama (llama.cpp), native (our kernels for the CPU), decoder (that of \
training) or remote (an endpoint) \
[default: llama]
device
gpu-layers";
}

impl Score {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let engine = self.engine.options()?.engine_options();
        let loading = Loading::alone(engine, self.context, self.threads, notes());
        let (model, adapter) = (&self.model, self.adapter.as_deref());
        outln!("{}", score(model, adapter, &loading, || self.text())?);
        Ok(())
    }

    fn text(&self) -> anyhow::Result<String> {
        if let Some(path) = &self.text_file {
            return runtime_files::read_text(path)
                .with_context(|| format!("cannot read the text {}", path.display()));
        }
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input is not text")?;
        Ok(text)
    }
}
