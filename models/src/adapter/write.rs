//! Adapters from factors to files.

use std::path::Path;

use super::{AdaptedTensor, AdapterError, BASE_KEY, VERSION_KEY};
use crate::gguf::{self, NewTensor, Value};
use crate::replace::replace_with;

/// An adapter to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAdapter {
    /// The architecture of the base.
    pub architecture: String,
    /// Scales by alpha over rank; 0.0 means that nothing is scaled.
    pub alpha: f32,
    /// The SHA-256 of the base, so that the adapter is never used on another.
    pub base_sha256: Option<String>,
    /// The factors, in the order in which they are written.
    pub pairs: Vec<FactorPair>,
    /// Further keys, after those of the layout.
    pub metadata: Vec<(String, Value)>,
}

/// The two factors of one tensor's change.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorPair {
    /// What they adapt, and their shapes.
    pub target: AdaptedTensor,
    /// `[rank][inputs]`, row after row.
    pub a: Vec<f32>,
    /// `[outputs][rank]`, row after row.
    pub b: Vec<f32>,
}

/// The bytes of an adapter's file: the same adapter makes the same bytes.
pub fn encode(adapter: &NewAdapter) -> Result<Vec<u8>, AdapterError> {
    let mut bytes = Vec::new();
    gguf::write(&mut bytes, &metadata(adapter), &tensors(adapter))?;
    Ok(bytes)
}

/// Puts an adapter in place of the file at `path`.
pub fn write(path: &Path, adapter: &NewAdapter) -> Result<(), AdapterError> {
    let unwritten = |source| AdapterError::Write { file: path.display().to_string(), source };
    let (metadata, tensors) = (metadata(adapter), tensors(adapter));
    replace_with(path, |out| Ok(gguf::write(out, &metadata, &tensors)?), unwritten)
}

fn metadata(adapter: &NewAdapter) -> Vec<(String, Value)> {
    let mut keys = vec![
        ("general.type".to_owned(), "adapter".into()),
        ("general.architecture".to_owned(), adapter.architecture.as_str().into()),
        ("adapter.type".to_owned(), "lora".into()),
        ("adapter.lora.alpha".to_owned(), Value::F32(adapter.alpha)),
        (VERSION_KEY.to_owned(), Value::U32(1)),
    ];
    if let Some(sha256) = &adapter.base_sha256 {
        keys.push((BASE_KEY.to_owned(), sha256.as_str().into()));
    }
    keys.extend(adapter.metadata.iter().cloned());
    keys
}

fn tensors(adapter: &NewAdapter) -> Vec<NewTensor<'static>> {
    let mut tensors = Vec::with_capacity(2 * adapter.pairs.len());
    for FactorPair { target, a, b } in &adapter.pairs {
        let AdaptedTensor { name, inputs, outputs, rank } = target;
        tensors.push(NewTensor::f32(&format!("{name}.lora_a"), &[*inputs, *rank], a));
        tensors.push(NewTensor::f32(&format!("{name}.lora_b"), &[*rank, *outputs], b));
    }
    tensors
}
