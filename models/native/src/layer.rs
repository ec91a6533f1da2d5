//! The weights of one layer.

use models::gguf::Gguf;
use models::hyperparameters::{Family, Hyperparameters};
use models::target::Target;

use crate::error::NativeError;
use crate::kernels::Vector;
use crate::packed::Packed;
use crate::tensors;

/// A layer of a transformer.
pub(crate) struct Layer {
    pub(crate) attention_norm: Vec<Vector>,
    pub(crate) query_norm: Option<Vec<Vector>>,
    pub(crate) key_norm: Option<Vec<Vector>>,
    pub(crate) after_attention: Option<Vec<Vector>>,
    pub(crate) feed_forward_norm: Vec<Vector>,
    pub(crate) after_feed_forward: Option<Vec<Vector>>,
    /// In the order of [`Target::ALL`].
    linears: Vec<Linear>,
}

/// A matrix and what is added to its product.
pub(crate) struct Linear {
    pub(crate) weights: Packed,
    pub(crate) bias: Option<Vec<Vector>>,
}

impl Layer {
    /// The layer of this number.
    pub(crate) fn load(
        gguf: &Gguf,
        number: usize,
        shape: &Hyperparameters,
    ) -> Result<Self, NativeError> {
        let norm = |name: &str, width| {
            tensors::vector(gguf, &format!("blk.{number}.{name}.weight"), width)
        };
        let families = |families: &[Family], name: &str, width| {
            families.contains(&shape.family).then(|| norm(name, width)).transpose()
        };
        let (on_heads, after) = ([Family::Qwen3, Family::Gemma3], [Family::Gemma3]);
        let linears = Target::ALL.map(|target| Linear::load(gguf, number, target, shape));
        Ok(Self {
            attention_norm: norm("attn_norm", shape.width)?,
            query_norm: families(&on_heads, "attn_q_norm", shape.head_width)?,
            key_norm: families(&on_heads, "attn_k_norm", shape.head_width)?,
            after_attention: families(&after, "post_attention_norm", shape.width)?,
            feed_forward_norm: norm("ffn_norm", shape.width)?,
            after_feed_forward: families(&after, "post_ffw_norm", shape.width)?,
            linears: linears.into_iter().collect::<Result<_, _>>()?,
        })
    }

    /// One of its matrices.
    pub(crate) fn linear(&self, target: Target) -> &Linear {
        &self.linears[target as usize]
    }

    /// Bytes of its matrices in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.linears.iter().map(|linear| linear.weights.bytes()).sum()
    }
}

impl Linear {
    fn load(
        gguf: &Gguf,
        layer: usize,
        target: Target,
        shape: &Hyperparameters,
    ) -> Result<Self, NativeError> {
        let name = format!("blk.{layer}.{}", target.name());
        let size = shape.matrix(target);
        let bias = format!("{name}.bias");
        let bias = gguf.tensor(&bias).map(|_| tensors::vector(gguf, &bias, size[0])).transpose()?;
        Ok(Self { weights: tensors::matrix(gguf, &format!("{name}.weight"), size)?, bias })
    }
}
