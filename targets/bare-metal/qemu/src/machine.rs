//! A board that runs in QEMU: its line, its power, and what else reaches it.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::board::EmulatedBoard;
use crate::debugger::Debugger;
use crate::monitor::Monitor;

/// Whether a board runs. An idle Arm board takes a whole core of the host.
static IS_TAKEN: Mutex<bool> = Mutex::new(false);
static IS_FREE: Condvar = Condvar::new();

/// How long QEMU may take to open its sockets.
const START: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// A running board. Dropped, it loses its power.
pub struct EmulatedMachine {
    qemu: Child,
    to_node: ChildStdin,
    from_node: Receiver<Vec<u8>>,
    folder: TempDir,
    _turn: RunPermit,
}

impl EmulatedMachine {
    /// Starts a board, once no other runs in this process. For `flash` see
    /// [`EmulatedBoard::command`].
    pub fn start(board: &EmulatedBoard, flash: Option<&Path>) -> io::Result<Self> {
        let turn = RunPermit::take();
        let folder = TempDir::new()?;
        let mut command = board.command(flash);
        for (option, name) in [("-qmp", MONITOR), ("-gdb", DEBUGGER)] {
            let socket = folder.path().join(name);
            command.arg(option).arg(format!("unix:{},server=on,wait=off", socket.display()));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut qemu = command.spawn().map_err(|error| {
            io::Error::new(error.kind(), format!("{} cannot be run: {error}", board.program))
        })?;
        let to_node = qemu.stdin.take().ok_or_else(|| io::Error::other("no line to QEMU"))?;
        let stdout = qemu.stdout.take().ok_or_else(|| io::Error::other("no line from QEMU"))?;
        let (sender, from_node) = channel();
        thread::spawn(move || pass_on(stdout, &sender));
        Ok(Self { qemu, to_node, from_node, folder, _turn: turn })
    }

    /// Sends bytes to the board's UART.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to_node.write_all(bytes)?;
        self.to_node.flush()
    }

    /// Bytes from the board's UART; empty if none came in time.
    pub fn receive(&mut self, within: Duration) -> Vec<u8> {
        self.from_node.recv_timeout(within).unwrap_or_default()
    }

    /// Hands over what the board sends from now on; [`receive`](Self::receive) has nothing
    /// more. It ends with QEMU.
    pub(crate) fn take_answers(&mut self) -> Receiver<Vec<u8>> {
        std::mem::replace(&mut self.from_node, channel().1)
    }

    /// QEMU's monitor.
    pub fn monitor(&self) -> io::Result<Monitor> {
        poll(|| Monitor::connect(&self.folder.path().join(MONITOR)))
    }

    /// A debugger, which halts the board until it is dropped.
    pub fn debugger(&self) -> io::Result<Debugger> {
        poll(|| Debugger::connect(&self.folder.path().join(DEBUGGER)))
    }
}

impl Drop for EmulatedMachine {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

/// Leave to run a board, given back when dropped. Unlike a lock's guard it may move to
/// another thread.
struct RunPermit;

impl RunPermit {
    fn take() -> Self {
        let taken = IS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = IS_FREE.wait_while(taken, |taken| *taken);
        *taken.unwrap_or_else(PoisonError::into_inner) = true;
        Self
    }
}

impl Drop for RunPermit {
    fn drop(&mut self) {
        *IS_TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = false;
        IS_FREE.notify_one();
    }
}

const MONITOR: &str = "monitor";
const DEBUGGER: &str = "debugger";

fn pass_on(mut line: ChildStdout, sender: &Sender<Vec<u8>>) {
    let mut bytes = [0; 1024];
    while let Ok(count @ 1..) = line.read(&mut bytes) {
        if sender.send(bytes[..count].to_vec()).is_err() {
            return;
        }
    }
}

/// Tries until it works, for as long as QEMU may take to start.
fn poll<T>(mut connect: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut waited = Duration::ZERO;
    loop {
        match connect() {
            Err(_) if waited < START => thread::sleep(POLL),
            result => return result,
        }
        waited += POLL;
    }
}
