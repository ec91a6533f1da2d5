//! What advice claims, held against what a trial showed.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// What an advice claims: how much of it is so, and each claim for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The sums.
    pub counts: ClaimCounts,
    /// The claims in the order of the text, which do not overlap.
    pub each: Vec<CheckedClaim>,
}

/// A claim in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedClaim {
    /// Where its words begin, in bytes of the text.
    pub start: u32,
    /// Where they end.
    pub end: u32,
    /// A number of the world's: claims of one kind can be compared with each other.
    pub kind: u32,
    /// Whether the trial's observations bear it out, and the text did not claim it before.
    pub is_so: bool,
}

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
