//! A whole transformer: embeddings, layers, head.

use std::collections::HashSet;
use std::sync::Arc;

use burn::tensor::{DType, Device, FloatDType, Int, Tensor, TensorData};
use models::gguf::Gguf;
use models::hyperparameters::Hyperparameters;

use crate::adapter::{Adapter, Target};
use crate::batch::Batch;
use crate::cache::Cache;
use crate::error::DecoderError;
use crate::kernels::{self, Segment};
use crate::layer::{Layer, PassContext};
use crate::matrix::{Matrix, Operands, Packing, packing, vector};
use crate::norm::Norm;
use crate::rope::Frequencies;

const EMBEDDINGS: &str = "token_embd.weight";
const HEAD: &str = "output.weight";
const ROPE_DIVISORS: &str = "rope_freqs.weight";

/// A transformer on a device.
///
/// The file stays mapped: embeddings are looked up in it.
#[derive(Clone, Debug)]
pub struct Decoder {
    gguf: Arc<Gguf>,
    device: Device,
    shape: Arc<Hyperparameters>,
    embeddings: Packing,
    layers: Vec<Layer>,
    norm: Norm,
    head: Matrix,
    global: Frequencies,
    window: Frequencies,
    precision: FloatDType,
}

impl Decoder {
    /// Brings a file's weights to a device.
    pub fn load(gguf: Arc<Gguf>, device: &Device) -> Result<Self, DecoderError> {
        let shape = Arc::new(Hyperparameters::from_gguf(&gguf)?);
        refuse_unknown(&gguf, &shape)?;
        let size = [shape.vocabulary, shape.width];
        let head = if gguf.tensor(HEAD).is_some() { HEAD } else { EMBEDDINGS };
        let divisors = match gguf.tensor(ROPE_DIVISORS) {
            Some(_) => vector(&gguf, ROPE_DIVISORS, shape.head_width / 2)?,
            None => Vec::new(),
        };
        let layers = (0..shape.layers).map(|number| Layer::load(&gguf, number, &shape, device));
        let sizes = (shape.width, shape.norm_epsilon);
        Ok(Self {
            embeddings: packing(&gguf, EMBEDDINGS, size)?,
            layers: layers.collect::<Result<_, _>>()?,
            norm: Norm::load(&gguf, "output_norm.weight", sizes, device)?,
            head: Matrix::load(&gguf, head, size, device)?,
            global: Frequencies::global(&shape, divisors),
            window: Frequencies::window(&shape),
            device: device.clone(),
            shape,
            gguf,
            precision: FloatDType::F32,
        })
    }

    /// The same, but what passes from operation to operation is in bf16: half of the
    /// memory of activations, eight bits of a number instead of 24. Products with the file's matrices
    /// are as of [`Decoder::with_rounded_products`]; inside of norms and attention arithmetic stays f32,
    /// and so do factors, log-probabilities and the rows that [`Decoder::forward`] returns.
    ///
    /// An error where the device does not compute with bf16.
    pub fn in_bf16(mut self) -> Result<Self, DecoderError> {
        if !self.device.supports_dtype(FloatDType::BF16) {
            return Err(DecoderError::Bf16 { device: format!("{:?}", self.device) });
        }
        self.precision = FloatDType::BF16;
        Ok(self.with_rounded_products())
    }

    /// The same, but products with the file's matrices round what they multiply to bf16, where the device
    /// is a processor that multiplies that faster (AVX-512 BF16); their sums and all else stay f32.
    #[must_use]
    pub fn with_rounded_products(mut self) -> Self {
        for layer in &mut self.layers {
            layer.multiply(Operands::Rounded);
        }
        self.head.packing.operands = Operands::Rounded;
        self
    }

    /// Its shape.
    pub fn shape(&self) -> &Hyperparameters {
        &self.shape
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The file.
    pub fn gguf(&self) -> &Gguf {
        &self.gguf
    }

    /// Its layers, in order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What all layers share in a pass over this batch; `cached` tokens of each
    /// sequence lie before its new ones.
    ///
    /// # Panics
    ///
    /// Where there are caches and branches: these go on from rows of their own batch.
    pub fn scene(&self, batch: &Batch, cached: &[usize]) -> Result<PassContext, DecoderError> {
        let (mut segments, mut positions) = (Vec::new(), Vec::new());
        let mut key_rows: Vec<u32> = Vec::new();
        let mut key = 0;
        let sequences = batch.starts().zip(&batch.lengths).zip(batch.trunks());
        for (index, ((query, &queries), (trunk, shared))) in sequences.enumerate() {
            let before = cached.get(index).copied().unwrap_or(0) + shared;
            let keys = before + queries;
            let context_tokens = self.shape.context_tokens;
            if keys > context_tokens {
                return Err(DecoderError::TooLong { found: keys, context_tokens });
            }
            segments.push(Segment { query, queries, key, keys });
            positions.extend(before..keys);
            let rows = (trunk..trunk + shared).chain(query..query + queries);
            key_rows.extend(
                rows.map(|row| u32::try_from(row).expect("rows are fewer than four billion")),
            );
            key += keys;
        }
        let branches = key_rows.len() > batch.tokens.len();
        assert!(!branches || cached.is_empty(), "branches have no caches");
        Ok(PassContext {
            segments: segments.into(),
            key_rows: branches.then(|| self.indices(&key_rows)),
            global: self.global.at(&positions, &self.device),
            window: self.window.at(&positions, &self.device),
        })
    }

    /// The embeddings of tokens `[n, width]`.
    pub fn embed(&self, tokens: &[u32]) -> Result<Tensor<2>, DecoderError> {
        let (bytes, row_bytes) =
            (self.gguf.tensor_bytes(EMBEDDINGS).unwrap_or_default(), self.embeddings.row_bytes());
        let width = self.shape.width;
        let mut values = vec![0.0; tokens.len() * width];
        for (&id, values) in tokens.iter().zip(values.chunks_exact_mut(width)) {
            let row = bytes
                .chunks_exact(row_bytes)
                .nth(id as usize)
                .ok_or(DecoderError::Token { id, vocabulary: self.shape.vocabulary })?;
            models::blocks::dequantize(self.embeddings.kind, row, values)
                .unwrap_or_else(|_| unreachable!("a row is whole blocks"));
        }
        for value in &mut values {
            *value *= self.shape.embedding_scale;
        }
        let values = TensorData::new(values, [tokens.len(), width]);
        let rows: Tensor<2> = Tensor::from_data(values, &self.device);
        Ok(rows.cast(self.precision))
    }

    /// The residual stream behind the last layer `[n, width]`, normed.
    ///
    /// Caches, one for each sequence, are read and added to.
    pub fn forward(
        &self,
        batch: &Batch,
        adapter: &Adapter,
        mut caches: Option<&mut [Cache]>,
    ) -> Result<Tensor<2>, DecoderError> {
        let before: Vec<usize> =
            caches.as_deref().unwrap_or_default().iter().map(Cache::tokens).collect();
        let scene = self.scene(batch, &before)?;
        let mut x = self.embed(&batch.tokens)?;
        for layer in &self.layers {
            x = layer.forward(x, &scene, adapter, caches.as_deref_mut());
        }
        for (cache, &tokens) in caches.into_iter().flatten().zip(&batch.lengths) {
            cache.advance(tokens);
        }
        Ok(self.norm.in_f32(x))
    }

    /// The norm behind the last layer.
    pub fn norm(&self) -> &Norm {
        &self.norm
    }

    /// Logits `[n, vocabulary]` of rows that [`Decoder::forward`] returned. Ask
    /// for few rows at once: the vocabulary is large.
    pub fn logits(&self, rows: Tensor<2>) -> Tensor<2> {
        kernels::linear(rows, &self.head)
    }

    /// The log-probability `[n, 1]` of a token behind each row, without the
    /// logits of all tokens ever existing at once.
    pub fn log_probs(&self, rows: Tensor<2>, tokens: &[u32]) -> Tensor<2> {
        kernels::log_probs(rows, self.indices(tokens), &self.head)
    }

    /// Some of the rows of a tensor on its device, in this order: `[rows, width]`.
    pub fn select(&self, tensor: Tensor<2>, rows: &[u32]) -> Tensor<2> {
        tensor.select(0, self.indices(rows))
    }

    fn indices(&self, numbers: &[u32]) -> Tensor<1, Int> {
        let data = TensorData::new(numbers.to_vec(), [numbers.len()]);
        Tensor::from_data(data, (&self.device, DType::U32))
    }
}

/// Tensors that are not read would mean a computation that is not built.
fn refuse_unknown(gguf: &Gguf, shape: &Hyperparameters) -> Result<(), DecoderError> {
    let mut known: HashSet<String> =
        [EMBEDDINGS, HEAD, ROPE_DIVISORS, "output_norm.weight"].map(str::to_owned).into();
    let norms = [
        "attn_norm",
        "attn_q_norm",
        "attn_k_norm",
        "post_attention_norm",
        "ffn_norm",
        "post_ffw_norm",
    ];
    for layer in 0..shape.layers {
        known.extend(norms.map(|norm| format!("blk.{layer}.{norm}.weight")));
        for target in Target::ALL {
            let name = format!("blk.{layer}.{}", target.name());
            known.extend([format!("{name}.weight"), format!("{name}.bias")]);
        }
    }
    match gguf.tensors().iter().find(|tensor| !known.contains(&tensor.name)) {
        None => Ok(()),
        Some(tensor) => {
            let what = format!("the tensor {}", tensor.name);
            Err(DecoderError::Unsupported { file: gguf.name().into(), what })
        }
    }
}
