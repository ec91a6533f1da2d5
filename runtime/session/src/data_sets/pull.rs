//! Turns a published data set into the files that a world reads.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use models::data::{DataFile, DataSet, Published};
use models::pull::{self, PullProgress};
use models::replace::{folder_of, replace_with};
use runtime_environments::worlds::alfworld::pack::Games;

use super::{Here, compare, compare_installed, look};
use crate::program::Guard;

/// The origin of a data set.
#[derive(Clone, Debug)]
pub enum DataOrigin {
    /// The published archive or its unpacked folder; a plain file or a folder with it.
    Path(PathBuf),
    /// The published archive at another address, such as a mirror; of plain files the folder's.
    Url(String),
    /// What is published at its authors' addresses.
    Authors,
}

/// Shows progress, each time until the returned value is dropped.
pub trait Shown {
    /// A download of this name.
    fn download(&self, name: &str) -> Box<dyn PullProgress>;
    /// Reading the games of a file.
    fn reading(&self, path: &str) -> Guard;
}

/// Downloads the missing files of a data set, or builds them from local files.
pub fn pull(
    set: &DataSet,
    origin: &DataOrigin,
    folder: &Path,
    shown: &dyn Shown,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    let mut waiting = shown.download(&set.name);
    let _lock = pull::lock(&folder.join(&set.name), &mut *waiting)?;
    drop(waiting);
    let missing = missing(set, folder)?;
    if missing.is_empty() {
        return Ok(());
    }
    let (packed, plain): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|file| file.contents.is_some());
    let pulling = Pulling { set, packed: &packed, folder, shown };
    if !plain.is_empty() {
        pulling.bring(&plain, origin)?;
    }
    if packed.is_empty() {
        return Ok(());
    }
    match origin {
        DataOrigin::Path(from) => pulling.make(from),
        DataOrigin::Url(url) => {
            pulling.fetch(&[Published { url: url.clone(), bytes: None, sha256: None }])
        }
        DataOrigin::Authors => pulling.fetch(&set.sources),
    }
}

pub(super) struct Pulling<'a> {
    pub(super) set: &'a DataSet,
    /// The missing packed files.
    packed: &'a [&'a DataFile],
    pub(super) folder: &'a Path,
    pub(super) shown: &'a dyn Shown,
}

impl Pulling<'_> {
    /// Downloads the missing files from the first source that has them.
    fn fetch(&self, sources: &[Published]) -> anyhow::Result<()> {
        let mut failures = Vec::new();
        for source in sources {
            let Err(error) = self.fetch_from(source) else { return Ok(()) };
            failures.push(format!("\n  {}: {error:#}", source.url));
        }
        bail!(
            "no source of {0} gave its files:{1}\n`rebound data pull {0} --from FILE` makes \
             them of a file that came another way, --url names a mirror",
            self.set.name,
            failures.concat()
        );
    }

    fn fetch_from(&self, source: &Published) -> anyhow::Result<()> {
        let name = source.url.rsplit('/').next().unwrap_or_default();
        let name = name.split(['?', '#']).next().filter(|name| !name.is_empty());
        let published = self.folder.join(name.unwrap_or("published"));
        let mut progress = self.shown.download(&self.set.name);
        progress.trying(&source.url);
        pull::file(source, &published, &mut *progress).map_err(|error| anyhow!("{error}"))?;
        drop(progress);
        let made = self.make(&published);
        // The built files contain everything, and a wrong download is of no use.
        std::fs::remove_file(&published)
            .with_context(|| format!("cannot remove {}", published.display()))?;
        made
    }

    /// Builds the missing files from the published one.
    fn make(&self, from: &Path) -> anyhow::Result<()> {
        ensure!(from.exists(), "there is no file and no folder {}", from.display());
        let mut lacking = Vec::new();
        for file in self.packed {
            let phase = self.shown.reading(&file.path);
            let games = Games::read(from, &file.split);
            drop(phase);
            let games = games?;
            if games.is_empty() {
                lacking.push(file.split.as_str());
                continue;
            }
            compare(&games, file, from)?;
            place(&games, &self.folder.join(&file.path))?;
        }
        ensure!(lacking.is_empty(), "{} has no games of {}", from.display(), lacking.join(", "));
        Ok(())
    }
}

/// The files that are not installed; existing files of their names must match the catalog.
fn missing<'a>(set: &'a DataSet, folder: &Path) -> anyhow::Result<Vec<&'a DataFile>> {
    let mut missing = Vec::new();
    for file in &set.files {
        match look(folder, file)? {
            Here::No => missing.push(file),
            Here::AsListed => {}
            Here::Something => {
                compare_installed(folder, file).context("move it away to fetch it again")?;
            }
        }
    }
    Ok(missing)
}

/// Writes games to `path`, completely or not at all.
fn place(games: &Games, path: &Path) -> anyhow::Result<()> {
    let placed = std::fs::create_dir_all(folder_of(path))
        .and_then(|()| replace_with(path, |out| games.write(out), |error| error));
    placed.with_context(|| format!("cannot write {}", path.display()))
}
