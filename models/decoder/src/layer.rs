//! One layer: attention and a feed-forward block around the residual stream.

use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor};
use models::gguf::Gguf;
use models::hyperparameters::{Family, Hyperparameters};

use crate::adapter::{Adapter, Target};
use crate::cache::Cache;
use crate::error::DecoderError;
use crate::kernels::settings::Activation;
use crate::kernels::{self, Attention, Segment, fused};
use crate::linear::Linear;
use crate::matrix::Operands;
use crate::norm::Norm;
use crate::rope::Rotation;

/// A layer of a transformer.
#[derive(Clone, Debug)]
pub struct Layer {
    number: usize,
    shape: Arc<Hyperparameters>,
    attention_norm: Norm,
    query_norm: Option<Norm>,
    key_norm: Option<Norm>,
    after_attention: Option<Norm>,
    feed_forward_norm: Norm,
    after_feed_forward: Option<Norm>,
    /// In the order of [`Target::ALL`].
    linears: Vec<Linear>,
}

/// The values that all layers of a forward pass share.
#[derive(Clone, Debug)]
pub struct PassContext {
    /// The rows of each sequence.
    pub(crate) segments: Arc<[Segment]>,
    /// Which rows of the batch the segments' keys are, where branches share some.
    pub(crate) key_rows: Option<Tensor<1, Int>>,
    /// Rotations where a layer sees everything.
    pub(crate) global: Rotation,
    /// Rotations where a layer has a window.
    pub(crate) window: Rotation,
}

impl Layer {
    /// Sets what its products multiply.
    pub(crate) fn multiply(&mut self, operands: Operands) {
        self.linears.iter_mut().for_each(|linear| linear.multiply(operands));
    }

    /// The layer of this number.
    pub fn load(
        gguf: &Gguf,
        number: usize,
        shape: &Arc<Hyperparameters>,
        device: &Device,
    ) -> Result<Self, DecoderError> {
        let norm = |name: &str, width| {
            let name = format!("blk.{number}.{name}.weight");
            Norm::load(gguf, &name, (width, shape.norm_epsilon), device)
        };
        let families = |families: &[Family], name: &str, width| {
            families.contains(&shape.family).then(|| norm(name, width)).transpose()
        };
        let (on_heads, after) = ([Family::Qwen3, Family::Gemma3], [Family::Gemma3]);
        let linears = Target::ALL
            .map(|target| Linear::load(gguf, (number, target), shape.matrix(target), device));
        Ok(Self {
            number,
            shape: Arc::clone(shape),
            attention_norm: norm("attn_norm", shape.width)?,
            query_norm: families(&on_heads, "attn_q_norm", shape.head_width)?,
            key_norm: families(&on_heads, "attn_k_norm", shape.head_width)?,
            after_attention: families(&after, "post_attention_norm", shape.width)?,
            feed_forward_norm: norm("ffn_norm", shape.width)?,
            after_feed_forward: families(&after, "post_ffw_norm", shape.width)?,
            linears: linears.into_iter().collect::<Result<_, _>>()?,
        })
    }

    /// The residual stream `[n, width]` behind this layer.
    ///
    /// With caches, one for each sequence, the new keys and values are added to
    /// them and all are attended to.
    pub fn forward(
        &self,
        x: Tensor<2>,
        context: &PassContext,
        adapter: &Adapter,
        caches: Option<&mut [Cache]>,
    ) -> Tensor<2> {
        let attended =
            self.attend(self.attention_norm.forward(x.clone()), context, adapter, caches);
        let x = x + optional(self.after_attention.as_ref(), attended);
        let fed = self.feed_forward(self.feed_forward_norm.forward(x.clone()), adapter);
        x + optional(self.after_feed_forward.as_ref(), fed)
    }

    fn linear(&self, target: Target, x: Tensor<2>, adapter: &Adapter) -> Tensor<2> {
        self.linears[target as usize].forward(x, adapter)
    }

    fn attend(
        &self,
        x: Tensor<2>,
        context: &PassContext,
        adapter: &Adapter,
        caches: Option<&mut [Cache]>,
    ) -> Tensor<2> {
        let window = self.shape.window_of(self.number);
        let rotation = if window.is_some() { &context.window } else { &context.global };
        let query = self.linear(Target::Query, x.clone(), adapter);
        let key = self.linear(Target::Key, x.clone(), adapter);
        let value = self.linear(Target::Value, x, adapter);
        let query =
            self.query_norm.as_ref().map_or(query.clone(), |norm| norm.forward_heads(query));
        let key = self.key_norm.as_ref().map_or(key.clone(), |norm| norm.forward_heads(key));
        let (query, key) = (rotation.rotate(query), rotation.rotate(key));
        let how = |segments| Attention {
            segments,
            heads: self.shape.heads,
            kv_heads: self.shape.kv_heads,
            head_width: self.shape.head_width,
            scale: self.shape.score_scale,
            window,
        };
        let attended = match caches {
            None => {
                let keys = [key, value].map(|rows| match &context.key_rows {
                    None => rows,
                    Some(indices) => rows.select(0, indices.clone()),
                });
                kernels::attention(query, keys, how(Arc::clone(&context.segments)))
            }
            Some(caches) => {
                let parts = context.segments.iter().zip(caches).map(|(segment, cache)| {
                    let own = |x: &Tensor<2>| x.clone().narrow(0, segment.query, segment.queries);
                    let new = [own(&key), own(&value)];
                    let all = cache.extend(self.number, new);
                    let alone = Segment { query: 0, key: 0, ..*segment };
                    kernels::attention(own(&query), all, how(Arc::new([alone])))
                });
                Tensor::cat(parts.collect(), 0)
            }
        };
        self.linear(Target::Output, attended, adapter)
    }

    fn feed_forward(&self, x: Tensor<2>, adapter: &Adapter) -> Tensor<2> {
        let gate = self.linear(Target::Gate, x.clone(), adapter);
        let up = self.linear(Target::Up, x, adapter);
        let activation = match self.shape.family {
            Family::Gemma3 => Activation::Gelu,
            Family::Llama | Family::Qwen2 | Family::Qwen3 => Activation::Silu,
        };
        self.linear(Target::Down, fused::gated(gate, up, activation), adapter)
    }
}

fn optional(norm: Option<&Norm>, x: Tensor<2>) -> Tensor<2> {
    match norm {
        Some(norm) => norm.forward(x),
        None => x,
    }
}
