//! How good a reward model's scores are.

use trainer_contract::metrics::Quality;

use super::preference;

/// The quality of the scores of reflections with these rewards and groups; where there is no
/// threshold they were learned from pairs, and any reward is over it.
pub fn of(
    scores: &[f32],
    (rewards, groups): (&[f32], &[usize]),
    threshold: Option<f32>,
) -> Quality {
    let pairs = preference::pairs(rewards, groups, f32::MIN_POSITIVE);
    let right = pairs.iter().filter(|pair| scores[pair.better] > scores[pair.worse]).count();
    let labels = labels(rewards, threshold.unwrap_or(0.0));
    Quality {
        pairs: pairs.len(),
        pair_accuracy: (!pairs.is_empty()).then(|| right as f32 / pairs.len() as f32),
        auc: auc(scores, &labels),
        calibration_error: threshold.map(|_| calibration_error(scores, &labels)),
    }
}

/// Whether each reward is over the threshold.
pub fn labels(rewards: &[f32], threshold: f32) -> Vec<bool> {
    rewards.iter().map(|reward| *reward > threshold).collect()
}

/// The area under the curve of scores for these labels (Mann and Whitney, 1947).
pub fn auc(scores: &[f32], labels: &[bool]) -> f32 {
    let of = |wanted: bool| {
        let pairs = scores.iter().zip(labels);
        pairs.filter(move |(_, label)| **label == wanted).map(|(score, _)| *score)
    };
    let (mut higher, mut all) = (0.0, 0.0);
    for positive in of(true) {
        for negative in of(false) {
            all += 1.0;
            higher += match positive.total_cmp(&negative) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    if all > 0.0 { higher / all } else { 0.5 }
}

/// The expected calibration error of scores' logistic functions, in ten parts.
pub fn calibration_error(scores: &[f32], labels: &[bool]) -> f32 {
    const PARTS: usize = 10;
    let mut parts = [(0.0, 0.0); PARTS];
    for (score, &label) in scores.iter().zip(labels) {
        let chance = 1.0 / (1.0 + (-score).exp());
        let below = |&part: &usize| chance >= part as f32 / PARTS as f32;
        let part = (1..PARTS).take_while(below).count();
        parts[part].0 += chance;
        parts[part].1 += f32::from(u8::from(label));
    }
    let distance: f32 = parts.iter().map(|(chance, label)| (chance - label).abs()).sum();
    distance / scores.len().max(1) as f32
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn the_area_counts_pairs_in_order() {
        let labels = [true, false, true, false];

        assert_eq!(auc(&[0.9, 0.1, 0.8, 0.2], &labels), 1.0);
        assert_eq!(auc(&[0.9, 0.85, 0.8, 0.2], &labels), 0.75);
        assert_eq!(auc(&[0.5; 4], &labels), 0.5);
        assert_eq!(auc(&[0.5; 2], &[true, true]), 0.5);
    }

    #[test]
    fn chances_that_come_true_are_calibrated() {
        let even = [0.0; 4];

        assert_eq!(calibration_error(&even, &[true, false, true, false]), 0.0);
        assert_eq!(calibration_error(&even, &[true; 4]), 0.5);
    }
}
