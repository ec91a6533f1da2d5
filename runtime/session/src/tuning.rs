//! What a machine computes a model with best, as measured on it: kept in a file where new runs
//! find it.
//!
//! An entry is of a model's bytes, a processor and a build. Another build may have other kernels,
//! so that an entry of one is not taken.

pub mod measure;

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::path::Path;

use anyhow::{Context, ensure};
use runtime_store::replace::replace;
use serde::{Deserialize, Serialize};

use crate::board::CacheFormat;
use crate::loaded::SessionModel;
use crate::loading::Loading;
use crate::options::{ENGINES, EngineOptions};
use crate::{circumstances, engines, files, wrong};

const HEAD: &str = "# What `rebound doctor --tune` measured. New runs take the entry of their actor's file where\n\
                    # processor and builds are those of this machine; remove an entry and they choose themselves.\n\n";

/// The settings of a model that were fastest on a machine.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tuned {
    /// The model as it was named.
    pub model: String,
    /// SHA-256 of its file.
    pub model_sha256: String,
    /// When, in UTC, in the format of RFC 3339.
    pub measured: String,
    /// The number of episodes at once that computed most tokens.
    pub parallel: NonZeroU32,
    /// Computed tokens/s at that.
    pub tokens_per_second: f64,
    /// The settings.
    pub choice: Choice,
    /// Of which machine.
    pub machine: TunedMachine,
}

/// A machine and what computes on it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TunedMachine {
    /// The processor's model.
    pub processor: String,
    /// Cores that the program may use.
    pub cores: u32,
    /// Version and kernels of each engine of the build.
    pub builds: Vec<String>,
}

/// What computes a model, and how.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The engine.
    pub engine: String,
    /// Threads.
    pub threads: NonZeroU32,
    /// Tokens that llama.cpp computes at once, at most; `None` for its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<NonZeroU32>,
    /// How llama.cpp stores keys and values; `None` for its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheFormat>,
}

/// The file.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TuningFile {
    #[serde(default)]
    tuned: Vec<Tuned>,
}

impl TunedMachine {
    /// This one.
    pub fn here() -> Self {
        let machine = circumstances::machine();
        let builds = engines::builds().into_iter().map(|(_, build)| build).collect();
        Self { processor: machine.processor, cores: machine.cores, builds }
    }
}

impl Choice {
    /// The settings in words.
    pub fn text(&self) -> String {
        let mut text = format!("--engine {} --threads {}", self.engine, self.threads);
        if let Some(micro_batch) = self.micro_batch {
            let _ = write!(text, " --micro-batch {micro_batch}");
        }
        if let Some(cache) = self.cache {
            let _ = write!(text, " --cache {}", cache.name());
        }
        text
    }
}

/// The entry of the model whose file has this SHA-256, on this machine; `None` where nothing was
/// measured, or on another machine or with another build.
pub(crate) fn of_model(sha256: &str) -> anyhow::Result<Option<Tuned>> {
    let file = files::tuning_file()?;
    let of_model = read(&file)?.tuned.into_iter().filter(|tuned| tuned.model_sha256 == sha256);
    let entries: Vec<Tuned> = of_model.collect();
    if entries.is_empty() {
        return Ok(None);
    }
    let here = TunedMachine::here();
    Ok(entries.into_iter().find(|tuned| tuned.machine == here))
}

/// When the settings that a model is loaded with were measured to be its fastest on this machine;
/// `None` where they were not.
pub(crate) fn date_of(model: &SessionModel, loading: &Loading) -> anyhow::Result<Option<String>> {
    if !exists() || !matches!(model, SessionModel::Loaded(_)) {
        return Ok(None);
    }
    let sha256 = model.identity().sha256;
    let EngineOptions { engine, micro_batch, cache, .. } = &loading.engine;
    let is_taken = |tuned: &Tuned| {
        let choice = &tuned.choice;
        (Some(&choice.engine), Some(choice.threads)) == (engine.as_ref(), loading.threads)
            && (choice.micro_batch, choice.cache) == (*micro_batch, *cache)
    };
    Ok(of_model(&sha256)?.filter(is_taken).map(|tuned| tuned.measured))
}

/// Whether anything was measured, on whatever machine.
pub(crate) fn exists() -> bool {
    files::tuning_file().is_ok_and(|file| file.exists())
}

/// Keeps an entry in place of the model's former one on this machine; says where.
pub fn keep(tuned: Tuned) -> anyhow::Result<std::path::PathBuf> {
    let path = files::tuning_file()?;
    let mut file = read(&path)?;
    let is_other = |other: &Tuned| {
        (&other.model_sha256, &other.machine.processor, other.machine.cores)
            != (&tuned.model_sha256, &tuned.machine.processor, tuned.machine.cores)
    };
    file.tuned.retain(is_other);
    file.tuned.push(tuned);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    replace(&path, format!("{HEAD}{}", toml::to_string(&file)?).as_bytes())?;
    Ok(path)
}

fn read(path: &Path) -> anyhow::Result<TuningFile> {
    let text = match runtime_files::read_text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(TuningFile::default());
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    checked(&text).with_context(|| {
        format!("in {}; remove it and let `rebound doctor --tune` measure again", path.display())
    })
}

fn checked(text: &str) -> anyhow::Result<TuningFile> {
    let file: TuningFile = toml::from_str(text)?;
    for (index, Tuned { choice, tokens_per_second, .. }) in file.tuned.iter().enumerate() {
        let of = || format!("in entry {} of `tuned`", index + 1);
        wrong::known("engine", &choice.engine, &ENGINES).with_context(of)?;
        ensure!(
            tokens_per_second.is_finite() && *tokens_per_second > 0.0,
            "{}: tokens_per_second is {tokens_per_second}, expected more than 0",
            of()
        );
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuned() -> Tuned {
        Tuned {
            model: "tiny".to_owned(),
            model_sha256: "ab".repeat(32),
            machine: TunedMachine { processor: "P".to_owned(), cores: 2, builds: vec![] },
            measured: "2026-01-01T00:00:00Z".to_owned(),
            choice: Choice {
                engine: "llama".to_owned(),
                threads: NonZeroU32::MIN,
                micro_batch: NonZeroU32::new(64),
                cache: Some(CacheFormat::Q8_0),
            },
            parallel: NonZeroU32::MIN,
            tokens_per_second: 12.5,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = TuningFile { tuned: vec![tuned(), tuned()] };
        let text = toml::to_string(&file).unwrap();

        assert_eq!(checked(&text).unwrap().tuned, file.tuned, "{text}");
        assert!(checked("").unwrap().tuned.is_empty());
    }

    #[test]
    fn damage_is_refused_with_its_place() {
        let text = toml::to_string(&TuningFile { tuned: vec![tuned()] }).unwrap();
        for (from, to, expected) in [
            ("threads = 1", "threads = 0", "nonzero"),
            ("cache = \"q8_0\"", "cache = \"q3\"", "q3"),
            ("engine = \"llama\"", "engine = \"lama\"", "did you mean llama"),
            ("12.5", "-1.0", "tokens_per_second"),
            ("12.5", "nan", "tokens_per_second"),
            ("cores = 2\n", "", "cores"),
            ("[[tuned]]", "[[tunes]]", "tuned.choice"),
            ("parallel = 1", "parallels = 1", "parallels"),
        ] {
            assert!(text.contains(from), "{text}");
            let error = format!("{:#}", checked(&text.replacen(from, to, 1)).unwrap_err());
            assert!(error.contains(expected), "{to}: {error}");
        }
    }

    #[test]
    fn hostile_bytes_are_errors() {
        let text = toml::to_string(&TuningFile { tuned: vec![tuned()] }).unwrap();
        for at in 0..text.len() {
            let mut cut = text.clone();
            cut.truncate(at);
            let _ = checked(&cut);
            cut.push('\u{7f}');
            cut.push_str(&text[at..]);
            let _ = checked(&cut);
        }
    }
}
