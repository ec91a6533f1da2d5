//! `rebound-train inspect`: prints an adapter's metadata and the norms of its factors.

use std::path::PathBuf;

use models::gguf::Value;
use targets_console::outln;
use trainer_contract::exit::DONE;

/// Prints an adapter's metadata, then shape, rank and norms of each pair of LoRA factors.
#[derive(clap::Args)]
pub(crate) struct Inspect {
    /// A LoRA adapter in GGUF format
    #[arg(value_name = "ADAPTER")]
    file: PathBuf,
}

impl Inspect {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let adapter = super::read_adapter(&self.file)?;
        for (key, value) in adapter.gguf.metadata() {
            outln!("{key} = {}", shown(value));
        }
        outln!("factors: {} bytes", adapter.factor_bytes());
        for pair in adapter.pairs()? {
            // The square of a large factor is no 32-bit float.
            let squares =
                |values: &[f32]| values.iter().map(|&value| f64::from(value).powi(2)).sum();
            let norm = |values: &[f32]| f64::sqrt(squares(values));
            let target = &pair.target;
            outln!(
                "{}: {} to {} over {}, |a| {:.4}, |b| {:.4}",
                target.name,
                target.inputs,
                target.outputs,
                target.rank,
                norm(&pair.a),
                norm(&pair.b)
            );
        }
        Ok(DONE)
    }
}

/// Greatest number of characters of an array that are shown.
const ARRAY_SHOWN: usize = 200;

/// A text without quotes, a number without its type, the beginning of an array.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::F32(number) => number.to_string(),
        Value::Array(array) => {
            let all = format!("{array:?}");
            let cut =
                all.char_indices().nth(ARRAY_SHOWN).map(|(cut, _)| format!("{} …", &all[..cut]));
            cut.unwrap_or(all)
        }
        value => {
            value.as_unsigned().map_or_else(|| format!("{value:?}"), |number| number.to_string())
        }
    }
}
