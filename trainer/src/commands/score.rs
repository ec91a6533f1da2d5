//! `rebound-train score`: prints the log-probabilities of a text under the decoder.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use models::gguf::Gguf;
use models::tokenizer::{Special, Tokenizer};
use models_decoder::adapter::Adapter;
use models_decoder::decoder::Decoder;
use serde_json::json;
use targets_console::outln;
use trainer_contract::exit::DONE;

use super::ComputeFlags;

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
    #[command(flatten)]
    place: ComputeFlags,
}

impl Score {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let device = self.place.open()?;
        let base = super::base(&self.model)?;
        let gguf = Arc::new(Gguf::open(&base.path)?);
        let unloaded = || format!("cannot load {}", base.path.display());
        let tokenizer = Tokenizer::from_gguf(&gguf).with_context(unloaded)?;
        let decoder = Decoder::load(Arc::clone(&gguf), &device).with_context(unloaded)?;
        let adapter = match &self.adapter {
            None => Adapter::default(),
            Some(path) => {
                let file = super::read_adapter(path)?;
                file.check_base(&gguf, Some(&base.sha256))?;
                Adapter::load(&file, &decoder)?
            }
        };
        let text = self.text()?;
        let mut token_ids: Vec<u32> = tokenizer.bos_to_add().into_iter().collect();
        token_ids.extend(tokenizer.encode(&text, Special::Text));
        let log_probs =
            decoder.score(&token_ids, &adapter).with_context(|| match &self.adapter {
                Some(path) => {
                    format!("{} with the adapter {} scores nothing", self.model, path.display())
                }
                None => format!("{} scores nothing", self.model),
            })?;
        let known: Vec<f64> = log_probs.iter().flatten().map(|&value| f64::from(value)).collect();
        let mean = (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64);
        let scored = json!({
            "token_ids": token_ids,
            "log_probs": log_probs,
            "mean": mean,
            "perplexity": mean.map(|mean| (-mean).exp()),
        });
        outln!("{scored}");
        Ok(DONE)
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
