//! A weight of the KL divergence that follows what is measured, for [`super::ppo`].

use serde::{Deserialize, Serialize};

/// A weight of the KL divergence that keeps it near a target (Ziegler et al.,
/// 2019, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveKl {
    /// The divergence to keep, in nats a reflection.
    pub target: f32,
    /// Reflections over which a weight that is off by a fifth is mended.
    pub horizon: f32,
}

impl AdaptiveKl {
    /// The next weight, after reflections with this mean divergence.
    pub fn next(&self, weight: f32, kl_mean: f32, reflections: usize) -> f32 {
        let off = (kl_mean / self.target - 1.0).clamp(-0.2, 0.2);
        weight * (1.0 + off * reflections as f32 / self.horizon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_divergence_over_its_target_weighs_more() {
        let adaptive = AdaptiveKl { target: 6.0, horizon: 100.0 };

        assert!(adaptive.next(0.2, 12.0, 10) > 0.2);
        assert!(adaptive.next(0.2, 3.0, 10) < 0.2);
        // At most a fifth of the share of the horizon.
        assert!((adaptive.next(0.2, 600.0, 10) - 0.204).abs() < 1e-6);
    }
}
