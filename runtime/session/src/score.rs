//! How likely a text is under a model.

use std::path::Path;

use anyhow::Context;
use models::tokenizer::Special;
use serde_json::{Value, json};

use crate::loaded::{SessionModel, SessionModels};
use crate::loading::Loading;

/// The log-probability of each token of the text that `text` gives once the model is there.
pub fn score(
    model: &str,
    adapter: Option<&Path>,
    loading: &Loading,
    text: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<Value> {
    let SessionModel::Loaded(handle) = SessionModels::default().open(model, adapter, loading)?
    else {
        anyhow::bail!("only a model file tells the log-probabilities of a text");
    };
    let text = text()?;
    let tokenizer = handle.tokenizer();
    let mut token_ids: Vec<u32> = tokenizer.bos_to_add().into_iter().collect();
    token_ids.extend(tokenizer.encode(&text, Special::Text));
    let scored = || match adapter {
        Some(adapter) => format!("{model} with the adapter {} scores nothing", adapter.display()),
        None => format!("{model} scores nothing"),
    };
    let log_probs = handle.score(&token_ids).with_context(scored)?;
    let are_numbers = log_probs.iter().flatten().all(|log_prob| log_prob.is_finite());
    anyhow::ensure!(are_numbers, "{}: its log-probabilities are not numbers", scored());
    let known: Vec<f64> = log_probs.iter().flatten().map(|&log_prob| f64::from(log_prob)).collect();
    let mean = (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64);
    Ok(json!({
        "token_ids": token_ids,
        "log_probs": log_probs,
        "mean": mean,
        "perplexity": mean.map(|mean| (-mean).exp()),
    }))
}
