//! Fused operations by burn's own, for backends that have nothing better; what the CPU computes
//! is tested against them.

use burn::backend::TensorMetadata;
use burn::backend::ops::ActivationOps;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::Shape;

use super::settings::{Activation, Adapted, Direction};
use super::{F32, Kernels, cast, kind};
use crate::matrix::Packing;

/// See [`super::fused::Fused::gate`].
pub(super) fn gate<B: Kernels>(
    [gate, up]: [FloatTensor<B>; 2],
    activation: Activation,
) -> FloatTensor<B> {
    let [value, _] = value_and_slope::<B>(gate, activation);
    B::float_mul(value, up)
}

/// See [`super::fused::Fused::gate_backward`].
pub(super) fn gate_backward<B: Kernels>(
    [gate, up]: [FloatTensor<B>; 2],
    gradient: FloatTensor<B>,
    activation: Activation,
) -> [FloatTensor<B>; 2] {
    let [value, slope] = value_and_slope::<B>(gate, activation);
    let of_gate = B::float_mul(B::float_mul(gradient.clone(), up), slope);
    [of_gate, B::float_mul(gradient, value)]
}

fn value_and_slope<B: Kernels>(x: FloatTensor<B>, activation: Activation) -> [FloatTensor<B>; 2] {
    match activation {
        Activation::Silu => {
            let sigmoid = <B as ActivationOps<B>>::sigmoid(x.clone());
            let value = B::float_mul(x, sigmoid.clone());
            // σ + x σ (1 − σ)
            let left = B::float_add_scalar(B::float_neg(sigmoid.clone()), 1.0_f32.into());
            let slope = B::float_add(sigmoid, B::float_mul(value.clone(), left));
            [value, slope]
        }
        Activation::Gelu => gelu::<B>(x),
    }
}

fn gelu<B: Kernels>(x: FloatTensor<B>) -> [FloatTensor<B>; 2] {
    const ROOT: f32 = 0.797_884_6; // √(2 / π)
    const CUBE: f32 = 0.044_715;
    let linear = |x, factor: f32, term: f32| {
        B::float_add_scalar(B::float_mul_scalar(x, factor.into()), term.into())
    };
    let square = B::float_mul(x.clone(), x.clone());
    let inner = B::float_mul(x.clone(), linear(square.clone(), ROOT * CUBE, ROOT));
    let tanh = B::float_tanh(inner);
    let half = linear(tanh.clone(), 0.5, 0.5);
    // ½ (1 + t) + ½ x (1 − t²) · d inner / dx
    let of_tanh = linear(B::float_mul(tanh.clone(), tanh), -0.5, 0.5);
    let of_inner = linear(square, 3.0 * ROOT * CUBE, ROOT);
    let bent = B::float_mul(B::float_mul(x.clone(), of_tanh), of_inner);
    [B::float_mul(x, half.clone()), B::float_add(half, bent)]
}

/// See [`super::fused::Fused::normalize`].
pub(super) fn normalize<B: Kernels>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    epsilon: f32,
) -> [FloatTensor<B>; 2] {
    let square = B::float_mean_dim(B::float_mul(x.clone(), x.clone()), 1);
    let scale = B::float_recip(B::float_sqrt(B::float_add_scalar(square, epsilon.into())));
    [B::float_mul(B::float_mul(x, scale.clone()), weight), scale]
}

/// See [`super::fused::Fused::normalize_backward`].
pub(super) fn normalize_backward<B: Kernels>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    [scale, gradient]: [FloatTensor<B>; 2],
) -> FloatTensor<B> {
    let weighted = B::float_mul(gradient, weight);
    let along = B::float_mean_dim(B::float_mul(weighted.clone(), x.clone()), 1);
    let cube = B::float_mul(B::float_mul(scale.clone(), scale.clone()), scale.clone());
    let along = B::float_mul(x, B::float_mul(along, cube));
    B::float_sub(B::float_mul(weighted, scale), along)
}

/// See [`super::fused::Fused::rotate`].
pub(super) fn rotate<B: Kernels>(
    x: FloatTensor<B>,
    [cos, sin, exchange]: [FloatTensor<B>; 3],
    direction: Direction,
) -> FloatTensor<B> {
    let ([n, all], [width, _]) = (x.shape().dims(), exchange.shape().dims());
    let heads = all / width;
    let reshaped = |x, shape: &[usize]| B::float_reshape(x, Shape::from(shape.to_vec()));
    let flat = reshaped(x, &[n * heads, width]);
    let exchanged = reshaped(B::float_matmul(flat.clone(), exchange), &[n, heads, width]);
    let straight = B::float_mul(reshaped(flat, &[n, heads, width]), cos);
    let turned = B::float_mul(exchanged, sin);
    let rotated = match direction {
        Direction::Forward => B::float_add(straight, turned),
        Direction::Back => B::float_sub(straight, turned),
    };
    reshaped(rotated, &[n, all])
}

/// See [`super::fused::Fused::adapted`].
pub(super) fn adapted<B: Kernels>(
    x: FloatTensor<B>,
    [a, b]: [FloatTensor<B>; 2],
    words: IntTensor<B>,
    how: Adapted,
) -> [FloatTensor<B>; 2] {
    let kind = kind::<B>(&x);
    let product = B::product(cast::<B>(x.clone(), F32), words, how.packing);
    let narrow = B::float_matmul(x, B::float_transpose(a));
    let narrow = B::float_mul_scalar(narrow, how.scale.into());
    let added = B::float_matmul(narrow.clone(), B::float_transpose(b));
    [B::float_add(cast::<B>(product, kind), added), narrow]
}

/// See [`super::fused::Fused::adapted_factors_backward`].
pub(super) fn adapted_factors_backward<B: Kernels>(
    [x, b]: [FloatTensor<B>; 2],
    [narrow, gradient]: [FloatTensor<B>; 2],
    scale: f32,
) -> ([FloatTensor<B>; 2], FloatTensor<B>) {
    let of_narrow = B::float_mul_scalar(B::float_matmul(gradient.clone(), b), scale.into());
    let of_a = B::float_matmul(B::float_transpose(of_narrow.clone()), x);
    let of_b = B::float_matmul(B::float_transpose(gradient), narrow);
    ([of_a, of_b], of_narrow)
}

/// See [`super::fused::Fused::adapted_input_backward`].
pub(super) fn adapted_input_backward<B: Kernels>(
    [narrow, a]: [FloatTensor<B>; 2],
    gradient: FloatTensor<B>,
    words: IntTensor<B>,
    packing: Packing,
) -> FloatTensor<B> {
    let kind = kind::<B>(&gradient);
    let product = B::product_transposed(cast::<B>(gradient, F32), words, packing);
    B::float_add(cast::<B>(product, kind), B::float_matmul(narrow, a))
}
