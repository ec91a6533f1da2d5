//! What values the states of a reflection for [`super::ppo`]: one row over the decoder's
//! hidden states, which learns as the policy does and shares no weights with it.

use serde::{Deserialize, Serialize};

use crate::error::{TrainError, require};

/// What values the states of a reflection: a row over the decoder's hidden states.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Critic {
    /// How much a later reward counts, γ.
    pub discount: f32,
    /// How far rewards are trusted over the critic, λ.
    pub trace: f32,
    /// The share of their mean error that the tokens of a batch mend, 0 to 1.
    pub learning_rate: f32,
}

impl Critic {
    /// Whether the numbers make sense.
    pub fn check(&self) -> Result<(), TrainError> {
        let share =
            |key, number: f32| require((0.0..=1.0).contains(&number), key, &number, "0 to 1");
        share("stage.critic.discount", self.discount)?;
        share("stage.critic.trace", self.trace)?;
        share("stage.critic.learning_rate", self.learning_rate)
    }

    /// The value of each state; `hidden` is `[tokens, width]`, `weights` `[width]`.
    pub fn values(weights: &[f32], hidden: &[f32]) -> Vec<f32> {
        let rows = hidden.chunks_exact(weights.len());
        rows.map(|row| row.iter().zip(weights).map(|(x, w)| x * w).sum()).collect()
    }

    /// Moves the weights toward `returns` `[tokens]`, by the mean of what each token asks for:
    /// its share of the error over the state's length, as normalized least mean squares do
    /// (Nagumo and Noda, 1967), which no scale of hidden states upsets. All ask the same weights:
    /// one token after the other, states that are alike would end at what the last one earned.
    /// Returns the mean squared error before.
    pub fn learn(&self, weights: &mut [f32], hidden: &[f32], returns: &[f32]) -> f32 {
        let (mut squares, mut moves) = (0.0, vec![0.0; weights.len()]);
        let count = returns.len().max(1) as f32;
        for (row, wanted) in hidden.chunks_exact(weights.len()).zip(returns) {
            let value: f32 = row.iter().zip(&*weights).map(|(x, w)| x * w).sum();
            let length: f32 = row.iter().map(|x| x * x).sum();
            let step = self.learning_rate * (wanted - value) / (length + 1e-8) / count;
            moves.iter_mut().zip(row).for_each(|(sum, x)| *sum += step * x);
            squares += (wanted - value).powi(2);
        }
        weights.iter_mut().zip(moves).for_each(|(weight, sum)| *weight += sum);
        squares / count
    }
}

/// Generalized advantages, and the returns that the critic learns: both `[tokens]`.
pub fn generalized_advantages(
    rewards: &[f32],
    values: &[f32],
    critic: &Critic,
) -> (Vec<f32>, Vec<f32>) {
    let mut advantages = vec![0.0; rewards.len()];
    let (mut later, mut next_value) = (0.0, 0.0);
    for token in (0..rewards.len()).rev() {
        let surprise = rewards[token] + critic.discount * next_value - values[token];
        later = surprise + critic.discount * critic.trace * later;
        advantages[token] = later;
        next_value = values[token];
    }
    let returns = advantages.iter().zip(values).map(|(advantage, value)| advantage + value);
    let returns = returns.collect();
    (advantages, returns)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRITIC: Critic = Critic { discount: 1.0, trace: 0.5, learning_rate: 0.5 };

    #[test]
    fn an_advantage_is_a_sum_of_surprises() {
        let (advantages, returns) = generalized_advantages(&[0.0, 1.0], &[0.4, 0.6], &CRITIC);

        // The last: 1 − 0.6 = 0.4. The first: 0 + 0.6 − 0.4 + 0.5 · 0.4 = 0.4.
        assert!((advantages[1] - 0.4).abs() < 1e-6, "{advantages:?}");
        assert!((advantages[0] - 0.4).abs() < 1e-6, "{advantages:?}");
        assert!((returns[0] - 0.8).abs() < 1e-6 && (returns[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_critic_that_is_right_leaves_nothing_to_learn() {
        let (advantages, _) = generalized_advantages(&[0.0, 1.0], &[1.0, 1.0], &CRITIC);

        assert_eq!(advantages, [0.0, 0.0]);
    }

    #[test]
    fn a_critic_learns_what_follows_from_its_states() {
        let hidden = [2.0, 0.0, 0.0, 30.0];
        let mut weights = [0.0; 2];

        let first = CRITIC.learn(&mut weights, &hidden, &[1.0, -1.0]);
        for _ in 0..60 {
            CRITIC.learn(&mut weights, &hidden, &[1.0, -1.0]);
        }

        assert!((first - 1.0).abs() < 1e-6, "{first}");
        let values = Critic::values(&weights, &hidden);
        assert!((values[0] - 1.0).abs() < 1e-3 && (values[1] + 1.0).abs() < 1e-3, "{values:?}");
    }

    /// Sixty tokens of almost the same state, and half of them earned nothing.
    #[test]
    fn a_critic_of_states_that_are_alike_learns_the_mean_return_not_the_last() {
        let hidden = [3.0; 60];
        let returns: Vec<f32> = (0..60).map(|token| f32::from(u8::from(token < 30))).collect();
        let critic = Critic { learning_rate: 0.2, ..CRITIC };
        let mut weights = [0.0];

        critic.learn(&mut weights, &hidden, &returns);
        let first = Critic::values(&weights, &hidden[..1])[0];
        for _ in 0..60 {
            critic.learn(&mut weights, &hidden, &returns);
        }

        // A fifth of the way to 0.5, and then all of it.
        assert!((first - 0.1).abs() < 1e-4, "{first}");
        let last = Critic::values(&weights, &hidden[..1])[0];
        assert!((last - 0.5).abs() < 1e-4, "{last}");
    }
}
