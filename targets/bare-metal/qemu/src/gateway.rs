//! A board's UART behind a TCP port, and what goes wrong on the way.
//!
//! ```text
//! host ◄─► TCP ◄─► bytes bent · frames cut, said twice, said late ◄─► Machine
//! ```
//!
//! What goes wrong is drawn from a seed; when it does depends on the host's pace.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use runtime_node::frame::{ANSWER_FRAME_BYTES_MAX, DELIMITER};

use crate::machine::Machine;

/// How often it is looked whether the gateway is closed, and whether a host is there.
const POLL: Duration = Duration::from_millis(20);
/// Bytes that are taken from the host at once.
const TAKEN: usize = 512;
/// A late frame comes after so many others at most.
const LATE_FRAMES_MAX: u64 = 3;

/// How often something goes wrong, either way.
#[derive(Clone, Copy, Debug)]
pub struct Damage {
    /// Of 1,000 bytes, so many are others.
    pub bent: u64,
    /// Of 1,000 frames, so many lose their end.
    pub cut: u64,
    /// Of 1,000 frames, so many come twice.
    pub doubled: u64,
    /// Of 1,000 frames, so many come again after later ones.
    pub late: u64,
}

impl Damage {
    /// A good line.
    pub const NONE: Self = Self { bent: 0, cut: 0, doubled: 0, late: 0 };
    /// A line of which every hundredth byte is wrong.
    pub const BAD: Self = Self { bent: 10, cut: 20, doubled: 20, late: 20 };
}

/// What went wrong so far, both ways together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames that came.
    pub frames: u64,
    /// Bytes that were bent.
    pub bent: u64,
    /// Frames that lost their end.
    pub cut: u64,
    /// Frames that came twice at once.
    pub doubled: u64,
    /// Frames that came again later.
    pub late: u64,
}

/// A machine's line, open to one host after another. Dropped, the machine loses its power.
pub struct Gateway {
    port: String,
    is_closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<Counts>>,
}

impl Gateway {
    /// Opens a port that nobody uses.
    pub fn open(machine: Machine, damage: Damage) -> io::Result<Self> {
        Self::open_at(&TcpListener::bind("127.0.0.1:0")?, machine, damage)
    }

    /// Serves the hosts of a port; another machine may do so before or after.
    pub fn open_at(listener: &TcpListener, machine: Machine, damage: Damage) -> io::Result<Self> {
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
    mut machine: Machine,
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
    machine: &mut Machine,
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

impl Counts {
    fn plus(self, other: Self) -> Self {
        Self {
            frames: self.frames + other.frames,
            bent: self.bent + other.bent,
            cut: self.cut + other.cut,
            doubled: self.doubled + other.doubled,
            late: self.late + other.late,
        }
    }
}

/// One direction of a line.
struct Way {
    damage: Damage,
    drawn: u64,
    /// What came of a frame so far.
    frame: Vec<u8>,
    /// A copy that is to come, and after how many frames.
    late: Option<(Vec<u8>, u64)>,
    counts: Counts,
}

impl Way {
    fn new(damage: Damage, seed: u64) -> Self {
        Self { damage, drawn: seed, frame: Vec::new(), late: None, counts: Counts::default() }
    }

    /// What comes out of the line where these bytes went in.
    fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for &byte in bytes {
            self.frame.push(byte);
            if byte == DELIMITER || self.frame.len() > ANSWER_FRAME_BYTES_MAX {
                let frame = std::mem::take(&mut self.frame);
                self.pass_frame(&frame, &mut out);
            }
        }
        for byte in &mut out {
            if self.happens(self.damage.bent) {
                self.counts.bent += 1;
                *byte ^= u8::try_from(self.draw() % 255).unwrap_or(0) + 1;
            }
        }
        out
    }

    fn pass_frame(&mut self, frame: &[u8], out: &mut Vec<u8>) {
        if frame.len() < 2 {
            return out.extend(frame);
        }
        self.counts.frames += 1;
        if self.happens(self.damage.cut) {
            self.counts.cut += 1;
            let kept = usize::try_from(self.draw()).unwrap_or(0) % frame.len();
            out.extend(&frame[..kept]);
        } else {
            out.extend(frame);
        }
        if self.happens(self.damage.doubled) {
            self.counts.doubled += 1;
            out.extend(frame);
        }
        match self.late.take() {
            Some((late, 1)) => {
                self.counts.late += 1;
                out.extend(late);
            }
            Some((late, left)) => self.late = Some((late, left - 1)),
            None if self.happens(self.damage.late) => {
                self.late = Some((frame.to_vec(), 1 + self.draw() % LATE_FRAMES_MAX));
            }
            None => {}
        }
    }

    fn happens(&mut self, of_1000: u64) -> bool {
        self.draw() % 1000 < of_1000
    }

    /// Numbers that look drawn (splitmix64).
    fn draw(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.drawn ^ (self.drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
