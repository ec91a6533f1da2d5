//! What a GGUF file says about the shape of its transformer.
//!
//! Every key that changes the computation is either read or refused by name: a
//! model that is computed wrongly would train adapters that fit nothing.

use crate::gguf::{Gguf, GgufError};
use crate::target::Target;

/// The families of transformers that are built here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama 1 to 3.2, `SmolLM2` and what else has its keys.
    Llama,
    /// Qwen 2 and 2.5: biases on queries, keys and values.
    Qwen2,
    /// Qwen 3: norms on queries and keys.
    Qwen3,
    /// Gemma 3: norms on both sides of a block, sliding windows.
    Gemma3,
}

/// The shape of a transformer.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyperparameters {
    /// Which family's rules hold.
    pub family: Family,
    /// Number of layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub width: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values; divides `heads`.
    pub kv_heads: usize,
    /// Width of a head; even.
    pub head_width: usize,
    /// Width inside the feed-forward block.
    pub feed_forward: usize,
    /// Number of tokens in the vocabulary.
    pub vocabulary: usize,
    /// Tokens that the model was made for.
    pub context_tokens: usize,
    /// Added to mean squares in norms.
    pub norm_epsilon: f32,
    /// Base of the rotation's frequencies.
    pub rope_base: f32,
    /// Positions are divided by it.
    pub rope_factor: f32,
    /// Base of the frequencies in layers with a window.
    pub rope_base_window: f32,
    /// Scores are multiplied by it before the softmax.
    pub score_scale: f32,
    /// Embeddings are multiplied by it.
    pub embedding_scale: f32,
    /// Tokens that a layer with a window sees, itself included.
    pub window_tokens: Option<usize>,
}

/// Of this many layers the last sees everything; the others have a window.
const WINDOW_PATTERN: usize = 6;
/// Base of the frequencies in gemma3's layers with a window.
const WINDOW_ROPE_BASE: f32 = 10_000.0;
/// The number of layers that tells Gemma 3 27B, which scales scores by its width.
const GEMMA3_27B_LAYERS: usize = 62;

/// Keys (after the family's name) that would change the computation.
const REFUSED_KEYS: [&str; 6] = [
    "expert_count",
    "attn_logit_softcapping",
    "final_logit_softcapping",
    "attention.clamp_kqv",
    "attention.max_alibi_bias",
    "logit_scale",
];

/// Why a file does not say what transformer it holds, or says one that is not computed here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HyperparametersError {
    /// The file itself is wrong, or lacks a key.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// The model is of a family or uses a feature that is not built here.
    #[error("{file}: {what} is not supported; supported are llama, qwen2, qwen3 and gemma3")]
    Unsupported {
        /// The model's file.
        file: String,
        /// The feature.
        what: String,
    },
    /// A hyperparameter makes no sense.
    #[error("{file}: {field} is {found}, expected {expected}")]
    Invalid {
        /// The model's file.
        file: String,
        /// The key.
        field: String,
        /// What would do.
        expected: String,
        /// What is there.
        found: String,
    },
}

impl Hyperparameters {
    /// Reads them from a file's keys.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self, HyperparametersError> {
        crate::check::head(gguf)?;
        let name = gguf.architecture()?;
        let family = match name {
            "llama" => Family::Llama,
            "qwen2" => Family::Qwen2,
            "qwen3" => Family::Qwen3,
            "gemma3" => Family::Gemma3,
            other => return Err(unsupported(gguf, format!("the architecture {other}"))),
        };
        let keys = Keys { gguf, name };
        for key in REFUSED_KEYS {
            if keys.number(key).is_some_and(|value| value != 0.0) {
                return Err(unsupported(gguf, format!("the key {}", keys.full(key))));
            }
        }
        let width = keys.count("embedding_length")?;
        let heads = keys.count("attention.head_count")?;
        let head_width = keys.optional_count("attention.key_length").unwrap_or(width / heads);
        let layers = keys.count("block_count")?;
        let kv_heads = keys.optional_count("attention.head_count_kv").unwrap_or(heads);
        let shape = Self {
            family,
            layers,
            width,
            heads,
            kv_heads,
            head_width,
            feed_forward: keys.count("feed_forward_length")?,
            vocabulary: gguf.required_texts("tokenizer.ggml.tokens")?.len(),
            context_tokens: keys.count("context_length")?,
            norm_epsilon: keys.required("attention.layer_norm_rms_epsilon")?,
            rope_base: keys.number("rope.freq_base").unwrap_or(default_rope_base(family)),
            rope_factor: keys.rope_factor()?,
            rope_base_window: keys.number("rope.freq_base_swa").unwrap_or(WINDOW_ROPE_BASE),
            score_scale: keys
                .number("attention.scale")
                .filter(|&scale| scale != 0.0)
                .unwrap_or_else(|| default_score_scale(family, layers, width / heads, head_width)),
            embedding_scale: if family == Family::Gemma3 { (width as f32).sqrt() } else { 1.0 },
            window_tokens: keys
                .optional_count("attention.sliding_window")
                .filter(|_| family == Family::Gemma3),
        };
        shape.check(&keys)?;
        Ok(shape)
    }

    /// Tokens that a layer sees, itself included; `None` for all.
    pub fn window_of(&self, layer: usize) -> Option<usize> {
        self.window_tokens.filter(|_| layer % WINDOW_PATTERN < WINDOW_PATTERN - 1)
    }

    /// Rows and columns of a linear layer's matrix.
    pub fn matrix(&self, target: Target) -> [usize; 2] {
        let (query, key) = (self.heads * self.head_width, self.kv_heads * self.head_width);
        match target {
            Target::Query => [query, self.width],
            Target::Key | Target::Value => [key, self.width],
            Target::Output => [self.width, query],
            Target::Gate | Target::Up => [self.feed_forward, self.width],
            Target::Down => [self.width, self.feed_forward],
        }
    }

    /// The names of a layer's norms that its family has, the middle of their tensors' names.
    pub fn norms(&self) -> impl Iterator<Item = &'static str> {
        let on_heads = [Family::Qwen3, Family::Gemma3].contains(&self.family);
        let after = self.family == Family::Gemma3;
        let norms = [
            ("attn_norm", true),
            ("attn_q_norm", on_heads),
            ("attn_k_norm", on_heads),
            ("post_attention_norm", after),
            ("ffn_norm", true),
            ("post_ffw_norm", after),
        ];
        norms.into_iter().filter(|(_, has)| *has).map(|(name, _)| name)
    }

    fn check(&self, keys: &Keys<'_>) -> Result<(), HyperparametersError> {
        let wrong = |key: &str, expected: &str, found: usize| HyperparametersError::Invalid {
            file: keys.gguf.name().into(),
            field: keys.full(key),
            expected: expected.into(),
            found: found.to_string(),
        };
        if !self.heads.is_multiple_of(self.kv_heads) {
            return Err(wrong("attention.head_count_kv", "a divisor of head_count", self.kv_heads));
        }
        if self.head_width == 0 || !self.head_width.is_multiple_of(2) {
            return Err(wrong("attention.key_length", "an even number above 0", self.head_width));
        }
        let values = keys.optional_count("attention.value_length").unwrap_or(self.head_width);
        if values != self.head_width {
            return Err(wrong("attention.value_length", "the length of keys", values));
        }
        let rotated = keys.optional_count("rope.dimension_count").unwrap_or(self.head_width);
        if rotated != self.head_width {
            return Err(wrong("rope.dimension_count", "the length of keys", rotated));
        }
        Ok(())
    }
}

fn default_rope_base(family: Family) -> f32 {
    if family == Family::Gemma3 { 1_000_000.0 } else { 10_000.0 }
}

fn default_score_scale(family: Family, layers: usize, share: usize, head_width: usize) -> f32 {
    let by_width = family == Family::Gemma3 && layers == GEMMA3_27B_LAYERS;
    1.0 / (if by_width { share } else { head_width } as f32).sqrt()
}

fn unsupported(gguf: &Gguf, what: String) -> HyperparametersError {
    HyperparametersError::Unsupported { file: gguf.name().into(), what }
}

/// The keys of one family.
struct Keys<'a> {
    gguf: &'a Gguf,
    name: &'a str,
}

impl Keys<'_> {
    fn full(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }

    #[expect(clippy::cast_possible_truncation, reason = "hyperparameters are computed with in f32")]
    fn number(&self, key: &str) -> Option<f32> {
        let key = self.full(key);
        let whole = self.gguf.unsigned(&key).map(|value| value as f32);
        self.gguf.float(&key).map(|value| value as f32).or(whole)
    }

    #[expect(clippy::cast_possible_truncation, reason = "hyperparameters are computed with in f32")]
    fn required(&self, key: &str) -> Result<f32, HyperparametersError> {
        // The fallback never gives a value: it is there for its error.
        let value = || self.gguf.required_float(&self.full(key)).map(|value| value as f32);
        self.number(key).map_or_else(value, Ok).map_err(HyperparametersError::from)
    }

    fn optional_count(&self, key: &str) -> Option<usize> {
        usize::try_from(self.gguf.unsigned(&self.full(key))?).ok().filter(|&count| count > 0)
    }

    fn count(&self, key: &str) -> Result<usize, HyperparametersError> {
        let found = self.gguf.required_unsigned(&self.full(key))?;
        let count = usize::try_from(found).ok().filter(|count| (1..=1 << 24).contains(count));
        count.ok_or_else(|| HyperparametersError::Invalid {
            file: self.gguf.name().into(),
            field: self.full(key),
            expected: "1 to 16777216".into(),
            found: found.to_string(),
        })
    }

    fn rope_factor(&self) -> Result<f32, HyperparametersError> {
        let kind = self.gguf.text(&self.full("rope.scaling.type")).unwrap_or("none");
        match kind {
            "none" => Ok(1.0),
            "linear" => Ok(self.number("rope.scaling.factor").filter(|&f| f > 0.0).unwrap_or(1.0)),
            other => Err(unsupported(self.gguf, format!("rope scaling of type {other}"))),
        }
    }
}
