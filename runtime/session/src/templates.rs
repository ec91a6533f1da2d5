//! The built-in prompt templates, to look at and to change.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use runtime_agent::prompts::{self, PromptSet, TEMPLATES};
use runtime_environments::worlds::{self, WORLDS, external};
use runtime_store::replace::replace;

/// What each template is for, in the order of [`TEMPLATES`].
const PURPOSES: [&str; TEMPLATES.len()] = [
    "who the actor is and how it answers",
    "an example episode; lines that begin with `> ` are the actor's",
    "the task, what earlier trials left, and the first observation",
    "what an action led to",
    "who reflects, and how",
    "the failed trial that is reflected on",
    "who judges, where the agent judges itself",
    "the trial that is judged, by yes or no",
];

/// The templates' names and purposes, and the sha256 of each environment's set.
pub fn list() -> anyhow::Result<String> {
    let width = TEMPLATES.iter().map(|name| name.len()).max().unwrap_or(0);
    let purposes = TEMPLATES.iter().zip(PURPOSES);
    let mut lines: Vec<String> =
        purposes.map(|(name, purpose)| format!("{name:width$}  {purpose}")).collect();
    lines.push(String::new());
    for world in WORLDS.iter().chain([&external::ENTRY]) {
        let prompts = PromptSet::built_in(world.prompts)?;
        lines.push(format!("{:width$}  sha256 {}", world.name, prompts.sha256()));
    }
    lines
        .push("\n`rebound prompts export DIR --environment NAME` writes one's templates; of a world of your own, \
          which is named by its address, those of `external`.\n".into());
    Ok(lines.join("\n"))
}

/// Writes an environment's templates into a folder, over those that are there only by `force`;
/// says how to play with them.
pub fn export(folder: &Path, environment: &str, force: bool) -> anyhow::Result<String> {
    let sources = prompts::built_in(worlds::find(environment)?.prompts)?;
    let files: Vec<PathBuf> =
        TEMPLATES.iter().map(|name| folder.join(name).with_extension("j2")).collect();
    let there: Vec<String> =
        files.iter().filter(|file| file.exists()).map(|file| file.display().to_string()).collect();
    ensure!(
        force || there.is_empty(),
        "{} would be overwritten; choose another folder, or say --force",
        there.join(", ")
    );
    let cannot = || format!("cannot write the templates to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(cannot)?;
    for (file, source) in files.iter().zip(&sources) {
        replace(file, source.as_bytes()).with_context(cannot)?;
    }
    let (count, folder) = (files.len(), folder.display());
    let quoted = format!("{environment:?}");
    let environment = if environment.contains(' ') { &quoted } else { environment };
    Ok(format!(
        "{count} templates in {folder}; `rebound run --environment {environment} --prompts {folder}` \
         plays with them\n"
    ))
}
