//! A Python that was started once, confined, and forks for each program that is talked with.
//!
//! ```text
//! → begin bytes processor wall output message memory\n text    a program, and what it may use up
//! → say bytes\n message                                        a message to it
//! → end 0\n                                                    it is no longer needed
//! ← said bytes\n message                                       a message from it
//! ← over why code bytes\n output                               it has ended; what it printed
//! ```
//!
//! A program is a call of the function `main` that the Python was started with. It reads messages
//! from its descriptor 0 and writes them to 3, each behind its length in four bytes. Whatever it
//! does there, it can say nothing in the server's name: all that it writes is passed on as its own.
//! With its end all that it left is killed and removed.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::process::ChildStdout;
use std::time::Duration;

use crate::server::{LINE_BYTES_MAX, Server};
use crate::spawn::{Sandbox, SandboxError};

const SERVER: &str = include_str!("talk.py");

/// A server that forks a program for each talk, of which there is one at a time.
#[derive(Debug)]
pub struct Talks {
    server: Server<Heard>,
    /// The limit of time of the talk that was begun last.
    wall: Duration,
    is_open: bool,
}

/// What a program may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TalkLimits {
    /// Processor time.
    pub processor: Duration,
    /// Time from its beginning, waiting included.
    pub wall: Duration,
    /// What it may print, in bytes.
    pub output_bytes: u64,
    /// Length of a message, in bytes.
    pub message_bytes: u32,
    /// Its address space, in bytes.
    pub memory_bytes: u64,
}

/// What is heard of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Message(Vec<u8>),
    /// It has ended.
    Over(TalkOver),
}

/// A program that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TalkOver {
    /// Why it has ended.
    pub ending: TalkEnding,
    /// What it printed, up to its limit.
    pub output: Vec<u8>,
}

/// Why a program has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TalkEnding {
    /// By itself, with this code.
    Exit(i32),
    /// A signal ended it.
    Signal(i32),
    /// Its processor time was used up.
    Processor,
    /// Its time was over.
    Wall,
    /// It printed too much.
    Output,
    /// It wrote a message that is too long.
    Message,
    /// It was no longer needed.
    Told,
}

impl Talks {
    /// Starts a Python, which runs `begun` once; it defines the function `main` that is called with
    /// the text of each program, as bytes.
    pub fn start(sandbox: &Sandbox, python: &OsStr, begun: &str) -> Result<Self, SandboxError> {
        let server = Server::start((sandbox, python), [SERVER, begun], read)?;
        Ok(Self { server, wall: Duration::ZERO, is_open: false })
    }

    /// Begins a talk with a new program; one that is still open is ended. After an error the server
    /// is of no more use.
    pub fn begin(&mut self, text: &[u8], limits: TalkLimits) -> Result<(), SandboxError> {
        self.end()?;
        self.wall = limits.wall;
        let [processor, wall] = [limits.processor, limits.wall].map(|time| time.as_millis());
        let TalkLimits { output_bytes, message_bytes, memory_bytes, .. } = limits;
        let (bytes, limits) = (text.len(), [output_bytes, message_bytes.into(), memory_bytes]);
        let [output, message, memory] = limits;
        let head = format!("begin {bytes} {processor} {wall} {output} {message} {memory}\n");
        self.is_open = true;
        self.write(&head, text)
    }

    /// Says something to the program. One that has ended does not hear it.
    pub fn say(&mut self, message: &[u8]) -> Result<(), SandboxError> {
        self.write(&format!("say {}\n", message.len()), message)
    }

    /// Waits for what the program says next, or for its end.
    pub fn hear(&mut self) -> Result<Heard, SandboxError> {
        if !self.is_open {
            return Err(SandboxError::Hold(ErrorKind::NotConnected.into()));
        }
        let heard = self.server.hear(self.wall)?;
        self.is_open = !matches!(heard, Heard::Over(_));
        Ok(heard)
    }

    /// Ends the program if it has not ended, and returns its end; `None` where no talk is open.
    pub fn end(&mut self) -> Result<Option<TalkOver>, SandboxError> {
        if !self.is_open {
            return Ok(None);
        }
        self.write("end 0\n", b"")?;
        loop {
            if let Heard::Over(over) = self.hear()? {
                return Ok(Some(over));
            }
        }
    }

    fn write(&mut self, head: &str, text: &[u8]) -> Result<(), SandboxError> {
        self.server.to.write_all(head.as_bytes())?;
        self.server.to.write_all(text)?;
        Ok(self.server.to.flush()?)
    }
}

fn read(from: &mut BufReader<ChildStdout>) -> std::io::Result<Heard> {
    let mut line = String::new();
    from.take(LINE_BYTES_MAX).read_line(&mut line)?;
    let wrong = || Error::new(ErrorKind::InvalidData, format!("a server answered {line:?}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    let size = words.last().and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
    let mut text = Vec::new();
    from.take(size).read_to_end(&mut text)?;
    if text.len() as u64 != size {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let ending = match words[..] {
        ["said", _] => return Ok(Heard::Message(text)),
        ["over", "end", code, _] => match code.parse().map_err(|_| wrong())? {
            code @ 0.. => TalkEnding::Exit(code),
            signal => TalkEnding::Signal(-signal),
        },
        ["over", "processor", ..] => TalkEnding::Processor,
        ["over", "time", ..] => TalkEnding::Wall,
        ["over", "output", ..] => TalkEnding::Output,
        ["over", "message", ..] => TalkEnding::Message,
        ["over", "told", ..] => TalkEnding::Told,
        _ => return Err(wrong()),
    };
    Ok(Heard::Over(TalkOver { ending, output: text }))
}
