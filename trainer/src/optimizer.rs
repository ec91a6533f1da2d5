//! The optimizer: burn's `AdamW` over an adapter's factors, with its moments.

use std::collections::BTreeMap;

use burn::optim::{AdamW, AdamWConfig, AdamWState, Optimizer as _};
use burn::tensor::Tensor;
use models_decoder::adapter::{AdaptedMatrix, Adapter, Factors};

use crate::config::OptimizerConfig;

/// The moments of one factor's gradients.
pub type Moments = AdamWState<2>;

/// `AdamW` with the moments of each matrix's two factors.
pub struct Optimizer {
    adamw: AdamW,
    gradient_norm_max: f32,
    /// The moments; empty before the first step.
    pub moments: BTreeMap<AdaptedMatrix, [Moments; 2]>,
}

impl Optimizer {
    /// An optimizer without moments.
    pub fn new(config: &OptimizerConfig) -> Self {
        let adamw = AdamWConfig::new()
            .with_beta_1(config.beta_1)
            .with_beta_2(config.beta_2)
            .with_epsilon(config.epsilon)
            .with_weight_decay(config.weight_decay)
            .build();
        let gradient_norm_max = config.gradient_norm_max;
        Self { adamw, gradient_norm_max, moments: BTreeMap::new() }
    }

    /// Moves the adapter against the gradients; returns their norm before they
    /// were clipped.
    pub fn step(
        &mut self,
        adapter: &mut Adapter,
        gradients: &BTreeMap<AdaptedMatrix, Factors>,
        learning_rate: f64,
    ) -> f32 {
        let norm = norm(gradients);
        if !norm.is_finite() {
            return norm;
        }
        let shorten = (self.gradient_norm_max / norm).min(1.0);
        for (place, gradient) in gradients {
            let Some(factors) = adapter.factors.get_mut(place) else { continue };
            let [memory_a, memory_b] = match self.moments.remove(place) {
                Some(moments) => moments.map(Some),
                None => [None, None],
            };
            let step = |factor: &mut Tensor<2>, gradient: &Tensor<2>, moments| {
                let gradient = gradient.clone() * shorten;
                let (moved, moments) =
                    self.adamw.step(learning_rate, factor.clone(), gradient, moments);
                *factor = moved;
                moments.unwrap_or_else(|| unreachable!("AdamW remembers"))
            };
            let moments = [
                step(&mut factors.a, &gradient.a, memory_a),
                step(&mut factors.b, &gradient.b, memory_b),
            ];
            self.moments.insert(*place, moments);
        }
        norm
    }
}

/// The length of all gradients as one vector.
fn norm(gradients: &BTreeMap<AdaptedMatrix, Factors>) -> f32 {
    let square = |gradient: &Tensor<2>| gradient.clone().square().sum().into_scalar::<f32>();
    let squares = gradients.values().map(|Factors { a, b }| square(a) + square(b));
    squares.sum::<f32>().sqrt()
}

/// Adds the gradients of another batch of the same step.
pub fn add(
    total: &mut BTreeMap<AdaptedMatrix, Factors>,
    gradients: BTreeMap<AdaptedMatrix, Factors>,
) {
    for (place, Factors { a, b }) in gradients {
        let sum = match total.remove(&place) {
            Some(before) => Factors { a: before.a + a, b: before.b + b },
            None => Factors { a, b },
        };
        total.insert(place, sum);
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use models_decoder::adapter::Target;

    use super::*;

    #[test]
    fn without_a_gradient_only_the_decay_moves_a_factor() {
        let mut optimizer = Optimizer::new(&OptimizerConfig {
            learning_rate: 0.1,
            schedule: crate::config::Schedule::Constant,
            warmup_steps: 0,
            weight_decay: 0.5,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            gradient_norm_max: 1.0,
        });
        let device = Device::flex();
        let factors = |value: f32| Factors {
            a: Tensor::from_data([[value, value]], &device),
            b: Tensor::from_data([[value], [value]], &device),
        };
        let place = (0, Target::Query);
        let mut adapter =
            Adapter { factors: [(place, factors(2.0))].into(), scale: 1.0, dropout: None };

        let norm = optimizer.step(&mut adapter, &[(place, factors(0.0))].into(), 0.1);

        // 2 · (1 - 0.1 · 0.5).
        let moved = models_decoder::score::numbers(&adapter.factors[&place].a);
        assert!(moved.iter().all(|value| (value - 1.9).abs() < 1e-6), "{moved:?}");
        assert!(norm.abs() < f32::EPSILON);
    }
}
