//! `rebound data pull`: turns a published data set into the files that an environment reads.

use std::path::{Path, PathBuf};

use models::pull::PullProgress;
use runtime_session::data_sets;
use runtime_session::data_sets::pull::{DataOrigin, Shown, pull};
use runtime_session::program::Guard;
use targets_console::{outln, signals};

use crate::commands::models::Download;
use crate::progress::{self, Show};

/// The arguments of `rebound data pull`.
#[derive(clap::Args)]
pub(super) struct Pull {
    /// A name from `rebound data list`
    name: String,
    /// Build the data set from this file or folder instead of downloading it: the archive that
    /// its authors publish, or that archive unpacked; the files of a data set of plain files
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "url")]
    from: Option<PathBuf>,
    /// Download from this address instead, for example a mirror: the archive, or the folder of
    /// plain files
    #[arg(long)]
    url: Option<String>,
    /// Show no progress bar
    #[arg(long, short)]
    quiet: bool,
}

impl Pull {
    pub(super) fn run(self, folder: &Path) -> anyhow::Result<()> {
        let set = data_sets::known(&self.name)?;
        signals::goes_on_by(format!("`rebound data pull {}` goes on", set.name));
        let origin = match (self.from, self.url) {
            (Some(path), _) => DataOrigin::Path(path),
            (None, Some(url)) => DataOrigin::Url(url),
            (None, None) => DataOrigin::Authors,
        };
        pull(&set, &origin, folder, &Bars { quiet: self.quiet })?;
        if !self.quiet {
            set.files.iter().for_each(|file| outln!("{}", folder.join(&file.path).display()));
        }
        Ok(())
    }
}

/// The progress bars of a download.
struct Bars {
    quiet: bool,
}

impl Shown for Bars {
    fn download(&self, name: &str) -> Box<dyn PullProgress> {
        Box::new(Download::of(name, self.quiet))
    }

    fn reading(&self, path: &str) -> Guard {
        Guard::of(progress::phase(if self.quiet { Show::Nothing } else { Show::Bars }, path))
    }
}
