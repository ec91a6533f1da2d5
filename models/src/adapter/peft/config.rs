//! `adapter_config.json`: the scale of the factors, and the adapted modules.
//!
//! PEFT scales by `alpha / rank`, with `use_rslora` by `alpha / √rank`; patterns
//! name modules with an alpha or a rank of their own. A GGUF file scales by one
//! alpha over each matrix's rank.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::PeftError;
use super::names::ModelMatrix;
use crate::adapter::FactorPair;
use crate::replace::replace;

/// A configuration is no longer than this.
const BYTES_MAX: u64 = 1 << 20;

/// Settings that change nothing about what the factors mean.
const HARMLESS: [&str; 15] = [
    "auto_mapping",
    "base_model_name_or_path",
    "eva_config",
    "exclude_modules",
    "inference_mode",
    "layers_pattern",
    "layers_to_transform",
    "lora_dropout",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    "target_modules",
    "task_type",
];

#[derive(Deserialize)]
struct Config {
    peft_type: String,
    r: u64,
    lora_alpha: f64,
    #[serde(default)]
    use_rslora: bool,
    rank_pattern: Option<Map<String, Value>>,
    alpha_pattern: Option<Map<String, Value>>,
    bias: Option<String>,
    init_lora_weights: Option<Value>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// The scale of the factors.
pub(super) struct PeftSettings {
    file: String,
    rank: u64,
    alpha: f64,
    by_root: bool,
    /// The first pattern that a module's path matches counts.
    ranks: Vec<(Regex, f64)>,
    alphas: Vec<(Regex, f64)>,
}

impl PeftSettings {
    pub(super) fn read(path: &Path) -> Result<Self, PeftError> {
        let file = path.display().to_string();
        let mut text = Vec::new();
        runtime_files::open(path)
            .and_then(|opened| opened.take(BYTES_MAX).read_to_end(&mut text))
            .map_err(|source| PeftError::Io { file: file.clone(), source })?;
        let config = serde_json::from_slice(&text)
            .map_err(|source| PeftError::Config { file: file.clone(), source })?;
        Self::checked(file, config)
    }

    fn checked(file: String, config: Config) -> Result<Self, PeftError> {
        check_meaning(&file, &config)?;
        let positive = config.lora_alpha.is_finite() && config.lora_alpha > 0.0;
        if !positive {
            let found = config.lora_alpha.to_string();
            return Err(unfit(&file, "lora_alpha", "a number above 0", found));
        }
        let ranks = patterns(&file, "rank_pattern", config.rank_pattern)?;
        let alphas = patterns(&file, "alpha_pattern", config.alpha_pattern)?;
        let Config { r: rank, lora_alpha: alpha, use_rslora: by_root, .. } = config;
        Ok(Self { file, rank, alpha, by_root, ranks, alphas })
    }

    /// The alpha of the whole adapter.
    #[allow(clippy::cast_possible_truncation, reason = "GGUF keeps alpha as an f32")]
    pub(super) fn alpha(&self) -> f32 {
        self.over_rank(self.alpha, self.rank) as f32
    }

    /// Ratio of the scale of a module to [`PeftSettings::alpha`] over its rank.
    #[allow(clippy::cast_possible_truncation, reason = "a factor of f32 numbers")]
    pub(super) fn excess(&self, module: &str, rank: u64) -> f32 {
        let alpha = first_match(&self.alphas, module).unwrap_or(self.alpha);
        (self.over_rank(alpha, rank) / self.over_rank(self.alpha, self.rank)) as f32
    }

    /// Checks that a module's factors have the rank that is set.
    pub(super) fn check_rank(&self, module: &str, rank: u64) -> Result<(), PeftError> {
        let expected = first_match(&self.ranks, module).unwrap_or(self.rank as f64);
        if (rank as f64 - expected).abs() < 0.5 {
            return Ok(());
        }
        Err(unfit(&self.file, "r", &format!("{rank}, as the factors of {module}"), expected))
    }

    /// The alpha that scales by as much when it is divided by the rank itself.
    fn over_rank(&self, alpha: f64, rank: u64) -> f64 {
        if self.by_root { alpha * (rank as f64).sqrt() } else { alpha }
    }
}

/// Refuses every setting that makes the factors mean something else.
fn check_meaning(file: &str, config: &Config) -> Result<(), PeftError> {
    if config.peft_type != "LORA" {
        return Err(unfit(file, "peft_type", "LORA", &config.peft_type));
    }
    if let Some(bias) = &config.bias
        && bias != "none"
    {
        return Err(unfit(file, "bias", "none", bias));
    }
    // Others change the base when training starts, so that the factors fit no file.
    let starts = ["gaussian", "eva", "orthogonal"];
    match &config.init_lora_weights {
        None | Some(Value::Null | Value::Bool(_)) => {}
        Some(Value::String(start)) if starts.contains(&start.as_str()) => {}
        Some(other) => {
            let expected = "a start that leaves the base as it is";
            return Err(unfit(file, "init_lora_weights", expected, other));
        }
    }
    for (setting, value) in &config.others {
        if !HARMLESS.contains(&setting.as_str()) && !is_unset(value) {
            return Err(unfit(file, setting, "it unset, or adapters of plain LoRA", value));
        }
    }
    Ok(())
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(items) => items.is_empty(),
        Value::Number(_) => false,
    }
}

/// Patterns match whole paths, or their ends after a dot.
fn patterns(
    file: &str,
    setting: &str,
    map: Option<Map<String, Value>>,
) -> Result<Vec<(Regex, f64)>, PeftError> {
    let mut patterns = Vec::new();
    for (pattern, value) in map.unwrap_or_default() {
        let regex = Regex::new(&format!(r"^(?:.*\.)?(?:{pattern})$"));
        let (Ok(regex), Some(number)) = (regex, value.as_f64()) else {
            let found = format!("{pattern:?}: {value}");
            return Err(unfit(file, setting, "regular expressions with numbers", found));
        };
        patterns.push((regex, number));
    }
    Ok(patterns)
}

fn first_match(patterns: &[(Regex, f64)], module: &str) -> Option<f64> {
    patterns.iter().find(|(regex, _)| regex.is_match(module)).map(|&(_, number)| number)
}

/// Writes the configuration of these factors; `layers` is how many the model has.
pub(super) fn write(
    path: &Path,
    alpha: f32,
    placed: &[(ModelMatrix, FactorPair)],
    layers: u64,
) -> Result<(), PeftError> {
    let rank = usual_rank(placed);
    let others = placed.iter().filter(|(_, pair)| pair.target.rank != rank);
    let ranks: BTreeMap<String, u64> =
        others.map(|(place, pair)| (place.module_path(), pair.target.rank)).collect();
    // Alpha 0 scales nothing: as an alpha that is each matrix's rank.
    let (alpha, alphas) =
        if alpha == 0.0 { (json!(rank), ranks.clone()) } else { (number(alpha), BTreeMap::new()) };
    let config = json!({
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": null,
        "inference_mode": true,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "target_modules": modules(placed, layers),
        "rank_pattern": ranks,
        "alpha_pattern": alphas,
        "bias": "none",
        "fan_in_fan_out": false,
        "init_lora_weights": true,
        "modules_to_save": null,
        "use_dora": false,
        "use_rslora": false,
    });
    replace(path, format!("{config:#}\n").as_bytes())
        .map_err(|source| PeftError::Io { file: path.display().to_string(), source })
}

/// The rank of most factors; the smallest of several.
fn usual_rank(placed: &[(ModelMatrix, FactorPair)]) -> u64 {
    let mut counts = BTreeMap::new();
    for (_, pair) in placed {
        *counts.entry(pair.target.rank).or_insert(0u32) += 1;
    }
    let most = counts.values().max().copied();
    counts.into_iter().find(|&(_, count)| Some(count) == most).map_or(0, |(rank, _)| rank)
}

/// The adapted modules: by one name those that are adapted in every layer, by their
/// paths the others, or PEFT would adapt them in layers that have no factors.
fn modules(placed: &[(ModelMatrix, FactorPair)], layers: u64) -> BTreeSet<String> {
    let name = |place: &ModelMatrix| place.module_name();
    let count = |wanted: &str| placed.iter().filter(|(place, _)| name(place) == wanted).count();
    let shortest = |place: &ModelMatrix| {
        if count(name(place)) as u64 == layers {
            name(place).to_owned()
        } else {
            place.module_path()
        }
    };
    placed.iter().map(|(place, _)| shortest(place)).collect()
}

/// A whole number where it is one, as PEFT writes alpha.
#[allow(clippy::cast_possible_truncation, reason = "it was compared")]
fn number(alpha: f32) -> Value {
    let whole = alpha as i32;
    if (whole as f32).to_bits() == alpha.to_bits() { json!(whole) } else { json!(alpha) }
}

fn unfit(file: &str, setting: &str, expected: &str, found: impl std::fmt::Display) -> PeftError {
    PeftError::Setting {
        file: file.to_owned(),
        setting: setting.to_owned(),
        expected: expected.to_owned(),
        found: found.to_string(),
    }
}
