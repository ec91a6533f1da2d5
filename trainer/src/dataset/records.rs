//! An actor's samples from trial logs.

use std::path::Path;

use runtime_core::event::Event;
use runtime_core::history::{FinishedTrial, RunHistory};
use runtime_core::model::{Generation, ModelIdentity};
use runtime_core::record::{RecordReader, StreamError};

use super::{Gathered, Sample};
use crate::error::TrainError;

/// The actor's samples in a log; a torn end is ignored.
///
/// Forced tokens carry no loss. The log must be of the model whose file has this
/// sha256: ids of another vocabulary mean something else.
pub fn actions(
    log: &Path,
    model_sha256: &str,
    solved_only: bool,
    gathered: &mut Gathered,
) -> Result<Vec<Sample>, TrainError> {
    let history = read(log, gathered)?;
    check_model(log, ("actor", &history.run.actor), model_sha256)?;
    let mut samples = Vec::new();
    for (place, task) in history.tasks.iter().enumerate() {
        for (number, trial) in task.trials.iter().enumerate() {
            if solved_only && !trial.trajectory.succeeded() {
                gathered.unsolved += 1;
                continue;
            }
            let origin = format!("{}, task {place}, trial {}", log.display(), number + 1);
            samples.extend(of_trial(trial, &origin));
        }
    }
    Ok(samples)
}

/// The history in a log; a torn end is ignored.
pub(super) fn read(log: &Path, gathered: &mut Gathered) -> Result<RunHistory, TrainError> {
    let wrong = |reason: String| TrainError::Content { file: log.into(), reason };
    let history =
        RunHistory::from_events(events(log)?).map_err(|error| wrong(error.to_string()))?;
    let prompts = Some(history.run.prompts_sha256.clone()).filter(|sha256| !sha256.is_empty());
    gathered.prompts_sha256.extend(prompts);
    Ok(history)
}

/// Whether a log is of the model whose file has this sha256.
pub(super) fn check_model(
    log: &Path,
    (role, model): (&str, &ModelIdentity),
    sha256: &str,
) -> Result<(), TrainError> {
    if model.sha256 == sha256 {
        return Ok(());
    }
    let reason = format!(
        "the {role} was {} with the sha256 {:?}, this run trains on {sha256:?}",
        model.name, model.sha256
    );
    Err(TrainError::Content { file: log.into(), reason })
}

fn events(log: &Path) -> Result<Vec<Event>, TrainError> {
    let wrong =
        |error: StreamError<_>| TrainError::Content { file: log.into(), reason: error.to_string() };
    let bytes = runtime_files::read(log, runtime_files::WHOLE_BYTES_MAX)
        .map_err(|source| TrainError::Read { file: log.into(), source })?;
    RecordReader::open(&bytes[..]).map_err(wrong)?.collect::<Result<_, _>>().map_err(wrong)
}

fn of_trial(trial: &FinishedTrial, origin: &str) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    let steps = trial.trajectory.steps.iter();
    for generation in steps.flat_map(|step| step.decision.generations()) {
        let goes_on = |sample: &&mut Sample| generation.prompt_ids.starts_with(&sample.ids);
        if let Some(sample) = samples.last_mut().filter(goes_on) {
            append(sample, generation);
        } else {
            let origin = origin.to_owned();
            let mut sample = Sample { ids: Vec::new(), learned: Vec::new(), origin, outcome: None };
            append(&mut sample, generation);
            samples.push(sample);
        }
    }
    samples
}

/// Appends the new part of the prompt, and the answer.
pub(super) fn append(sample: &mut Sample, generation: &Generation) {
    sample.ids.extend_from_slice(&generation.prompt_ids[sample.ids.len()..]);
    sample.learned.resize(sample.ids.len(), false);
    for token in &generation.tokens {
        sample.ids.push(token.id);
        sample.learned.push(token.origin.is_lesson());
    }
}
