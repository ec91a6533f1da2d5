//! Lines from a program that may be hostile: bounded in length and in time.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// Greatest number of bytes in a line.
pub(super) const LINE_BYTES_MAX: u64 = 8 << 20;

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum LineError {
    /// It said nothing in time.
    #[error("said nothing for {0:?}")]
    Silent(Duration),
    /// It has ended, or closed its output.
    #[error("has ended")]
    Ended,
    /// A line has no end.
    #[error("wrote a line of more than {LINE_BYTES_MAX} bytes")]
    Long,
    /// A line is no text.
    #[error("wrote a line that is not UTF-8, from byte {0} on")]
    NotText(usize),
    /// The pipe or socket broke.
    #[error("cannot be spoken with: {0}")]
    Broken(std::io::Error),
}

/// Both directions.
pub(super) struct Lines {
    to: Box<dyn Write + Send>,
    from: Receiver<Result<String, LineError>>,
    patience: Duration,
}

impl Lines {
    /// Lines of these streams; a thread of its own reads, which ends with the stream.
    pub(super) fn new(
        to: impl Write + Send + 'static,
        from: impl Read + Send + 'static,
        patience: Duration,
    ) -> Self {
        // One line ahead: what is not asked for is not read.
        let (sender, receiver) = sync_channel(1);
        std::thread::spawn(move || {
            let mut from = BufReader::new(from);
            loop {
                let line = read_line(&mut from);
                let is_last = line.is_err();
                if sender.send(line).is_err() || is_last {
                    return;
                }
            }
        });
        Self { to: Box::new(to), from: receiver, patience }
    }

    /// Writes a line.
    pub(super) fn write(&mut self, line: &str) -> Result<(), LineError> {
        let written = self.to.write_all(format!("{line}\n").as_bytes());
        written.and_then(|()| self.to.flush()).map_err(|error| match error.kind() {
            std::io::ErrorKind::BrokenPipe => LineError::Ended,
            _ => LineError::Broken(error),
        })
    }

    /// The next line, without its end.
    pub(super) fn read(&mut self) -> Result<String, LineError> {
        match self.from.recv_timeout(self.patience) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => Err(LineError::Silent(self.patience)),
            Err(RecvTimeoutError::Disconnected) => Err(LineError::Ended),
        }
    }
}

fn read_line(from: &mut impl BufRead) -> Result<String, LineError> {
    let mut line = Vec::new();
    let read = from.take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut line);
    read.map_err(LineError::Broken)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() as u64 > LINE_BYTES_MAX {
        return Err(LineError::Long);
    } else {
        return Err(LineError::Ended);
    }
    String::from_utf8(line).map_err(|error| LineError::NotText(error.utf8_error().valid_up_to()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(from: &'static [u8]) -> Lines {
        Lines::new(std::io::sink(), from, Duration::from_secs(5))
    }

    #[test]
    fn lines_come_one_by_one_and_end() {
        let mut lines = lines(b"one\ntwo\nthr");
        assert_eq!(lines.read().unwrap(), "one");
        assert_eq!(lines.read().unwrap(), "two");
        assert!(matches!(lines.read(), Err(LineError::Ended)));
        assert!(matches!(lines.read(), Err(LineError::Ended)));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(matches!(lines(b"ab\xff\n").read(), Err(LineError::NotText(2))));
    }

    #[test]
    fn a_line_without_an_end_is_cut_off() {
        let mut lines = Lines::new(std::io::sink(), std::io::repeat(b'x'), Duration::from_secs(30));
        assert!(matches!(lines.read(), Err(LineError::Long)));
    }

    #[test]
    fn silence_has_an_end() {
        struct Silent;
        impl Read for Silent {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                std::thread::sleep(Duration::from_hours(1));
                Ok(0)
            }
        }
        let mut lines = Lines::new(std::io::sink(), Silent, Duration::from_millis(10));
        assert!(matches!(lines.read(), Err(LineError::Silent(_))));
    }
}
