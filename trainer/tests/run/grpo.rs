//! The policy's losses and their derivatives beside TRL's, on the same numbers.

use serde::Deserialize;
use trainer::stages::divergence::KlEstimator;
use trainer::stages::method::StepSize;
use trainer::stages::surrogate::{Normalize, Ratio, Rollout, Surrogate, term};

#[derive(Deserialize)]
struct Golden {
    trl: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    loss_type: String,
    level: String,
    clip: [f32; 2],
    kl_weight: f32,
    log_probs: Vec<Vec<f32>>,
    before: Vec<Vec<f32>>,
    reference: Vec<Vec<f32>>,
    weights: Vec<Vec<f32>>,
    advantages: Vec<f32>,
    slopes: Vec<Vec<f32>>,
    loss: f32,
    max_length: usize,
}

impl Case {
    fn surrogate(&self) -> Surrogate {
        let normalize = match self.loss_type.as_str() {
            "grpo" => Normalize::Sequence,
            "dapo" => Normalize::Tokens,
            "dr_grpo" => Normalize::Length(self.max_length),
            other => panic!("{other}"),
        };
        let ratio = if self.level == "token" { Ratio::Token } else { Ratio::Sequence };
        let [clip_low, clip_high] = self.clip;
        let (kl_weight, kl_estimator) = (self.kl_weight, Some(KlEstimator::K3));
        Surrogate { ratio, clip_low, clip_high, normalize, kl_weight, kl_estimator }
    }
}

#[test]
fn losses_and_slopes_are_those_of_trl() {
    let golden: Golden = serde_json::from_str(include_str!("../golden/grpo_losses.json")).unwrap();
    assert_eq!((golden.trl.as_str(), golden.cases.len()), ("1.16.0", 5));
    let mut clipped = 0;
    for case in golden.cases {
        let surrogate = case.surrogate();
        let tokens = case.log_probs.iter().map(Vec::len).sum();
        let size = StepSize { sequences: case.log_probs.len(), tokens };
        let mut loss = 0.0;
        for (row, advantage) in case.advantages.iter().enumerate() {
            let rollout = Rollout {
                log_probs: &case.log_probs[row],
                before: &case.before[row],
                reference: &case.reference[row],
                weights: &case.weights[row],
                advantages: &vec![*advantage; case.log_probs[row].len()],
            };
            let found = term(&rollout, &surrogate, size);
            let pairs = found.slopes.iter().zip(&case.slopes[row]);
            let near = |(found, expected): (&f32, &f32)| (found - expected).abs() < 1e-5;
            assert!(
                pairs.into_iter().all(near),
                "{surrogate:?}: {found:?}, {:?}",
                case.slopes[row]
            );
            loss += found.loss;
            clipped += found.clipped;
        }
        assert!((loss - case.loss).abs() < 1e-5, "{surrogate:?}: {loss}, {}", case.loss);
    }
    assert!(clipped > 3, "clipping was hardly compared: {clipped}");
}
