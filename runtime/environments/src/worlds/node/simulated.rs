//! A node without a board: the microcontroller's own code on simulated hardware, at the end of
//! a line of this computer.
//!
//! ```text
//! host ────┐
//! onlooker ┴► whole frames ─► Node ─► thermostat      each gets its own answers
//! ```
//!
//! Who may act, and who only looks, is the node's matter.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use embassy_time::Instant;
use runtime_node::deadline::Watchdog;
use runtime_node::frame::{DELIMITER, REQUEST_FRAME_BYTES_MAX};
use runtime_node::hardware::Hardware;
use runtime_node::memory::Memory;
use runtime_node::node::{Link, Node, Parts};
use runtime_node::storage::Volatile;

/// Steps and reflections that it remembers.
const STEPS: usize = 16;
const REFLECTIONS: usize = 4;
/// How often it looks after its deadline, and whether it is to end.
const TEND: Duration = Duration::from_millis(20);

/// Lines that are open at once, at most; further ones are shut.
const LINES_MAX: usize = 16;
/// How long whoever asked may keep the node waiting for taking its answer.
const ANSWER: Duration = Duration::from_millis(200);
/// What may wait to be heard.
const WAITING_MAX: usize = 64;

/// What happens on the lines, each of which has a number.
enum Event {
    /// It is open; answers go there.
    Opened(usize, Box<dyn Write + Send>),
    /// Bytes came.
    Said(usize, Vec<u8>),
    /// It is shut.
    Shut(usize),
}

/// Who is at the other end of a line.
struct Line {
    answers: Box<dyn Write + Send>,
    /// What came since the last delimiter.
    frame: Vec<u8>,
}

impl Line {
    /// Hands whole frames to the node: those of several lines do not mix.
    fn hear(
        &mut self,
        bytes: &[u8],
        mut push: impl FnMut(u8) -> Option<Vec<u8>>,
    ) -> io::Result<()> {
        for &byte in bytes {
            // Of what is longer than any frame, enough is kept to be too long.
            if byte == DELIMITER || self.frame.len() <= REQUEST_FRAME_BYTES_MAX {
                self.frame.push(byte);
            }
            if byte == DELIMITER {
                for answer in self.frame.drain(..).filter_map(&mut push) {
                    self.answers.write_all(&answer)?;
                    self.answers.flush()?;
                }
            }
        }
        Ok(())
    }
}

struct Nobody;

impl Watchdog for Nobody {
    fn feed(&mut self) {}
}

/// Serves the host at the ends of these two until the first one ends.
pub fn serve(
    hardware: impl Hardware,
    input: impl Read + Send + 'static,
    output: Box<dyn Write + Send>,
) -> io::Result<()> {
    let (sender, events) = sync_channel(WAITING_MAX);
    thread::spawn(move || tell(0, input, output, &sender));
    live(hardware, &events, &AtomicBool::new(false))
}

/// Serves whoever connects, until `stop`.
pub fn listen(hardware: impl Hardware, listener: TcpListener, stop: &AtomicBool) -> io::Result<()> {
    let (sender, events) = sync_channel(WAITING_MAX);
    thread::spawn(move || {
        let open = Arc::new(());
        for (number, stream) in listener.incoming().enumerate() {
            let line = stream.and_then(|stream| {
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(ANSWER))?;
                Ok((stream.try_clone()?, Box::new(stream)))
            });
            // A connection that failed at once was none.
            let Ok((input, output)) = line else { continue };
            if Arc::strong_count(&open) > LINES_MAX {
                continue;
            }
            let (sender, is_open) = (sender.clone(), Arc::clone(&open));
            thread::spawn(move || {
                tell(number, input, output, &sender);
                drop(is_open);
            });
        }
    });
    live(hardware, &events, stop)
}

/// Tells what happens on a line until it is shut, or nobody hears of it.
fn tell(
    number: usize,
    mut input: impl Read,
    output: Box<dyn Write + Send>,
    events: &SyncSender<Event>,
) {
    let mut bytes = [0; REQUEST_FRAME_BYTES_MAX];
    let mut event = Event::Opened(number, output);
    while events.send(event).is_ok() {
        event = match input.read(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::Interrupted => Event::Said(number, Vec::new()),
            Ok(0) | Err(_) => break,
            Ok(count) => Event::Said(number, bytes[..count].to_vec()),
        };
    }
    let _ = events.send(Event::Shut(number));
}

/// A node's life, until `stop` or until nobody can speak with it any more.
#[allow(clippy::disallowed_methods, reason = "the node's deadline is of real time")]
fn live(hardware: impl Hardware, events: &Receiver<Event>, stop: &AtomicBool) -> io::Result<()> {
    let start = std::time::Instant::now();
    let now = || Instant::from_micros(u64::try_from(start.elapsed().as_micros()).unwrap_or(0));
    let (mut memory, mut link) = (Memory::<STEPS, REFLECTIONS>::new(), Link::new());
    let parts = Parts { hardware, keeper: Volatile, memory: &mut memory, link: &mut link };
    let mut node = Node::start(parts, now())
        .map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))?;
    let mut lines: HashMap<usize, Line> = HashMap::new();
    while !stop.load(Ordering::Relaxed) {
        node.tend(now(), &mut Nobody);
        match events.recv_timeout(TEND) {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
            Ok(Event::Opened(number, answers)) => {
                lines.insert(number, Line { answers, frame: Vec::new() });
            }
            Ok(Event::Shut(number)) => drop(lines.remove(&number)),
            Ok(Event::Said(number, bytes)) => {
                let push = |byte| node.push(byte, now()).map(<[u8]>::to_vec);
                let heard = lines.get_mut(&number).map(|line| line.hear(&bytes, push));
                if heard.is_some_and(|heard| heard.is_err()) {
                    lines.remove(&number);
                }
            }
        }
    }
    Ok(())
}
