//! `rebound models`: what models there are, fetching them, looking into files.

mod list;
mod merge;

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use indicatif::ProgressBar;
use models::gguf::{Gguf, Value};
use models::manifest::{self, Manifest};
use models::pull::{self, PullProgress, SourceError};
use runtime_session::files;
use targets_console::command::Examples;
use targets_console::signals::{self, Attached};
use targets_console::{errln, outln};

use crate::progress::{self, Show};
use list::list;
use merge::Merge;

/// By the command's path below `rebound`.
pub(crate) const EXAMPLES: Examples<'static> = &[
    ("models list", &["rebound models list", "rebound models list --json"]),
    ("models pull", &["rebound models pull smollm2-135m-instruct"]),
    ("models verify", &["rebound models verify", "rebound models verify gemma-3-270m"]),
    (
        "models show",
        &["rebound models show smollm2-135m-instruct", "rebound models show mine.gguf --tensors"],
    ),
    (
        "models merge",
        &[
            "rebound models merge --base smollm2-135m-instruct --adapter a.gguf --to q8_0 merged.gguf",
        ],
    ),
];

/// List, fetch, check, inspect and merge models
#[derive(clap::Args)]
pub(crate) struct Models {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// The models that have a name: where they come from, what fits here, and which are here
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Fetch a model; a download that was interrupted goes on
    Pull {
        /// A name from `rebound models list`
        name: String,
        /// No bar
        #[arg(long, short)]
        quiet: bool,
    },
    /// Compare the files that are here with their sha256
    Verify {
        /// Names from `rebound models list` [default: all that are here]
        names: Vec<String>,
    },
    /// What stands in a GGUF file
    Show {
        /// A name from `rebound models list`, or a file
        #[arg(value_name = "NAME|FILE")]
        model: String,
        /// List the tensors too
        #[arg(long)]
        tensors: bool,
    },
    /// Write a model with an adapter in it, for programs that load no adapters
    ///
    /// Tensor by tensor, so that memory stays small. The metadata stays; vectors such as
    /// norms stay as they are.
    Merge(Merge),
}

impl Models {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let folder = files::models_folder()?;
        match self.action {
            Action::List { json } => list(&folder, json),
            Action::Pull { name, quiet } => pull(&folder, &name, quiet),
            Action::Verify { names } => verify(&folder, &names),
            Action::Show { model, tensors } => show(&folder, &model, tensors),
            Action::Merge(merge) => merge.run(&folder),
        }
    }
}

fn known(name: &str, folder: &Path) -> anyhow::Result<Manifest> {
    match manifest::find(name) {
        Some(manifest) => Ok(manifest),
        // The error for a name that nothing has suggests the nearest.
        None => match manifest::resolve(name, folder) {
            Err(error) => Err(error.into()),
            Ok(_) => bail!("{name} is a file, not a name from `rebound models list`"),
        },
    }
}

/// Fetches a model into the folder.
pub(crate) fn pull(folder: &Path, name: &str, quiet: bool) -> anyhow::Result<()> {
    let manifest = known(name, folder)?;
    let mut progress = Download::of(&manifest.name, quiet);
    signals::goes_on_by(format!("`rebound models pull {name}` goes on"));
    let path = pull::pull(&manifest, folder, &mut progress)?;
    progress.bar.finish_and_clear();
    if !quiet {
        outln!("{}", path.display());
    }
    Ok(())
}

/// A download, shown as a bar.
pub(super) struct Download {
    pub(super) bar: ProgressBar,
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
            self.bar.suspend(|| errln!("waiting for {holder}, which fetches it already"));
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
            let reason = format!("{:#}", anyhow!("{error}"));
            self.bar.suspend(|| errln!("{source}: {reason}; trying the next source"));
        }
    }
}

fn verify(folder: &Path, names: &[String]) -> anyhow::Result<()> {
    let manifests = if names.is_empty() {
        let all = manifest::catalog().into_iter();
        all.filter(|manifest| folder.join(&manifest.file).exists()).collect()
    } else {
        names.iter().map(|name| known(name, folder)).collect::<anyhow::Result<Vec<_>>>()?
    };
    let mut wrong = Vec::new();
    for manifest in &manifests {
        match pull::verify(manifest, folder) {
            Ok(()) => outln!("{}: {}, as listed", manifest.name, manifest.sha256),
            Err(error) => wrong.push(format!("{:#}", anyhow::Error::from(error))),
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("{}; remove what is wrong and pull it again", wrong.join("; "))
}

fn show(folder: &Path, model: &str, tensors: bool) -> anyhow::Result<()> {
    use std::io::Write;
    let path: PathBuf = manifest::resolve(model, folder)?.path;
    let gguf = Gguf::open(&path)?;
    let mut out = targets_console::out();
    let bytes = gguf.file_bytes();
    let count = gguf.tensors().len();
    writeln!(out, "{}\nGGUF {}, {bytes} bytes, {count} tensors", path.display(), gguf.version())?;
    let sha256 = models::checksum::sha256_file(&path).context("cannot read the file")?;
    writeln!(out, "sha256 {sha256}\n")?;
    for (key, value) in gguf.metadata() {
        writeln!(out, "{key} = {}", short(value))?;
    }
    if tensors {
        writeln!(out)?;
        for tensor in gguf.tensors() {
            writeln!(out, "{:<40} {:<6} {:?}", tensor.name, tensor.kind.name(), tensor.ne)?;
        }
    }
    Ok(())
}

/// A value on one line.
fn short(value: &Value) -> String {
    const CHARACTERS_MAX: usize = 100;
    let text = match value {
        Value::Array(_) => value.kind_name().to_string(),
        Value::Text(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    };
    if text.chars().count() <= CHARACTERS_MAX {
        return text;
    }
    text.chars().take(CHARACTERS_MAX).chain(['…']).collect()
}
