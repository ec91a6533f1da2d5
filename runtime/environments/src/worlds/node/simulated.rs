//! A simulated node: the microcontroller's own code on simulated hardware, served on this
//! computer.
//!
//! ```text
//! host ────┐
//! onlooker ┴► whole frames ─► Node ─► thermostat      each gets its own answers
//! ```
//!
//! The node decides which host may act.

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
use runtime_node::memory::EpisodicMemory;
use runtime_node::node::{LinkBuffers, Node, Parts};
use runtime_node::storage::Volatile;

/// Greatest number of steps, and of reflections, in its memory.
const STEPS: usize = 16;
const REFLECTIONS: usize = 4;
/// Interval at which it checks its deadline and whether to stop.
const TEND: Duration = Duration::from_millis(20);

/// Greatest number of open lines; further ones are closed.
const LINES_MAX: usize = 16;
/// Timeout for writing an answer.
const ANSWER: Duration = Duration::from_millis(200);
/// Greatest number of events in the queue.
const WAITING_MAX: usize = 64;

/// An event on a line, each of which has a number.
enum LineEvent {
    /// The line was opened, with the writer for answers.
    Opened(usize, Box<dyn Write + Send>),
    /// Bytes were received.
    Said(usize, Vec<u8>),
    /// The line was closed.
    Shut(usize),
}

/// The state of a line.
struct HostLine {
    answers: Box<dyn Write + Send>,
    /// The bytes since the last delimiter.
    frame: Vec<u8>,
}

impl HostLine {
    /// Passes whole frames to the node, so that frames of several lines do not mix.
    fn hear(
        &mut self,
        bytes: &[u8],
        mut push: impl FnMut(u8) -> Option<Vec<u8>>,
    ) -> io::Result<()> {
        for &byte in bytes {
            // Of a frame that is too long only enough is stored to see that.
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

/// Serves one host on this input and output until the input ends.
pub fn serve(
    hardware: impl Hardware,
    input: impl Read + Send + 'static,
    output: Box<dyn Write + Send>,
) -> io::Result<()> {
    let (sender, events) = sync_channel(WAITING_MAX);
    thread::spawn(move || tell(0, input, output, &sender));
    live(hardware, &events, &AtomicBool::new(false))
}

/// Serves all hosts that connect, until `stop` is set.
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
            // A connection that failed at once is ignored.
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

/// Sends the events of a line until it is closed or the receiver is dropped.
fn tell(
    number: usize,
    mut input: impl Read,
    output: Box<dyn Write + Send>,
    events: &SyncSender<LineEvent>,
) {
    let mut bytes = [0; REQUEST_FRAME_BYTES_MAX];
    let mut event = LineEvent::Opened(number, output);
    while events.send(event).is_ok() {
        event = match input.read(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                LineEvent::Said(number, Vec::new())
            }
            Ok(0) | Err(_) => break,
            Ok(count) => LineEvent::Said(number, bytes[..count].to_vec()),
        };
    }
    let _ = events.send(LineEvent::Shut(number));
}

/// Runs the node until `stop` is set or all lines are closed.
#[allow(clippy::disallowed_methods, reason = "the node's deadline is of real time")]
fn live(
    hardware: impl Hardware,
    events: &Receiver<LineEvent>,
    stop: &AtomicBool,
) -> io::Result<()> {
    let start = std::time::Instant::now();
    let now = || Instant::from_micros(u64::try_from(start.elapsed().as_micros()).unwrap_or(0));
    let (mut memory, mut link) = (EpisodicMemory::<STEPS, REFLECTIONS>::new(), LinkBuffers::new());
    let parts = Parts { hardware, keeper: Volatile, memory: &mut memory, link: &mut link };
    let mut node = Node::start(parts, now())
        .map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))?;
    let mut lines: HashMap<usize, HostLine> = HashMap::new();
    while !stop.load(Ordering::Relaxed) {
        node.tend(now(), &mut Nobody);
        match events.recv_timeout(TEND) {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
            Ok(LineEvent::Opened(number, answers)) => {
                lines.insert(number, HostLine { answers, frame: Vec::new() });
            }
            Ok(LineEvent::Shut(number)) => drop(lines.remove(&number)),
            Ok(LineEvent::Said(number, bytes)) => {
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
