//! A board's UART behind a TCP port, with what goes wrong on the way.
//!
//! ```text
//! host ◄─► TCP ◄─► damage ◄─► Machine
//! ```

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::damage::{Counts, Damage, Way};
use crate::machine::EmulatedMachine;

/// How often it is looked whether the gateway is closed, and whether a host is there.
const POLL: Duration = Duration::from_millis(20);
/// Bytes that are taken from the host at once.
const TAKEN: usize = 512;

/// A machine's line, open to one host after another. Dropped, the machine loses its power.
pub struct Gateway {
    port: String,
    is_closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<Counts>>,
}

impl Gateway {
    /// Opens a port that nobody uses.
    pub fn open(machine: EmulatedMachine, damage: Damage) -> io::Result<Self> {
        Self::open_at(&TcpListener::bind("127.0.0.1:0")?, machine, damage)
    }

    /// Serves the hosts of a port; another machine may do so before or after.
    pub fn open_at(
        listener: &TcpListener,
        machine: EmulatedMachine,
        damage: Damage,
    ) -> io::Result<Self> {
        let port = format!("tcp:{}", listener.local_addr()?);
        let listener = listener.try_clone()?;
        listener.set_nonblocking(true)?;
        let is_closed = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&is_closed);
        let thread = thread::spawn(move || serve(&listener, machine, damage, &closed));
        Ok(Self { port, is_closed, thread: Some(thread) })
    }

    /// The port, as the program's hosts name it.
    pub fn port(&self) -> &str {
        &self.port
    }

    /// Cuts the power; returns what went wrong on the line.
    ///
    /// # Panics
    ///
    /// Where the gateway's thread did.
    pub fn close(mut self) -> Counts {
        self.is_closed.store(true, Ordering::Relaxed);
        let thread = self.thread.take().expect("it is taken here or when dropped");
        thread.join().expect("a gateway does not panic")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Its counts are of no use to anybody any more.
            let _ = thread.join();
        }
    }
}

/// Passes bytes on until the gateway is closed or QEMU ends.
fn serve(
    listener: &TcpListener,
    mut machine: EmulatedMachine,
    damage: Damage,
    is_closed: &AtomicBool,
) -> Counts {
    let host = Arc::new(Mutex::new(None));
    let (answers, asker) = (machine.take_answers(), Arc::clone(&host));
    let back = thread::spawn(move || pass_back(&answers, &asker, Way::new(damage, 2)));
    let mut there = Way::new(damage, 1);
    while !is_closed.load(Ordering::Relaxed) {
        let Some(stream) = listener.accept().ok().and_then(|(stream, _)| prepare(stream)) else {
            thread::sleep(POLL);
            continue;
        };
        let (mut input, output) = stream;
        *lock(&host) = Some(output);
        let is_over = pass_there(&mut input, &mut machine, &mut there, is_closed).is_err();
        *lock(&host) = None;
        if is_over {
            break;
        }
    }
    // Without its power it says nothing more.
    drop(machine);
    there.counts.plus(back.join().unwrap_or_default())
}

/// Passes on what one host says, until it is gone; an error where QEMU is.
fn pass_there(
    input: &mut TcpStream,
    machine: &mut EmulatedMachine,
    way: &mut Way,
    is_closed: &AtomicBool,
) -> io::Result<()> {
    let mut bytes = [0; TAKEN];
    while !is_closed.load(Ordering::Relaxed) {
        match input.read(&mut bytes) {
            Err(error) if is_not_now(&error) => {}
            Ok(0) | Err(_) => break,
            Ok(count) => machine.send(&way.pass(&bytes[..count]))?,
        }
    }
    Ok(())
}

/// Passes on what the board says, to whoever is there.
fn pass_back(answers: &Receiver<Vec<u8>>, host: &Mutex<Option<TcpStream>>, mut way: Way) -> Counts {
    for bytes in answers {
        let passed = way.pass(&bytes);
        if let Some(stream) = &mut *lock(host) {
            // Whoever does not listen hears nothing.
            let _ = stream.write_all(&passed);
        }
    }
    way.counts
}

fn lock(host: &Mutex<Option<TcpStream>>) -> MutexGuard<'_, Option<TcpStream>> {
    host.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stream to read from, with a limit, and the same one to write to.
fn prepare(stream: TcpStream) -> Option<(TcpStream, TcpStream)> {
    stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(POLL))).ok()?;
    let output = stream.try_clone().ok()?;
    Some((stream, output))
}

fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
