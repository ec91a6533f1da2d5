//! Packing of samples into batches and steps: a pure function of seed and epoch, so that a
//! resumed run needs only the number of its step.

use std::collections::BTreeMap;

use runtime_core::seed::mix;

use crate::dataset::Sample;
use crate::learned;

/// The indices of samples that are computed together.
pub type SampleIndices = Vec<usize>;

/// The settings for packing samples.
#[derive(Clone, Copy, Debug)]
pub struct PackingSettings {
    /// The seed of the shuffle.
    pub seed: u64,
    /// Greatest number of tokens in a batch; a larger unit is a batch by itself.
    pub batch_tokens: usize,
    /// Number of batches of a step.
    pub accumulation: usize,
}

/// Reflections of one group together, every other sample alone.
pub fn groups(samples: &[Sample]) -> Vec<Vec<usize>> {
    let (mut groups, mut alone) = (BTreeMap::<usize, Vec<usize>>::new(), Vec::new());
    for (place, sample) in samples.iter().enumerate() {
        match &sample.outcome {
            Some(outcome) => groups.entry(outcome.group).or_default().push(place),
            None => alone.push(vec![place]),
        }
    }
    groups.into_values().chain(alone).collect()
}

/// The steps of an epoch, each some batches; a unit of samples is never split.
pub fn steps(
    samples: &[Sample],
    units: &[Vec<usize>],
    packing: PackingSettings,
    epoch: u64,
) -> Vec<Vec<SampleIndices>> {
    let mut order: Vec<usize> = (0..units.len()).collect();
    let seed = mix(mix(packing.seed) ^ mix(epoch));
    order.sort_by_key(|&place| (mix(seed ^ place as u64), place));
    let mut batches: Vec<SampleIndices> = Vec::new();
    let mut tokens = 0;
    for unit in order.into_iter().map(|place| &units[place]) {
        let length = learned::count(unit.iter().map(|&place| &samples[place]));
        let fits = tokens + length <= packing.batch_tokens;
        if let Some(batch) = batches.last_mut().filter(|_| fits) {
            batch.extend(unit);
            tokens += length;
        } else {
            batches.push(unit.clone());
            tokens = length;
        }
    }
    batches.chunks(packing.accumulation).map(<[SampleIndices]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(lengths: &[usize]) -> Vec<Sample> {
        let sample = |&length: &usize| Sample {
            ids: vec![0; length],
            learned: (0..length).map(|place| place > 0).collect(),
            origin: String::new(),
            outcome: None,
        };
        lengths.iter().map(sample).collect()
    }

    #[test]
    fn every_sample_is_seen_once_and_no_batch_is_too_long() {
        let lengths: Vec<usize> = (0..50).map(|index| 1 + index * 7 % 20).collect();
        let packing = PackingSettings { seed: 1, batch_tokens: 30, accumulation: 3 };

        let alone: Vec<Vec<usize>> = (0..50).map(|place| vec![place]).collect();
        let steps = steps(&samples(&lengths), &alone, packing, 0);

        let mut seen: Vec<usize> = steps.iter().flatten().flatten().copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..50).collect::<Vec<_>>());
        assert!(steps.iter().all(|step| step.len() <= 3));
        let tokens =
            |batch: &SampleIndices| batch.iter().map(|&place| lengths[place]).sum::<usize>();
        assert!(steps.iter().flatten().all(|batch| tokens(batch) <= 30));
    }

    #[test]
    fn epochs_and_seeds_differ_and_repeat() {
        let samples = samples(&[5; 20]);
        let pairs: Vec<Vec<usize>> = (0..10).map(|pair| vec![pair, pair + 10]).collect();
        let order = |seed, epoch| {
            let packing = PackingSettings { seed, batch_tokens: 5, accumulation: 1 };
            steps(&samples, &pairs, packing, epoch)
        };

        assert_eq!(order(1, 0), order(1, 0));
        assert_ne!(order(1, 0), order(1, 1));
        assert_ne!(order(1, 0), order(2, 0));
        let together = |batch: &SampleIndices| batch.len() == 2 && batch[1] == batch[0] + 10;
        assert!(order(1, 0).iter().flatten().all(together));
    }
}
