//! Adapters on a device: the two factors beside each adapted matrix.
//!
//! They stand as in the GGUF file, so that a trained adapter is written as it
//! is: `a [rank, columns]`, `b [rows, rank]`.

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use models::draws::{mix, unit};
pub use models::target::{AdaptedMatrix, Target};

/// The two factors beside one matrix (Hu et al., `LoRA`, 2021, equation 3).
#[derive(Clone, Debug)]
pub struct Factors {
    /// `[rank, columns]`.
    pub a: Tensor<2>,
    /// `[rows, rank]`.
    pub b: Tensor<2>,
}

impl Factors {
    /// Factors whose product multiplied by `new` is that of these multiplied by `old`: the
    /// difference goes into `b`.
    #[must_use]
    pub fn at_scale(self, old: f32, new: f32) -> Self {
        Self { b: self.b * (old / new), ..self }
    }
}

/// An adapter on a device.
#[derive(Clone, Debug, Default)]
pub struct Adapter {
    /// Factors by place; matrices that are not named are not adapted.
    pub factors: BTreeMap<AdaptedMatrix, Factors>,
    /// What the factors' product is multiplied by: alpha / rank.
    pub scale: f32,
    /// Zeroes inputs of the factors while training.
    pub dropout: Option<Dropout>,
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
    pub fn apply(&self, x: Tensor<2>, (layer, target): AdaptedMatrix) -> Tensor<2> {
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
