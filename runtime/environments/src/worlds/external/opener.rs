//! The way to a program: its start in the sandbox, or a connection.

use std::ffi::OsStr;
use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::ChildStdin;
use std::time::Duration;

use runtime_sandbox::{Confined, Sandbox, SandboxError};

use super::ExternalError;
use super::address::Address;
use super::grants::{self, GrantsError};
use super::http::Posts;
use super::lines::Lines;
use super::link::Link;
use crate::entry::EnvironmentOptions;

/// Starts programs, or connects to them.
#[derive(Clone, Debug)]
pub(super) struct Opener {
    address: Address,
    sandbox: Sandbox,
    /// How long a program may take for an answer, its start included.
    patience: Duration,
}

impl Opener {
    /// Opens the address; a command's program may read the working folder, and what it is granted.
    pub(super) fn new(
        address: Address,
        folder: &Path,
        options: &EnvironmentOptions,
    ) -> Result<Self, GrantsError> {
        let sandbox = grants::sandbox(&address, folder, options)?;
        let patience = grants::patience(options)?;
        Ok(Self { address, sandbox, patience })
    }

    /// A program of its own.
    pub(super) fn open(&self) -> Result<Link, ExternalError> {
        let connect = |source| ExternalError::Connect { address: self.address.to_string(), source };
        match &self.address {
            Address::Command(words) => self.start(words),
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address).map_err(connect)?;
                // A line is a packet: nothing is gained by waiting for more.
                stream.set_nodelay(true).map_err(connect)?;
                stream.set_write_timeout(Some(self.patience)).map_err(connect)?;
                let read = stream.try_clone().map_err(connect)?;
                Ok(Link::new(Lines::new(HungUp(stream), read, self.patience)))
            }
            #[cfg(unix)]
            Address::Unix(path) => {
                let stream = std::os::unix::net::UnixStream::connect(path).map_err(connect)?;
                stream.set_write_timeout(Some(self.patience)).map_err(connect)?;
                let read = stream.try_clone().map_err(connect)?;
                Ok(Link::new(Lines::new(HungUp(stream), read, self.patience)))
            }
            Address::Http(url) => Ok(Link::new(Posts::new(url, self.patience))),
        }
    }

    fn start(&self, words: &[String]) -> Result<Link, ExternalError> {
        let (program, arguments) = (words.first().map_or("", String::as_str), words.iter().skip(1));
        let mut confined = self.sandbox.spawn(OsStr::new(program), arguments)?;
        let piped = "a confined program's streams are pipes";
        let output = confined.take_output().unwrap_or_else(|| unreachable!("{piped}"));
        let error = confined.take_error().unwrap_or_else(|| unreachable!("{piped}"));
        let input = confined.take_input().unwrap_or_else(|| unreachable!("{piped}"));
        let held = Held::new(input, confined, self.patience)?;
        Ok(Link::new(Lines::new(held, output, self.patience).beside(error))
            .limited(self.sandbox.grants.output_bytes))
    }
}

/// A socket that is hung up when it is dropped, so that whoever reads from it ends.
struct HungUp<S: Socket>(S);

trait Socket: Write {
    fn hang_up(&self);
}

impl Socket for TcpStream {
    fn hang_up(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

#[cfg(unix)]
impl Socket for std::os::unix::net::UnixStream {
    fn hang_up(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl<S: Socket> Write for HungUp<S> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl<S: Socket> Drop for HungUp<S> {
    fn drop(&mut self) {
        self.0.hang_up();
    }
}

/// The way to a program, which ends with it.
struct Held {
    input: ChildStdin,
    /// How long it may let the pipe be full.
    patience: Duration,
    _program: Confined,
}

impl Held {
    fn new(input: ChildStdin, program: Confined, patience: Duration) -> Result<Self, SandboxError> {
        // A program may answer what it never reads.
        #[cfg(unix)]
        rustix::io::ioctl_fionbio(&input, true).map_err(std::io::Error::from)?;
        Ok(Self { input, patience, _program: program })
    }

    /// Waits until there is room in the pipe, or nobody is behind it.
    #[cfg(unix)]
    fn wait_for_room(&self) -> std::io::Result<()> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let patience = Timespec::try_from(self.patience).map_err(std::io::Error::other)?;
        match poll(&mut [PollFd::new(&self.input, PollFlags::OUT)], Some(&patience))? {
            0 => Err(ErrorKind::TimedOut.into()),
            _ => Ok(()),
        }
    }

    /// Elsewhere the pipe waits by itself.
    #[cfg(not(unix))]
    fn wait_for_room(&self) -> std::io::Result<()> {
        Err(ErrorKind::TimedOut.into())
    }
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        loop {
            match self.input.write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait_for_room()?,
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.input.flush()
    }
}
