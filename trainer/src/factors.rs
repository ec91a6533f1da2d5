//! The trained factors: initialization, writing and reading.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use models::adapter::{AdaptedTensor, FactorPair, NewAdapter};
use models::gguf::Value;
use models_decoder::adapter::{AdaptedMatrix, Adapter, Factors, Target};
use models_decoder::decoder::Decoder;
use models_decoder::score::numbers;
use runtime_core::seed::{mix, unit};

use crate::config::AdapterConfig;
use crate::error::TrainError;

/// New factors: `a` even between ±1/√columns, as Kaiming initialization makes
/// it in PEFT, `b` zero, so that the adapter changes nothing at first.
pub fn initial(
    decoder: &Decoder,
    config: &AdapterConfig,
    seed: u64,
) -> Result<Adapter, TrainError> {
    let mut factors = BTreeMap::new();
    for (layer, target) in places(decoder, config)? {
        let [rows, columns] = decoder.shape().matrix(target);
        let bound = 1.0 / (columns as f32).sqrt();
        let stream = mix(seed ^ mix((layer * Target::ALL.len() + target as usize) as u64));
        let a = (0..(config.rank * columns) as u64)
            .map(|index| (2.0 * unit(mix(stream ^ index)) - 1.0) * bound)
            .collect();
        let b = vec![0.0; rows * config.rank];
        let pair = pair([rows, columns], config.rank, (a, b), decoder.device());
        factors.insert((layer, target), pair);
    }
    Ok(Adapter { factors, scale: config.scale(), dropout: None })
}

/// The adapter from which training starts.
pub struct Parent {
    /// Its factors, at the scale of the run.
    pub adapter: Adapter,
    /// The file's sha256.
    pub sha256: String,
    /// The SHA-256 of each set of prompts in its training data, if known.
    pub prompts_sha256: Vec<String>,
}

/// Reads the adapter from which training starts.
///
/// It must adapt the same matrices of the same base with the same rank as
/// `config` says. Its scale may be another: what it changes stays the same.
pub fn of_parent(
    path: &Path,
    decoder: &Decoder,
    config: &AdapterConfig,
    base_sha256: &str,
) -> Result<Parent, TrainError> {
    let (file, sha256) = open(path, decoder, base_sha256)?;
    if file.reward_row().is_some() {
        let reason = "it is a reward model, which nothing goes on from".to_owned();
        return Err(TrainError::Content { file: path.into(), reason });
    }
    let found = file.targets.iter().map(|target| (target.name.clone(), target.rank)).collect();
    let expected = places(decoder, config)?.into_iter();
    let expected = expected.map(|place| (name(place), config.rank as u64)).collect();
    if let Some(reason) = difference(&expected, &found) {
        return Err(TrainError::Content { file: path.into(), reason });
    }
    let mut adapter = Adapter::load(&file, decoder)?;
    let own = std::mem::replace(&mut adapter.scale, config.scale());
    for factors in adapter.factors.values_mut() {
        *factors = factors.clone().at_scale(own, adapter.scale);
    }
    Ok(Parent { adapter, sha256, prompts_sha256: file.prompts_sha256().to_vec() })
}

/// A reward model's adapter, its row, and its file's sha256.
pub fn of_reward_model(
    path: &Path,
    decoder: &Decoder,
    base_sha256: &str,
) -> Result<(Adapter, Vec<f32>, String), TrainError> {
    let (file, sha256) = open(path, decoder, base_sha256)?;
    let wrong = |reason: String| TrainError::Content { file: path.into(), reason };
    let row = file.reward_row().ok_or_else(|| wrong("it is no reward model".to_owned()))?;
    let width = decoder.shape().width;
    if row.len() != width || !row.iter().all(|weight| weight.is_finite()) {
        let found = row.len();
        return Err(wrong(format!("its row has {found} numbers, expected {width}, all finite")));
    }
    Ok((Adapter::load(&file, decoder)?, row.to_vec(), sha256))
}

fn open(
    path: &Path,
    decoder: &Decoder,
    base_sha256: &str,
) -> Result<(models::adapter::Adapter, String), TrainError> {
    let sha256 = models::checksum::sha256_file(path)
        .map_err(|source| TrainError::Read { file: path.into(), source })?;
    if let Some(expected) = models::checksum::recorded(path)
        && expected != sha256
    {
        let reason = format!("it has the sha256 {sha256}, the file beside it says {expected}");
        return Err(TrainError::Content { file: path.into(), reason });
    }
    let file = models::adapter::Adapter::open(path)?;
    file.check_base(decoder.gguf(), Some(base_sha256))?;
    Ok((file, sha256))
}

/// A message about the first matrix whose ranks differ.
fn difference(expected: &BTreeMap<String, u64>, found: &BTreeMap<String, u64>) -> Option<String> {
    let named =
        |rank: Option<&u64>| rank.map_or("no factors".into(), |rank| format!("rank {rank}"));
    let name = expected.keys().chain(found.keys());
    let name = name.into_iter().find(|&name| expected.get(name) != found.get(name))?;
    let [expected, found] = [expected, found].map(|ranks| named(ranks.get(name)));
    Some(format!("{name}: the run's file asks for {expected}, the parent has {found}"))
}

/// The adapted matrices of all layers.
fn places(decoder: &Decoder, config: &AdapterConfig) -> Result<Vec<AdaptedMatrix>, TrainError> {
    let targets = config.targets()?;
    let layers = 0..decoder.shape().layers;
    Ok(layers.flat_map(|layer| targets.iter().map(move |&target| (layer, target))).collect())
}

fn pair(
    [rows, columns]: [usize; 2],
    rank: usize,
    (a, b): (Vec<f32>, Vec<f32>),
    device: &Device,
) -> Factors {
    Factors {
        a: Tensor::from_data(TensorData::new(a, [rank, columns]), device),
        b: Tensor::from_data(TensorData::new(b, [rows, rank]), device),
    }
}

/// The adapter as a file of the base with this sha256; `metadata` are further keys.
pub fn export(
    adapter: &Adapter,
    decoder: &Decoder,
    base_sha256: &str,
    metadata: Vec<(String, Value)>,
) -> Result<NewAdapter, TrainError> {
    let rank = adapter.factors.values().next().map_or(1, |factors| factors.a.dims()[0]);
    let pairs = adapter.factors.iter().map(|(place, factors)| FactorPair {
        target: tensors(*place, factors),
        a: numbers(&factors.a),
        b: numbers(&factors.b),
    });
    Ok(NewAdapter {
        architecture: decoder.gguf().architecture()?.to_owned(),
        alpha: adapter.scale * rank as f32,
        base_sha256: Some(base_sha256.to_owned()),
        pairs: pairs.collect(),
        metadata,
    })
}

/// The name of a place's matrix in the file.
pub fn name((layer, target): AdaptedMatrix) -> String {
    format!("blk.{layer}.{}.weight", target.name())
}

fn tensors(place: AdaptedMatrix, Factors { a, b }: &Factors) -> AdaptedTensor {
    let ([rank, columns], [rows, _]) = (a.dims(), b.dims());
    AdaptedTensor {
        name: name(place),
        inputs: columns as u64,
        outputs: rows as u64,
        rank: rank as u64,
    }
}
