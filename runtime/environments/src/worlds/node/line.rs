//! A byte stream to and from a node: serial line, TCP connection or child process.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::port::Port;

/// Interval at which a reading thread checks whether the line was closed.
const LOOK: Duration = Duration::from_millis(100);
/// Timeout for a TCP connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Size of the buffer for reading, in bytes.
const TAKEN: usize = 512;
/// Greatest number of received buffers in the queue; a full queue blocks the reading thread.
const WAITING_MAX: usize = 64;
/// Timeout for a command to end after it closed its output.
const END: Duration = Duration::from_millis(200);
const ENDS: u32 = 10;

/// The environment variables that a command inherits: folders of programs, homes and temporary
/// files, locale and terminal.
const INHERITED: [&str; 18] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TERM",
    "TZ",
    "TMPDIR",
    "TMP",
    "TEMP",
    "SYSTEMROOT",
    "COMSPEC",
    "PATHEXT",
    "USERPROFILE",
    "APPDATA",
];

/// An open line. A thread reads it, since not every kind of line supports reading with a
/// timeout.
pub(super) struct NodeLine {
    bytes: Receiver<Vec<u8>>,
    out: Box<dyn Write + Send>,
    is_closed: Arc<AtomicBool>,
    end: LineEnd,
}

/// How to end a line's thread.
enum LineEnd {
    Serial,
    Tcp(TcpStream),
    Command(Child),
}

impl NodeLine {
    /// Opens the port.
    pub(super) fn open(port: &Port) -> io::Result<Self> {
        match port {
            Port::Serial { path, baud } => {
                let device = serialport::new(path, *baud).timeout(LOOK).open()?;
                let input = device.try_clone()?;
                Ok(Self::new(input, Box::new(device), LineEnd::Serial))
            }
            Port::Tcp(address) => {
                let stream = connect(address)?;
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(CONNECT))?;
                let (input, end) = (stream.try_clone()?, stream.try_clone()?);
                Ok(Self::new(input, Box::new(stream), LineEnd::Tcp(end)))
            }
            Port::Command(command) => {
                let mut child = shell(command)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::inherit())
                    .spawn()?;
                let (Some(out), Some(input)) = (child.stdin.take(), child.stdout.take()) else {
                    return Err(ErrorKind::BrokenPipe.into());
                };
                Ok(Self::new(input, Box::new(out), LineEnd::Command(child)))
            }
        }
    }

    fn new(input: impl Read + Send + 'static, out: Box<dyn Write + Send>, end: LineEnd) -> Self {
        let is_closed = Arc::new(AtomicBool::new(false));
        let bytes = listen(input, Arc::clone(&is_closed));
        Self { bytes, out, is_closed, end }
    }

    /// Writes all of `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.out.write_all(bytes).and_then(|()| self.out.flush());
        written.map_err(|error| self.end.account(error))
    }

    /// The bytes received within `limit`, possibly none. An error if the line is closed.
    pub(super) fn read(&mut self, limit: Duration) -> io::Result<Vec<u8>> {
        match self.bytes.recv_timeout(limit) {
            Ok(bytes) => Ok(bytes),
            Err(RecvTimeoutError::Timeout) => Ok(Vec::new()),
            Err(RecvTimeoutError::Disconnected) => {
                let closed = io::Error::new(ErrorKind::UnexpectedEof, "the other end hung up");
                Err(self.end.account(closed))
            }
        }
    }
}

impl LineEnd {
    /// The error of a closed line: for a command, its exit status.
    fn account(&mut self, error: io::Error) -> io::Error {
        let Self::Command(child) = self else { return error };
        for _ in 0..ENDS {
            if let Ok(Some(status)) = child.try_wait() {
                return io::Error::new(error.kind(), format!("the command ended: {status}"));
            }
            thread::sleep(END / ENDS);
        }
        error
    }
}

impl Drop for NodeLine {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::Relaxed);
        // An error means that the line is already closed.
        match &mut self.end {
            LineEnd::Serial => {}
            LineEnd::Tcp(stream) => drop(stream.shutdown(Shutdown::Both)),
            LineEnd::Command(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

/// Starts a thread that reads the input until it ends, the line is closed or the receiver is dropped.
fn listen(input: impl Read + Send + 'static, is_closed: Arc<AtomicBool>) -> Receiver<Vec<u8>> {
    let (sender, bytes) = sync_channel(WAITING_MAX);
    thread::spawn(move || pass_on(input, &sender, &is_closed));
    bytes
}

/// Forwards bytes until the line ends or the receiver is dropped.
fn pass_on(mut input: impl Read, sender: &SyncSender<Vec<u8>>, is_closed: &AtomicBool) {
    let mut buffer = [0; TAKEN];
    while !is_closed.load(Ordering::Relaxed) {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(taken) => {
                if sender.send(buffer[..taken].to_vec()).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(_) => break,
        }
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    use std::net::ToSocketAddrs;
    let mut failed = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// The command, parsed by the system's shell, which it replaces. It inherits only the
/// environment variables in [`INHERITED`], and thus no keys.
fn shell(command: &str) -> Command {
    let mut shell = if cfg!(windows) {
        let mut shell = Command::new("cmd");
        shell.args(["/C", command]);
        shell
    } else {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec {command}")]);
        shell
    };
    let inherited = INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    shell.env_clear().envs(inherited);
    shell
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Babbles, and counts how often it was listened to.
    struct Babble(Arc<AtomicUsize>);

    impl Read for Babble {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(bytes.len())
        }
    }

    #[test]
    fn a_line_that_nobody_listens_to_waits() {
        let taken = Arc::new(AtomicUsize::new(0));
        let mut line =
            NodeLine::new(Babble(Arc::clone(&taken)), Box::new(io::sink()), LineEnd::Serial);

        thread::sleep(LOOK);
        assert!(taken.load(Ordering::Relaxed) <= WAITING_MAX + 1, "{taken:?}");
        for _ in 0..2 * WAITING_MAX {
            assert_eq!(line.read(LOOK).unwrap().len(), TAKEN);
        }
    }
}
