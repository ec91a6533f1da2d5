//! Conversion of adapters from and to PEFT's format, a folder of two files.
//!
//! ```text
//! adapter_config.json          rank, alpha, patterns   ─┐ import ─► alpha
//! adapter_model.safetensors    lora_A, lora_B          ─┘ ◄─ export  lora_a, lora_b
//! ```
//!
//! | PEFT | shape | GGUF | ne |
//! | --- | --- | --- | --- |
//! | `base_model.model.model.layers.N.self_attn.q_proj.lora_A.weight` | `[rank, inputs]` | `blk.N.attn_q.weight.lora_a` | `[inputs, rank]` |
//! | `base_model.model.model.layers.N.self_attn.q_proj.lora_B.weight` | `[outputs, rank]` | `blk.N.attn_q.weight.lora_b` | `[rank, outputs]` |
//!
//! Both say the same of the same numbers in the same order, but for the rows of
//! `B` where the architecture `llama` orders those of queries and keys another
//! way. A GGUF file has one alpha: where PEFT scales a matrix by anything but
//! alpha over its rank, the rest of the scale goes into `B`.
//!
//! Adapters of the seven linear layers of a block go across. Whatever else a
//! folder says is refused by name, since an adapter that silently does less is
//! worse than none. Keys of our file other than alpha have no place in a folder.

mod names;
mod config;
mod rows;
mod weights;
mod error;

use std::path::Path;

use super::{Adapter, FactorPair, NewAdapter, check};
use crate::gguf::Gguf;
use config::PeftSettings;
use names::ModelMatrix;
use rows::RowOrder;

pub use error::PeftError;

const CONFIG_FILE: &str = "adapter_config.json";
const WEIGHTS_FILE: &str = "adapter_model.safetensors";

/// Reads a PEFT folder as an adapter for `base`.
///
/// F16 and BF16 factors become F32. The adapter names no base: it is as good for
/// every quantization of the one that it was trained on.
pub fn import(folder: &Path, base: &Gguf) -> Result<NewAdapter, PeftError> {
    let order = RowOrder::of(base)?;
    let settings = PeftSettings::read(&folder.join(CONFIG_FILE))?;
    let path = folder.join(WEIGHTS_FILE);
    let file = path.display().to_string();
    let alpha = settings.alpha();
    let mut pairs = Vec::new();
    for factors in weights::read(&path)? {
        let FactorPair { target, a, mut b } = factors.pair;
        check::fits(&file, &target, base)?;
        settings.check_rank(&factors.module, target.rank)?;
        let excess = settings.excess(&factors.module, target.rank);
        for value in &mut b {
            *value *= excess;
        }
        let b = order.as_in_gguf(factors.place, &target, b)?;
        pairs.push(FactorPair { target, a, b });
    }
    let architecture = base.architecture().map_err(PeftError::Base)?.to_owned();
    Ok(NewAdapter { architecture, alpha, base_sha256: None, pairs, metadata: Vec::new() })
}

/// Writes an adapter of `base` as a PEFT folder, in F32.
///
/// The folder is made if there is none; the two files in it are replaced.
pub fn export(adapter: &Adapter, base: &Gguf, folder: &Path) -> Result<(), PeftError> {
    adapter.check_base(base, None)?;
    if adapter.gguf.get("adapter.alora.invocation_tokens").is_some() {
        return Err(PeftError::Invoked { file: adapter.gguf.name().to_owned() });
    }
    let order = RowOrder::of(base)?;
    let mut placed = Vec::new();
    for FactorPair { target, a, b } in adapter.pairs()? {
        let place = ModelMatrix::in_gguf(&target.name).ok_or_else(|| PeftError::Tensor {
            file: adapter.gguf.name().to_owned(),
            tensor: target.name.clone(),
            expected: "one of the seven linear layers of a block".to_owned(),
            found: "another".to_owned(),
        })?;
        let b = order.as_in_peft(place, &target, b)?;
        placed.push((place, FactorPair { target, a, b }));
    }
    std::fs::create_dir_all(folder)
        .map_err(|source| PeftError::Io { file: folder.display().to_string(), source })?;
    weights::write(&folder.join(WEIGHTS_FILE), &placed)?;
    config::write(&folder.join(CONFIG_FILE), adapter.alpha, &placed, layers(base)?)
}

fn layers(base: &Gguf) -> Result<u64, PeftError> {
    let architecture = base.architecture().map_err(PeftError::Base)?;
    base.required_unsigned(&format!("{architecture}.block_count")).map_err(PeftError::Base)
}
