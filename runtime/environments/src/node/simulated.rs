//! A node without a board: the microcontroller's own code on simulated hardware, at the end of
//! a line of this computer.
//!
//! ```text
//! host ─► bytes ─► Node ─► thermostat      one host after another; memory stays between them
//! ```

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use embassy_time::Instant;
use runtime_node::deadline::Watchdog;
use runtime_node::hardware::Hardware;
use runtime_node::memory::Memory;
use runtime_node::node::{Link, Node, Parts};
use runtime_node::storage::Volatile;

use super::line;

/// Steps and reflections that it remembers.
const STEPS: usize = 16;
const REFLECTIONS: usize = 4;
/// How often it looks after its deadline, and whether it is to end.
const TEND: Duration = Duration::from_millis(20);

/// The bytes of one host after another.
type Hosts = Receiver<Host>;

/// What comes from a host, and where answers go.
struct Host {
    bytes: Receiver<Vec<u8>>,
    answers: Box<dyn Write + Send>,
}

impl Host {
    fn new(input: impl Read + Send + 'static, answers: Box<dyn Write + Send>) -> Self {
        Self { bytes: line::listen(input, Arc::default()), answers }
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
    let (sender, hosts) = channel();
    // The receiver is alive.
    let _ = sender.send(Host::new(input, output));
    drop(sender);
    live(hardware, &hosts, &AtomicBool::new(false))
}

/// Serves whoever connects, one at a time, until `stop`. A newer host displaces an older one.
pub fn listen(hardware: impl Hardware, listener: TcpListener, stop: &AtomicBool) -> io::Result<()> {
    let (sender, hosts) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let host = stream.and_then(|stream: TcpStream| {
                stream.set_nodelay(true)?;
                Ok(Host::new(stream.try_clone()?, Box::new(stream)))
            });
            // A connection that failed at once was none.
            let Ok(host) = host else { continue };
            if sender.send(host).is_err() {
                break;
            }
        }
    });
    live(hardware, &hosts, stop)
}

/// A node's life.
#[allow(clippy::disallowed_methods, reason = "the node's deadline is of real time")]
fn live(hardware: impl Hardware, hosts: &Hosts, stop: &AtomicBool) -> io::Result<()> {
    let start = std::time::Instant::now();
    let now = || Instant::from_micros(u64::try_from(start.elapsed().as_micros()).unwrap_or(0));
    let (mut memory, mut link) = (Memory::<STEPS, REFLECTIONS>::new(), Link::new());
    let parts = Parts { hardware, keeper: Volatile, memory: &mut memory, link: &mut link };
    let mut node = Node::start(parts, now())
        .map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))?;
    let mut host: Option<Host> = None;
    while !stop.load(Ordering::Relaxed) {
        node.tend(now(), &mut Nobody);
        match hosts.try_recv() {
            Ok(newer) => host = Some(newer),
            Err(TryRecvError::Disconnected) if host.is_none() => break,
            Err(_) => {}
        }
        let Some(Host { bytes, answers }) = &mut host else {
            thread::sleep(TEND);
            continue;
        };
        match bytes.recv_timeout(TEND) {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => host = None,
            Ok(taken) => {
                let sent = taken.into_iter().try_for_each(|byte| {
                    let Some(frame) = node.push(byte, now()) else { return Ok(()) };
                    answers.write_all(frame)?;
                    answers.flush()
                });
                if sent.is_err() {
                    host = None;
                }
            }
        }
    }
    Ok(())
}
