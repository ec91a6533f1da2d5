//! What advice claims, held against what a trial showed.

use serde::{Deserialize, Serialize};

/// How much of an advice is so, and how much of what there was to tell it tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimCounts {
    /// Claims.
    pub claims: u32,
    /// Claims that the trial's observations bear out.
    pub supported: u32,
    /// Facts that the observations reveal and the task needs.
    pub facts: u32,
    /// Facts that are among the claims.
    pub told: u32,
}

impl ClaimCounts {
    /// The harmonic mean of precision, `supported / claims`, and recall, `told / facts`: 0.0 to 1.0.
    /// Where nothing was to be told it is the precision, and 1.0 without a claim.
    pub fn accuracy(self) -> f32 {
        let share = |part: u32, of: u32| if of == 0 { 1.0 } else { part as f32 / of as f32 };
        let (precision, recall) =
            (share(self.supported, self.claims), share(self.told, self.facts));
        if precision + recall == 0.0 {
            0.0
        } else {
            2.0 * precision * recall / (precision + recall)
        }
    }
}

impl core::ops::AddAssign for ClaimCounts {
    fn add_assign(&mut self, other: Self) {
        self.claims += other.claims;
        self.supported += other.supported;
        self.facts += other.facts;
        self.told += other.told;
    }
}
