//! A run that comes with the program: its files, going on with it, and what to try next.

use std::path::Path;

use anyhow::Context;
use runtime_store::replace::replace;
use runtime_store::run_folder::RunFolder;

use crate::options::RunOptions;
use crate::request::{OptionsSource, RunRequest};

/// Writes files into a folder, by their paths there, where they are not as they should be.
pub fn lay_out(files: &[(&str, &[u8])], folder: &Path) -> anyhow::Result<()> {
    for (name, bytes) in files {
        let path = folder.join(name);
        if std::fs::read(&path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        let folder = path.parent().unwrap_or(&path);
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        replace(&path, bytes)?;
    }
    Ok(())
}

/// The run of a file in a folder: a new one, or the one that was begun there.
pub fn request(file: &Path, out: &Path, tasks: Option<u32>) -> RunRequest {
    let options = RunOptions { tasks, ..RunOptions::default() };
    if RunFolder::new(out).config().exists() {
        return RunRequest {
            options,
            source: OptionsSource::Run(out.to_owned()),
            ..RunRequest::default()
        };
    }
    let options = RunOptions { out: Some(out.to_owned()), ..options };
    RunRequest { options, source: OptionsSource::File(file.to_owned()), ..RunRequest::default() }
}

/// What to try once the run of a file was played, by the program of this name.
pub fn next_steps(program: &str, run: &Path, out: &Path) -> String {
    let (run, out) = (run.display(), out.display());
    format!(
        "
Next steps:
  open {out}/report.html in a browser: every trial, step by step
  {program} play
      play such a household yourself
  {program} run --strategy reflexion --split train/easy -n 10
      the plain model, without adapters
  {program} compare --config {run} --split test/medium -n 50 --out runs/more
      the same on more tasks, which tell more
  {program} records export {out}
      what was played, as lines of JSON"
    )
}
