//! `rebound models`: lists, downloads, checks, inspects and merges models.

mod merge;

use std::path::Path;

use indicatif::ProgressBar;
use models::pull::{PullProgress, SourceError};
use runtime_session::files;
use runtime_session::weights::{self, list};
use targets_console::signals::{self, Attached};
use targets_console::{out, outln};

use crate::progress::{self, Show, say};
use merge::Merge;

pub(crate) const EXAMPLES: &str = "\
rebound models list
rebound models list --json
rebound models pull smollm2-135m-instruct
rebound models verify
rebound models verify gemma-3-270m
rebound models show smollm2-135m-instruct
rebound models show mine.gguf --tensors
rebound models merge --base smollm2-135m-instruct --adapter a.gguf --to q8_0 merged.gguf";

/// List, download, check, inspect and merge models
#[derive(clap::Args)]
pub(crate) struct Models {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List the known models: their source, whether they fit into memory and are installed
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Download a model; an interrupted download is resumed
    Pull {
        /// A name from `rebound models list`
        name: String,
        /// Show no progress bar
        #[arg(long, short)]
        quiet: bool,
    },
    /// Check the SHA-256 of installed models
    Verify {
        /// Names from `rebound models list` [default: all that are installed]
        names: Vec<String>,
    },
    /// Print the metadata of a GGUF file
    Show {
        /// A name from `rebound models list`, or a file
        #[arg(value_name = "NAME|FILE")]
        model: String,
        /// List the tensors too
        #[arg(long)]
        tensors: bool,
    },
    /// Merge a LoRA adapter into its base model, for programs that load no adapters
    ///
    /// Merges tensor by tensor, so it needs little memory. Metadata and vectors such as norms
    /// are copied unchanged.
    Merge(Merge),
}

impl Models {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let folder = files::models_folder()?;
        match self.action {
            Action::List { json: true } => outln!("{}", list::json(&folder)?),
            Action::List { json: false } => out().text(&list::text(&folder)),
            Action::Pull { name, quiet } => pull(&folder, &name, quiet)?,
            Action::Verify { names } => {
                weights::verify(&folder, &names, &mut |line| outln!("{line}"))?;
            }
            Action::Show { model, tensors } => {
                out().text(&weights::contents(&folder, &model, tensors)?);
            }
            Action::Merge(merge) => merge.run(&folder)?,
        }
        Ok(())
    }
}

/// Downloads a model into the folder.
pub(crate) fn pull(folder: &Path, name: &str, quiet: bool) -> anyhow::Result<()> {
    let mut progress = Download::of(name, quiet);
    signals::goes_on_by(format!("`rebound models pull {name}` goes on"));
    let path = weights::pull(name, folder, &mut progress)?;
    progress.bar.finish_and_clear();
    if !quiet {
        outln!("{}", path.display());
    }
    Ok(())
}

/// A download, shown as a bar.
pub(super) struct Download {
    bar: ProgressBar,
    quiet: bool,
    /// What downloads for us.
    program: Option<Attached>,
}

impl Download {
    pub(super) fn of(name: &str, quiet: bool) -> Self {
        let show = if quiet { Show::Nothing } else { Show::Bars };
        Self { bar: progress::bytes(show, name), quiet, program: None }
    }
}

impl PullProgress for Download {
    fn waiting(&mut self, holder: &str) {
        if !self.quiet {
            say(&format!("waiting for {holder}, which fetches it already"));
        }
    }

    fn trying(&mut self, source: &str) {
        self.bar.set_message(format!("from {source}"));
    }

    fn started(&mut self, program: u32) {
        self.program = Some(Attached::to(program));
    }

    fn ended(&mut self) {
        self.program = None;
    }

    fn received(&mut self, bytes_done: u64, bytes_total: Option<u64>) {
        if let Some(total) = bytes_total {
            self.bar.set_length(total);
        }
        self.bar.set_position(bytes_done);
    }

    fn failed(&mut self, source: &str, error: &SourceError) {
        if !self.quiet {
            say(&format!("{source}: {error}; trying the next source"));
        }
    }
}
