//! Files that others name, opened: plain ones alone, and no more of them than there may be.
//!
//! A pipe of the file system waits for a writer, and a device has no end: whoever opens a path from
//! outside opens it here. What is in a file is for others to say.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Greatest length of a text that a person writes, or a program about a run, in bytes.
pub const TEXT_BYTES_MAX: u64 = 64 << 20;

/// Greatest length of what is taken into memory as a whole: records, data to train on, checkpoints
/// and adapters, in bytes.
pub const WHOLE_BYTES_MAX: u64 = 8 << 30;

/// Opens a plain file for reading; a folder, a pipe, a socket or a device is an error at once.
pub fn open(path: &Path) -> io::Result<File> {
    let file = without_waiting(OpenOptions::new().read(true)).open(path)?;
    match what_else(&file.metadata()?) {
        None => Ok(file),
        Some(what) => {
            Err(io::Error::new(ErrorKind::InvalidInput, format!("it is {what}, not a plain file")))
        }
    }
}

/// The bytes of a plain file of at most this length; one that is longer is not begun.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let too_long = || {
        let most = format!("it is longer than the {bytes_max} bytes that are read");
        io::Error::new(ErrorKind::FileTooLarge, most)
    };
    let length = file.metadata()?.len();
    if length > bytes_max {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    bytes.try_reserve(usize::try_from(length).unwrap_or(usize::MAX)).map_err(|_| {
        let text = format!("its {length} bytes do not fit into memory");
        io::Error::new(ErrorKind::OutOfMemory, text)
    })?;
    // It may have grown meanwhile.
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max { Err(too_long()) } else { Ok(bytes) }
}

/// The text of a plain file, of at most [`TEXT_BYTES_MAX`].
pub fn read_text(path: &Path) -> io::Result<String> {
    let text = String::from_utf8(read(path, TEXT_BYTES_MAX)?);
    text.map_err(|error| io::Error::new(ErrorKind::InvalidData, error.utf8_error()))
}

/// Opens a pipe without waiting for its other end, so that it can be refused.
#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
}

/// Elsewhere no path waits.
#[cfg(not(unix))]
fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// What it is, if it is no plain file.
fn what_else(found: &Metadata) -> Option<&'static str> {
    if found.is_file() {
        return None;
    }
    if found.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = found.file_type();
        if kind.is_fifo() {
            return Some("a pipe");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    Some("something else")
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &Path, expected: &str) {
        assert_eq!(read(path, 10).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_pipe_is_refused_without_a_writer() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());

        check(&pipe, "it is a pipe, not a plain file");
    }

    #[test]
    fn devices_and_folders_are_refused() {
        check(Path::new("/dev/zero"), "it is a device, not a plain file");
        check(Path::new("/"), "it is a folder, not a plain file");
    }

    #[test]
    fn a_file_is_read_up_to_its_greatest_length() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "0123456789").unwrap();

        assert_eq!(read(&file, 10).unwrap(), b"0123456789");
        assert_eq!(read_text(&file).unwrap(), "0123456789");
        std::fs::write(&file, "0123456789a").unwrap();
        check(&file, "it is longer than the 10 bytes that are read");
    }

    #[test]
    fn a_file_that_is_longer_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        File::create(&file).unwrap().set_len(WHOLE_BYTES_MAX + 1).unwrap();

        let kind = read(&file, WHOLE_BYTES_MAX).unwrap_err().kind();

        assert_eq!(kind, ErrorKind::FileTooLarge);
    }
}
