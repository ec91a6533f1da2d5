//! `adapter_model.safetensors`: the factors themselves.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::PeftError;
use super::names::{self, Factor, ModelMatrix};
use crate::adapter::{AdaptedTensor, FactorPair};
use crate::blocks;
use crate::gguf::GgmlType;
use crate::replace::replace;

/// The factors of one matrix, in PEFT's order of rows.
#[derive(Debug)]
pub(super) struct PeftFactors {
    pub(super) place: ModelMatrix,
    /// What the patterns of the configuration are compared with.
    pub(super) module: String,
    pub(super) pair: FactorPair,
}

/// The factors as they stand in the file, where both were found.
struct Halves<'a> {
    module: &'a str,
    a: Option<TensorView<'a>>,
    b: Option<TensorView<'a>>,
}

/// Reads all factors, layer after layer.
pub(super) fn read(path: &Path) -> Result<Vec<PeftFactors>, PeftError> {
    let file = path.display().to_string();
    let pickle = path.with_file_name("adapter_model.bin");
    if !path.exists() && pickle.exists() {
        return Err(PeftError::Pickle { file: pickle.display().to_string() });
    }
    let map =
        crate::map::open(path).map_err(|source| PeftError::Io { file: file.clone(), source })?;
    let tensors = SafeTensors::deserialize(&map)
        .map_err(|source| PeftError::Safetensors { file: file.clone(), source })?;
    let halves = sorted(&file, &tensors)?;
    if halves.is_empty() {
        return Err(unfit(&file, "*.lora_A.weight", "at least one", "none"));
    }
    halves.into_iter().map(|(place, halves)| factors(&file, place, halves)).collect()
}

fn sorted<'a>(
    file: &str,
    tensors: &'a SafeTensors<'a>,
) -> Result<BTreeMap<ModelMatrix, Halves<'a>>, PeftError> {
    let mut sorted = BTreeMap::new();
    // The library lists them in no order: the first that is wrong must be the same one.
    let by_name: BTreeMap<&str, TensorView<'_>> = tensors.iter().collect();
    for (name, view) in by_name {
        let refused = |found| unfit(file, name, "a factor of a linear layer of a block", found);
        let (place, module, factor) = names::in_peft(name).map_err(refused)?;
        let halves = sorted.entry(place).or_insert(Halves { module, a: None, b: None });
        let half = match factor {
            Factor::A => &mut halves.a,
            Factor::B => &mut halves.b,
        };
        if half.replace(view).is_some() {
            return Err(unfit(file, name, "a factor once", "it twice, by two names"));
        }
    }
    Ok(sorted)
}

fn factors(file: &str, place: ModelMatrix, halves: Halves<'_>) -> Result<PeftFactors, PeftError> {
    let lacks = |factor| unfit(file, &place.peft_name(factor), "both factors", "one");
    let a = halves.a.ok_or_else(|| lacks(Factor::A))?;
    let b = halves.b.ok_or_else(|| lacks(Factor::B))?;
    let target = match (a.shape(), b.shape()) {
        (&[rank, inputs], &[outputs, rank_of_b]) if rank == rank_of_b && rank > 0 => {
            let [inputs, outputs, rank] = [inputs, outputs, rank].map(|width| width as u64);
            AdaptedTensor { name: place.gguf_name(), inputs, outputs, rank }
        }
        (a, b) => {
            let found = format!("{a:?} and {b:?}");
            let name = place.peft_name(Factor::A);
            return Err(unfit(file, &name, "[rank, inputs] and [outputs, rank]", &found));
        }
    };
    let a = values(&a).map_err(|found| wrong_type(file, place, Factor::A, found))?;
    let b = values(&b).map_err(|found| wrong_type(file, place, Factor::B, found))?;
    Ok(PeftFactors { place, module: halves.module.to_owned(), pair: FactorPair { target, a, b } })
}

fn wrong_type(file: &str, place: ModelMatrix, factor: Factor, found: Dtype) -> PeftError {
    unfit(file, &place.peft_name(factor), "F32, F16 or BF16", &format!("{found:?}"))
}

fn values(view: &TensorView<'_>) -> Result<Vec<f32>, Dtype> {
    let ggml_type = match view.dtype() {
        Dtype::F32 => GgmlType::F32,
        Dtype::F16 => GgmlType::F16,
        Dtype::BF16 => GgmlType::BF16,
        other => return Err(other),
    };
    let mut values = vec![0.0; view.shape().iter().product()];
    let read = blocks::dequantize(ggml_type, view.data(), &mut values);
    read.expect("a view's bytes are those of its type and shape");
    Ok(values)
}

/// Writes factors, whose `b` has PEFT's order of rows, in F32.
pub(super) fn write(path: &Path, placed: &[(ModelMatrix, FactorPair)]) -> Result<(), PeftError> {
    let file = path.display().to_string();
    let unwritten = |source| PeftError::Safetensors { file: file.clone(), source };
    let size = |width: u64| usize::try_from(width).expect("the factors are in memory");
    let bytes = |values: &[f32]| -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    };
    let mut tensors = Vec::new();
    for (place, FactorPair { target, a, b }) in placed {
        let [inputs, outputs, rank] = [target.inputs, target.outputs, target.rank].map(size);
        tensors.push((place.peft_name(Factor::A), vec![rank, inputs], bytes(a)));
        tensors.push((place.peft_name(Factor::B), vec![outputs, rank], bytes(b)));
    }
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unwritten)?;
    // Loaders of PyTorch's files look for this key.
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    let encoded = safetensors::serialize(views, Some(metadata)).map_err(unwritten)?;
    replace(path, &encoded)
        .map_err(|source| PeftError::Io { file: path.display().to_string(), source })
}

fn unfit(file: &str, tensor: &str, expected: &str, found: &str) -> PeftError {
    PeftError::Tensor {
        file: file.to_owned(),
        tensor: tensor.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}
