//! A node behind a TCP port for tests: the real node's code on simulated hardware, with faults
//! that tests switch on.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use embassy_time::Instant;
use runtime_core::seed::mix;
use runtime_node::deadline::Watchdog;
use runtime_node::description::{Actuator, Description, Range, Scale, Sensor};
use runtime_node::hardware::{Hardware, HardwareError};
use runtime_node::memory::EpisodicMemory;
use runtime_node::node::{LinkBuffers, Node, Parts};
use runtime_node::storage::Volatile;

const TENTHS: Scale<'_> =
    Scale { unit: "°C", decimals: 1, range: Range { min: 0, max: 400 }, resolution: 1 };
const LEVEL: Scale<'_> =
    Scale { unit: "", decimals: 0, range: Range { min: 0, max: 3 }, resolution: 1 };

const USUAL: [Sensor<'_>; 1] = [Sensor { name: "temperature", scale: TENTHS }];
const OTHER: [Sensor<'_>; 1] = [Sensor { name: "humidity", scale: TENTHS }];

/// The deadline after which the node's session ends without a request.
pub(super) const DEADLINE_MS: u32 = 1000;

/// A simulated room: each action takes a minute, which warms it by two degrees for each level and cools it by one.
struct SimulatedRoom {
    is_other: bool,
    temperature: i32,
    heater: Arc<AtomicI32>,
}

impl Hardware for SimulatedRoom {
    fn description(&self) -> Description<'static> {
        Description {
            name: "room",
            deadline_ms: DEADLINE_MS,
            sensors: if self.is_other { &OTHER } else { &USUAL },
            actuators: &[Actuator { name: "heater", scale: LEVEL, safe: 0 }],
        }
    }

    fn read(&mut self, _: u8) -> Result<i32, HardwareError> {
        Ok(self.temperature)
    }

    fn set(&mut self, _: u8, value: i32) -> Result<(), HardwareError> {
        self.heater.store(value, Ordering::Relaxed);
        self.temperature += value * 20 - 10;
        Ok(())
    }

    fn admissible(&mut self, _: u8) -> Option<Range> {
        // Full power is not allowed in a warm room.
        Some(Range { min: 0, max: if self.temperature > 200 { 2 } else { 3 } })
    }

    fn reset(&mut self, seed: u32) -> Result<(), HardwareError> {
        self.temperature = 140 + i32::try_from(seed % 2).unwrap_or(0) * 10;
        Ok(())
    }
}

struct Alive;

impl Watchdog for Alive {
    fn feed(&mut self) {}
}

/// The faults that tests switch on.
#[derive(Default)]
pub(super) struct Troubles {
    /// Number of changed bytes among 1000 on the line, in both directions.
    pub(super) noise: AtomicU32,
    /// Restart before the next request is read.
    pub(super) restarts: AtomicBool,
    /// Describe another sensor from the next restart on.
    pub(super) is_other: AtomicBool,
    /// Close the connection before the next request is read.
    pub(super) hangs_up: AtomicBool,
}

/// A node on simulated hardware that runs until it is dropped.
pub(super) struct SimulatedBoard {
    pub(super) port: String,
    pub(super) troubles: Arc<Troubles>,
    pub(super) heater: Arc<AtomicI32>,
    is_off: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SimulatedBoard {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = format!("tcp:{}", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        let (troubles, heater, is_off) =
            <(Arc<Troubles>, Arc<AtomicI32>, Arc<AtomicBool>)>::default();
        let shared = (Arc::clone(&troubles), Arc::clone(&heater), Arc::clone(&is_off));
        let thread = thread::spawn(move || {
            let (troubles, heater, is_off) = shared;
            while !is_off.load(Ordering::Relaxed) {
                power_on(&listener, &troubles, &heater, &is_off);
            }
        });
        Self { port, troubles, heater, is_off, thread: Some(thread) }
    }

    pub(super) fn heater(&self) -> i32 {
        self.heater.load(Ordering::Relaxed)
    }
}

impl Drop for SimulatedBoard {
    fn drop(&mut self) {
        self.is_off.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the board panicked");
        }
    }
}

/// Runs a node until it is restarted or switched off.
#[allow(clippy::disallowed_methods, reason = "the node's deadline is of real time")]
fn power_on(
    listener: &TcpListener,
    troubles: &Troubles,
    heater: &Arc<AtomicI32>,
    is_off: &AtomicBool,
) {
    let start = std::time::Instant::now();
    let now = || Instant::from_micros(u64::try_from(start.elapsed().as_micros()).unwrap_or(0));
    let (mut memory, mut link) = (EpisodicMemory::<4, 3>::new(), LinkBuffers::new());
    let is_other = troubles.is_other.load(Ordering::Relaxed);
    let hardware = SimulatedRoom { is_other, temperature: 140, heater: Arc::clone(heater) };
    let parts = Parts { hardware, keeper: Volatile, memory: &mut memory, link: &mut link };
    let mut node = Node::start(parts, now()).unwrap();
    let mut hosts: Vec<TcpStream> = Vec::new();
    let mut wire = Noise::default();
    while !is_off.load(Ordering::Relaxed) {
        node.tend(now(), &mut Alive);
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(true).unwrap();
            hosts.push(stream);
        }
        let mut heard = Vec::new();
        hosts.retain_mut(|stream| {
            let mut bytes = [0; 512];
            match stream.read(&mut bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => true,
                Ok(0) | Err(_) => false,
                Ok(count) => {
                    heard.push((stream.try_clone().unwrap(), bytes[..count].to_vec()));
                    true
                }
            }
        });
        if heard.is_empty() {
            thread::sleep(Duration::from_millis(1));
            continue;
        }
        if troubles.restarts.swap(false, Ordering::Relaxed) {
            return;
        }
        if troubles.hangs_up.swap(false, Ordering::Relaxed) {
            hosts.clear();
            continue;
        }
        let noise = troubles.noise.load(Ordering::Relaxed);
        for (mut stream, bytes) in heard {
            for byte in bytes {
                let Some(frame) = node.push(wire.pass(byte, noise), now()) else { continue };
                let frame: Vec<u8> = frame.iter().map(|&byte| wire.pass(byte, noise)).collect();
                // A closed connection is noticed at the next read.
                let _ = stream.write_all(&frame);
            }
        }
    }
}

/// Changes random bytes, the same ones in every run.
#[derive(Default)]
struct Noise(u64);

impl Noise {
    fn pass(&mut self, byte: u8, of_1000: u32) -> u8 {
        self.0 += 1;
        let drawn = mix(self.0);
        let flips = u8::try_from(drawn >> 32 & 0xff).unwrap_or(0) | 1;
        if drawn % 1000 < u64::from(of_1000) { byte ^ flips } else { byte }
    }
}
