//! Files that are replaced whole or not at all: written beside, synced and renamed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What the name of a file that is being written ends in. A power cut may leave such a file
/// behind; nobody reads it and the next write replaces it.
const PARTIAL_SUFFIX: &str = ".partial";

/// Puts a file with these bytes in place of the one at `path`; see [`replace_with`].
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, |out| out.write_all(bytes), |error| error)
}

/// Puts what `write` writes in place of the file at `path`, in a folder that exists.
///
/// A power cut leaves the old file or the new one, whole. Whatever else goes wrong, the old one
/// stands, and the space of what was begun is given back. `unwritten` says what the system's
/// refusals mean to the caller.
pub fn replace_with<E>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
    unwritten: impl Fn(io::Error) -> E,
) -> Result<(), E> {
    let partial = partial_path(path);
    let replaced = create(&partial).map_err(&unwritten).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        let finish = |out: BufWriter<File>| place(out.into_inner()?, &partial, path);
        finish(out).map_err(&unwritten)
    });
    if replaced.is_err() {
        // That it cannot be removed would hide why it could not be written.
        let _ = fs::remove_file(&partial);
    }
    replaced
}

/// Makes what was written to `file`, at `partial`, last, and puts it in place of the file at
/// `path`, in the same folder.
pub fn place(file: File, partial: &Path, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    // An open file cannot be renamed everywhere.
    drop(file);
    fs::rename(partial, path)?;
    sync_folder(folder_of(path))
}

/// A new file: through a link of its name something else would be written.
pub fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => File::create_new(path),
    }
}

/// Makes the names in a folder last.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Not every file system syncs folders.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

/// Folders cannot be opened here; the system's journal orders the names.
#[cfg(not(unix))]
pub fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// The folder that a file lies in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Where a file is written before it has its name.
pub fn partial_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(PARTIAL_SUFFIX);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn the_new_file_stands_alone_in_place_of_the_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        fs::write(&path, "old").unwrap();

        replace(&path, b"new").unwrap();

        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["results.json"]);
    }

    #[test]
    fn a_full_disk_costs_neither_the_old_file_nor_space() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        fs::write(&path, "old").unwrap();
        let full = |out: &mut BufWriter<File>| -> io::Result<()> {
            out.write_all(b"begun")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        };

        let error = replace_with(&path, full, |error| error).unwrap_err();

        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["results.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("theirs"), "theirs").unwrap();
        for link in ["report.html", "report.html.partial"] {
            std::os::unix::fs::symlink("theirs", path(link)).unwrap();
        }

        replace(&path("report.html"), b"new").unwrap();

        assert_eq!(fs::read(path("theirs")).unwrap(), b"theirs");
        assert_eq!(fs::read(path("report.html")).unwrap(), b"new");
    }
}
