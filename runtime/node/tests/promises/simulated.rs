//! A board in memory: a thermostat, flash that loses its power, and bad luck that
//! repeats.

pub(crate) mod flash;
pub(crate) mod thermostat;

use embassy_time::Instant;
use runtime_node::client::Client;
use runtime_node::deadline::Watchdog;
use runtime_node::frame::REQUEST_FRAME_BYTES_MAX;
use runtime_node::memory::EpisodicMemory;
use runtime_node::message::{NodeAnswer, NodeRequest};
use runtime_node::node::{LinkBuffers, Node, Parts};
use runtime_node::storage::{Keeper, Volatile};

use thermostat::Thermostat;

pub(crate) const STEPS: usize = 4;
pub(crate) const REFLECTIONS: usize = 2;
pub(crate) type SmallMemory = EpisodicMemory<STEPS, REFLECTIONS>;
pub(crate) type ThermostatNode<K = Volatile> = Node<'static, Thermostat, K, STEPS, REFLECTIONS>;

/// A node at its start. Its buffers are leaked: a node's live as long as its board.
pub(crate) fn start<K: Keeper<STEPS, REFLECTIONS>>(
    hardware: Thermostat,
    keeper: K,
) -> ThermostatNode<K> {
    let memory = Box::leak(Box::new(EpisodicMemory::new()));
    let link = Box::leak(Box::new(LinkBuffers::new()));
    Node::start(Parts { hardware, keeper, memory, link }, at_ms(0)).unwrap()
}

/// A node and a host that has said hello, at 0 ms.
pub(crate) fn meet() -> (ThermostatNode, Client) {
    let mut node = start(Thermostat::default(), Volatile);
    let mut client = Client::new(1);
    ask(&mut node, &mut client, &Client::hello(), 0);
    (node, client)
}

pub(crate) fn at_ms(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

/// The next request's frame.
pub(crate) fn frame(client: &mut Client, request: &NodeRequest<'_>) -> Vec<u8> {
    let mut out = [0; REQUEST_FRAME_BYTES_MAX];
    let frame_bytes = client.request(request, &mut out).unwrap();
    out[..frame_bytes].to_vec()
}

/// What the node sends when these bytes come in at this time.
pub(crate) fn send<K: Keeper<STEPS, REFLECTIONS>>(
    node: &mut ThermostatNode<K>,
    bytes: &[u8],
    now_ms: u64,
) -> Vec<u8> {
    let mut sent = Vec::new();
    for &byte in bytes {
        sent.extend_from_slice(node.push(byte, at_ms(now_ms)).unwrap_or_default());
    }
    sent
}

/// What the client makes of these bytes: its first answer.
pub(crate) fn receive<'c>(client: &'c mut Client, bytes: &[u8]) -> NodeAnswer<'c> {
    let (last, rest) = bytes.split_last().expect("the node answered");
    for &byte in rest {
        assert!(client.push(byte).is_none());
    }
    client.push(*last).expect("a whole frame").unwrap()
}

/// One exchange on a perfect line.
pub(crate) fn ask<'c, K: Keeper<STEPS, REFLECTIONS>>(
    node: &mut ThermostatNode<K>,
    client: &'c mut Client,
    request: &NodeRequest<'_>,
    now_ms: u64,
) -> NodeAnswer<'c> {
    let sent = frame(client, request);
    let answer = send(node, &sent, now_ms);
    receive(client, &answer)
}

#[derive(Default)]
pub(crate) struct CountingWatchdog {
    pub(crate) feedings: u32,
}

impl Watchdog for CountingWatchdog {
    fn feed(&mut self) {
        self.feedings += 1;
    }
}

/// Chance that repeats: xorshift, for tests only.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// Below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next() as u8
    }
}
