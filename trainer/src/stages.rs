//! The methods, one a file: each reads as its paper does.
//!
//! Losses are functions of log-probabilities on the host, a reward model's of scores: each
//! returns a value and its derivative by every one of them, from which the decoder goes on.

pub mod supervised;
pub mod reward_weighted;
pub mod advantage;
pub mod importance;
pub mod policy_gradient;
pub mod ppo;
pub mod preference;
pub mod reward_model;
