//! `rebound data pull`: from what its authors publish to the files that are played from.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use models::data::{DataFile, DataSet, Published};
use models::pull::{self, PullProgress};
use models::replace::{folder_of, replace_with};
use runtime_environments::worlds::alfworld::pack::Games;
use targets_console::{outln, signals};

use super::{Here, compare, known, look};
use crate::commands::models::Download;
use crate::progress::{self, Show};

/// Fetches a data set.
#[derive(clap::Args)]
pub(super) struct Pull {
    /// A name from `rebound data list`
    name: String,
    /// Make it of this instead of fetching it: the file that its authors publish, or the
    /// folder that it unpacks to
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "url")]
    from: Option<PathBuf>,
    /// Fetch what its authors publish from this address instead, such as a mirror's
    #[arg(long)]
    url: Option<String>,
    /// No bar
    #[arg(long, short)]
    quiet: bool,
}

impl Pull {
    pub(super) fn run(self, folder: &Path) -> anyhow::Result<()> {
        let set = known(&self.name)?;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
        signals::goes_on_by(format!("`rebound data pull {}` goes on", set.name));
        let mut waiting = Download::of(&set.name, self.quiet);
        let _lock = pull::lock(&folder.join(&set.name), &mut waiting)?;
        waiting.bar.finish_and_clear();
        let missing = missing(&set, folder)?;
        if !missing.is_empty() {
            match &self.from {
                Some(from) => self.make(&missing, from, folder)?,
                None => self.fetch(&set, &missing, folder)?,
            }
        }
        if !self.quiet {
            set.files.iter().for_each(|file| outln!("{}", folder.join(&file.path).display()));
        }
        Ok(())
    }

    /// Fetches what is missing from the first source that has it.
    fn fetch(&self, set: &DataSet, missing: &[&DataFile], folder: &Path) -> anyhow::Result<()> {
        let mirror = self.url.clone().map(|url| Published { url, bytes: None, sha256: None });
        let sources = mirror.as_ref().map_or(&*set.sources, std::slice::from_ref);
        let mut failures = Vec::new();
        for source in sources {
            let Err(error) = self.fetch_from(source, missing, folder) else { return Ok(()) };
            failures.push(format!("\n  {}: {error:#}", source.url));
        }
        bail!(
            "no source of {0} gave its files:{1}\n`rebound data pull {0} --from FILE` makes \
             them of a file that came another way, --url names a mirror",
            set.name,
            failures.concat()
        );
    }

    fn fetch_from(
        &self,
        source: &Published,
        missing: &[&DataFile],
        folder: &Path,
    ) -> anyhow::Result<()> {
        let name = source.url.rsplit('/').next().unwrap_or_default();
        let name = name.split(['?', '#']).next().filter(|name| !name.is_empty());
        let published = folder.join(name.unwrap_or("published"));
        let mut progress = Download::of(&self.name, self.quiet);
        progress.trying(&source.url);
        pull::file(source, &published, &mut progress).map_err(|error| anyhow!("{error}"))?;
        progress.bar.finish_and_clear();
        let made = self.make(missing, &published, folder);
        // What was made holds all that is played; what gave other games gives no better ones.
        std::fs::remove_file(&published)
            .with_context(|| format!("cannot remove {}", published.display()))?;
        made
    }

    /// Makes what is missing of what was published.
    fn make(&self, missing: &[&DataFile], from: &Path, folder: &Path) -> anyhow::Result<()> {
        ensure!(from.exists(), "there is no file and no folder {}", from.display());
        let show = if self.quiet { Show::Nothing } else { Show::Bars };
        let mut lacking = Vec::new();
        for file in missing {
            let phase = progress::phase(show, &file.path);
            let games = Games::read(from, &file.split);
            phase.finish_and_clear();
            let games = games?;
            if games.is_empty() {
                lacking.push(file.split.as_str());
                continue;
            }
            compare(&games, file, from)?;
            place(&games, &folder.join(&file.path))?;
        }
        ensure!(lacking.is_empty(), "{} has no games of {}", from.display(), lacking.join(", "));
        Ok(())
    }
}

/// The files that are not here yet; what is here under their names must be right.
fn missing<'a>(set: &'a DataSet, folder: &Path) -> anyhow::Result<Vec<&'a DataFile>> {
    let mut missing = Vec::new();
    for file in &set.files {
        match look(folder, file)? {
            Here::No => missing.push(file),
            Here::AsListed => {}
            Here::Something => {
                let path = folder.join(&file.path);
                compare(&Games::read(folder, &file.split)?, file, &path)
                    .context("move it away to fetch it again")?;
            }
        }
    }
    Ok(missing)
}

/// Writes games to `path`, whole or not at all.
fn place(games: &Games, path: &Path) -> anyhow::Result<()> {
    let placed = std::fs::create_dir_all(folder_of(path))
        .and_then(|()| replace_with(path, |out| games.write(out), |error| error));
    placed.with_context(|| format!("cannot write {}", path.display()))
}
