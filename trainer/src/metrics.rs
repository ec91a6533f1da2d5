//! What a run measures, a line of JSON a step.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::TrainError;

/// What a step measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepMetrics {
    /// The step, from 1.
    pub step: u64,
    /// The epoch, from 1.
    pub epoch: u64,
    /// Mean negative log-probability of the learned tokens, in nats.
    pub loss: f32,
    /// The learning rate.
    pub learning_rate: f64,
    /// Norm of the gradients before they were shortened.
    pub gradient_norm: f32,
    /// Tokens that were computed.
    pub tokens: usize,
    /// Tokens that carried a loss.
    pub learned_tokens: usize,
    /// Tokens a second.
    pub tokens_per_second: f64,
    /// Memory of the process, resident, in bytes; 0 where the system does not say.
    pub resident_bytes: u64,
    /// Loss on the validation samples, where this step measured it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub validation_loss: Option<f32>,
}

/// The file that holds a run's metrics.
#[derive(Debug)]
pub struct MetricsFile {
    path: PathBuf,
    file: File,
}

impl MetricsFile {
    /// Opens the file; lines of steps after `step` are taken out, since they
    /// will be measured again.
    pub fn open(path: &Path, step: u64) -> Result<Self, TrainError> {
        let unwritten = |source| TrainError::Write { file: path.into(), source };
        let kept: Vec<StepMetrics> =
            read(path).into_iter().filter(|metrics| metrics.step <= step).collect();
        let beside = path.with_extension("part");
        let mut lines = String::new();
        for metrics in kept {
            lines += &(serde_json::to_string(&metrics).unwrap_or_default() + "\n");
        }
        std::fs::write(&beside, lines).map_err(unwritten)?;
        std::fs::rename(&beside, path).map_err(unwritten)?;
        let file = OpenOptions::new().append(true).open(path).map_err(unwritten)?;
        Ok(Self { path: path.into(), file })
    }

    /// Adds a step.
    pub fn push(&mut self, metrics: &StepMetrics) -> Result<(), TrainError> {
        let line = serde_json::to_string(metrics).unwrap_or_default() + "\n";
        self.file
            .write_all(line.as_bytes())
            .map_err(|source| TrainError::Write { file: self.path.clone(), source })
    }
}

/// A run's metrics so far; a torn last line is passed over.
pub fn read(path: &Path) -> Vec<StepMetrics> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
}

/// Resident memory of this process in bytes; 0 where the system does not say.
pub fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| kilobytes * 1024)
}
