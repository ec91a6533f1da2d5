//! A model made on the spot: small enough for any test, real enough to load.
//!
//! It has the llama architecture, or another that the decoder knows, a byte-level vocabulary with `ChatML`'s control
//! tokens and a chat template, and weights from a seeded generator: it speaks
//! nonsense, but the same nonsense everywhere.

mod words;

use std::path::Path;

use crate::draws::SplitMix;
use crate::gguf::{self, Array, Gguf, GgufError, NewTensor, Value};
use words::{CHAT_TEMPLATE, CONTROL_TOKENS, MERGES};

/// Tokens that a layer with a window sees, where the architecture has such.
const WINDOW_TOKENS: u32 = 24;

/// What a tiny model is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TinyConfig {
    /// Seeds the weights.
    pub seed: u64,
    /// `llama`, `qwen2`, `qwen3` or `gemma3`.
    pub architecture: &'static str,
    /// Layers.
    pub layers: u32,
    /// Width of the residual stream; a multiple of `heads`.
    pub embedding: u32,
    /// Attention heads.
    pub heads: u32,
    /// Heads of keys and values; divides `heads`.
    pub kv_heads: u32,
    /// Width of the feed-forward layers.
    pub feed_forward: u32,
    /// Tokens that the model claims to have been trained on at once.
    pub context_tokens: u32,
    /// The rule that splits text into words: `tokenizer.ggml.pre`.
    pub pre_tokenizer: String,
}

impl Default for TinyConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            architecture: "llama",
            layers: 2,
            embedding: 64,
            heads: 4,
            kv_heads: 2,
            feed_forward: 128,
            context_tokens: 2048,
            pre_tokenizer: "smollm".to_owned(),
        }
    }
}

/// The bytes of a model with other keys, and each tensor as `change` leaves it: a file for tests of what
/// is refused.
pub fn changed(
    model: &Gguf,
    metadata: &[(String, Value)],
    change: impl Fn(&mut NewTensor<'_>),
) -> Result<Vec<u8>, GgufError> {
    let tensors = model.tensors().iter().map(|tensor| {
        let bytes = model.tensor_bytes(&tensor.name).unwrap_or_default().into();
        let (name, ne) = (tensor.name.clone(), tensor.ne.clone());
        let mut tensor = NewTensor { name, ne, kind: tensor.kind, bytes };
        change(&mut tensor);
        tensor
    });
    gguf::encode(metadata, &tensors.collect::<Vec<_>>())
}

/// The bytes of the default model with weights from that seed.
///
/// # Panics
///
/// Never: the default sizes fit together.
pub fn llama(seed: u64) -> Vec<u8> {
    let config = TinyConfig { seed, ..TinyConfig::default() };
    encode_llama(&config).expect("the default sizes fit together")
}

/// The bytes of a model of these sizes.
pub fn encode_llama(config: &TinyConfig) -> Result<Vec<u8>, GgufError> {
    gguf::encode(&metadata(config), &tensors(config))
}

/// Writes a model of these sizes to `path`, replacing what is there.
pub fn write_llama(path: &Path, config: &TinyConfig) -> Result<(), GgufError> {
    let bytes = encode_llama(config)?;
    let file = path.display().to_string();
    std::fs::write(path, bytes).map_err(|source| GgufError::Io { file, source })
}

fn metadata(config: &TinyConfig) -> Vec<(String, Value)> {
    let tokenizer = tokenizer_keys(&config.pre_tokenizer);
    let tokenizer = tokenizer.into_iter().map(|(key, value)| (key.to_owned(), value));
    hyperparameters(config).into_iter().chain(tokenizer).collect()
}

fn hyperparameters(config: &TinyConfig) -> Vec<(String, Value)> {
    let general = [
        ("general.architecture", config.architecture.into()),
        ("general.type", "model".into()),
        ("general.name", "tiny".into()),
        ("general.file_type", Value::U32(0)),
    ];
    let head_width = config.embedding / config.heads.max(1);
    let own = [
        ("block_count", Value::U32(config.layers)),
        ("context_length", Value::U32(config.context_tokens)),
        ("embedding_length", Value::U32(config.embedding)),
        ("feed_forward_length", Value::U32(config.feed_forward)),
        ("attention.head_count", Value::U32(config.heads)),
        ("attention.head_count_kv", Value::U32(config.kv_heads)),
        ("attention.key_length", Value::U32(head_width)),
        ("attention.value_length", Value::U32(head_width)),
        ("rope.dimension_count", Value::U32(head_width)),
        ("rope.freq_base", Value::F32(10_000.0)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("vocab_size", Value::U32(vocabulary_len())),
    ];
    let window = ("attention.sliding_window", Value::U32(WINDOW_TOKENS));
    let own = own.into_iter().chain((config.architecture == "gemma3").then_some(window));
    let own = own.map(|(key, value)| (format!("{}.{key}", config.architecture), value));
    general.map(|(key, value)| (key.to_owned(), value)).into_iter().chain(own).collect()
}

fn tokenizer_keys(pre_tokenizer: &str) -> Vec<(&'static str, Value)> {
    let tokens = words::tokens();
    let kind_of = |index: usize| if index < CONTROL_TOKENS.len() { 3 } else { 1 };
    let kinds: Vec<i32> = (0..tokens.len()).map(kind_of).collect();
    let merges: Vec<String> = MERGES.iter().map(|&merge| merge.to_owned()).collect();
    vec![
        ("tokenizer.ggml.model", "gpt2".into()),
        ("tokenizer.ggml.pre", pre_tokenizer.into()),
        ("tokenizer.ggml.tokens", Value::Array(Array::Text(tokens))),
        ("tokenizer.ggml.token_type", Value::Array(Array::I32(kinds))),
        ("tokenizer.ggml.merges", Value::Array(Array::Text(merges))),
        ("tokenizer.ggml.bos_token_id", Value::U32(1)),
        ("tokenizer.ggml.eos_token_id", Value::U32(2)),
        ("tokenizer.ggml.unknown_token_id", Value::U32(0)),
        ("tokenizer.ggml.padding_token_id", Value::U32(2)),
        ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
        ("tokenizer.chat_template", CHAT_TEMPLATE.into()),
    ]
}

fn vocabulary_len() -> u32 {
    u32::try_from(CONTROL_TOKENS.len() + 256 + MERGES.len()).expect("a few hundred")
}

fn tensors(config: &TinyConfig) -> Vec<NewTensor<'static>> {
    let width = u64::from(config.embedding);
    let kv_width = width / u64::from(config.heads.max(1)) * u64::from(config.kv_heads);
    let hidden = u64::from(config.feed_forward);
    let mut weights = Weights(SplitMix { state: config.seed });
    let mut tensors = vec![
        weights.matrix("token_embd.weight", width, u64::from(vocabulary_len())),
        ones("output_norm.weight", width),
    ];
    for layer in 0..config.layers {
        let named = |part: &str| format!("blk.{layer}.{part}.weight");
        tensors.extend([
            ones(&named("attn_norm"), width),
            weights.matrix(&named("attn_q"), width, width),
            weights.matrix(&named("attn_k"), width, kv_width),
            weights.matrix(&named("attn_v"), width, kv_width),
            weights.matrix(&named("attn_output"), width, width),
            ones(&named("ffn_norm"), width),
            weights.matrix(&named("ffn_gate"), width, hidden),
            weights.matrix(&named("ffn_up"), width, hidden),
            weights.matrix(&named("ffn_down"), hidden, width),
        ]);
        let head_width = width / u64::from(config.heads.max(1));
        tensors.extend(
            own_tensors(config.architecture, layer, (width, kv_width, head_width))
                .map(|(name, width, middle)| weights.vector(&name, width, middle)),
        );
    }
    tensors
}

/// Names, lengths and middle values of the vectors that an architecture has
/// besides llama's.
fn own_tensors(
    architecture: &str,
    layer: u32,
    (width, kv_width, head_width): (u64, u64, u64),
) -> impl Iterator<Item = (String, u64, f32)> {
    let biases = [("attn_q", width), ("attn_k", kv_width), ("attn_v", kv_width)]
        .map(|(name, width)| (format!("blk.{layer}.{name}.bias"), width, 0.0))
        .into_iter()
        .filter(move |_| architecture == "qwen2");
    let norms = [
        ("attn_q_norm", head_width, true),
        ("attn_k_norm", head_width, true),
        ("post_attention_norm", width, false),
        ("post_ffw_norm", width, false),
    ];
    let norms = norms
        .into_iter()
        .filter(move |&(_, _, on_heads)| {
            architecture == "gemma3" || (architecture == "qwen3" && on_heads)
        })
        .map(move |(name, width, _)| (format!("blk.{layer}.{name}.weight"), width, 1.0));
    biases.chain(norms)
}

fn ones(name: &str, width: u64) -> NewTensor<'static> {
    let values: Vec<f32> = (0..width).map(|_| 1.0).collect();
    NewTensor::f32(name, &[width], &values)
}

/// Weights, drawn one after the other.
struct Weights(SplitMix);

impl Weights {
    /// A matrix from `inputs` to `outputs`, uniform, with a standard deviation
    /// of two over the root of its inputs, so that next tokens are far from
    /// equally likely.
    fn matrix(&mut self, name: &str, inputs: u64, outputs: u64) -> NewTensor<'static> {
        let bound = 2.0 * (3.0 / inputs as f32).sqrt();
        let values: Vec<f32> = (0..inputs * outputs).map(|_| self.0.uniform(bound)).collect();
        NewTensor::f32(name, &[inputs, outputs], &values)
    }

    /// Values around `middle`.
    fn vector(&mut self, name: &str, length: u64, middle: f32) -> NewTensor<'static> {
        let values: Vec<f32> = (0..length).map(|_| middle + self.0.uniform(0.5)).collect();
        NewTensor::f32(name, &[length], &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::ChatTemplate;
    use crate::gguf::Gguf;
    use crate::tokenizer::{Special, Tokenizer};

    fn open(seed: u64) -> Gguf {
        Gguf::from_bytes("tiny.gguf", llama(seed)).unwrap()
    }

    #[test]
    fn a_tiny_model_has_a_tokenizer_and_a_template() {
        let gguf = open(1);

        let tokenizer = Tokenizer::from_gguf(&gguf).unwrap();
        let template = ChatTemplate::from_gguf(&gguf).unwrap();

        assert_eq!(tokenizer.vocabulary_len(), vocabulary_len() as usize);
        assert_eq!(tokenizer.end_of_generation(), [0, 2]);
        assert_eq!(tokenizer.encode("<|im_end|>", Special::Parse), [2]);
        assert!(template.is_some());
    }

    #[test]
    fn the_same_seed_makes_the_same_bytes() {
        assert_eq!(llama(7), llama(7));
        assert_ne!(llama(7), llama(8));
    }
}
