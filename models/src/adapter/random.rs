//! Random adapters, for tests.

use super::{AdaptedTensor, AdapterError, FactorPair, NewAdapter};
use crate::draws::SplitMix;
use crate::gguf::Gguf;

/// An adapter of that rank for every tensor `blk.N.TARGET.weight` of the base,
/// for each of `targets`, such as `attn_q`.
///
/// Both factors are random, so that the adapter changes what the model says;
/// one that training starts from has zeros in `b`. A target that the base has
/// not is left out.
pub fn random(
    base: &Gguf,
    rank: u64,
    targets: &[&str],
    seed: u64,
) -> Result<NewAdapter, AdapterError> {
    let mut stream = SplitMix { state: seed };
    let mut pairs = Vec::new();
    for tensor in base.tensors() {
        let part = tensor.name.strip_prefix("blk.").and_then(|name| name.strip_suffix(".weight"));
        let Some((_, part)) = part.and_then(|name| name.split_once('.')) else { continue };
        let &[inputs, outputs] = tensor.ne.as_slice() else { continue };
        if !targets.contains(&part) {
            continue;
        }
        let target = AdaptedTensor { name: tensor.name.clone(), inputs, outputs, rank };
        let mut draw = |count: u64, width: u64| -> Vec<f32> {
            let bound = (3.0 / width.max(1) as f32).sqrt();
            (0..count * width).map(|_| stream.uniform(bound)).collect()
        };
        let (a, b) = (draw(rank, inputs), draw(outputs, rank));
        pairs.push(FactorPair { target, a, b });
    }
    Ok(NewAdapter {
        architecture: base.architecture()?.to_owned(),
        alpha: rank as f32,
        base_sha256: None,
        pairs,
        metadata: Vec::new(),
    })
}
