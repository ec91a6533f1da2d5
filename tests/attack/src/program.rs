//! A program under limits, and how it ended.
//!
//! Limits of memory and of files' lengths are set by the shell that becomes the program, the limit
//! of time by whoever waits for it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use models::checksum::sha256_bytes;
use runtime_evaluation::results::without_times;
use serde_json::Value;

/// Address space of a program, in KiB: what a sound case takes is below half of it.
const MEMORY_KIB_MAX: u64 = 2 << 20;
/// The longest file that a program may write, in blocks of 512 bytes.
const FILE_BLOCKS_MAX: u64 = 1 << 21;
/// Time until a program is said to hang.
const LONGEST: Duration = Duration::from_secs(10);
/// Bytes that are kept of what a program says on either way.
const SAID_BYTES_MAX: u64 = 4 << 20;
/// Members of what a loop makes that are measured: memory of a training, seconds of phases.
const MEASURES: [&str; 2] = ["peak_bytes", "seconds"];
/// Time between two looks at a program.
const PAUSE: Duration = Duration::from_millis(2);

/// The programs that are attacked.
#[derive(Clone, Debug)]
pub struct Programs {
    /// Their folder.
    pub folder: PathBuf,
    /// Time until one of them is said to hang.
    pub longest: Duration,
}

/// What is called: a program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `rebound` or `rebound-train`.
    pub program: &'static str,
    /// The arguments, relative to the folder it is called in.
    pub arguments: Vec<String>,
    /// A file that it makes, which is a part of its answer.
    pub made: Option<&'static str>,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its status; `None` where it was ended since it took too long.
    pub status: Option<ExitStatus>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub error: String,
}

impl Line {
    /// A line as it would be typed, without quotes.
    pub fn new(program: &'static str, arguments: &str) -> Self {
        let arguments = arguments.split_whitespace().map(str::to_owned).collect();
        Self { program, arguments, made: None }
    }
}

impl Ended {
    /// The exit code, where it has one.
    pub fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// The signal that ended it.
    pub fn signal(&self) -> Option<i32> {
        self.status.and_then(|status| status.signal())
    }
}

impl Programs {
    /// The programs in a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, longest: LONGEST }
    }

    /// Those in the folder that was named, else those beside the one that runs.
    pub fn named_or_beside(named: Option<&Path>) -> io::Result<Self> {
        let folder = match named {
            Some(folder) => fs::canonicalize(folder)?,
            None => std::env::current_exe()?.with_file_name(""),
        };
        Ok(Self::new(folder))
    }

    /// Calls a line in a folder, under the limits.
    pub fn call(&self, line: &Line, folder: &Path) -> io::Result<Ended> {
        let said = [folder.join(".out"), folder.join(".error")];
        let mut command = self.command(line, folder, "ulimit -c 0");
        command.stdin(Stdio::null());
        command.stdout(File::create(&said[0])?).stderr(File::create(&said[1])?);
        let status = wait(&mut command.spawn()?, self.longest)?;
        let [out, error] = said.map(|path| text(&path));
        let made = line.made.map(|file| made(&folder.join(file)));
        Ok(Ended { status, out: out? + &made.unwrap_or_default(), error: error? })
    }

    /// A line under the limits, which is not called yet; `first` is what the shell does before.
    pub fn command(&self, line: &Line, folder: &Path, first: &str) -> Command {
        let script = format!(
            "ulimit -v {MEMORY_KIB_MAX}; ulimit -f {FILE_BLOCKS_MAX}; {first}; exec \"$0\" \"$@\""
        );
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(self.folder.join(line.program)).args(&line.arguments);
        command.current_dir(folder).env_clear().envs(variables(folder));
        command
    }
}

/// The environment of a program: nothing of whoever attacks, and every folder in the case's own.
fn variables(folder: &Path) -> impl Iterator<Item = (&'static str, OsString)> {
    let own = ["HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "TMPDIR"];
    let own = own.into_iter().map(|name| (name, folder.as_os_str().to_owned()));
    let named = [
        ("PATH", std::env::var_os("PATH").unwrap_or_default()),
        ("RUSTUP_HOME", compilers()),
        ("REBOUND_ADAPTERS", "adapters".into()),
        ("REBOUND_APPROVALS", "approved".into()),
        ("REBOUND_MODELS", "models".into()),
        ("REBOUND_TUNING", "none".into()),
        ("RUST_BACKTRACE", "0".into()),
        // An abort would wait for a debugger to tell where it was.
        ("GGML_NO_BACKTRACE", "1".into()),
        ("LANG", "C.UTF-8".into()),
    ];
    own.chain(named)
}

/// Where rustup, if it is what `rustc` means here, has its compilers; it looks for them in HOME else.
fn compilers() -> OsString {
    std::env::var_os("RUSTUP_HOME").unwrap_or_else(|| {
        let home = std::env::var_os("HOME").unwrap_or_default();
        Path::new(&home).join(".rustup").into_os_string()
    })
}

/// Waits for a child, and ends it after this time.
#[allow(clippy::disallowed_methods, reason = "a program that hangs does so in real time")]
pub fn wait(child: &mut Child, longest: Duration) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    while begun.elapsed() < longest {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(PAUSE);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// What tells a file from another, or that it is not there: results without what the clock says
/// and what memory a process took, else a checksum.
pub fn made(path: &Path) -> String {
    let Ok(bytes) = fs::read(path) else { return "not there".to_owned() };
    match serde_json::from_slice(&bytes) {
        Ok(results) => without_measures(without_times(&results)).to_string(),
        Err(_) => sha256_bytes(&bytes),
    }
}

fn without_measures(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(key, _)| !MEASURES.contains(&key.as_str()));
            kept.map(|(key, value)| (key, without_measures(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(without_measures).collect(),
        value => value,
    }
}

/// A file's text, or its beginning; what is no text in it is replaced.
fn text(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(SAID_BYTES_MAX).read_to_end(&mut bytes)?;
    fs::remove_file(path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
