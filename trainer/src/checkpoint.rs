//! Checkpoints of a run as GGUF files: factors, the optimizer's moments, step.
//!
//! ```text
//! rebound.train.step      u64   number of finished steps
//! rebound.train.config    text  the run's file, and its parent's sha256
//! rebound.train.base      text  the base model's sha256
//! rebound.train.data      text  the sha256 of the training data
//! rebound.train.metrics   text  the last step's line of `metrics.jsonl`
//! rebound.train.critic    f32s  the critic's row; empty if there is none
//! rebound.train.kl_weight f32   the weight of the KL divergence, where it adapts
//! <matrix>.a  .b                the factors, as in an adapter
//! <matrix>.mean_a  .mean_b      mean of their gradients
//! <matrix>.square_a  .square_b  mean of their squares
//! <matrix>.within_a  .within_b  the newest factors known not to have strayed, where a run ends
//!                               with those
//! ```
//!
//! A checksum ends the file. Everything else of a run follows from its configuration, parent,
//! data and step, so the checkpoint of step 0 has no tensors. A checkpoint is written to a
//! temporary file and renamed; the two newest stay. A damaged one is skipped with a warning.
//! Those of older programs have no base, no data, no metrics and no checksum.

mod seal;

use std::path::{Path, PathBuf};

use burn::optim::{AdamWState, AdaptiveMomentumState};
use burn::tensor::{Device, Tensor, TensorData};
use models::gguf::{self, Array, GgmlType, Gguf, NewTensor, Value};
use models_decoder::adapter::{AdaptedMatrix, Adapter, Factors};
use models_decoder::score::numbers;
use trainer_contract::metrics::StepMetrics;

use crate::error::TrainError;
use crate::factors;
use crate::metrics;
use crate::optimizer::{Moments, Optimizer};
use crate::replace::replace;
use crate::stages::method::MethodState;

const STEP: &str = "rebound.train.step";
const CONFIG: &str = "rebound.train.config";
const BASE: &str = "rebound.train.base";
const DATA: &str = "rebound.train.data";
const METRICS: &str = "rebound.train.metrics";
const CRITIC: &str = "rebound.train.critic";
const KL_WEIGHT: &str = "rebound.train.kl_weight";
/// The names of a place's six tensors.
const PARTS: [&str; 6] = ["a", "b", "mean_a", "mean_b", "square_a", "square_b"];
/// The names of its tensors in what a run that strays ends with.
const WITHIN: [&str; 2] = ["within_a", "within_b"];
/// Number of checkpoints that stay; older ones are removed.
const KEPT: usize = 2;

/// The identity of a run, which must match to restore its checkpoints.
#[derive(Clone, Debug)]
pub struct RunIdentity {
    /// The configuration as text, and the parent's SHA-256.
    pub config: String,
    /// The base model's sha256.
    pub base_sha256: String,
    /// The SHA-256 of the training data.
    pub data_sha256: String,
}

/// The restored state of a run.
#[derive(Debug, Default)]
pub struct Restored {
    /// Number of finished steps.
    pub step: u64,
    /// The state after them, except for factors and the optimizer's moments.
    pub state: Option<MethodState>,
    /// The metrics of the last step, if the checkpoint has them.
    pub last: Option<StepMetrics>,
    /// Messages about newer, damaged checkpoints.
    pub damaged: Vec<String>,
}

/// Writes the checkpoint of step 0 into `folder`, unless there is a checkpoint already.
pub fn begin(folder: &Path, of: &RunIdentity) -> Result<(), TrainError> {
    if !checkpoints(folder).is_empty() {
        return Ok(());
    }
    write(folder, 0, of, (Vec::new(), Vec::new()))
}

/// Writes the state after `last` into `folder`.
pub fn save(
    folder: &Path,
    of: &RunIdentity,
    last: &StepMetrics,
    (adapter, within): (&Adapter, Option<&Adapter>),
    (optimizer, state): (&Optimizer, &MethodState),
) -> Result<(), TrainError> {
    let line = metrics::line(last);
    let metadata = vec![
        (METRICS.to_owned(), String::from_utf8_lossy(&line).trim_end().into()),
        (CRITIC.to_owned(), Value::Array(Array::F32(state.critic.clone()))),
        (KL_WEIGHT.to_owned(), Value::F32(state.kl_weight)),
    ];
    let mut tensors = tensors(adapter, optimizer);
    for (place, Factors { a, b }) in within.iter().flat_map(|within| &within.factors) {
        tensors.extend(WITHIN.into_iter().zip([a, b]).map(|(part, x)| tensor(*place, part, x)));
    }
    write(folder, last.step, of, (metadata, tensors))?;
    for old in checkpoints(folder).iter().rev().skip(KEPT) {
        // A file that cannot be removed does no harm.
        let _ = std::fs::remove_file(old);
    }
    Ok(())
}

fn write(
    folder: &Path,
    step: u64,
    of: &RunIdentity,
    (more, tensors): (Vec<(String, Value)>, Vec<NewTensor<'_>>),
) -> Result<(), TrainError> {
    let path = folder.join(format!("step-{step:08}.gguf"));
    std::fs::create_dir_all(folder)
        .map_err(|source| TrainError::Write { file: folder.into(), source })?;
    let mut metadata = vec![
        (STEP.to_owned(), Value::U64(step)),
        (CONFIG.to_owned(), of.config.as_str().into()),
        (BASE.to_owned(), of.base_sha256.as_str().into()),
        (DATA.to_owned(), of.data_sha256.as_str().into()),
    ];
    metadata.extend(more);
    let mut bytes = Vec::new();
    gguf::write(&mut bytes, &metadata, &tensors)?;
    seal::seal(&mut bytes);
    replace(&path, &bytes)
}

/// The newest undamaged checkpoint of a folder; its factors and moments are written to adapter
/// and optimizer. Step 0 without a state if there is none.
pub fn restore(
    folder: &Path,
    of: &RunIdentity,
    (adapter, mut within): (&mut Adapter, Option<&mut Adapter>),
    optimizer: &mut Optimizer,
) -> Result<Restored, TrainError> {
    let mut damaged: Vec<String> = Vec::new();
    for path in checkpoints(folder).into_iter().rev() {
        let is_damaged = |reason: String| format!("{} is damaged: {reason}", path.display());
        let (gguf, is_sealed) = match read(&path) {
            Ok(found) => found,
            Err(reason) => {
                damaged.push(is_damaged(reason));
                continue;
            }
        };
        check_belongs(&gguf, of).map_err(|reason| wrong(&path, reason))?;
        match fill(&gguf, (&mut *adapter, within.as_deref_mut()), optimizer) {
            Ok(found) => return Ok(Restored { damaged, ..found }),
            Err(reason) if is_sealed => return Err(wrong(&path, reason)),
            Err(reason) => damaged.push(is_damaged(reason)),
        }
    }
    if damaged.is_empty() {
        return Ok(Restored::default());
    }
    let reason = format!(
        "no checkpoint is whole. {}. Put one back from a copy, or remove the run's folder and \
         begin it anew",
        damaged.join(". ")
    );
    Err(wrong(folder, reason))
}

fn wrong(file: &Path, reason: String) -> TrainError {
    TrainError::Content { file: file.into(), reason }
}

/// A checkpoint's file, and whether it has a checksum; an error message if it is damaged.
fn read(path: &Path) -> Result<(Gguf, bool), String> {
    let mut bytes = runtime_files::read(path, runtime_files::WHOLE_BYTES_MAX)
        .map_err(|error| error.to_string())?;
    let is_sealed = seal::unseal(&mut bytes)?;
    let gguf =
        Gguf::from_bytes(&path.display().to_string(), bytes).map_err(|error| error.to_string())?;
    if !is_sealed && gguf.get(BASE).is_some() {
        return Err("its end is missing".to_owned());
    }
    Ok((gguf, is_sealed))
}

/// Checks that a checkpoint belongs to this run; the error names what differs.
fn check_belongs(gguf: &Gguf, of: &RunIdentity) -> Result<(), String> {
    let config = gguf.required_text(CONFIG).map_err(|error| error.to_string())?;
    if config != of.config {
        return Err("it is of a run with another file or parent; begin a new run".to_owned());
    }
    let named = [
        (BASE, &of.base_sha256, "the base model has the sha256"),
        (DATA, &of.data_sha256, "what is learned from has the sha256"),
    ];
    for (key, found, what) in named {
        // Older checkpoints do not have the key.
        if let Some(Value::Text(expected)) = gguf.get(key)
            && expected != found
        {
            return Err(format!(
                "{what} {found}, expected {expected}: it was changed since the run was begun; put \
                 it back, or begin a new run"
            ));
        }
    }
    Ok(())
}

/// Reads the state of a checkpoint; the error says what does not fit.
fn fill(
    gguf: &Gguf,
    (adapter, within): (&mut Adapter, Option<&mut Adapter>),
    optimizer: &mut Optimizer,
) -> Result<Restored, String> {
    let step = gguf.required_unsigned(STEP).map_err(|error| error.to_string())?;
    if step == 0 {
        return Ok(Restored::default());
    }
    let time = usize::try_from(step).map_err(|_| "its step is too large")?;
    let part = |place: AdaptedMatrix, part: &str, like: &Tensor<2>| {
        let name = part_name(place, part);
        let found = tensor_of(gguf, &name, like.dims(), &like.device());
        found.ok_or_else(|| format!("the tensor {name} does not fit"))
    };
    for (place, factors) in &mut adapter.factors {
        let Factors { a: like_a, b: like_b } = &*factors;
        let [a, b, mean_a, mean_b, square_a, square_b] = PARTS;
        let [mean_a, square_a] = [part(*place, mean_a, like_a)?, part(*place, square_a, like_a)?];
        let [mean_b, square_b] = [part(*place, mean_b, like_b)?, part(*place, square_b, like_b)?];
        *factors = Factors { a: part(*place, a, like_a)?, b: part(*place, b, like_b)? };
        let moments =
            |mean, square| AdamWState::new(AdaptiveMomentumState::new(time, mean, square));
        optimizer.moments.insert(*place, [moments(mean_a, square_a), moments(mean_b, square_b)]);
    }
    for (place, Factors { a, b }) in within.into_iter().flat_map(|within| &mut within.factors) {
        (*a, *b) = (part(*place, WITHIN[0], a)?, part(*place, WITHIN[1], b)?);
    }
    let Some(Value::Array(Array::F32(critic))) = gguf.get(CRITIC) else {
        return Err("it has no critic".to_owned());
    };
    #[allow(clippy::cast_possible_truncation, reason = "it was written as f32")]
    let kl_weight = gguf.required_float(KL_WEIGHT).map_err(|error| error.to_string())? as f32;
    let state = Some(MethodState { critic: critic.clone(), kl_weight });
    let last = match gguf.get(METRICS) {
        Some(Value::Text(line)) => serde_json::from_str(line).ok(),
        _ => None,
    };
    Ok(Restored { step, state, last, damaged: Vec::new() })
}

/// The folder's checkpoints, the newest last.
pub fn checkpoints(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "gguf"))
        .collect();
    found.sort();
    found
}

fn tensors(adapter: &Adapter, optimizer: &Optimizer) -> Vec<NewTensor<'static>> {
    let mut tensors = Vec::new();
    for (place, Factors { a, b }) in &adapter.factors {
        let Some(moments) = optimizer.moments.get(place) else { continue };
        let [mean_a, mean_b] = moments.each_ref().map(|Moments { momentum }| &momentum.moment_1);
        let [square_a, square_b] =
            moments.each_ref().map(|Moments { momentum }| &momentum.moment_2);
        let values = [a, b, mean_a, mean_b, square_a, square_b];
        tensors.extend(PARTS.into_iter().zip(values).map(|(part, x)| tensor(*place, part, x)));
    }
    tensors
}

fn tensor(place: AdaptedMatrix, part: &str, values: &Tensor<2>) -> NewTensor<'static> {
    let [rows, columns] = values.dims().map(|length| length as u64);
    NewTensor::f32(&part_name(place, part), &[columns, rows], &numbers(values))
}

fn part_name(place: AdaptedMatrix, part: &str) -> String {
    format!("{}.{part}", factors::name(place))
}

fn tensor_of(
    gguf: &Gguf,
    name: &str,
    [rows, columns]: [usize; 2],
    device: &Device,
) -> Option<Tensor<2>> {
    let tensor = gguf.tensor(name).filter(|tensor| {
        tensor.kind == GgmlType::F32 && tensor.ne == [columns as u64, rows as u64]
    })?;
    let mut values = vec![0.0; rows * columns];
    models::blocks::dequantize(tensor.kind, gguf.tensor_bytes(name)?, &mut values).ok()?;
    Some(Tensor::from_data(TensorData::new(values, [rows, columns]), device))
}
