//! Rotary position embeddings (Su et al., `RoFormer`, 2021, equation 34).
//!
//! A rotation is `x · cos + (x · R) · sin`, where `R` exchanges the members of
//! each pair and negates one.

use burn::tensor::{Device, Tensor, TensorData};
use models::hyperparameters::{Family, Hyperparameters};

use crate::kernels::fused;
use crate::kernels::settings::Pairing;

/// The frequencies of one kind of layer.
#[derive(Clone, Debug)]
pub struct Frequencies {
    base: f32,
    factor: f32,
    /// Divides the angle of each pair; empty if nothing is divided.
    divisors: Vec<f32>,
    head_width: usize,
    pairing: Pairing,
}

impl Frequencies {
    /// Those of layers that see everything.
    pub fn global(shape: &Hyperparameters, divisors: Vec<f32>) -> Self {
        Self {
            base: shape.rope_base,
            factor: shape.rope_factor,
            divisors,
            head_width: shape.head_width,
            pairing: match shape.family {
                Family::Llama => Pairing::Neighbours,
                Family::Qwen2 | Family::Qwen3 | Family::Gemma3 => Pairing::Halves,
            },
        }
    }

    /// Those of layers with a window.
    pub fn window(shape: &Hyperparameters) -> Self {
        Self { base: shape.rope_base_window, factor: 1.0, ..Self::global(shape, Vec::new()) }
    }

    /// The rotations at these positions.
    pub fn at(&self, positions: &[usize], device: &Device) -> Rotation {
        let width = self.head_width;
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for &position in positions {
            let angles = self.angles(position);
            for index in 0..width {
                let (sine, cosine) = angles[self.pair(index)].sin_cos();
                cos.push(cosine);
                sin.push(sine);
            }
        }
        let table = |values| {
            Tensor::from_data(TensorData::new(values, [positions.len(), 1, width]), device)
        };
        let [cos, sin] = [cos, sin].map(table);
        Rotation { cos, sin, exchange: self.exchange(device), pairing: self.pairing }
    }

    /// The angle of each pair, in llama.cpp's order of operations.
    fn angles(&self, position: usize) -> Vec<f32> {
        let ratio = self.base.powf(-2.0 / self.head_width as f32);
        let mut angle = position as f32;
        let mut angles = Vec::new();
        for pair in 0..self.head_width / 2 {
            let divisor = self.divisors.get(pair).copied().unwrap_or(1.0);
            angles.push(angle / divisor / self.factor);
            angle *= ratio;
        }
        angles
    }

    /// The pair that an element belongs to.
    fn pair(&self, index: usize) -> usize {
        match self.pairing {
            Pairing::Neighbours => index / 2,
            Pairing::Halves => index % (self.head_width / 2),
        }
    }

    /// `R [width, width]`.
    fn exchange(&self, device: &Device) -> Tensor<2> {
        let width = self.head_width;
        let mut values = vec![0.0_f32; width * width];
        for pair in 0..width / 2 {
            let (first, second) = match self.pairing {
                Pairing::Neighbours => (2 * pair, 2 * pair + 1),
                Pairing::Halves => (pair, pair + width / 2),
            };
            values[second * width + first] = -1.0;
            values[first * width + second] = 1.0;
        }
        Tensor::from_data(TensorData::new(values, [width, width]), device)
    }
}

/// Rotations of some rows.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// `[n, 1, width]`.
    cos: Tensor<3>,
    /// `[n, 1, width]`.
    sin: Tensor<3>,
    /// `[width, width]`.
    exchange: Tensor<2>,
    pairing: Pairing,
}

impl Rotation {
    /// Rotates the heads of `x [n, heads · width]`; computed in f32, returned as `x` came.
    pub fn rotate(&self, x: Tensor<2>) -> Tensor<2> {
        let angles = [&self.cos, &self.sin].map(Tensor::clone);
        fused::rotated(x, angles, self.exchange.clone(), self.pairing)
    }
}
