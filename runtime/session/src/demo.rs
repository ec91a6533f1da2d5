//! A run that comes with the program: its files, and going on with it.

use std::path::Path;

use anyhow::Context;
use runtime_store::replace::replace;
use runtime_store::run_folder::RunFolder;

use crate::options::RunOptions;
use crate::request::{Request, Source};

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
pub fn request(file: &Path, out: &Path, tasks: Option<u32>) -> Request {
    let options = RunOptions { tasks, ..RunOptions::default() };
    if RunFolder::new(out).config().exists() {
        return Request { options, source: Source::Run(out.to_owned()), ..Request::default() };
    }
    let options = RunOptions { out: Some(out.to_owned()), ..options };
    Request { options, source: Source::File(file.to_owned()), ..Request::default() }
}
