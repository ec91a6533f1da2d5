//! What is learned from: sequences of token ids, and which of them carry a loss.
//!
//! Records hold ids as the device saw them, which are not tokenized again. An
//! episode is one sequence as long as each prompt goes on from the one before;
//! where the prompt was trimmed, a new one begins. Files of text are tokenized
//! as the device would.

mod records;
mod files;
pub mod line;
mod text;

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use models::gguf::Gguf;
use models::vocabulary::Vocabulary;
use runtime_core::seed::mix;

use crate::config::TrainConfig;
use crate::error::TrainError;

pub use files::read_file;
pub use records::read;
pub use text::sample;

/// A sequence and what of it is learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Whether each token carries a loss; the first never does.
    pub learned: Vec<bool>,
    /// Where it comes from: the log, the task's place and the trial, or the file
    /// and the line.
    pub origin: String,
}

impl Sample {
    /// How many tokens carry a loss.
    pub fn learned_tokens(&self) -> usize {
        self.learned.iter().filter(|&&learned| learned).count()
    }
}

/// Samples, and what became of the others.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// To learn from.
    pub train: Vec<Sample>,
    /// Never learned from.
    pub validation: Vec<Sample>,
    /// What was left out or cut.
    pub dropped: Dropped,
}

/// What was left out or cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Episodes without success.
    pub unsolved: usize,
    /// Samples equal to an earlier one.
    pub duplicates: usize,
    /// Samples that lost their end.
    pub cut: usize,
    /// Tokens with a loss that went with it.
    pub cut_tokens: usize,
    /// Samples in which nothing carries a loss.
    pub empty: usize,
}

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return formatter.write_str("nothing left out or cut");
        }
        let Self { unsolved, duplicates, cut, cut_tokens, empty } = self;
        write!(
            formatter,
            "{unsolved} episodes without success, {duplicates} equal samples and {empty} without \
             a learned token left out; {cut} too long and cut, by {cut_tokens} learned tokens"
        )
    }
}

/// How samples become a dataset.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    /// Longer sequences lose their end.
    pub sequence_tokens_max: usize,
    /// The share of samples that is never learned from.
    pub validation_share: f32,
    /// Draws it.
    pub seed: u64,
}

/// All samples that a run's file names, for a model with this file and sha256.
pub fn load(config: &TrainConfig, model: &Gguf, sha256: &str) -> Result<Dataset, TrainError> {
    let data = &config.data;
    let mut dropped = Dropped::default();
    let mut samples = Vec::new();
    for log in logs(&data.records) {
        samples.extend(read(&log, sha256, data.solved_only, &mut dropped)?);
    }
    if !data.files.is_empty() {
        let vocabulary = Vocabulary::from_gguf(model)
            .map_err(|source| TrainError::Vocabulary { file: model.name().into(), source })?;
        for file in &data.files {
            samples.extend(read_file(file, &vocabulary)?);
        }
    }
    let selection = Selection {
        sequence_tokens_max: data.sequence_tokens_max,
        validation_share: data.validation_share,
        seed: config.seed,
    };
    let mut found = dataset(samples, selection);
    found.dropped.unsolved = dropped.unsolved;
    if found.train.is_empty() {
        return Err(TrainError::Empty(found.dropped.to_string()));
    }
    Ok(found)
}

/// Cuts, deduplicates and divides samples.
///
/// The draw looks at the ids alone: a sample stays on its side when others are
/// added.
pub fn dataset(samples: Vec<Sample>, selection: Selection) -> Dataset {
    let mut dataset = Dataset::default();
    let mut seen = HashSet::new();
    for mut sample in samples {
        cut(&mut sample, selection.sequence_tokens_max, &mut dataset.dropped);
        if sample.learned_tokens() == 0 {
            dataset.dropped.empty += 1;
        } else if !seen.insert((sample.ids.clone(), sample.learned.clone())) {
            dataset.dropped.duplicates += 1;
        } else if draw(&sample.ids, selection.seed) < selection.validation_share {
            dataset.validation.push(sample);
        } else {
            dataset.train.push(sample);
        }
    }
    dataset
}

fn cut(sample: &mut Sample, most: usize, dropped: &mut Dropped) {
    if sample.ids.len() > most {
        let before = sample.learned_tokens();
        sample.ids.truncate(most);
        sample.learned.truncate(most);
        dropped.cut += 1;
        dropped.cut_tokens += before - sample.learned_tokens();
    }
    if let Some(first) = sample.learned.first_mut() {
        *first = false;
    }
}

/// A number from 0 to below 1.
fn draw(ids: &[u32], seed: u64) -> f32 {
    let bits = ids.iter().fold(mix(seed), |bits, &id| mix(bits ^ u64::from(id)));
    (bits >> 40) as f32 / (1_u32 << 24) as f32
}

/// The logs of runs' folders, or the files themselves.
pub fn logs(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut logs = Vec::new();
    for path in paths {
        let arms = path.join("arms");
        let Ok(entries) = std::fs::read_dir(&arms) else {
            logs.push(path.clone());
            continue;
        };
        let mut found: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path().join("trials.log"))
            .filter(|log| log.exists())
            .collect();
        found.sort();
        logs.extend(found);
    }
    logs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(ids: &[u32]) -> Sample {
        let learned = vec![true; ids.len()];
        Sample { ids: ids.to_vec(), learned, origin: String::new() }
    }

    #[test]
    fn long_equal_and_empty_samples_are_counted() {
        let samples = vec![sample(&[1, 2, 3, 4]), sample(&[1, 2, 3, 5]), sample(&[7])];
        let selection = Selection { sequence_tokens_max: 3, validation_share: 0.0, seed: 1 };

        let found = dataset(samples, selection);

        assert_eq!(found.train.len(), 1);
        assert_eq!(found.train[0].learned, [false, true, true]);
        let expected = Dropped { unsolved: 0, duplicates: 1, cut: 2, cut_tokens: 2, empty: 1 };
        assert_eq!(found.dropped, expected);
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
}
