//! Where a run stands, as one GGUF file: factors, the optimizer's memory, step.
//!
//! ```text
//! rebound.train.step      u64   steps that are done
//! rebound.train.config    text  the run's file, and its parent's sha256
//! rebound.train.critic    f32s  the critic's row; empty where there is none
//! rebound.train.kl_weight f32   the weight of the KL divergence, where it adapts
//! <matrix>.a  .b                the factors, as in an adapter
//! <matrix>.mean_a  .mean_b      mean of their gradients
//! <matrix>.square_a  .square_b  mean of their squares
//! <matrix>.within_a  .within_b  the newest factors known not to have strayed, where a run ends
//!                               with those
//! ```
//!
//! Everything else of a run follows from its file, its parent and its step. A
//! checkpoint is written beside and renamed; the two newest are kept.

use std::io;
use std::path::{Path, PathBuf};

use burn::optim::{AdamWState, AdaptiveMomentumState};
use burn::tensor::{Device, Tensor, TensorData};
use models::gguf::{self, Array, GgmlType, Gguf, NewTensor, Value};
use models_decoder::adapter::{Adapter, Factors, Place};
use models_decoder::score::numbers;

use crate::error::TrainError;
use crate::factors;
use crate::objective::State;
use crate::optimizer::{Memory, Optimizer};
use crate::replace::replace;

const STEP: &str = "rebound.train.step";
const CONFIG: &str = "rebound.train.config";
const CRITIC: &str = "rebound.train.critic";
const KL_WEIGHT: &str = "rebound.train.kl_weight";
/// The names of a place's six tensors.
const PARTS: [&str; 6] = ["a", "b", "mean_a", "mean_b", "square_a", "square_b"];
/// The names of its tensors in what a run that strays ends with.
const WITHIN: [&str; 2] = ["within_a", "within_b"];
/// Older checkpoints are removed.
const KEPT: usize = 2;

/// Writes the state after `step` steps into `folder`.
pub fn save(
    folder: &Path,
    step: u64,
    config: &str,
    (adapter, within): (&Adapter, Option<&Adapter>),
    (optimizer, state): (&Optimizer, &State),
) -> Result<(), TrainError> {
    let path = folder.join(format!("step-{step:08}.gguf"));
    std::fs::create_dir_all(folder)
        .map_err(|source| TrainError::Write { file: folder.into(), source })?;
    let metadata = [
        (STEP.to_owned(), Value::U64(step)),
        (CONFIG.to_owned(), config.into()),
        (CRITIC.to_owned(), Value::Array(Array::F32(state.critic.clone()))),
        (KL_WEIGHT.to_owned(), Value::F32(state.kl_weight)),
    ];
    let mut tensors = tensors(adapter, optimizer);
    for (place, Factors { a, b }) in within.iter().flat_map(|within| &within.factors) {
        tensors.extend(WITHIN.into_iter().zip([a, b]).map(|(part, x)| tensor(*place, part, x)));
    }
    replace(&path, |out| gguf::write(out, &metadata, &tensors).map_err(io::Error::other))?;
    for old in checkpoints(folder).iter().rev().skip(KEPT) {
        // A file that cannot be removed is only in the way.
        let _ = std::fs::remove_file(old);
    }
    Ok(())
}

/// The newest checkpoint of a folder: the step, and the state, that of factors in
/// adapter and optimizer; 0 and `None` where there is none.
pub fn restore(
    folder: &Path,
    config: &str,
    (adapter, within): (&mut Adapter, Option<&mut Adapter>),
    optimizer: &mut Optimizer,
) -> Result<(u64, Option<State>), TrainError> {
    let Some(newest) = checkpoints(folder).pop() else { return Ok((0, None)) };
    let gguf = Gguf::open(&newest)?;
    let wrong = |reason: &str| TrainError::Content { file: newest.clone(), reason: reason.into() };
    if gguf.required_text(CONFIG)? != config {
        return Err(wrong("it is of a run with another file or parent; begin a new run"));
    }
    let step = gguf.required_unsigned(STEP)?;
    let time = usize::try_from(step).map_err(|_| wrong("its step is too large"))?;
    let part = |place: Place, part: &str, like: &Tensor<2>| {
        let name = part_name(place, part);
        let found = read(&gguf, &name, like.dims(), &like.device());
        found.ok_or_else(|| wrong(&format!("the tensor {name} does not fit")))
    };
    for (place, factors) in &mut adapter.factors {
        let Factors { a: like_a, b: like_b } = &*factors;
        let [a, b, mean_a, mean_b, square_a, square_b] = PARTS;
        let [mean_a, square_a] = [part(*place, mean_a, like_a)?, part(*place, square_a, like_a)?];
        let [mean_b, square_b] = [part(*place, mean_b, like_b)?, part(*place, square_b, like_b)?];
        *factors = Factors { a: part(*place, a, like_a)?, b: part(*place, b, like_b)? };
        let memory = |mean, square| AdamWState::new(AdaptiveMomentumState::new(time, mean, square));
        optimizer.memory.insert(*place, [memory(mean_a, square_a), memory(mean_b, square_b)]);
    }
    for (place, Factors { a, b }) in within.into_iter().flat_map(|within| &mut within.factors) {
        (*a, *b) = (part(*place, WITHIN[0], a)?, part(*place, WITHIN[1], b)?);
    }
    let critic = match gguf.get(CRITIC) {
        Some(Value::Array(Array::F32(critic))) => critic.clone(),
        _ => return Err(wrong("it has no critic")),
    };
    #[allow(clippy::cast_possible_truncation, reason = "it was written as f32")]
    let kl_weight = gguf.required_float(KL_WEIGHT)? as f32;
    Ok((step, Some(State { critic, kl_weight })))
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
        let Some(memory) = optimizer.memory.get(place) else { continue };
        let [mean_a, mean_b] = memory.each_ref().map(|Memory { momentum }| &momentum.moment_1);
        let [square_a, square_b] = memory.each_ref().map(|Memory { momentum }| &momentum.moment_2);
        let values = [a, b, mean_a, mean_b, square_a, square_b];
        tensors.extend(PARTS.into_iter().zip(values).map(|(part, x)| tensor(*place, part, x)));
    }
    tensors
}

fn tensor(place: Place, part: &str, values: &Tensor<2>) -> NewTensor<'static> {
    let [rows, columns] = values.dims().map(|length| length as u64);
    NewTensor::f32(&part_name(place, part), &[columns, rows], &numbers(values))
}

fn part_name(place: Place, part: &str) -> String {
    format!("{}.{part}", factors::name(place))
}

fn read(
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
