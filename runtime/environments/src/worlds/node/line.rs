//! Bytes to a node and from it, whatever lies between.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::port::Port;

/// How often a thread that waits for bytes looks whether anybody wants them.
const LOOK: Duration = Duration::from_millis(100);
/// How long a TCP connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Bytes that are taken at once.
const TAKEN: usize = 512;
/// How many times that may wait for whoever reads; then the line has to.
const WAITING_MAX: usize = 64;
/// How long a command that closed its output may take to end, and how often that is looked at.
const END: Duration = Duration::from_millis(200);
const ENDS: u32 = 10;

/// What a command learns of this program's environment: where programs, homes and temporary
/// files lie, and how to talk to the user.
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

/// An open line. A thread reads it, since not every kind of line can be asked with a
/// time limit.
pub(super) struct Line {
    bytes: Receiver<Vec<u8>>,
    out: Box<dyn Write + Send>,
    is_closed: Arc<AtomicBool>,
    end: End,
}

/// What ends a line's thread.
enum End {
    Serial,
    Tcp(TcpStream),
    Command(Child),
}

impl Line {
    /// Opens the port.
    pub(super) fn open(port: &Port) -> io::Result<Self> {
        match port {
            Port::Serial { path, baud } => {
                let device = serialport::new(path, *baud).timeout(LOOK).open()?;
                let input = device.try_clone()?;
                Ok(Self::new(input, Box::new(device), End::Serial))
            }
            Port::Tcp(address) => {
                let stream = connect(address)?;
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(CONNECT))?;
                let (input, end) = (stream.try_clone()?, stream.try_clone()?);
                Ok(Self::new(input, Box::new(stream), End::Tcp(end)))
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
                Ok(Self::new(input, Box::new(out), End::Command(child)))
            }
        }
    }

    fn new(input: impl Read + Send + 'static, out: Box<dyn Write + Send>, end: End) -> Self {
        let is_closed = Arc::new(AtomicBool::new(false));
        let bytes = listen(input, Arc::clone(&is_closed));
        Self { bytes, out, is_closed, end }
    }

    /// Writes all of `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.out.write_all(bytes).and_then(|()| self.out.flush());
        written.map_err(|error| self.end.account(error))
    }

    /// What comes within `limit`; nothing where nothing does. An error where nothing can
    /// come any more.
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

impl End {
    /// Why the line cannot be used: where it was a command's, what that ended with.
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

impl Drop for Line {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::Relaxed);
        // A line that is gone already is as closed as can be.
        match &mut self.end {
            End::Serial => {}
            End::Tcp(stream) => drop(stream.shutdown(Shutdown::Both)),
            End::Command(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

/// What comes in, read by a thread until it ends, is closed, or nobody takes it any more.
fn listen(input: impl Read + Send + 'static, is_closed: Arc<AtomicBool>) -> Receiver<Vec<u8>> {
    let (sender, bytes) = sync_channel(WAITING_MAX);
    thread::spawn(move || pass_on(input, &sender, &is_closed));
    bytes
}

/// Hands bytes on until the line ends or nobody takes them.
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

/// The command as the system's shell reads it, without the shell between. Of this
/// program's environment it sees what is in [`INHERITED`], and so no key.
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
        let mut line = Line::new(Babble(Arc::clone(&taken)), Box::new(io::sink()), End::Serial);

        thread::sleep(LOOK);
        assert!(taken.load(Ordering::Relaxed) <= WAITING_MAX + 1, "{taken:?}");
        for _ in 0..2 * WAITING_MAX {
            assert_eq!(line.read(LOOK).unwrap().len(), TAKEN);
        }
    }
}
