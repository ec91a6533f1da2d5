//! QEMU's machine protocol: restarts a board, and reads its memory while it runs.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long QEMU may take for a command.
const ANSWER: Duration = Duration::from_secs(20);

/// A connection to one machine's monitor.
pub struct Monitor {
    lines: BufReader<UnixStream>,
    /// Where QEMU writes memory to.
    dump: PathBuf,
}

impl Monitor {
    /// Connects to the socket that QEMU was told to open.
    pub fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(ANSWER))?;
        let mut monitor =
            Self { lines: BufReader::new(stream), dump: socket.with_extension("dump") };
        monitor.execute(r#"{"execute":"qmp_capabilities"}"#)?;
        Ok(monitor)
    }

    /// Restarts the machine, as its reset button would.
    pub fn restart(&mut self) -> io::Result<()> {
        self.execute(r#"{"execute":"system_reset"}"#)
    }

    /// Reads memory of the machine, in words; it goes on meanwhile.
    pub fn words(&mut self, addresses: &Range<u64>) -> io::Result<Vec<u32>> {
        let Range { start, end } = addresses;
        let (bytes, file) = (end - start, self.dump.display());
        self.execute(&format!(
            r#"{{"execute":"pmemsave","arguments":{{"val":{start},"size":{bytes},"filename":"{file}"}}}}"#
        ))?;
        let memory = fs::read(&self.dump)?;
        let (words, _) = memory.as_chunks();
        Ok(words.iter().map(|word| u32::from_le_bytes(*word)).collect())
    }

    fn execute(&mut self, command: &str) -> io::Result<()> {
        self.lines.get_mut().write_all(command.as_bytes())?;
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // A greeting and events stand between the answers.
            if line.starts_with(r#"{"return""#) {
                return Ok(());
            }
            if line.starts_with(r#"{"error""#) {
                return Err(io::Error::other(line));
            }
        }
    }
}
