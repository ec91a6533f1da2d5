//! The clipped surrogate and its slopes, by numbers computed by hand.

use super::*;

/// As of GRPO, without a reference.
pub(in crate::stages) const SURROGATE: Surrogate = Surrogate {
    ratio: Ratio::Token,
    clip_low: 0.2,
    clip_high: 0.2,
    normalize: Normalize::Tokens,
    kl_weight: 0.0,
    kl_estimator: None,
};

fn rollout<'a>(log_probs: &'a [f32], before: &'a [f32], advantages: &'a [f32]) -> Rollout<'a> {
    let weights = &[1.0; 3][..log_probs.len()];
    Rollout { log_probs, before, reference: before, weights, advantages }
}

fn near(found: f32, expected: f32) -> bool {
    (found - expected).abs() < 1e-5
}

#[test]
fn a_first_step_is_reinforce() {
    let rollout = rollout(&[-1.0, -2.0], &[-1.0, -2.0], &[0.5; 2]);

    let found = term(&rollout, &SURROGATE, StepSize { sequences: 1, tokens: 2 });

    // Each of two tokens: −A/2.
    assert_eq!(found.slopes, [-0.25, -0.25]);
    assert!(near(found.loss, -0.5));
    assert_eq!(found.clipped, 0);
}

#[test]
fn a_better_reflection_becomes_likelier_and_a_worse_one_less_likely() {
    for advantage in [0.5, -0.5] {
        let advantages = [advantage];
        let rollout = rollout(&[-1.0], &[-1.0], &advantages);

        let found = term(&rollout, &SURROGATE, StepSize { sequences: 1, tokens: 1 });

        // Descent goes against the slope.
        assert!(-found.slopes[0] * advantage > 0.0);
    }
}

#[test]
fn a_ratio_that_went_far_enough_is_clipped_on_that_side_alone() {
    // Ratios of 1.5 and of a half.
    let log_probs = [1.5_f32.ln() - 1.0, 0.5_f32.ln() - 1.0];
    let slopes = |advantage| {
        let advantages = [advantage; 2];
        let rollout = rollout(&log_probs, &[-1.0, -1.0], &advantages);
        term(&rollout, &SURROGATE, StepSize { sequences: 1, tokens: 2 })
    };

    let (good, bad) = (slopes(1.0), slopes(-1.0));

    assert!(near(good.slopes[0], 0.0) && near(good.slopes[1], -0.25), "{good:?}");
    assert!(near(good.loss, -0.85), "{good:?}");
    assert!(near(bad.slopes[0], 0.75) && near(bad.slopes[1], 0.0), "{bad:?}");
    assert!(near(bad.loss, 1.15), "{bad:?}");
    assert_eq!((good.clipped, bad.clipped), (1, 1));
}

#[test]
fn the_ratio_of_a_sequence_is_the_mean_of_its_tokens() {
    let surrogate = Surrogate { ratio: Ratio::Sequence, ..SURROGATE };
    let rollout = rollout(&[-0.9, -1.0], &[-1.0, -1.0], &[1.0; 2]);

    let found = term(&rollout, &surrogate, StepSize { sequences: 1, tokens: 2 });

    let ratio = 0.05_f32.exp();
    assert!(near(found.loss, -ratio), "{found:?}");
    assert!(found.slopes.iter().all(|&slope| near(slope, -ratio / 2.0)), "{found:?}");
}

#[test]
fn normalizations_weigh_lengths_differently() {
    let short = rollout(&[-1.0], &[-1.0], &[1.0]);
    let slope = |normalize| {
        let surrogate = Surrogate { normalize, ..SURROGATE };
        term(&short, &surrogate, StepSize { sequences: 2, tokens: 4 }).slopes[0]
    };

    assert!(near(slope(Normalize::Sequence), -0.5));
    assert!(near(slope(Normalize::Tokens), -0.25));
    assert!(near(slope(Normalize::Length(10)), -0.05));
}

#[test]
fn slopes_are_the_derivative() {
    let (before, reference) = ([-1.0_f32, -0.7, -2.0], [-1.2_f32, -0.4, -1.5]);
    let point = [-0.95_f32, -0.9, -1.6];
    let cases = [(Ratio::Token, KlEstimator::K2), (Ratio::Sequence, KlEstimator::K3)];
    for (ratio, estimator) in cases {
        let kl_estimator = Some(estimator);
        let surrogate = Surrogate { ratio, kl_weight: 0.3, kl_estimator, ..SURROGATE };
        let at = |log_probs: &[f32]| {
            let weights = &[0.5, 1.0, 2.0];
            let rollout = Rollout {
                log_probs,
                before: &before,
                reference: &reference,
                weights,
                advantages: &[0.7; 3],
            };
            term(&rollout, &surrogate, StepSize { sequences: 1, tokens: 3 })
        };
        let slopes = at(&point).slopes;
        for (token, slope) in slopes.into_iter().enumerate() {
            let mut moved = [point, point];
            moved[0][token] -= 1e-3;
            moved[1][token] += 1e-3;
            let difference = (at(&moved[1]).loss - at(&moved[0]).loss) / 2e-3;
            assert!((slope - difference).abs() < 1e-3, "{slope}, {difference}");
        }
    }
}

#[test]
fn a_weight_of_the_divergence_without_an_estimate_is_refused_with_what_to_write() {
    let weighed = Surrogate { kl_weight: 0.02, ..SURROGATE };

    let error = weighed.check_estimator().unwrap_err().to_string();

    assert!(error.contains("kl_estimator") && error.contains("\"k2\""), "{error}");
    assert!(SURROGATE.check_estimator().is_ok());
}
