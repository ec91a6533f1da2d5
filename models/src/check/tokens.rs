//! The vocabulary's lists: what a C string cannot hold, and lists of different lengths.

use super::invalid;
use crate::gguf::{Array, Gguf, GgufError, Value};

const TOKENS: &str = "tokenizer.ggml.tokens";
/// Greatest number of tokens.
const TOKENS_MAX: usize = 1 << 24;

pub(super) fn check(gguf: &Gguf) -> Result<(), GgufError> {
    let tokens = gguf.required_texts(TOKENS)?;
    let field = |index: usize| format!("key {TOKENS}, token {index}");
    if tokens.is_empty() || tokens.len() > TOKENS_MAX {
        let expected = format!("1 to {TOKENS_MAX} tokens");
        return Err(invalid(gguf, &format!("key {TOKENS}"), &expected, tokens.len().to_string()));
    }
    if let Some(index) = tokens.iter().position(|token| token.contains('\0')) {
        let expected = "a text without NUL";
        return Err(invalid(gguf, &field(index), expected, format!("{:?}", tokens[index])));
    }
    // llama.cpp calls empty tokens so, and ends where one name stands for two.
    let empty = |name: &str| name.strip_prefix("[EMPTY_")?.strip_suffix(']')?.parse().ok();
    let is_taken = |token: &String| {
        let stood_for: Option<&String> = empty(token).and_then(|index: usize| tokens.get(index));
        stood_for.is_some_and(String::is_empty)
    };
    if let Some(index) = tokens.iter().position(is_taken) {
        let expected = "another name than that of an empty token";
        return Err(invalid(gguf, &field(index), expected, format!("{:?}", tokens[index])));
    }
    lists(gguf, tokens.len())
}

/// Checks the lists that have an entry for each token.
fn lists(gguf: &Gguf, tokens: usize) -> Result<(), GgufError> {
    let wrong = |key: &str, expected: &str, found: String| {
        Err(invalid(gguf, &format!("key {key}"), expected, found))
    };
    let key = "tokenizer.ggml.scores";
    match gguf.get(key) {
        Some(Value::Array(Array::F32(scores))) => {
            if let Some(score) = scores.iter().find(|score| !score.is_finite()) {
                return wrong(key, "finite numbers", score.to_string());
            }
            if scores.len() != tokens {
                return wrong(key, &format!("{tokens} scores"), scores.len().to_string());
            }
        }
        Some(other) => return wrong(key, "an array of f32", other.kind_name().to_owned()),
        None => {}
    }
    let key = "tokenizer.ggml.token_type";
    match gguf.get(key) {
        Some(Value::Array(Array::I32(kinds))) if kinds.len() != tokens => {
            wrong(key, &format!("{tokens} types"), kinds.len().to_string())
        }
        Some(Value::Array(Array::I32(_))) | None => Ok(()),
        Some(other) => wrong(key, "an array of i32", other.kind_name().to_owned()),
    }
}
