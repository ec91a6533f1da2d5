//! Sound files to begin with: what the programs themselves write, made once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use models::tiny::{self, TinyConfig};
use runtime_agent::prompts::TEMPLATES;
use tempfile::TempDir;

use crate::program::{Line, Programs};
use crate::target::Around;

/// Options of every run of the tiny model: a few steps under short prompts.
pub const TINY: &str = "--quiet --actor tiny.gguf --prompts prompts --threads 1 --context 1024 \
     --steps 2 --seed 3 --deterministic";
/// The tiny model's file, from the folder.
pub const MODEL: &str = "tiny.gguf";
const TEXT: &str = "You open the fridge. In it you see an egg.";
/// A training of the tiny model in two epochs, with a checkpoint at every step.
const TRAINING: &str = include_str!("train.toml");
/// A loop of one round on two tasks.
const LOOP: &str = include_str!("learn.toml");

/// A folder with a run, a collection, a training, a loop and an installed adapter.
pub struct Ground {
    folder: TempDir,
}

impl Ground {
    /// Lets the programs make it.
    pub fn made_by(programs: &Programs) -> io::Result<Self> {
        let ground = Self::bare()?;
        let tiny =
            |command: &str, more: &str| Line::new("rebound", &format!("{command} {TINY} {more}"));
        let compare = "--strategies none,reflexion -n 2 --trials 2 --out run";
        for line in [
            tiny("compare", compare),
            tiny("collect", "--split train/easy -n 2 --group 2 --out collection"),
            Line::new("rebound-train", "run train.toml --out training --quiet --threads 1"),
            Line::new("rebound", "learn --quiet --config learn.toml --out loop"),
            Line::new("rebound", "adapter install --model tiny.gguf training/adapter.gguf"),
        ] {
            let ended = programs.call(&line, ground.path())?;
            if ended.code() != Some(0) {
                return Err(io::Error::other(format!(
                    "{:?} failed: {}",
                    line.arguments, ended.error
                )));
            }
        }
        Ok(ground)
    }

    /// A folder with what a run of the tiny model and a training read.
    pub fn bare() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        write_bare(folder.path())?;
        Ok(Self { folder })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file's bytes.
    pub fn bytes(&self, file: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path().join(file))
    }

    /// The files below some paths, by their own.
    pub fn files(&self, paths: &[&str]) -> io::Result<Around> {
        let mut files = Vec::new();
        for path in paths {
            collect(self.path(), &self.path().join(path), &mut files)?;
        }
        Ok(Arc::new(files))
    }
}

/// Writes the tiny model, its prompts, a text, and configurations into a folder.
///
/// # Panics
///
/// Never: the tiny model's sizes fit together.
pub fn write_bare(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder.join("prompts"))?;
    let model = tiny::encode_llama(&TinyConfig::default()).expect("the default sizes fit together");
    fs::write(folder.join(MODEL), model)?;
    for template in TEMPLATES {
        fs::write(folder.join(format!("prompts/{template}.j2")), "Play.")?;
    }
    fs::write(folder.join("text.txt"), TEXT)?;
    fs::write(folder.join("learn.toml"), LOOP)?;
    fs::write(folder.join("train.toml"), TRAINING)
}

fn collect(root: &Path, path: &Path, files: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| collect(root, entry, files));
    }
    let name = path.strip_prefix(root).map_err(io::Error::other)?;
    files.push((name.to_string_lossy().into_owned(), fs::read(path)?));
    Ok(())
}
