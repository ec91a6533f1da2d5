//! Operations that burn has as several: here one pass over the numbers each, and one thing kept
//! for the backward pass.
//!
//! [`Fused`] is what a backend computes; what it does not write itself is composed of burn's
//! own operations, in `composed`.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::{Int, Tensor};

use super::settings::{Activation, Adapted, Direction, Pairing};
use super::{Kernels, composed};
use crate::matrix::{Matrix, Packing};

/// What a backend may compute in one pass.
///
/// Numbers are in f32, but those of adapted products are of the kind of `x`.
pub trait Fused: Kernels {
    /// The activated gate times what goes up, all of one size.
    fn gate(inputs: [FloatTensor<Self>; 2], activation: Activation) -> FloatTensor<Self> {
        composed::gate::<Self>(inputs, activation)
    }

    /// Gradients of the gate and of what goes up.
    fn gate_backward(
        inputs: [FloatTensor<Self>; 2],
        gradient: FloatTensor<Self>,
        activation: Activation,
    ) -> [FloatTensor<Self>; 2] {
        composed::gate_backward::<Self>(inputs, gradient, activation)
    }

    /// Rows `[n, width]` times the weights `[1, width]`, divided by the root of their mean
    /// square plus `epsilon`; and what each was multiplied by for it `[n, 1]`.
    fn normalize(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f32,
    ) -> [FloatTensor<Self>; 2] {
        composed::normalize::<Self>(x, weight, epsilon)
    }

    /// The gradient of the rows, from the second output of [`Fused::normalize`] and the
    /// gradient of the first.
    fn normalize_backward(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        scales_and_gradient: [FloatTensor<Self>; 2],
    ) -> FloatTensor<Self> {
        composed::normalize_backward::<Self>(x, weight, scales_and_gradient)
    }

    /// Rotates the heads of `x [n, heads · width]`. The tables are cosines and sines
    /// `[n, 1, width]`, and the matrix that exchanges the members of each pair and negates one
    /// `[width, width]`.
    fn rotate(
        x: FloatTensor<Self>,
        tables: [FloatTensor<Self>; 3],
        pairing: Pairing,
        direction: Direction,
    ) -> FloatTensor<Self> {
        let _ = pairing;
        composed::rotate::<Self>(x, tables, direction)
    }

    /// `x [n, columns]` times the transposed matrix, plus `x · aᵀ · bᵀ` times the scale:
    /// `[n, rows]`; and `x · aᵀ` times the scale `[n, rank]`. The factors are `a [rank,
    /// columns]` and `b [rows, rank]`.
    fn adapted(
        x: FloatTensor<Self>,
        factors: [FloatTensor<Self>; 2],
        words: IntTensor<Self>,
        how: Adapted,
    ) -> [FloatTensor<Self>; 2] {
        composed::adapted::<Self>(x, factors, words, how)
    }

    /// Gradients of the factors, and `gradient · b` times the scale `[n, rank]`, from the second
    /// output of [`Fused::adapted`] and the gradient of the first.
    fn adapted_factors_backward(
        [x, b]: [FloatTensor<Self>; 2],
        narrow_and_gradient: [FloatTensor<Self>; 2],
        scale: f32,
    ) -> ([FloatTensor<Self>; 2], FloatTensor<Self>) {
        composed::adapted_factors_backward::<Self>([x, b], narrow_and_gradient, scale)
    }

    /// The gradient of `x`, from the other output of [`Fused::adapted_factors_backward`], from
    /// the factor `a`, and from the gradient of the first output of [`Fused::adapted`].
    fn adapted_input_backward(
        narrow_and_a: [FloatTensor<Self>; 2],
        gradient: FloatTensor<Self>,
        words: IntTensor<Self>,
        packing: Packing,
    ) -> FloatTensor<Self> {
        composed::adapted_input_backward::<Self>(narrow_and_a, gradient, words, packing)
    }
}

/// What tensors of any device are given to, in f32 or in bf16; what comes out is of the kind
/// that came in.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub trait FusedOperations: Backend {
    /// As [`Fused::gate`].
    fn gated(
        gate: FloatTensor<Self>,
        up: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;

    /// The first output of [`Fused::normalize`].
    fn normalized(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self>;

    /// As [`Fused::rotate`].
    fn rotated(
        x: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        exchange: FloatTensor<Self>,
        pairing: Pairing,
    ) -> FloatTensor<Self>;

    /// The first output of [`Fused::adapted`].
    fn adapted_linear(
        x: FloatTensor<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        words: IntTensor<Self>,
        how: Adapted,
    ) -> FloatTensor<Self>;

    /// A zero `[1]` whose gradient with respect to `y` is `upstream`, of the same shape: the root
    /// of a backward pass that goes on from there.
    fn pulled(y: FloatTensor<Self>, upstream: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// [`FusedOperations`] of a backend without gradients.
macro_rules! operations_by_fused {
    ($backend:ty) => {
        impl $crate::kernels::fused::FusedOperations for $backend {
            fn gated(
                gate: FloatTensor<Self>,
                up: FloatTensor<Self>,
                activation: $crate::kernels::settings::Activation,
            ) -> FloatTensor<Self> {
                use $crate::kernels::{F32, cast, fused::Fused, kind};
                let kind = kind::<Self>(&gate);
                let inputs = [gate, up].map(|input| cast::<Self>(input, F32));
                cast::<Self>(<Self as Fused>::gate(inputs, activation), kind)
            }

            fn normalized(
                x: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                epsilon: f32,
            ) -> FloatTensor<Self> {
                use $crate::kernels::{F32, cast, fused::Fused, kind};
                let kind = kind::<Self>(&x);
                let [out, _] = <Self as Fused>::normalize(cast::<Self>(x, F32), weight, epsilon);
                cast::<Self>(out, kind)
            }

            fn rotated(
                x: FloatTensor<Self>,
                cos: FloatTensor<Self>,
                sin: FloatTensor<Self>,
                exchange: FloatTensor<Self>,
                pairing: $crate::kernels::settings::Pairing,
            ) -> FloatTensor<Self> {
                use $crate::kernels::{F32, cast, fused::Fused, kind, settings::Direction};
                let kind = kind::<Self>(&x);
                let tables = [cos, sin, exchange];
                let x = cast::<Self>(x, F32);
                cast::<Self>(<Self as Fused>::rotate(x, tables, pairing, Direction::Forward), kind)
            }

            fn adapted_linear(
                x: FloatTensor<Self>,
                a: FloatTensor<Self>,
                b: FloatTensor<Self>,
                words: IntTensor<Self>,
                how: $crate::kernels::settings::Adapted,
            ) -> FloatTensor<Self> {
                let [out, _] =
                    <Self as $crate::kernels::fused::Fused>::adapted(x, [a, b], words, how);
                out
            }

            fn pulled(y: FloatTensor<Self>, _upstream: FloatTensor<Self>) -> FloatTensor<Self> {
                use burn::backend::{TensorMetadata, ops::FloatTensorOps};
                let device = y.device();
                <Self as FloatTensorOps<Self>>::float_zeros(
                    burn::tensor::Shape::new([1]),
                    &device,
                    $crate::kernels::F32,
                )
            }
        }
    };
}
pub(super) use operations_by_fused;

/// The activated gate times what goes up, all of one size.
pub fn gated(gate: Tensor<2>, up: Tensor<2>, activation: Activation) -> Tensor<2> {
    let (gate, up) = (gate.into_dispatch(), up.into_dispatch());
    Tensor::from_dispatch(<Dispatch as FusedOperations>::gated(gate, up, activation))
}

/// Rows `[n, width]` divided by the root of their mean square, times weights `[1, width]` in f32.
pub fn normalized(x: Tensor<2>, weight: Tensor<2>, epsilon: f32) -> Tensor<2> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(<Dispatch as FusedOperations>::normalized(x, weight, epsilon))
}

/// Rotates the heads of `x [n, heads · width]`; see [`Fused::rotate`].
pub fn rotated(
    x: Tensor<2>,
    [cos, sin]: [Tensor<3>; 2],
    exchange: Tensor<2>,
    pairing: Pairing,
) -> Tensor<2> {
    let (x, exchange) = (x.into_dispatch(), exchange.into_dispatch());
    let (cos, sin) = (cos.into_dispatch(), sin.into_dispatch());
    let rotated = <Dispatch as FusedOperations>::rotated(x, cos, sin, exchange, pairing);
    Tensor::from_dispatch(rotated)
}

/// `x [n, columns]` times the transposed matrix, plus the factors' product: `[n, rows]`; see
/// [`Fused::adapted`].
pub fn adapted(x: Tensor<2>, [a, b]: [Tensor<2>; 2], matrix: &Matrix, scale: f32) -> Tensor<2> {
    let (x, a, b) = (x.into_dispatch(), a.into_dispatch(), b.into_dispatch());
    let words: Tensor<1, Int> = matrix.words.clone();
    let how = Adapted { packing: matrix.packing, scale };
    let words = words.into_dispatch();
    Tensor::from_dispatch(<Dispatch as FusedOperations>::adapted_linear(x, a, b, words, how))
}

/// A zero `[1]` whose gradient with respect to `y` is `upstream`; see
/// [`FusedOperations::pulled`].
pub fn pulled(y: Tensor<2>, upstream: Tensor<2>) -> Tensor<1> {
    let (y, upstream) = (y.into_dispatch(), upstream.into_dispatch());
    Tensor::from_dispatch(<Dispatch as FusedOperations>::pulled(y, upstream))
}
