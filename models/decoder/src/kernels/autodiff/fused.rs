//! The backward passes of fused operations.

use burn::backend::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};

use crate::kernels::fused::{Fused, FusedOperations};
use crate::kernels::settings::{Activation, Adapted, Direction, Pairing};
use crate::kernels::{F32, cast, kind};

/// A gate: see [`Fused::gate_backward`]. Inputs are kept as they came.
#[derive(Debug)]
struct GateBackward;

impl<B: Fused> Backward<B, 2> for GateBackward {
    type State = ([FloatTensor<B>; 2], Activation);

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (inputs, activation) = ops.state;
        let kind = kind::<B>(&gradient);
        let inputs = inputs.map(|input| cast::<B>(input, F32));
        let gradients = B::gate_backward(inputs, cast::<B>(gradient, F32), activation);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(parent) = parent {
                grads.register::<B>(parent.id, cast::<B>(gradient, kind));
            }
        }
    }
}

/// A norm: see [`Fused::normalize_backward`]. The weights are frozen.
#[derive(Debug)]
struct NormalizeBackward;

impl<B: Fused> Backward<B, 1> for NormalizeBackward {
    /// Rows as they came, weights, and the rows' scales in f32.
    type State = [FloatTensor<B>; 3];

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let [parent] = ops.parents;
        let gradient = grads.consume::<B>(&ops.node);
        let [x, weight, scales] = ops.state;
        if let Some(parent) = parent {
            let kind = kind::<B>(&gradient);
            let [x, gradient] = [x, gradient].map(|tensor| cast::<B>(tensor, F32));
            let gradient = B::normalize_backward(x, weight, [scales, gradient]);
            grads.register::<B>(parent.id, cast::<B>(gradient, kind));
        }
    }
}

/// A rotation: its gradient is rotated back. The tables are frozen.
#[derive(Debug)]
struct RotateBackward;

impl<B: Fused> Backward<B, 1> for RotateBackward {
    type State = ([FloatTensor<B>; 3], Pairing);

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let [parent] = ops.parents;
        let gradient = grads.consume::<B>(&ops.node);
        let (tables, pairing) = ops.state;
        if let Some(parent) = parent {
            let kind = kind::<B>(&gradient);
            let gradient = B::rotate(cast::<B>(gradient, F32), tables, pairing, Direction::Back);
            grads.register::<B>(parent.id, cast::<B>(gradient, kind));
        }
    }
}

/// An adapted product: see [`Fused::adapted_factors_backward`]. The matrix is frozen.
#[derive(Debug)]
struct AdaptedBackward;

/// Rows and factors, the narrow product, the matrix.
type AdaptedState<B> = ([FloatTensor<B>; 3], FloatTensor<B>, IntTensor<B>, Adapted);

impl<B: Fused> Backward<B, 3> for AdaptedBackward {
    type State = AdaptedState<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let ([x, a, b], narrow, words, how) = ops.state;
        let [of_x, of_a, of_b] = ops.parents;
        let (factors, narrow) =
            B::adapted_factors_backward([x, b], [narrow, gradient.clone()], how.scale);
        for (parent, factor) in [of_a, of_b].into_iter().zip(factors) {
            if let Some(parent) = parent {
                grads.register::<B>(parent.id, factor);
            }
        }
        if let Some(parent) = of_x {
            let gradient = B::adapted_input_backward([narrow, a], gradient, words, how.packing);
            grads.register::<B>(parent.id, gradient);
        }
    }
}

/// The root of a backward pass: see [`FusedOperations::pulled`].
#[derive(Debug)]
struct PullBackward;

impl<B: Fused> Backward<B, 1> for PullBackward {
    type State = FloatTensor<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let [parent] = ops.parents;
        // It is 1, being that of a root.
        let _ = grads.consume::<B>(&ops.node);
        if let Some(parent) = parent {
            grads.register::<B>(parent.id, ops.state);
        }
    }
}

impl<B: Fused + FusedOperations, C: CheckpointStrategy> FusedOperations for Autodiff<B, C> {
    fn gated(
        gate: FloatTensor<Self>,
        up: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        let nodes = [gate.node(), up.node()];
        let inputs = [gate, up].map(FloatTensor::<Self>::into_primitive);
        let [gate, up] = inputs.clone();
        let out = B::gated(gate, up, activation);
        match GateBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((inputs, activation), out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }

    fn normalized(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        let node = x.node();
        let (x, weight) = (x.into_primitive(), weight.into_primitive());
        let kind = kind::<B>(&x);
        let [out, scales] = B::normalize(cast::<B>(x.clone(), F32), weight.clone(), epsilon);
        let out = cast::<B>(out, kind);
        match NormalizeBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish([x, weight, scales], out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }

    fn rotated(
        x: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        exchange: FloatTensor<Self>,
        pairing: Pairing,
    ) -> FloatTensor<Self> {
        let node = x.node();
        let tables = [cos, sin, exchange].map(FloatTensor::<Self>::into_primitive);
        let [cos, sin, exchange] = tables.clone();
        let out = B::rotated(x.into_primitive(), cos, sin, exchange, pairing);
        match RotateBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((tables, pairing), out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }

    fn adapted_linear(
        x: FloatTensor<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        words: IntTensor<Self>,
        how: Adapted,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), a.node(), b.node()];
        let inputs = [x, a, b].map(FloatTensor::<Self>::into_primitive);
        let [x, a, b] = inputs.clone();
        let [out, narrow] = B::adapted(x, [a, b], words.clone(), how);
        match AdaptedBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((inputs, narrow, words, how), out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
    fn pulled(y: FloatTensor<Self>, upstream: FloatTensor<Self>) -> FloatTensor<Self> {
        let node = y.node();
        let upstream = upstream.into_primitive();
        let out = B::pulled(y.into_primitive(), upstream.clone());
        match PullBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(upstream, out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
}
