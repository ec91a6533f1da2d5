//! What is learned from: sequences of token ids, and which of them carry a loss.
//!
//! Records hold ids as the device saw them, which are not tokenized again. An
//! episode is one sequence as long as each prompt goes on from the one before;
//! where the prompt was trimmed, a new one begins. A reflection is one sequence, and
//! goes with what it earned. Files of text are tokenized as the device would.

mod data;
mod records;
mod reflections;
mod files;
pub mod line;
mod text;
mod digest;

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::path::PathBuf;

use models::gguf::Gguf;
use models::vocabulary::Vocabulary;
use runtime_core::seed::{mix, unit};

use crate::error::TrainError;

pub use data::Data;
pub use files::read_file;
pub use records::actions;
pub use reflections::{Lessons, Measure, ReflectionData, Reward, Select, reflections};
pub use text::sample;

/// A sequence and what of it is learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Whether each token carries a loss; the first never does.
    pub learned: Vec<bool>,
    /// Where it comes from: the log, the task's place and the trial, or the file
    /// and the line.
    pub origin: String,
    /// What came of it, where it is a reflection.
    pub outcome: Option<Outcome>,
}

/// What came of a reflection, and how it was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What it earned.
    pub reward: f32,
    /// Reflections on one failed trajectory have the same number.
    pub group: usize,
    /// The log-probability of each learned token under the distribution that the
    /// device drew it from.
    pub sampled: Vec<f32>,
    /// The same under the device's full softmax at temperature 1.
    pub full: Vec<f32>,
}

impl Sample {
    /// What decides on which side the sample stands: all of it, or a reflection's
    /// prompt, which its whole group shares.
    fn drawn_by(&self) -> &[u32] {
        let first = self.learned.iter().position(|&learned| learned).unwrap_or(0);
        if self.outcome.is_some() { &self.ids[..first] } else { &self.ids }
    }

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
    /// sha256 of each set of prompts that the records were made with, and those of a parent.
    pub prompts_sha256: BTreeSet<String>,
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
    /// Reflections that were not selected.
    pub unselected: usize,
    /// Reflections that were too long to be learned from whole.
    pub too_long: usize,
    /// Reflections of which no other on the same failure earned more or less.
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

/// What is counted and named over all logs.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Failed trajectories that were reflected on.
    pub groups: usize,
    /// Episodes without success.
    pub unsolved: usize,
    /// Reflections that were not selected.
    pub unselected: usize,
    /// sha256 of each set of prompts.
    pub prompts_sha256: BTreeSet<String>,
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

/// All samples that a run's file names, for a model with this file and sha256; `seed` draws
/// which are held out.
pub fn load(
    data: &Data,
    lessons: Lessons,
    seed: u64,
    model: &Gguf,
    sha256: &str,
) -> Result<Dataset, TrainError> {
    let mut gathered = Gathered::default();
    let mut samples = Vec::new();
    for log in logs(&data.records) {
        samples.extend(match &data.reflections {
            None => actions(&log, sha256, data.solved_only, &mut gathered)?,
            Some(wanted) => reflections(&log, sha256, wanted, lessons, &mut gathered)?,
        });
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
        seed,
    };
    let mut found = dataset(samples, selection);
    found.dropped.unsolved = gathered.unsolved;
    found.dropped.unselected = gathered.unselected;
    found.prompts_sha256 = gathered.prompts_sha256;
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
        if sample.outcome.is_some() && sample.ids.len() > selection.sequence_tokens_max {
            dataset.dropped.too_long += 1;
            continue;
        }
        cut(&mut sample, selection.sequence_tokens_max, &mut dataset.dropped);
        // Of a group's reflections two may be equal: each was drawn.
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
