//! Seeds of requests: derived from what is drawn, never from the order of requests.

/// The key of one random draw in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedKey<'a> {
    /// The run's seed.
    pub run: u64,
    /// The task's id.
    pub task: &'a str,
    /// The trial, from 1.
    pub trial: u32,
    /// What is drawn.
    pub draw: Draw,
}

/// What is drawn in a trial.
///
/// The seed of each draw is mixed from two numbers. They never change, so that a repeated
/// or resumed run draws the same again:
///
/// | draw | first | second |
/// | --- | --- | --- |
/// | thought | step | 0 |
/// | action | step | 1 |
/// | noise | step | 2³² − 1 |
/// | judgement | 0 | 1 |
/// | reflection | 0 | 2 · member + 65,536 · candidate |
/// | its redraw | 2³² − redraw | 2 · member + 65,536 · candidate |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// The thought before an action.
    Thought {
        /// The step, from 1.
        step: u32,
    },
    /// An action.
    Action {
        /// The step, from 1.
        step: u32,
    },
    /// Whether a step of a demonstration is random, and its action if so.
    Noise {
        /// The step, from 1.
        step: u32,
    },
    /// The agent's own judgement of the trial.
    Judgement,
    /// A reflection on the trial.
    Reflection {
        /// The member of its group, from 0; a group has fewer than 32,768.
        member: u32,
        /// The candidate among which a reward model chooses, from 0.
        candidate: u32,
    },
    /// A reflection in the place of one that repeated a text in the memory.
    Redraw {
        /// The member of its group, from 0.
        member: u32,
        /// The candidate among which a reward model chooses, from 0.
        candidate: u32,
        /// The draw, from 1, far fewer than there are steps below 2³².
        redraw: u32,
    },
}

impl Draw {
    /// The draw of this candidate for a reflection; other draws are returned unchanged.
    #[must_use]
    pub fn with_candidate(self, candidate: u32) -> Self {
        match self {
            Self::Reflection { member, .. } => Self::Reflection { member, candidate },
            Self::Redraw { member, redraw, .. } => Self::Redraw { member, candidate, redraw },
            other => other,
        }
    }

    fn numbers(self) -> [u32; 2] {
        match self {
            Self::Thought { step } => [step, 0],
            Self::Action { step } => [step, 1],
            Self::Noise { step } => [step, u32::MAX],
            Self::Judgement => [0, 1],
            Self::Reflection { member, candidate } => [0, 2 * member + 65_536 * candidate],
            Self::Redraw { member, candidate, redraw } => {
                [redraw.wrapping_neg(), 2 * member + 65_536 * candidate]
            }
        }
    }
}

impl SeedKey<'_> {
    /// A seed that differs wherever a field differs.
    pub fn seed(&self) -> u64 {
        let task = self.task.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
        let [first, second] = self.draw.numbers();
        let place = u64::from(self.trial) << 32 | u64::from(first);
        [task, place, u64::from(second)]
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

/// The upper 24 bits as a number from 0.0 to below 1.0.
pub fn unit(bits: u64) -> f32 {
    (bits >> 40) as f32 / (1_u32 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_changes_the_seed() {
        let key = SeedKey { run: 1, task: "a", trial: 1, draw: Draw::Thought { step: 1 } };
        let others = [
            SeedKey { run: 2, ..key },
            SeedKey { task: "b", ..key },
            SeedKey { trial: 2, ..key },
            SeedKey { draw: Draw::Thought { step: 2 }, ..key },
            SeedKey { draw: Draw::Action { step: 1 }, ..key },
        ];

        assert!(others.iter().all(|other| other.seed() != key.seed()));
        assert_eq!(key.seed(), key.seed());
    }

    #[test]
    fn draws_have_the_seeds_that_earlier_runs_were_drawn_with() {
        let check = |draw, expected| {
            let key = SeedKey { run: 7, task: "household/1", trial: 2, draw };
            assert_eq!(key.seed(), expected, "{draw:?}");
        };
        let reflection = |member, candidate| Draw::Reflection { member, candidate };

        check(Draw::Thought { step: 3 }, 0x6c7d_cb8e_779e_1387);
        check(Draw::Action { step: 3 }, 0x07c2_db77_f085_a6c0);
        check(Draw::Noise { step: 3 }, 0xaa5d_b60a_af6a_a4b9);
        check(Draw::Judgement, 0xc4dd_5bf0_978c_f9d2);
        check(reflection(0, 0), 0x8934_8b3c_28f6_69ea);
        check(reflection(2, 0), 0x02a5_38ae_ec7b_73e3);
        check(reflection(2, 3), 0x7562_1f76_d321_6e26);
        check(Draw::Redraw { member: 2, candidate: 3, redraw: 1 }, 0xc828_9675_ef3a_f470);
    }

    #[test]
    fn numbers_are_mixed_as_ever() {
        assert_eq!([0, 1].map(mix), [0xe220_a839_7b1d_cdaf, 0x910a_2dec_8902_5cc1]);
        let bits = [0, u64::MAX, mix(0)].map(|bits| unit(bits).to_bits());
        assert_eq!(bits, [0, 0x3f7f_ffff, 0x3f62_20a8]);
    }
}
