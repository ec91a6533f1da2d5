//! Where every request's seed comes from: what it is for, never when it came.

/// Names one draw of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedKey<'a> {
    /// The run's seed.
    pub run: u64,
    /// The task's id.
    pub task: &'a str,
    /// The trial, from 1.
    pub trial: u32,
    /// The step, from 1; 0 for the reflection after the trial.
    pub step: u32,
    /// The member of a group of reflections, or the request within a step.
    pub member: u32,
}

impl SeedKey<'_> {
    /// A seed that differs wherever a field differs.
    pub fn seed(&self) -> u64 {
        let task = self.task.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
        let place = u64::from(self.trial) << 32 | u64::from(self.step);
        [task, place, u64::from(self.member)]
            .into_iter()
            .fold(mix(self.run), |hash, part| mix(hash ^ part))
    }
}

/// One round of `SplitMix64` (Steele, Lea and Flood 2014): a bijection in which
/// each input bit changes half of the output bits.
pub fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_changes_the_seed() {
        let key = SeedKey { run: 1, task: "a", trial: 1, step: 1, member: 0 };
        let others = [
            SeedKey { run: 2, ..key },
            SeedKey { task: "b", ..key },
            SeedKey { trial: 2, ..key },
            SeedKey { step: 2, ..key },
            SeedKey { member: 1, ..key },
        ];

        assert!(others.iter().all(|other| other.seed() != key.seed()));
        assert_eq!(key.seed(), key.seed());
    }
}
