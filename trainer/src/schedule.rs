//! The learning rate at each step.

use std::f64::consts::PI;

use crate::config::{OptimizerConfig, Schedule};

/// The learning rate of `step`, from 0, of `steps` in all.
pub fn learning_rate(optimizer: &OptimizerConfig, step: u64, steps: u64) -> f64 {
    let OptimizerConfig { learning_rate, schedule, warmup_steps, .. } = optimizer;
    if step < *warmup_steps {
        return learning_rate * (step + 1) as f64 / *warmup_steps as f64;
    }
    let left = steps.saturating_sub(*warmup_steps).max(1);
    let gone = (step - warmup_steps) as f64 / left as f64;
    let share = match schedule {
        Schedule::Constant => 1.0,
        Schedule::Linear => 1.0 - gone,
        Schedule::Cosine => f64::midpoint(1.0, (PI * gone).cos()),
    };
    learning_rate * share.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schedule: Schedule, expected: [f64; 5]) {
        let optimizer = OptimizerConfig {
            learning_rate: 1.0,
            schedule,
            warmup_steps: 2,
            weight_decay: 0.0,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            gradient_norm_max: 1.0,
        };
        for (step, expected) in [0, 1, 2, 4, 5].into_iter().zip(expected) {
            assert!((learning_rate(&optimizer, step, 6) - expected).abs() < 1e-12, "step {step}");
        }
    }

    #[test]
    fn it_rises_and_falls() {
        check(Schedule::Constant, [0.5, 1.0, 1.0, 1.0, 1.0]);
        check(Schedule::Linear, [0.5, 1.0, 1.0, 0.5, 0.25]);
        let last = f64::midpoint(1.0, (0.75 * PI).cos());
        check(Schedule::Cosine, [0.5, 1.0, 1.0, 0.5, last]);
    }
}
