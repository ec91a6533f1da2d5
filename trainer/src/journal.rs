//! The metrics of a run's steps, written in three forms.
//!
//! `metrics.jsonl` is the original; the event file and the plot are made from it.

use std::path::{Path, PathBuf};
use trainer_contract::folder::{EVENTS, METRICS, PLOT};
use trainer_contract::metrics::StepMetrics;

use crate::error::TrainError;
use crate::metrics;
use crate::replace::GrowingFile;
use crate::{plot, tensorboard};

pub(crate) struct MetricsJournal {
    folder: PathBuf,
    metrics: GrowingFile,
    events: GrowingFile,
}

impl MetricsJournal {
    /// Opens the journal in a run's folder. Steps after `step` are taken out,
    /// since they will be measured again.
    pub(crate) fn open(folder: &Path, step: u64) -> Result<Self, TrainError> {
        let path = folder.join(METRICS);
        let mut kept = metrics::read(&path);
        kept.retain(|metrics| metrics.step <= step);
        let lines: Vec<u8> = kept.iter().flat_map(metrics::line).collect();
        let metrics = GrowingFile::new(&path, &lines)?;
        let mut events = tensorboard::first(kept.first().map_or(0, |step| step.time_us));
        events.extend(kept.iter().flat_map(tensorboard::event));
        let events = GrowingFile::new(&folder.join(EVENTS), &events)?;
        Ok(Self { folder: folder.into(), metrics, events })
    }

    pub(crate) fn push(&mut self, metrics: &StepMetrics) -> Result<(), TrainError> {
        self.metrics.push(&metrics::line(metrics))?;
        self.events.push(&tensorboard::event(metrics))
    }

    /// The last step that was measured.
    pub(crate) fn last(&self) -> Option<StepMetrics> {
        metrics::read(&self.folder.join(METRICS)).pop()
    }

    /// Waits until all steps outlive a power cut: a checkpoint may rely on them.
    pub(crate) fn sync(&mut self) -> Result<(), TrainError> {
        self.metrics.sync()
    }

    /// Draws all steps so far.
    pub(crate) fn plot(&self) -> Result<(), TrainError> {
        let steps = metrics::read(&self.folder.join(METRICS));
        plot::write(&self.folder.join(PLOT), &steps)
    }
}
