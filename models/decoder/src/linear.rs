//! A linear layer: a frozen quantized matrix, and an adapter's factors beside it.

use burn::tensor::{Device, Tensor, TensorData};
use models::gguf::Gguf;

use crate::adapter::{AdaptedMatrix, Adapter};
use crate::error::DecoderError;
use crate::kernels::{self, fused};
use crate::matrix::{Matrix, Operands, vector};

/// `y = x · Wᵀ + scale · (x · aᵀ) · bᵀ + bias`.
#[derive(Clone, Debug)]
pub struct Linear {
    place: AdaptedMatrix,
    matrix: Matrix,
    /// `[1, rows]`.
    bias: Option<Tensor<2>>,
}

impl Linear {
    /// The layer at this place of the file.
    pub fn load(
        gguf: &Gguf,
        place: AdaptedMatrix,
        shape: [usize; 2],
        device: &Device,
    ) -> Result<Self, DecoderError> {
        let (layer, target) = place;
        let name = format!("blk.{layer}.{}", target.name());
        let matrix = Matrix::load(gguf, &format!("{name}.weight"), shape, device)?;
        let bias = format!("{name}.bias");
        let bias = if gguf.tensor(&bias).is_some() {
            let values = vector(gguf, &bias, shape[0])?;
            Some(Tensor::from_data(TensorData::new(values, [1, shape[0]]), device))
        } else {
            None
        };
        Ok(Self { place, matrix, bias })
    }

    /// Sets what its product multiplies.
    pub(crate) fn multiply(&mut self, operands: Operands) {
        self.matrix.packing.operands = operands;
    }

    /// Rows `[n, columns]` to rows `[n, rows]`, in the kind of number of `x`.
    pub fn forward(&self, x: Tensor<2>, adapter: &Adapter) -> Tensor<2> {
        let kind = x.dtype();
        let y = match (adapter.factors.get(&self.place), adapter.dropout) {
            (None, _) => kernels::linear(x, &self.matrix),
            (Some(factors), dropout) => {
                let factors = [&factors.a, &factors.b].map(|factor| factor.clone().cast(kind));
                match dropout {
                    None => fused::adapted(x, factors, &self.matrix, adapter.scale),
                    Some(dropout) => {
                        let [a, b] = factors;
                        let dropped = dropout.apply(x.clone(), self.place);
                        let narrow = dropped.matmul(a.transpose()) * adapter.scale;
                        kernels::linear(x, &self.matrix) + narrow.matmul(b.transpose())
                    }
                }
            }
        };
        match &self.bias {
            Some(bias) => y + bias.clone().cast(kind),
            None => y,
        }
    }
}
