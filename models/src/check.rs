//! What a transformer's file must hold before an engine that is not ours sees it.
//!
//! ```text
//! keys      types and ranges, by what a key is for     block_count 1 to 512, an epsilon above 0 …
//! tokens    the vocabulary's lists                     no NUL, as many as there are kinds …
//! tensors   element types, by what a tensor is for     norms and biases F32, matrices what is multiplied
//! values    the numbers themselves, or their scales    finite
//! ```
//!
//! [`Gguf`] has checked that everything lies inside the file. What an architecture needs beyond
//! this is for its engine to say; llama.cpp aborts on much of it, so that whoever loads a file for
//! the first time lets a child do so.

mod keys;
mod tokens;
mod tensors;
mod values;

use crate::gguf::{Gguf, GgufError};

pub(crate) use values::not_finite;

/// Checks a model's keys, tokens and element types, but not its weights' values.
pub fn head(gguf: &Gguf) -> Result<(), GgufError> {
    keys::check(gguf)?;
    tokens::check(gguf)?;
    tensors::check(gguf)
}

/// Checks that all of a model's weights are finite: every byte is read.
pub fn weights(gguf: &Gguf) -> Result<(), GgufError> {
    let found = gguf.tensors().iter().find_map(|tensor| {
        let bytes = gguf.tensor_bytes(&tensor.name)?;
        not_finite(tensor.kind, bytes).map(|value| (tensor, value))
    });
    match found {
        None => Ok(()),
        Some((tensor, value)) => {
            let field = format!("tensor {}", tensor.name);
            Err(invalid(gguf, &field, values::EXPECTED, value))
        }
    }
}

fn invalid(gguf: &Gguf, field: &str, expected: &str, found: String) -> GgufError {
    GgufError::Invalid {
        file: gguf.name().to_owned(),
        field: field.to_owned(),
        expected: expected.to_owned(),
        found,
    }
}

#[cfg(test)]
mod tests;
