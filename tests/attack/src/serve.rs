//! What answers a program over a line: a world, an endpoint, a node. What it says is the damaged
//! file.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What stands for the port in arguments and in files around the damaged one.
pub const PORT: &str = "{port}";
/// What stands for the number of the request in a world's reply.
pub const ID: &str = "{id}";
/// Time without a byte after which a program is no longer listened to.
const SILENCE: Duration = Duration::from_secs(12);
/// The longest request.
const REQUEST_BYTES_MAX: usize = 1 << 20;

/// How the file becomes answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// A line of the file for each method of a world, in the order of [`METHODS`].
    World,
    /// The whole file for each request by HTTP.
    Endpoint,
    /// A node whose answers are changed by the bits of the file: the line's bytes, or what the
    /// frames contain.
    Node {
        /// Whether checksums are made right again.
        is_payload: bool,
    },
}

/// A world's methods.
pub const METHODS: [&str; 4] = ["describe", "tasks", "reset", "step"];

/// A service, until it is dropped.
pub struct Server {
    /// Where it listens on this machine.
    pub port: u16,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves these bytes.
    pub fn start(service: Service, bytes: Vec<u8>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let (is_over, bytes) = (Arc::<AtomicBool>::default(), Arc::new(bytes));
        let over = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let bytes = Arc::clone(&bytes);
                // A program that hangs up is none of its business.
                thread::spawn(move || answer(service, stream, &bytes).ok());
            }
        });
        Ok(Self { port, is_over, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn answer(service: Service, mut stream: TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_nodelay(true)?;
    match service {
        Service::World => world(&mut stream, bytes),
        Service::Endpoint => endpoint(&mut stream, bytes),
        Service::Node { is_payload } => crate::node::answer(stream, bytes, is_payload),
    }
}

fn world(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    loop {
        let request = until(stream, |request| request.ends_with(b"\n"))?;
        let request = String::from_utf8_lossy(&request).into_owned();
        let id = request
            .split("\"id\":")
            .nth(1)
            .map_or("0", |rest| rest.split([',', '}']).next().unwrap_or_default());
        let of = |method: &&str| request.contains(&format!("\"method\":\"{method}\""));
        let Some(place) = METHODS.iter().position(of) else { return Ok(()) };
        let line = lines.get(place).copied().unwrap_or_default();
        stream.write_all(&replaced(line, ID, id))?;
    }
}

fn endpoint(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    let head = until(stream, |request| request.ends_with(b"\r\n\r\n"))?;
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    until(stream, |body| body.len() >= length)?;
    stream.write_all(bytes)?;
    stream.shutdown(Shutdown::Write)
}

/// The next bytes that come, up to where they are whole.
fn until(stream: &mut TcpStream, is_whole: impl Fn(&[u8]) -> bool) -> io::Result<Vec<u8>> {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !is_whole(&bytes) && bytes.len() < REQUEST_BYTES_MAX {
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    Ok(bytes)
}

/// The bytes with a text in the place of each mark.
pub fn replaced(bytes: &[u8], mark: &str, text: &str) -> Vec<u8> {
    let mut found = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(place) = rest.windows(mark.len()).position(|part| part == mark.as_bytes()) {
        found.extend(&rest[..place]);
        found.extend(text.as_bytes());
        rest = &rest[place + mark.len()..];
    }
    found.extend(rest);
    found
}
