//! Root mean square normalization (Zhang and Sennrich, 2019, equation 4).

use burn::tensor::{Device, FloatDType, Tensor, TensorData};
use models::gguf::Gguf;

use crate::error::DecoderError;
use crate::kernels::fused;
use crate::matrix::vector;

/// A norm of rows.
#[derive(Clone, Debug)]
pub struct Norm {
    /// `[1, width]`.
    weight: Tensor<2>,
    epsilon: f32,
}

impl Norm {
    /// The norm whose weights are this tensor of the file.
    pub fn load(
        gguf: &Gguf,
        tensor: &str,
        (width, epsilon): (usize, f32),
        device: &Device,
    ) -> Result<Self, DecoderError> {
        let values = vector(gguf, tensor, width)?;
        let weight = Tensor::from_data(TensorData::new(values, [1, width]), device);
        Ok(Self { weight, epsilon })
    }

    /// Rows `[n, width]` divided by the root of their mean square, times the
    /// weights; computed in f32, returned as `x` came.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        fused::normalized(x, self.weight.clone(), self.epsilon)
    }

    /// The same, returned in f32.
    pub fn in_f32(&self, x: Tensor<2>) -> Tensor<2> {
        self.forward(x.cast(FloatDType::F32))
    }

    /// The same over the heads of `x [n, heads · width]`, one by one.
    pub fn forward_heads(&self, x: Tensor<2>) -> Tensor<2> {
        let [n, all] = x.dims();
        let width = self.weight.dims()[1];
        self.forward(x.reshape([n * (all / width), width])).reshape([n, all])
    }
}
