//! What a world's command may, and how long whoever plays waits for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime_sandbox::{Grants, Network, Sandbox, Strength};

use super::address::Address;
use crate::entry::{Decides, EnvironmentOptions, WorldOption};

/// How long a program may take for an answer, unless it is told.
const PATIENCE: Duration = Duration::from_mins(1);
/// The longest that can be told.
const PATIENCE_MAX: Duration = Duration::from_hours(24);

/// The option for the patience.
pub(super) const OPTION_PATIENCE: WorldOption = WorldOption {
    name: "patience",
    value: "SECONDS",
    about: "How long a world of your own may take for an answer, its start included [default: 60]",
    decides: Decides::Place,
};

/// The option for the grants.
pub const OPTION_GRANTS: WorldOption = WorldOption {
    name: "grant",
    value: "A=B,C=D",
    about: "What the command of `exec:` may, besides reading the working folder: `read=PATH`, \
            `write=PATH`, `variable=NAME` (one of this program's environment), `memory=MIB` (2048), \
            `disk=MIB` (64), `output=MIB` of an episode (256), `processes=N` (64), `hours=N` of processor time (24), \
            `network=none` or `loopback` (its own)",
    decides: Decides::Place,
};

/// The option for the sandbox's strength.
pub const OPTION_SANDBOX: WorldOption = WorldOption {
    name: "sandbox",
    value: "full|weak",
    about: "Whether the command of `exec:` is refused where the kernel lacks a layer of the \
            sandbox, or runs with what there is [default: full]",
    decides: Decides::Place,
};

/// A value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option} has {found:?}, expected {expected}")]
pub struct GrantsError {
    option: &'static str,
    found: String,
    expected: &'static str,
}

/// What an answer may take.
pub(super) fn patience(options: &EnvironmentOptions) -> Result<Duration, GrantsError> {
    let Some(text) = options.own(OPTION_PATIENCE) else { return Ok(PATIENCE) };
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let expected = "seconds, more than 0 and no more than a day";
    let found = seconds.filter(|told| !told.is_zero() && *told <= PATIENCE_MAX);
    found.ok_or_else(|| GrantsError { option: OPTION_PATIENCE.name, found: text.into(), expected })
}

/// The sandbox of a command: it reads the working folder, its program, what is around that, and
/// what it is granted.
pub(super) fn sandbox(
    address: &Address,
    folder: &Path,
    options: &EnvironmentOptions,
) -> Result<Sandbox, GrantsError> {
    let strength = match options.own(OPTION_SANDBOX) {
        None | Some("full") => Strength::Full,
        Some("weak") => Strength::Weak,
        Some(text) => {
            let (option, found) = (OPTION_SANDBOX.name, text.to_owned());
            return Err(GrantsError { option, found, expected: "full or weak" });
        }
    };
    let mut readable = vec![folder.to_owned()];
    if let Address::Command(words) = address
        && let Some(program) = words.first().and_then(|program| found(program, folder))
    {
        let real = program.canonicalize();
        for file in [program].into_iter().chain(real) {
            readable.extend(around(&file));
            readable.push(file);
        }
    }
    // Where Python keeps what a person installed without a virtual environment.
    let base = std::env::var_os("HOME").map(|home| Path::new(&home).join(".local"));
    let base = base.filter(|base| base.join("lib").is_dir());
    readable.extend(base.iter().map(|base| base.join("lib")));
    let base = base.and_then(|base| base.into_os_string().into_string().ok());
    let mut grants = Grants {
        read: readable,
        network: Network::Loopback,
        processor: Duration::from_hours(24),
        working: Some(folder.to_owned()),
        environment: base.into_iter().map(|base| ("PYTHONUSERBASE".into(), base)).collect(),
        ..Grants::default()
    };
    let told = options.own(OPTION_GRANTS).unwrap_or("");
    for text in told.split(',').filter(|text| !text.trim().is_empty()) {
        grant(&mut grants, text.trim(), folder).map_err(|expected| {
            let (option, found) = (OPTION_GRANTS.name, text.to_owned());
            GrantsError { option, found, expected }
        })?;
    }
    Ok(Sandbox { grants, strength })
}

/// What belongs to a program: beside its `bin` an interpreter has its library. A virtual environment
/// of Python is nothing else.
fn around(program: &Path) -> impl Iterator<Item = PathBuf> {
    let bin = program.parent().filter(|folder| folder.ends_with("bin"));
    let root = bin.and_then(Path::parent).map(Path::to_owned);
    let parts = |root: PathBuf| {
        let is_virtual = root.join("pyvenv.cfg").is_file();
        let parts: &[&str] = if is_virtual { &[""] } else { &["bin", "lib", "lib64", "libexec"] };
        parts.iter().map(move |part| root.join(part)).collect::<Vec<_>>()
    };
    root.into_iter().flat_map(parts).filter(|path| path.exists())
}

/// Adds one grant; otherwise what was expected.
fn grant(grants: &mut Grants, text: &str, folder: &Path) -> Result<(), &'static str> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let number = |most: u64| {
        let number = value.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or("a whole number from 1 on")
    };
    let path = || {
        let path = folder.join(value);
        path.canonicalize().map_err(|_| "a file or folder that is there")
    };
    match name {
        "read" => grants.read.push(path()?),
        "write" => grants.write.push(path()?),
        "variable" => {
            let set = std::env::var(value).map_err(|_| "a variable that is set")?;
            grants.environment.push((value.to_owned(), set));
        }
        "memory" => grants.memory_bytes = number(1 << 30)? << 20,
        "disk" => grants.disk_bytes = number(1 << 30)? << 20,
        "output" => grants.output_bytes = number(1 << 30)? << 20,
        "processes" => grants.processes = number(1 << 20)?,
        "hours" => grants.processor = Duration::from_secs(3600 * number(10_000)?),
        "network" => {
            grants.network = match value {
                "none" => Network::None,
                "loopback" => Network::Loopback,
                _ => return Err("none or loopback"),
            };
        }
        _ => {
            return Err("read, write, variable, memory, disk, output, processes, hours or network");
        }
    }
    Ok(())
}

/// The file of a program: by its path, or in `PATH`.
fn found(program: &str, folder: &Path) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(folder.join(program));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|place| place.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &'static str, value: &str) -> EnvironmentOptions {
        EnvironmentOptions { own: [(name, value.to_owned())].into(), ..Default::default() }
    }

    #[test]
    fn grants_are_added_to_what_a_world_may_anyway() {
        let address = "exec:sh".parse().unwrap();
        let folder = Path::new("/usr");
        let granted = |text| sandbox(&address, folder, &told("grant", text));
        let grants = granted("read=/etc, write=lib,memory=4,hours=2,network=none").unwrap().grants;
        assert!(grants.read.iter().any(|path| path == Path::new("/etc")));
        assert!(grants.read.contains(&folder.to_owned()));
        assert!(grants.write[0].is_absolute());
        assert_eq!((grants.memory_bytes, grants.processor.as_secs()), (4 << 20, 7200));
        assert_eq!(grants.network, Network::None);
        for (text, expected) in [
            ("root", "read, write"),
            ("read=/nowhere", "that is there"),
            ("memory=0", "whole number"),
            ("variable=NO_SUCH", "that is set"),
            ("network=all", "none or loopback"),
        ] {
            let problem = granted(text).unwrap_err().to_string();
            assert!(problem.contains(expected) && problem.contains(text), "{problem}");
        }
    }

    #[test]
    fn around_a_program_is_what_belongs_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["bin", "lib", "private"] {
            std::fs::create_dir(path(name)).unwrap();
        }
        let found: Vec<PathBuf> = around(&path("bin/python3")).collect();
        assert_eq!(found, [path("bin"), path("lib")]);
        std::fs::write(path("pyvenv.cfg"), "").unwrap();
        assert_eq!(around(&path("bin/python3")).collect::<Vec<_>>(), [folder.path()]);
        assert_eq!(around(&path("private/world.sh")).count(), 0);
    }

    #[test]
    fn patience_is_in_seconds() {
        assert_eq!(patience(&EnvironmentOptions::default()).unwrap(), PATIENCE);
        assert_eq!(patience(&told("patience", "0.5")).unwrap(), Duration::from_millis(500));
        for text in ["0", "-1", "NaN", "1e9", "soon"] {
            assert!(patience(&told("patience", text)).is_err(), "{text}");
        }
    }
}
