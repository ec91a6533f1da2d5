//! Element types: llama.cpp adds and scales by F32 alone, and multiplies by floats and blocks.

use super::invalid;
use crate::gguf::{GgmlType, Gguf, GgufError, Tensor};

/// Types that no matrix is multiplied by: whole numbers, and forms of activations.
const NOT_MULTIPLIED: [GgmlType; 7] = [
    GgmlType::I8,
    GgmlType::I16,
    GgmlType::I32,
    GgmlType::I64,
    GgmlType::F64,
    GgmlType::Q8_1,
    GgmlType::Q8_K,
];

pub(super) fn check(gguf: &Gguf) -> Result<(), GgufError> {
    let wrong = gguf.tensors().iter().find_map(|tensor| Some((tensor, expected(tensor)?)));
    match wrong {
        None => Ok(()),
        Some((tensor, expected)) => {
            let field = format!("tensor {}", tensor.name);
            Err(invalid(gguf, &field, expected, tensor.kind.to_string()))
        }
    }
}

/// The types that would do, where the tensor's does not.
fn expected(tensor: &Tensor) -> Option<&'static str> {
    let name = tensor.name.as_str();
    let is_vector =
        tensor.ne.len() <= 1 || ["norm.weight", "bias"].iter().any(|end| name.ends_with(end));
    match tensor.kind {
        GgmlType::F32 => None,
        _ if is_vector => Some("F32, as norms, biases and factors are"),
        kind if NOT_MULTIPLIED.contains(&kind) => Some("F32, F16, BF16 or quantized blocks"),
        _ => None,
    }
}
