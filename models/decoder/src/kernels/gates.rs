//! Gates of feed-forward blocks on the CPU: `activation(gate) · up`.

use super::exp::exp;
use super::settings::Activation;
use super::vectors::in_rows;

/// The activated gate times what goes up.
pub(super) fn gate([gate, up]: [&[f32]; 2], activation: Activation) -> Vec<f32> {
    match activation {
        Activation::Silu => forward([gate, up], silu),
        Activation::Gelu => forward([gate, up], gelu),
    }
}

/// Gradients of the gate and of what goes up.
pub(super) fn gate_backward(
    inputs: [&[f32]; 2],
    gradient: &[f32],
    activation: Activation,
) -> [Vec<f32>; 2] {
    match activation {
        Activation::Silu => backward(inputs, gradient, silu),
        Activation::Gelu => backward(inputs, gradient, gelu),
    }
}

/// An activation's value and slope.
type ValueAndSlope = [f32; 2];

fn forward(
    [gate, up]: [&[f32]; 2],
    activation: impl Fn(f32) -> ValueAndSlope + Copy + Sync,
) -> Vec<f32> {
    let [out] = in_rows(
        gate.len(),
        [1],
        #[inline(always)]
        |first, [out]| {
            let inputs = gate[first..].iter().zip(&up[first..]);
            for (out, (gate, up)) in out.iter_mut().zip(inputs) {
                *out = activation(*gate)[0] * up;
            }
        },
    );
    out
}

fn backward(
    [gate, up]: [&[f32]; 2],
    gradient: &[f32],
    activation: impl Fn(f32) -> ValueAndSlope + Copy + Sync,
) -> [Vec<f32>; 2] {
    in_rows(
        gate.len(),
        [1, 1],
        #[inline(always)]
        |first, [of_gate, of_up]| {
            let inputs = gate[first..].iter().zip(&up[first..]).zip(&gradient[first..]);
            let outputs = of_gate.iter_mut().zip(of_up);
            for ((of_gate, of_up), ((gate, up), gradient)) in outputs.zip(inputs) {
                let [value, slope] = activation(*gate);
                *of_gate = gradient * up * slope;
                *of_up = gradient * value;
            }
        },
    )
}

/// The sigmoid linear unit (Elfwing et al., 2017, equation 5), and its slope.
#[inline(always)]
#[allow(clippy::inline_always, reason = "inside of `vectorized` it has to be inlined")]
fn silu(x: f32) -> ValueAndSlope {
    let sigmoid = 1.0 / (1.0 + exp((-x).min(88.0)));
    [x * sigmoid, sigmoid * (1.0 + x * (1.0 - sigmoid))]
}

/// The Gaussian error linear unit by hyperbolic tangent (Hendrycks and Gimpel, 2016), and its
/// slope.
#[inline(always)]
#[allow(clippy::inline_always, reason = "inside of `vectorized` it has to be inlined")]
fn gelu(x: f32) -> ValueAndSlope {
    const ROOT: f32 = 0.797_884_6; // √(2 / π)
    const CUBE: f32 = 0.044_715;
    let inner = ROOT * (x + CUBE * x * x * x);
    let tanh = 1.0 - 2.0 / (exp((2.0 * inner).min(88.0)) + 1.0);
    let of_inner = ROOT * (1.0 + 3.0 * CUBE * x * x);
    [0.5 * x * (1.0 + tanh), 0.5 * (1.0 + tanh) + 0.5 * x * (1.0 - tanh * tanh) * of_inner]
}
