//! Operations that burn does not have: products with quantized matrices, and
//! attention over sequences of different lengths.
//!
//! [`Kernels`] is what a backend computes; [`Operations`] is what tensors of any
//! device are given to, forward and backward. A product's backward pass keeps
//! the quantized words and dequantizes them again; attention's keeps one number
//! a row and computes the scores again.

/// [`Operations`] of a backend without gradients: what [`Kernels`] computes,
/// without what only a backward pass reads.
macro_rules! operations_by_kernels {
    ($backend:ty) => {
        impl $crate::kernels::Operations for $backend {
            fn linear(
                x: FloatTensor<Self>,
                words: IntTensor<Self>,
                packing: Packing,
            ) -> FloatTensor<Self> {
                let kind = $crate::kernels::kind::<Self>(&x);
                $crate::kernels::cast::<Self>(
                    Self::product(
                        $crate::kernels::cast::<Self>(x, $crate::kernels::F32),
                        words,
                        packing,
                    ),
                    kind,
                )
            }

            fn attention(
                query: FloatTensor<Self>,
                key: FloatTensor<Self>,
                value: FloatTensor<Self>,
                how: Attention,
            ) -> FloatTensor<Self> {
                let kind = $crate::kernels::kind::<Self>(&query);
                let inputs = [query, key, value]
                    .map(|input| $crate::kernels::cast::<Self>(input, $crate::kernels::F32));
                let [output, _] = Self::attend(inputs, &how);
                $crate::kernels::cast::<Self>(output, kind)
            }

            fn log_probs(
                x: FloatTensor<Self>,
                tokens: IntTensor<Self>,
                words: IntTensor<Self>,
                packing: Packing,
            ) -> FloatTensor<Self> {
                let x = $crate::kernels::cast::<Self>(x, $crate::kernels::F32);
                let [log_probs, _] = Self::token_log_probs(x, tokens, words, packing);
                log_probs
            }
        }
    };
}

mod products;
mod rounded;
mod attend;
mod head;
mod exp;
mod vectors;
mod shared;
mod gates;
mod norms;
mod rotations;
mod factors;
mod composed;
pub mod memory;
pub mod settings;
pub mod fused;
mod flex;
#[cfg(feature = "cube")]
mod cube;
mod autodiff;

use std::sync::Arc;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, TensorMetadata, backend_extension};
use burn::tensor::{FloatDType, Int, Tensor};

use crate::matrix::{Matrix, Packing};

/// A sequence in a batch: which rows are its queries, which its keys.
///
/// The last query stands at the last key's position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First row of its queries.
    pub query: usize,
    /// Number of queries; at most the number of keys.
    pub queries: usize,
    /// First row of its keys and values.
    pub key: usize,
    /// Number of keys.
    pub keys: usize,
}

/// How attention is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Attention {
    /// The sequences, one behind the other.
    pub segments: Arc<[Segment]>,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_width: usize,
    /// Scores are multiplied by it.
    pub scale: f32,
    /// Keys that a query sees, its own included; `None` for all.
    pub window: Option<usize>,
}

/// What a backend computes; all numbers are in f32.
pub trait Kernels: Backend {
    /// `x [n, columns]` times the transposed matrix: `[n, rows]`.
    fn product(x: FloatTensor<Self>, words: IntTensor<Self>, packing: Packing)
    -> FloatTensor<Self>;

    /// `x [n, rows]` times the matrix: `[n, columns]`.
    fn product_transposed(
        x: FloatTensor<Self>,
        words: IntTensor<Self>,
        packing: Packing,
    ) -> FloatTensor<Self>;

    /// Attention of the inputs query `[n, heads · width]` to key and value
    /// `[m, kv_heads · width]`: the output `[n, heads · width]`, and for each
    /// query and head the logarithm of the sum of exponentials `[n, heads]`.
    fn attend(inputs: [FloatTensor<Self>; 3], how: &Attention) -> [FloatTensor<Self>; 2];

    /// Gradients of query, key and value, from those three, from what
    /// [`Kernels::attend`] returned, and from the gradient of its output.
    fn attend_backward(
        inputs: [FloatTensor<Self>; 3],
        outputs: [FloatTensor<Self>; 2],
        gradient: FloatTensor<Self>,
        how: &Attention,
    ) -> [FloatTensor<Self>; 3];

    /// The log-probability of a token behind each row of `x [n, columns]` under
    /// the softmax of its product with the transposed matrix, and the logarithm
    /// of that softmax's sum of exponentials: both `[n, 1]`. Every token is below
    /// the number of rows of the matrix.
    fn token_log_probs(
        x: FloatTensor<Self>,
        tokens: IntTensor<Self>,
        words: IntTensor<Self>,
        packing: Packing,
    ) -> [FloatTensor<Self>; 2];

    /// The gradient of `x`, from the inputs, from the second output and from the
    /// gradient of the first.
    fn token_log_probs_backward(
        x: FloatTensor<Self>,
        tokens_and_words: [IntTensor<Self>; 2],
        logs_and_gradient: [FloatTensor<Self>; 2],
        packing: Packing,
    ) -> FloatTensor<Self>;
}

/// What tensors of any device are given to, in f32 or in bf16.
///
/// Arithmetic is f32 either way. What comes out is of the kind that came in, except that
/// log-probabilities are always f32.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub trait Operations: Backend {
    /// As [`Kernels::product`].
    fn linear(x: FloatTensor<Self>, words: IntTensor<Self>, packing: Packing) -> FloatTensor<Self>;

    /// The first output of [`Kernels::attend`].
    fn attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        how: Attention,
    ) -> FloatTensor<Self>;

    /// The first output of [`Kernels::token_log_probs`].
    fn log_probs(
        x: FloatTensor<Self>,
        tokens: IntTensor<Self>,
        words: IntTensor<Self>,
        packing: Packing,
    ) -> FloatTensor<Self>;
}

const F32: FloatDType = FloatDType::F32;

/// The kind of number of a tensor.
fn kind<B: Backend>(tensor: &FloatTensor<B>) -> FloatDType {
    tensor.dtype().into()
}

/// The tensor in another kind of number; the same where it is of that kind already.
fn cast<B: Backend>(tensor: FloatTensor<B>, to: FloatDType) -> FloatTensor<B> {
    if kind::<B>(&tensor) == to { tensor } else { B::float_cast(tensor, to) }
}

/// `x [n, columns]` times the transposed matrix: `[n, rows]`.
pub fn linear(x: Tensor<2>, matrix: &Matrix) -> Tensor<2> {
    let words: Tensor<1, Int> = matrix.words.clone();
    let product =
        <Dispatch as Operations>::linear(x.into_dispatch(), words.into_dispatch(), matrix.packing);
    Tensor::from_dispatch(product)
}

/// Causal attention of each segment to itself: `[n, heads · width]`.
pub fn attention(query: Tensor<2>, [key, value]: [Tensor<2>; 2], how: Attention) -> Tensor<2> {
    let (query, key, value) = (query.into_dispatch(), key.into_dispatch(), value.into_dispatch());
    Tensor::from_dispatch(<Dispatch as Operations>::attention(query, key, value, how))
}

/// The log-probability `[n, 1]` of a token behind each row of `x [n, columns]`.
pub fn log_probs(x: Tensor<2>, tokens: Tensor<1, Int>, matrix: &Matrix) -> Tensor<2> {
    let (x, tokens) = (x.into_dispatch(), tokens.into_dispatch());
    let words = matrix.words.clone().into_dispatch();
    Tensor::from_dispatch(<Dispatch as Operations>::log_probs(x, tokens, words, matrix.packing))
}
