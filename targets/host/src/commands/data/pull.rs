//! `rebound data pull`: from what its authors publish to the files that are played from.

use std::path::{Path, PathBuf};

use models::pull::PullProgress;
use runtime_session::data_sets;
use runtime_session::data_sets::pull::{Origin, Shown, pull};
use runtime_session::program::Guard;
use targets_console::{outln, signals};

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
        let set = data_sets::known(&self.name)?;
        signals::goes_on_by(format!("`rebound data pull {}` goes on", set.name));
        let origin = match (self.from, self.url) {
            (Some(path), _) => Origin::Path(path),
            (None, Some(url)) => Origin::Url(url),
            (None, None) => Origin::Authors,
        };
        pull(&set, &origin, folder, &Bars { quiet: self.quiet })?;
        if !self.quiet {
            set.files.iter().for_each(|file| outln!("{}", folder.join(&file.path).display()));
        }
        Ok(())
    }
}

/// What is under way, as bars.
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
