//! A world that a program of its own plays, told in JSON lines: `exec:COMMAND` in a sandbox, or a
//! socket.
//!
//! ```text
//! address ─► opener ─► lines ─► link ─► tasks, episodes
//!              └ a program for each worker
//! ```
//!
//! What it says is checked before it is believed: numbers, lengths, times, numbers of answers. A
//! program that breaks a promise is named in the error, and is not asked again.

mod address;
mod lines;
mod link;
mod message;
mod play;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::ChildStdin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use runtime_core::task::Task;
use runtime_sandbox::{Confined, Grants, Network, Sandbox, SandboxError, Strength};

use crate::entry::WorldEntry;
use crate::selection::{TaskSelection, select};
use crate::split::{Purpose, Split};
use crate::world::{Playable, World, WorldError};
use lines::Lines;
use link::Link;
use message::Description;
use play::{ExternalEnvironment, Standing};

pub use address::{Address, AddressError, is_address};
pub use link::LinkError;

/// How long a program may take for an answer, its start included.
const PATIENCE: Duration = Duration::from_mins(1);

/// The registry's entry, beside those that have names.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "external",
    about: "a world of your own, by exec:COMMAND, tcp:HOST:PORT or unix:PATH",
    task_ids: "SPLIT/…",
    prompts: "general",
    data: None,
    options: &[],
    has_expert: false,
    replays: true,
    remembers: false,
    open: |_| Err(WorldError::Own("a world of your own is named by its address".into())),
};

/// Why an external world cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExternalError {
    /// The address cannot be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The sandbox refuses.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The socket cannot be reached.
    #[error("cannot connect to {address}")]
    Connect {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The world breaks a promise.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl From<ExternalError> for WorldError {
    fn from(error: ExternalError) -> Self {
        Self::Own(Box::new(error))
    }
}

/// Starts programs, or connects to them.
#[derive(Clone, Debug)]
pub(crate) struct Opener {
    address: Address,
    sandbox: Sandbox,
}

impl Opener {
    fn open(&self) -> Result<Link, ExternalError> {
        let connect = |source| ExternalError::Connect { address: self.address.to_string(), source };
        let lines = match &self.address {
            Address::Command(words) => return self.start(words),
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address).map_err(connect)?;
                Lines::new(stream.try_clone().map_err(connect)?, stream, PATIENCE)
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                let stream = std::os::unix::net::UnixStream::connect(path).map_err(connect)?;
                Lines::new(stream.try_clone().map_err(connect)?, stream, PATIENCE)
            }
        };
        Ok(Link::new(lines))
    }

    fn start(&self, words: &[String]) -> Result<Link, ExternalError> {
        let (program, arguments) = (words.first().map_or("", String::as_str), words.iter().skip(1));
        let mut confined = self.sandbox.spawn(OsStr::new(program), arguments)?;
        let piped = "a confined program's streams are pipes";
        let output = confined.take_output().unwrap_or_else(|| unreachable!("{piped}"));
        let mut error = confined.take_error().unwrap_or_else(|| unreachable!("{piped}"));
        // What it says beside its answers is not kept, and must not wait for a reader.
        std::thread::spawn(move || std::io::copy(&mut error, &mut std::io::sink()));
        let input = confined.take_input().unwrap_or_else(|| unreachable!("{piped}"));
        Ok(Link::new(Lines::new(Held { input, _program: confined }, output, PATIENCE)))
    }
}

/// The way to a program, which ends with it.
struct Held {
    input: ChildStdin,
    _program: Confined,
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.input.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.input.flush()
    }
}

/// A world that a program plays.
pub struct External {
    opener: Opener,
    /// For what is asked of the world as a whole.
    link: Mutex<Link>,
    description: Description,
    splits: Vec<Split>,
    default_split: String,
}

impl External {
    /// Opens the world at an address; a command's program may read the working folder.
    pub fn open(address: &str, folder: &Path) -> Result<Self, ExternalError> {
        let address: Address = address.parse()?;
        let sandbox = Sandbox { grants: grants(&address, folder), strength: Strength::Full };
        let opener = Opener { address, sandbox };
        let mut link = opener.open()?;
        let description = link.describe()?;
        let described = description.splits.iter();
        let mut splits: Vec<Split> =
            described.map(|split| Split::new(&*split.name, split.purpose.into())).collect();
        if splits.is_empty() {
            splits.push(Split::new("test", Purpose::Test));
        }
        let to_choose_by = splits.iter().find(|split| split.purpose == Purpose::Validation);
        let usual = to_choose_by.unwrap_or(&splits[0]).name.clone();
        let default_split = description.default_split.clone().unwrap_or(usual);
        Ok(Self { opener, link: Mutex::new(link), description, splits, default_split })
    }
}

/// What a command may: read the working folder, its program, and what is around that.
fn grants(address: &Address, folder: &Path) -> Grants {
    let mut read = vec![folder.to_owned()];
    if let Address::Command(words) = address
        && let Some(program) = words.first().and_then(|program| found(program, folder))
    {
        // Beside `bin` an interpreter has its library.
        let around = program.parent().and_then(Path::parent).map(Path::to_owned);
        read.extend(
            [program.clone()].into_iter().chain(around.filter(|path| path.parent().is_some())),
        );
        read.extend(program.canonicalize());
    }
    Grants {
        read,
        network: Network::Loopback,
        processor: Duration::from_hours(24),
        working: Some(folder.to_owned()),
        ..Grants::default()
    }
}

/// The file of a program: by its path, or in `PATH`.
fn found(program: &str, folder: &Path) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(folder.join(program));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|place| place.join(program)).find(|file| file.is_file())
}

impl World for External {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn splits(&self) -> Vec<Split> {
        self.splits.clone()
    }

    fn default_split(&self) -> &str {
        &self.default_split
    }

    fn default_steps_max(&self, _split: &str) -> u32 {
        self.description.steps_max
    }

    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError> {
        let split = self.split(&selection.split)?.name;
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let tasks = link.tasks(&split).map_err(ExternalError::from)?;
        let mut types: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, task) in tasks.iter().enumerate() {
            types.entry(&task.kind).or_default().push(place);
        }
        let places = select(types.into_values().collect(), selection);
        let task = |place: usize| Task {
            id: tasks[place].id.clone(),
            kind: tasks[place].kind.clone(),
            instruction: tasks[place].instruction.clone(),
            seed: 0,
            limits: selection.limits,
        };
        Ok(places.into_iter().map(task).collect())
    }

    fn environment(&self) -> Box<dyn Playable + Send> {
        let opener = self.opener.clone();
        Box::new(ExternalEnvironment { opener, link: None, episode: Standing::default() })
    }
}
