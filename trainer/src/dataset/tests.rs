//! What is cut, left out and held out of a dataset.

use super::*;

fn sample(ids: &[u32]) -> Sample {
    let learned = vec![true; ids.len()];
    Sample { ids: ids.to_vec(), learned, origin: String::new(), outcome: None }
}

#[test]
fn long_equal_and_empty_samples_are_counted() {
    let samples = vec![sample(&[1, 2, 3, 4]), sample(&[1, 2, 3, 5]), sample(&[7])];
    let selection = Selection { sequence_tokens_max: 3, validation_share: 0.0, seed: 1 };

    let found = dataset(samples, selection);

    assert_eq!(found.train.len(), 1);
    assert_eq!(found.train[0].learned, [false, true, true]);
    let expected = Dropped { duplicates: 1, cut: 2, cut_tokens: 2, empty: 1, ..Dropped::default() };
    assert_eq!(found.dropped, expected);
}

#[test]
fn a_group_stays_together_and_whole() {
    let reflection = |group: u32, answer: u32| Sample {
        ids: vec![group, answer],
        learned: vec![false, true],
        outcome: Some(ReflectionOutcome {
            reward: 0.0,
            group: group as usize,
            sampled: vec![-1.0],
            full: vec![-1.0],
            ..ReflectionOutcome::default()
        }),
        origin: String::new(),
    };
    let samples = (0..40).flat_map(|group| [7, 8, 8].map(|answer| reflection(group, answer)));
    let selection = Selection { sequence_tokens_max: 2, validation_share: 0.5, seed: 1 };

    let found = dataset(samples.collect(), selection);

    assert_eq!(found.train.len() + found.validation.len(), 120);
    assert!(!found.validation.is_empty() && found.validation.len().is_multiple_of(3));
    let long = Selection { sequence_tokens_max: 1, ..selection };
    assert_eq!(dataset(found.train, long).dropped.cut, 0);
}

#[test]
fn a_sample_stays_on_its_side_when_others_are_added() {
    let selection = Selection { sequence_tokens_max: 9, validation_share: 0.3, seed: 1 };
    let few: Vec<Sample> = (0..100).map(|id| sample(&[id, id + 1])).collect();
    let more: Vec<Sample> = (0..300).map(|id| sample(&[id, id + 1])).collect();

    let (few, more) = (dataset(few, selection), dataset(more, selection));

    assert!((20..40).contains(&few.validation.len()), "{}", few.validation.len());
    assert!(few.validation.iter().all(|sample| more.validation.contains(sample)));
}

#[test]
fn attempts_at_the_same_prompt_are_a_group() {
    let attempt = |ids: &[u32], reward| {
        let learned = (0..ids.len()).map(|place| place > 1).collect();
        let outcome = Some(ReflectionOutcome { reward, ..ReflectionOutcome::default() });
        Sample { learned, outcome, ..sample(ids) }
    };
    let mut samples =
        [attempt(&[1, 2, 3], 1.0), attempt(&[1, 4, 3], 0.0), attempt(&[1, 2, 5], 0.0)];

    group_by_prompt(&mut samples).unwrap();

    let groups = samples.each_ref().map(|sample| sample.outcome.as_ref().unwrap().group);
    assert_eq!(groups, [0, 1, 0]);
    let mut mixed = [attempt(&[1, 2, 3], 1.0), sample(&[1, 2])];
    let error = group_by_prompt(&mut mixed).unwrap_err().to_string();
    assert!(error.contains("has no reward"), "{error}");
}
