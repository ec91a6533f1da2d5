//! The backward passes, for every backend that has the kernels.

mod fused;

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};

use super::{Attention, F32, Kernels, Operations, cast, kind};
use crate::matrix::Packing;

/// `y = x · Wᵀ`: the gradient of `x` is that of `y` times `W`. `W` is frozen.
#[derive(Debug)]
struct LinearBackward;

impl<B: Kernels> Backward<B, 1> for LinearBackward {
    type State = (IntTensor<B>, Packing);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let [parent] = ops.parents;
        let gradient = grads.consume::<B>(&ops.node);
        let (words, packing) = ops.state;
        if let Some(parent) = parent {
            let kind = kind::<B>(&gradient);
            let gradient = B::product_transposed(cast::<B>(gradient, F32), words, packing);
            grads.register::<B>(parent.id, cast::<B>(gradient, kind));
        }
    }
}

/// Attention: see [`Kernels::attend_backward`].
#[derive(Debug)]
struct AttentionBackward;

/// Inputs, outputs and settings of attention. Inputs and the first output are kept as
/// they came, the second in f32.
type AttentionState<B> = ([FloatTensor<B>; 3], [FloatTensor<B>; 2], Attention);

impl<B: Kernels> Backward<B, 3> for AttentionBackward {
    type State = AttentionState<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (inputs, outputs, how) = ops.state;
        let kind = kind::<B>(&gradient);
        let wide = |tensor| cast::<B>(tensor, F32);
        let (inputs, outputs) = (inputs.map(wide), outputs.map(wide));
        let gradients = B::attend_backward(inputs, outputs, wide(gradient), &how);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(parent) = parent {
                grads.register::<B>(parent.id, cast::<B>(gradient, kind));
            }
        }
    }
}

/// Log-probabilities: see [`Kernels::token_log_probs_backward`].
#[derive(Debug)]
struct LogProbsBackward;

/// Rows, tokens and words, the sums' logarithms, and how words are read.
type LogProbsState<B> = (FloatTensor<B>, [IntTensor<B>; 2], FloatTensor<B>, Packing);

impl<B: Kernels> Backward<B, 1> for LogProbsBackward {
    type State = LogProbsState<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let [parent] = ops.parents;
        let gradient = grads.consume::<B>(&ops.node);
        let (x, numbers, logs, packing) = ops.state;
        if let Some(parent) = parent {
            let kind = kind::<B>(&x);
            let x = cast::<B>(x, F32);
            let gradient = B::token_log_probs_backward(x, numbers, [logs, gradient], packing);
            grads.register::<B>(parent.id, cast::<B>(gradient, kind));
        }
    }
}

impl<B: Kernels + Operations, C: CheckpointStrategy> Operations for Autodiff<B, C> {
    fn linear(x: FloatTensor<Self>, words: IntTensor<Self>, packing: Packing) -> FloatTensor<Self> {
        let node = x.node();
        let x = x.into_primitive();
        let kind = kind::<B>(&x);
        let out = cast::<B>(B::product(cast::<B>(x, F32), words.clone(), packing), kind);
        match LinearBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((words, packing), out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }

    fn attention(
        query: FloatTensor<Self>,
        key: FloatTensor<Self>,
        value: FloatTensor<Self>,
        how: Attention,
    ) -> FloatTensor<Self> {
        let nodes = [query.node(), key.node(), value.node()];
        let inputs = [query, key, value].map(FloatTensor::<Self>::into_primitive);
        let [query, ..] = &inputs;
        let kind = kind::<B>(query);
        let wide = inputs.clone().map(|input| cast::<B>(input, F32));
        let [output, logs] = B::attend(wide, &how);
        let output = cast::<B>(output, kind);
        match AttentionBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let outputs = [output.clone(), logs];
                prepared.finish((inputs, outputs, how), output)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn log_probs(
        x: FloatTensor<Self>,
        tokens: IntTensor<Self>,
        words: IntTensor<Self>,
        packing: Packing,
    ) -> FloatTensor<Self> {
        let node = x.node();
        let x = x.into_primitive();
        let wide = cast::<B>(x.clone(), F32);
        let [out, logs] = B::token_log_probs(wide, tokens.clone(), words.clone(), packing);
        match LogProbsBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((x, [tokens, words], logs, packing), out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
}
