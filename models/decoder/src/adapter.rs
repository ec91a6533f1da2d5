//! Adapters on a device: the two factors beside each adapted matrix.
//!
//! They stand as in the GGUF file, so that a trained adapter is written as it
//! is: `a [rank, columns]`, `b [rows, rank]`.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use models::adapter::Pair;
use models::draws::{mix, unit};

use crate::decoder::Decoder;
use crate::error::DecoderError;

/// A linear layer of a transformer's layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Queries.
    Query,
    /// Keys.
    Key,
    /// Values.
    Value,
    /// What attention puts out.
    Output,
    /// The gate of the feed-forward block.
    Gate,
    /// Its way up.
    Up,
    /// Its way down.
    Down,
}

impl Target {
    /// All seven, in the order of computation.
    pub const ALL: [Self; 7] =
        [Self::Query, Self::Key, Self::Value, Self::Output, Self::Gate, Self::Up, Self::Down];

    /// The middle of the tensor's name: `blk.0.{name}.weight`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "attn_q",
            Self::Key => "attn_k",
            Self::Value => "attn_v",
            Self::Output => "attn_output",
            Self::Gate => "ffn_gate",
            Self::Up => "ffn_up",
            Self::Down => "ffn_down",
        }
    }

    /// The target of that name; its case does not matter.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name().eq_ignore_ascii_case(name))
    }
}

/// Where factors stand: the layer, from 0, and the matrix.
pub type Place = (usize, Target);

/// The two factors beside one matrix (Hu et al., `LoRA`, 2021, equation 3).
#[derive(Clone, Debug)]
pub struct Factors {
    /// `[rank, columns]`.
    pub a: Tensor<2>,
    /// `[rows, rank]`.
    pub b: Tensor<2>,
}

/// An adapter on a device.
#[derive(Clone, Debug, Default)]
pub struct Adapter {
    /// Factors by place; matrices that are not named are not adapted.
    pub factors: BTreeMap<Place, Factors>,
    /// What the factors' product is multiplied by: alpha / rank.
    pub scale: f32,
    /// Zeroes inputs of the factors while training.
    pub dropout: Option<Dropout>,
}

impl Adapter {
    /// A file's adapter on the decoder's device.
    pub fn load(file: &models::adapter::Adapter, decoder: &Decoder) -> Result<Self, DecoderError> {
        let refuse = |reason: String| DecoderError::Adapter(reason);
        let mut adapter = Self { scale: 0.0, ..Self::default() };
        for Pair { target, a, b } in file.pairs().map_err(|error| refuse(error.to_string()))? {
            let place = place(&target.name).filter(|(layer, _)| *layer < decoder.shape().layers);
            let place = place.ok_or_else(|| {
                refuse(format!("{}: the decoder adapts linear layers only", target.name))
            })?;
            let [rows, columns] = decoder.shape().matrix(place.1);
            if [target.outputs, target.inputs] != [rows as u64, columns as u64] {
                let (name, found) = (&target.name, [target.outputs, target.inputs]);
                let expected = [rows, columns];
                return Err(refuse(format!("{name}: expected {expected:?}, found {found:?}")));
            }
            let rank = a.len() / columns;
            let scale = if file.alpha == 0.0 { 1.0 } else { file.alpha / rank as f32 };
            if adapter.scale == 0.0 {
                adapter.scale = scale;
            }
            // One scale for all: what a rank of its own would change goes into `b`.
            let b: Vec<f32> = b.into_iter().map(|value| value * (scale / adapter.scale)).collect();
            let device = decoder.device();
            let a = Tensor::from_data(TensorData::new(a, [rank, columns]), device);
            let b = Tensor::from_data(TensorData::new(b, [rows, rank]), device);
            adapter.factors.insert(place, Factors { a, b });
        }
        Ok(adapter)
    }
}

/// The place of a matrix of this name.
fn place(name: &str) -> Option<Place> {
    let (layer, rest) = name.strip_prefix("blk.")?.split_once('.')?;
    Some((layer.parse().ok()?, Target::from_name(rest.strip_suffix(".weight")?)?))
}

/// Zeroes elements of the factors' inputs, and scales the others up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// The share that is zeroed, below 1.
    pub rate: f32,
    /// Seeds the draws of this step; each place draws its own.
    pub seed: u64,
}

impl Dropout {
    /// `x [n, columns]` with some elements zeroed.
    pub fn apply(&self, x: Tensor<2>, (layer, target): Place) -> Tensor<2> {
        let [n, columns] = x.dims();
        let stream = mix(mix(self.seed) ^ mix((layer * Target::ALL.len()) as u64 + target as u64));
        let kept = 1.0 / (1.0 - self.rate);
        let values: Vec<f32> = (0..(n * columns) as u64)
            .map(|index| if unit(mix(stream ^ index)) < self.rate { 0.0 } else { kept })
            .collect();
        let mask = burn::tensor::TensorData::new(values, [n, columns]);
        let mask = Tensor::<2>::from_data(mask, &x.device());
        let kind = x.dtype();
        x * mask.cast(kind)
    }
}
