//! Datasets: sequences of token ids with a mask of the tokens with a loss.
//!
//! Records contain the device's token ids, which are not tokenized again. An episode is one
//! sequence as long as each prompt extends the previous one; after a truncated prompt a new
//! sequence begins. A reflection is one sequence with its reward. Files of text are
//! tokenized as on the device; an attempt in them that has a reward is to its prompt what a
//! reflection is to its failed trajectory.

mod data;
mod credit;
mod records;
mod reflections;
mod files;
pub mod line;
mod text;
mod digest;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;

use models::gguf::Gguf;
use models::vocabulary::Vocabulary;
use runtime_core::seed::{mix, unit};

use crate::error::TrainError;

pub use data::DataConfig;
pub use files::read_file;
pub use records::actions;
pub use reflections::{
    Measure, Reading, ReflectionData, Reward, Select, TrainableTokens, reflections,
};
pub use text::sample;

/// A training sample: a sequence with the tokens that carry a loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Whether each token carries a loss; the first never does.
    pub learned: Vec<bool>,
    /// Where it comes from: the log, the task's place and the trial, or the file
    /// and the line.
    pub origin: String,
    /// The reward and group of a reflection, or of an attempt.
    pub outcome: Option<ReflectionOutcome>,
}

/// The reward of a reflection, its group and its log-probabilities on the device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReflectionOutcome {
    /// The reward.
    pub reward: f32,
    /// The group's number: the same for reflections on the same failed trajectory.
    pub group: usize,
    /// The log-probability of each learned token under the distribution that the
    /// device drew it from.
    pub sampled: Vec<f32>,
    /// The same under the device's full softmax at temperature 1.
    pub full: Vec<f32>,
    /// What each learned token's advantage is beyond the reflection's; empty without
    /// [`ReflectionData::credit`].
    pub credits: Vec<f32>,
}

impl Sample {
    /// The ids that decide whether the sample is for validation: all ids, or the prompt of a
    /// reflection or an attempt, which its whole group shares.
    fn drawn_by(&self) -> &[u32] {
        let first = self.learned.iter().position(|&learned| learned).unwrap_or(0);
        if self.outcome.is_some() { &self.ids[..first] } else { &self.ids }
    }

    /// Number of tokens with a loss.
    pub fn learned_tokens(&self) -> usize {
        self.learned.iter().filter(|&&learned| learned).count()
    }
}

/// The samples of a run, and counts of dropped ones.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// The training samples.
    pub train: Vec<Sample>,
    /// The validation samples.
    pub validation: Vec<Sample>,
    /// The counts of dropped and truncated samples.
    pub dropped: Dropped,
    /// sha256 of each set of prompts that the records were made with, and those of a parent.
    pub prompts_sha256: BTreeSet<String>,
}

/// Counts of dropped and truncated samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Episodes without success.
    pub unsolved: usize,
    /// Number of samples equal to an earlier one.
    pub duplicates: usize,
    /// Number of truncated samples.
    pub cut: usize,
    /// Number of tokens with a loss that were truncated.
    pub cut_tokens: usize,
    /// Number of samples without a token with a loss.
    pub empty: usize,
    /// Reflections that were not selected.
    pub unselected: usize,
    /// Number of reflections that were too long.
    pub too_long: usize,
    /// Number of reflections in groups whose rewards are all equal.
    pub alike: usize,
}

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return formatter.write_str("nothing left out or cut");
        }
        let Self { unsolved, duplicates, cut, cut_tokens, empty, unselected, too_long, alike } =
            self;
        write!(
            formatter,
            "{unsolved} episodes without success, {duplicates} equal samples and {empty} without \
             a learned token left out; {cut} too long and cut, by {cut_tokens} learned tokens; \
             {unselected} reflections not selected, {too_long} too long and {alike} whose group \
             earned the same left out"
        )
    }
}

/// Counts over all logs.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Number of groups: failed trajectories with reflections.
    pub groups: usize,
    /// Episodes without success.
    pub unsolved: usize,
    /// Reflections that were not selected.
    pub unselected: usize,
    /// sha256 of each set of prompts.
    pub prompts_sha256: BTreeSet<String>,
}

/// The settings for making a dataset of samples.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    /// Greatest length of a sequence; longer ones are truncated.
    pub sequence_tokens_max: usize,
    /// The share of validation samples.
    pub validation_share: f32,
    /// The seed for drawing validation samples.
    pub seed: u64,
}

/// The dataset of a run's configuration, for a model with this file and SHA-256; `seed` draws
/// the validation samples.
pub fn load(
    data: &DataConfig,
    lessons: TrainableTokens,
    seed: u64,
    model: &Gguf,
    sha256: &str,
) -> Result<Dataset, TrainError> {
    let mut gathered = Gathered::default();
    let mut samples = Vec::new();
    let vocabulary = || {
        Vocabulary::from_gguf(model)
            .map_err(|source| TrainError::Vocabulary { file: model.name().into(), source })
    };
    let credited = data.reflections.and_then(|wanted| wanted.credit);
    let known = credited.map(|_| vocabulary()).transpose()?;
    let credited = credited.zip(known.as_ref().map(|known| &known.tokenizer));
    for log in logs(&data.records) {
        samples.extend(match &data.reflections {
            None => actions(&log, sha256, data.solved_only, &mut gathered)?,
            Some(wanted) => {
                let reading = Reading { wanted: *wanted, lessons, credited };
                reflections(&log, sha256, reading, &mut gathered)?
            }
        });
    }
    if !data.files.is_empty() {
        let vocabulary = vocabulary()?;
        for file in &data.files {
            samples.extend(read_file(file, &vocabulary)?);
        }
        group_by_prompt(&mut samples)?;
    }
    let selection = Selection {
        sequence_tokens_max: data.sequence_tokens_max,
        validation_share: data.validation_share,
        seed,
    };
    let mut found = dataset(samples, selection);
    found.dropped.unsolved = gathered.unsolved;
    found.dropped.unselected = gathered.unselected;
    found.prompts_sha256 = gathered.prompts_sha256;
    if found.train.is_empty() {
        let read = data.records.iter().chain(&data.files);
        let read: Vec<String> = read.map(|path| path.display().to_string()).collect();
        let reason = format!("{}; of {}", found.dropped, read.join(", "));
        return Err(TrainError::Empty(reason));
    }
    Ok(found)
}

/// Makes groups of attempts at the same prompt, in samples of which either all have a reward or
/// none.
fn group_by_prompt(samples: &mut [Sample]) -> Result<(), TrainError> {
    let mut groups: HashMap<Vec<u32>, usize> = HashMap::new();
    let is_rewarded = samples.iter().any(|sample| sample.outcome.is_some());
    for sample in samples.iter_mut().filter(|_| is_rewarded) {
        let (prompt, next) = (sample.drawn_by().to_vec(), groups.len());
        let Some(outcome) = &mut sample.outcome else {
            let reason = "it has no reward, and other samples have one".to_owned();
            return Err(TrainError::Content { file: sample.origin.clone().into(), reason });
        };
        outcome.group = *groups.entry(prompt).or_insert(next);
    }
    Ok(())
}

/// Truncates, deduplicates and splits samples.
///
/// Whether a sample is for validation depends only on its ids and the seed, not on other
/// samples.
pub fn dataset(samples: Vec<Sample>, selection: Selection) -> Dataset {
    let mut dataset = Dataset::default();
    let mut seen = HashSet::new();
    for mut sample in samples {
        if sample.outcome.is_some() && sample.ids.len() > selection.sequence_tokens_max {
            dataset.dropped.too_long += 1;
            continue;
        }
        cut(&mut sample, selection.sequence_tokens_max, &mut dataset.dropped);
        // Two reflections of a group may be equal, since each was sampled.
        let one_of_many = sample.outcome.is_none();
        if sample.learned_tokens() == 0 {
            dataset.dropped.empty += 1;
        } else if one_of_many && !seen.insert((sample.ids.clone(), sample.learned.clone())) {
            dataset.dropped.duplicates += 1;
        } else if draw(sample.drawn_by(), selection.seed) < selection.validation_share {
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
    unit(ids.iter().fold(mix(seed), |bits, &id| mix(bits ^ u64::from(id))))
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
mod tests;
