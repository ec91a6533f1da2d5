//! Imitation: the log-likelihood of given completions is raised.
//!
//! The loss of a step is the mean, over its learned tokens, of the negative
//! log-probability of each token given all before it. Tokens of prompts, and
//! forced ones, are read and not learned.

/// What a sample adds to the loss, and its derivative by each of its log-probabilities
/// `[tokens]`: the sum of their negatives by `count`, divided by `divisor`.
///
/// Imitation counts each sample as 1.0 and divides by the tokens of the step.
pub fn term(log_probs: &[f32], count: f32, divisor: usize) -> (f32, Vec<f32>) {
    let share = count / divisor.max(1) as f32;
    (-log_probs.iter().sum::<f32>() * share, vec![-share; log_probs.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_of_a_step_weighs_the_same() {
        let (loss, slopes) = term(&[-1.0, -3.0], 1.0, 4);

        assert!((loss - 1.0).abs() < 1e-6, "{loss}");
        assert_eq!(slopes, [-0.25, -0.25]);
    }
}
