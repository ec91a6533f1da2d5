//! Numbers from a seed, the same ones on every machine.
//!
//! `runtime_core::seed` has the same for what runs on a device.

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

/// The numbers of `SplitMix64`, one after the other.
pub(crate) struct SplitMix {
    /// The seed; counts up with each number.
    pub(crate) state: u64,
}

impl SplitMix {
    /// The next number, from `-bound` to `bound`.
    pub(crate) fn uniform(&mut self, bound: f32) -> f32 {
        let bits = mix(self.state);
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (2.0 * unit(bits) - 1.0) * bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_mixed_as_ever() {
        assert_eq!([0, 1].map(mix), [0xe220_a839_7b1d_cdaf, 0x910a_2dec_8902_5cc1]);
        let bits = [0, u64::MAX, mix(0)].map(|bits| unit(bits).to_bits());
        assert_eq!(bits, [0, 0x3f7f_ffff, 0x3f62_20a8]);
    }

    #[test]
    fn a_stream_draws_as_ever() {
        let mut stream = SplitMix { state: 0 };

        let drawn = [(); 2].map(|()| stream.uniform(1.0));

        // The first two outputs of SplitMix64 for seed 0 are e220a8397b1dcdaf and
        // 6e789e6aa1b965f4.
        let upper: [f32; 2] = [0xe2_20a8 as f32, 0x6e_789e as f32];
        let expected = upper.map(|bits| bits / (1 << 23) as f32 - 1.0);
        assert_eq!(drawn.map(f32::to_bits), expected.map(f32::to_bits));
    }

    #[test]
    fn a_stream_stays_within_its_bound() {
        let mut stream = SplitMix { state: 3 };
        let drawn: Vec<f32> = (0..1000).map(|_| stream.uniform(0.5)).collect();

        assert!(drawn.iter().all(|value| (-0.5..=0.5).contains(value)));
        assert!(drawn.iter().sum::<f32>().abs() < 50.0);
    }
}
