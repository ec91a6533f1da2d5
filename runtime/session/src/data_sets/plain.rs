//! Plain files of a data set: fetched as they are published, or copied from this machine.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use models::checksum::sha256_file;
use models::data::{DataFile, Published};
use models::pull;
use models::replace::{folder_of, replace_with};

use super::pull::{DataOrigin, Pulling};

/// An error unless `path` is the file of the catalog.
pub(super) fn compare(path: &Path, file: &DataFile) -> anyhow::Result<()> {
    let found = sha256_file(path).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        found == file.sha256,
        "{} has the sha256 {found}, expected {}: this is not the listed {}",
        path.display(),
        file.sha256,
        file.path
    );
    Ok(())
}

impl Pulling<'_> {
    /// Brings the missing plain files. One that fails does not keep the others from coming.
    pub(super) fn bring(&self, files: &[&DataFile], origin: &DataOrigin) -> anyhow::Result<()> {
        let mut failures = Vec::new();
        for file in files {
            let brought = match origin {
                DataOrigin::Path(from) => self.copy(from, file),
                DataOrigin::Url(url) => {
                    let url = format!("{}/{}", url.trim_end_matches('/'), file.published_name());
                    self.download(&url, file)
                }
                DataOrigin::Authors => match &file.url {
                    Some(url) => self.download(url, file),
                    None => Err(anyhow!("{}: nobody publishes it in this form", file.path)),
                },
            };
            failures.extend(brought.err().map(|error| format!("\n  {error:#}")));
        }
        if failures.is_empty() {
            return Ok(());
        }
        bail!(
            "not all files of {0} came:{1}\n`rebound data pull {0} --from FILE|DIR` takes what came \
             another way, --url names the folder of a mirror",
            self.set.name,
            failures.concat()
        );
    }

    fn download(&self, url: &str, file: &DataFile) -> anyhow::Result<()> {
        let path = self.folder.join(&file.path);
        make_folder_of(&path)?;
        let mut progress = self.shown.download(file.name());
        progress.trying(url);
        let sha256 = Some(file.sha256.clone());
        let published = Published { url: url.to_owned(), bytes: file.bytes, sha256 };
        pull::file(&published, &path, &mut *progress).map_err(|error| anyhow!("{url}: {error}"))
    }

    fn copy(&self, from: &Path, file: &DataFile) -> anyhow::Result<()> {
        let found = found(from, file)?;
        let phase = self.shown.reading(&file.path);
        compare(&found, file)?;
        let path = self.folder.join(&file.path);
        make_folder_of(&path)?;
        let mut bytes = runtime_files::open(&found)
            .with_context(|| format!("cannot read {}", found.display()))?;
        let copy = |out: &mut BufWriter<File>| std::io::copy(&mut bytes, out).map(|_| ());
        let copied = replace_with(&path, copy, |error| error);
        drop(phase);
        copied.with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The file in `from`: itself, or in a folder by its path, its name or its published name.
fn found(from: &Path, file: &DataFile) -> anyhow::Result<PathBuf> {
    ensure!(from.exists(), "there is no file and no folder {}", from.display());
    if from.is_file() {
        return Ok(from.to_owned());
    }
    let names = [&*file.path, file.name(), file.published_name()];
    let found = names.map(|name| from.join(name)).into_iter().find(|path| path.is_file());
    found.with_context(|| format!("{} has no {}", from.display(), names[..2].join(" and no ")))
}

fn make_folder_of(path: &Path) -> anyhow::Result<()> {
    let folder = folder_of(path);
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}
