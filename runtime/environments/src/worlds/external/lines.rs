//! Lines from a program that may be hostile: bounded in length, in all and in time.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Greatest number of bytes in a line.
pub(super) const LINE_BYTES_MAX: u64 = 8 << 20;

/// How much of what a program said beside its answers is kept, and how many lines of it are told.
const LAST_WORDS_BYTES: usize = 4096;
const LAST_WORDS_LINES: usize = 8;
/// How long is waited for it once the program has ended, and how often is looked.
const LAST_WORDS_WAIT: Duration = Duration::from_millis(500);
const LAST_WORDS_LOOKS: u32 = 50;

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum LineError {
    /// It said nothing in time.
    #[error("said nothing for {0:?}")]
    Silent(Duration),
    /// It does not read what it is asked, and there is no room for more.
    #[error("read nothing for {0:?}")]
    Deaf(Duration),
    /// It has ended, or closed its output; what it said last beside its answers.
    #[error("has ended{}", last_words(.0))]
    Ended(String),
    /// A line has no end.
    #[error("wrote a line of more than {LINE_BYTES_MAX} bytes")]
    Long,
    /// It says too much in an episode.
    #[error("wrote more than {0} bytes in one episode")]
    Much(u64),
    /// A line is no text.
    #[error("wrote a line that is not UTF-8, from byte {0} on")]
    NotText(usize),
    /// The pipe or socket broke.
    #[error("cannot be spoken with: {0}")]
    Broken(std::io::Error),
}

fn last_words(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("; it said: {said}") }
}

/// A way to ask a program.
pub(super) trait Exchange: Send {
    /// The line with which it answers a line.
    fn ask(&mut self, line: &str) -> Result<String, LineError>;

    /// Says a line that has no answer.
    fn tell(&mut self, line: &str);
}

/// Both directions.
pub(super) struct Lines {
    to: Box<dyn Write + Send>,
    from: Receiver<Result<String, LineError>>,
    patience: Duration,
    /// What it says beside its answers, as far as it is kept.
    beside: Option<JoinHandle<Vec<u8>>>,
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
        Self { to: Box::new(to), from: receiver, patience, beside: None }
    }

    /// The same with a stream that has no answers, whose end is told where the program has ended. It
    /// is read in any case, so that nobody waits for a reader.
    pub(super) fn beside(mut self, stream: impl Read + Send + 'static) -> Self {
        self.beside = Some(std::thread::spawn(move || last_of(stream)));
        self
    }

    /// What a program that has ended said last.
    fn ended(&mut self) -> LineError {
        let Some(reader) = self.beside.take() else { return LineError::Ended(String::new()) };
        for _ in 0..LAST_WORDS_LOOKS {
            if reader.is_finished() {
                break;
            }
            // What it started may hold the stream open.
            std::thread::sleep(LAST_WORDS_WAIT / LAST_WORDS_LOOKS);
        }
        let said =
            if reader.is_finished() { reader.join().unwrap_or_default() } else { Vec::new() };
        LineError::Ended(readable(&said))
    }

    fn write(&mut self, line: &str) -> Result<(), LineError> {
        let written = self.to.write_all(format!("{line}\n").as_bytes());
        written.and_then(|()| self.to.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => self.ended(),
            ErrorKind::WouldBlock | ErrorKind::TimedOut => LineError::Deaf(self.patience),
            _ => LineError::Broken(error),
        })
    }

    /// The next line, without its end.
    fn read(&mut self) -> Result<String, LineError> {
        match self.from.recv_timeout(self.patience) {
            Ok(Err(LineError::Ended(_))) | Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => Err(LineError::Silent(self.patience)),
        }
    }
}

impl Exchange for Lines {
    fn ask(&mut self, line: &str) -> Result<String, LineError> {
        self.write(line)?;
        self.read()
    }

    fn tell(&mut self, line: &str) {
        // It may have ended before.
        let _ = self.write(line);
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
        return Err(LineError::Ended(String::new()));
    }
    text(line)
}

/// The last bytes of a stream.
fn last_of(mut stream: impl Read) -> Vec<u8> {
    let (mut kept, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        kept.extend_from_slice(&chunk[..read]);
        kept.drain(..kept.len().saturating_sub(LAST_WORDS_BYTES));
    }
    kept
}

/// A stream's end as a line: of a Python error the last line says what it was, so it comes first.
fn readable(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines = said.lines().map(|line| line.replace(|c: char| c.is_control(), " "));
    let lines: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
    let last = lines.iter().rev().filter(|line| !line.is_empty()).take(LAST_WORDS_LINES);
    last.cloned().collect::<Vec<_>>().join(" < ")
}

/// Bytes as text.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, LineError> {
    String::from_utf8(bytes).map_err(|error| LineError::NotText(error.utf8_error().valid_up_to()))
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
        assert!(matches!(lines.read(), Err(LineError::Ended(_))));
        assert!(matches!(lines.read(), Err(LineError::Ended(_))));
    }

    #[test]
    fn what_a_program_said_last_is_told_with_its_end() {
        let said = b"Traceback:\n  File \"a.py\"\n\x1b[1mNameError\x07: name 'a'\n\n";
        let told = lines(b"").beside(&said[..]).read().unwrap_err().to_string();
        assert_eq!(
            told,
            "has ended; it said: [1mNameError : name 'a' < File \"a.py\" < Traceback:"
        );
        let much = std::io::repeat(b'x').take(1 << 20);
        let told = self::lines(b"").beside(much).read().unwrap_err().to_string();
        assert!(told.len() < 5000, "{}", told.len());
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
