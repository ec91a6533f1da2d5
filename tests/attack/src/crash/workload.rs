//! The smallest workloads that write what must survive.

use std::env;
use std::fs;
use std::io;
use std::path::Path;

use crate::ground::{Ground, TINY};
use crate::program::{Line, made};

/// A piece of work that may be broken off anywhere.
pub struct Workload {
    /// What it is called.
    pub name: String,
    /// The line that begins it.
    pub begin: Line,
    /// The line that goes on with it, where that is another one.
    pub again: Option<Line>,
    /// The files that must be as without a break; `*` stands for any folder.
    pub made: Vec<&'static str>,
    /// The folders and files that it begins with, from the ground.
    pub with: Vec<&'static str>,
}

/// Every workload that this machine has the data for.
pub fn workloads() -> Vec<Workload> {
    let tiny = |command: &str, more: &str| {
        Line::new("rebound", &format!("{command} {TINY} --out out {more}"))
    };
    let rebound = |line: &str| Line::new("rebound", line);
    let mut workloads = vec![
        Workload {
            name: "run".to_owned(),
            begin: tiny("run", "--strategy reflexion -n 1 --trials 2"),
            again: Some(rebound("run --quiet --resume out")),
            made: vec!["out/results.json"],
            with: vec!["prompts"],
        },
        Workload {
            name: "collect".to_owned(),
            begin: tiny("collect", "--split train/easy -n 1 --group 2"),
            again: Some(rebound("collect --quiet --resume out")),
            made: vec!["out/collection.json"],
            with: vec!["prompts"],
        },
        Workload {
            name: "learn".to_owned(),
            begin: rebound("learn --quiet --config learn.toml --out out"),
            again: None,
            made: vec![
                "out/learning.json",
                "out/rounds/1/training/adapter.gguf",
                "adapters/*/state.toml",
            ],
            with: vec!["prompts", "learn.toml"],
        },
        Workload {
            name: "train".to_owned(),
            begin: Line::new("rebound-train", "run train.toml --out out --quiet --threads 1"),
            again: Some(Line::new("rebound-train", "resume out --quiet --threads 1")),
            made: vec!["out/adapter.gguf"],
            with: vec!["train.toml", "run/arms/none/trials.log"],
        },
        Workload {
            name: "install".to_owned(),
            begin: rebound("adapter install --model tiny.gguf training/adapter.gguf"),
            again: None,
            made: vec!["adapters/*/state.toml", "adapters/*/*.gguf"],
            with: vec!["training/adapter.gguf"],
        },
    ];
    workloads.extend(pull());
    workloads
}

/// Workloads that are killed at any time, by scripts and by the tiny model.
pub fn killed() -> Vec<Workload> {
    let actors = [
        ("scripted", "--quiet --actor scripted --steps 4 --seed 3", "-n 12"),
        ("tiny", TINY, "-n 3"),
    ];
    let mut workloads = Vec::new();
    for (actor, options, tasks) in actors {
        let played = [
            ("run", "--strategy reflexion --trials 2", "out/results.json"),
            ("compare", "--strategies none,reflexion --trials 2", "out/results.json"),
            ("collect", "--split train/easy --group 2", "out/collection.json"),
        ];
        workloads.extend(played.map(|(command, more, made)| Workload {
            name: format!("{command}, {actor}"),
            begin: Line::new("rebound", &format!("{command} {options} {tasks} {more} --out out")),
            again: Some(Line::new("rebound", &format!("{command} --quiet --resume out"))),
            made: vec![made],
            with: vec!["prompts"],
        }));
    }
    workloads.extend(self::workloads().into_iter().filter(|workload| workload.name == "learn"));
    workloads
}

/// GSM8K, from the folder that `REBOUND_DATA` names.
fn pull() -> Option<Workload> {
    let data =
        env::var("REBOUND_DATA").ok().filter(|data| Path::new(data).join("gsm8k").is_dir())?;
    Some(Workload {
        name: "pull".to_owned(),
        begin: Line::new(
            "rebound",
            &format!("data pull gsm8k --from {data}/gsm8k --data out --quiet"),
        ),
        again: None,
        made: vec!["out/gsm8k/gsm8k-train.jsonl", "out/gsm8k/gsm8k-test.jsonl"],
        with: Vec::new(),
    })
}

impl Workload {
    /// Writes what it begins with.
    pub fn prepare(&self, ground: &Ground, folder: &Path) -> io::Result<()> {
        for (path, bytes) in ground.files(&[&["tiny.gguf"], &self.with[..]].concat())?.iter() {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, bytes)?;
        }
        Ok(())
    }

    /// What it has made in a folder, as text to compare.
    pub fn result(&self, folder: &Path) -> io::Result<String> {
        let mut text = String::new();
        for pattern in &self.made {
            for path in matching(folder, pattern)? {
                let name = path.strip_prefix(folder).map_err(io::Error::other)?;
                text.extend([format!("{}: {}\n", name.display(), made(&path))]);
            }
        }
        Ok(text)
    }
}

/// The files of a pattern in order, or the pattern itself where none is there.
fn matching(folder: &Path, pattern: &str) -> io::Result<Vec<std::path::PathBuf>> {
    let mut found = vec![folder.to_owned()];
    for part in pattern.split('/') {
        let mut next = Vec::new();
        for path in found {
            match part.strip_prefix('*') {
                None => next.push(path.join(part)),
                Some(ending) if path.is_dir() => {
                    let entries = fs::read_dir(&path)?.collect::<io::Result<Vec<_>>>()?;
                    let paths = entries.into_iter().map(|entry| entry.path());
                    next.extend(paths.filter(|path| path.to_string_lossy().ends_with(ending)));
                }
                Some(_) => {}
            }
        }
        found = next;
    }
    found.sort();
    Ok(found)
}
