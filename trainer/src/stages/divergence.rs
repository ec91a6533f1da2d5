//! Estimates of the KL divergence as a part of the loss of [`super::surrogate`].

use serde::{Deserialize, Serialize};

/// An estimate of the KL divergence of the policy from the reference at a token that the
/// policy drew, `d = log ref − log π` (Schulman, 2020). As losses their gradients differ
/// (Liu et al., 2025, arXiv 2510.01555): that of `k2` is in the mean the gradient of
/// KL(π ‖ ref), which is meant, and that of `k3` the gradient of KL(ref ‖ π).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KlEstimator {
    /// `d² / 2`, with the slope `−d`.
    K2,
    /// `exp(d) − d − 1`, with the slope `1 − exp(d)`, as in GRPO.
    K3,
}

impl KlEstimator {
    /// The estimate and its derivative by the policy's log-probability.
    pub fn of(self, log_prob: f32, reference: f32) -> (f32, f32) {
        let difference = reference - log_prob;
        match self {
            Self::K2 => (difference * difference / 2.0, -difference),
            Self::K3 => (difference.exp() - difference - 1.0, 1.0 - difference.exp()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected gradient, by the logits of three tokens, of an estimate as the loss of a
    /// policy that drew them, beside those of KL(π ‖ ref) and KL(ref ‖ π).
    fn gradients(estimator: KlEstimator) -> [[f32; 3]; 3] {
        let (policy, reference) = ([0.6_f32, 0.3, 0.1], [0.2_f32, 0.3, 0.5]);
        let mut expected = [0.0; 3];
        for drawn in 0..3 {
            let (_, slope) = estimator.of(policy[drawn].ln(), reference[drawn].ln());
            for logit in 0..3 {
                // Of log softmax by a logit.
                let inner = f32::from(u8::from(logit == drawn)) - policy[logit];
                expected[logit] += policy[drawn] * slope * inner;
            }
        }
        let log_ratio = |token: usize| (policy[token] / reference[token]).ln();
        let kl: f32 = (0..3).map(|token| policy[token] * log_ratio(token)).sum();
        let reverse = [0, 1, 2].map(|token| policy[token] * (log_ratio(token) - kl));
        let forward = [0, 1, 2].map(|token| policy[token] - reference[token]);
        [expected, reverse, forward]
    }

    #[test]
    fn as_a_loss_k2_has_the_gradient_of_the_divergence_that_is_meant_and_k3_of_the_other() {
        let same = |a: [f32; 3], b: [f32; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);

        let [k2, reverse, forward] = gradients(KlEstimator::K2);
        let [k3, ..] = gradients(KlEstimator::K3);

        assert!(!same(reverse, forward), "{reverse:?}");
        assert!(same(k2, reverse), "{k2:?}, {reverse:?}");
        assert!(same(k3, forward), "{k3:?}, {forward:?}");
    }
}
