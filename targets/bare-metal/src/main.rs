//! The firmware: bytes from the UART into a node, frames back, and time passing.
//!
//! ```text
//! UART interrupt ─► line ─┐
//!                         ├─► serve ─► Node::push ─► Board::send
//! timer interrupt ─► clock┘        └─► Node::tend ─► watchdog
//! ```
//!
//! One task waits for bytes or for its next turn to tend the node, whichever comes
//! first. What the bytes mean is the node's matter, how registers look the board's.
#![no_std]
#![no_main]
#![allow(clippy::used_underscore_binding, reason = "embassy's macro passes the spawner on")]

mod clock;
mod line;
mod board;

use core::panic::PanicInfo;

use embassy_executor::Spawner;
use embassy_time::{Duration, Instant, with_timeout};
use runtime_node::hardware::Hardware;
use runtime_node::memory::EpisodicMemory;
use runtime_node::node::{LinkBuffers, Node, Parts};
use runtime_node::storage::Keeper;
use runtime_node::thermostat::Thermostat;
use static_cell::ConstStaticCell;

use board::{Board, ThisBoard};

/// Steps that the node remembers.
const STEPS: usize = 16;
/// Reflections that the node remembers.
const REFLECTIONS: usize = 4;
/// How often the node is tended at least; well within [`board::WATCHDOG_MS`].
const TEND_EVERY: Duration = Duration::from_millis(200);
/// Bytes taken from the line at once.
const CHUNK_BYTES: usize = 16;

static MEMORY: ConstStaticCell<EpisodicMemory<STEPS, REFLECTIONS>> =
    ConstStaticCell::new(EpisodicMemory::new());
static LINK: ConstStaticCell<LinkBuffers> = ConstStaticCell::new(LinkBuffers::new());

#[embassy_executor::main]
async fn main(_spawner: Spawner) -> ! {
    let mut board = ThisBoard::start();
    let parts = Parts {
        hardware: Thermostat::new(),
        keeper: board.keeper(),
        memory: MEMORY.take(),
        link: LINK.take(),
    };
    match Node::start(parts, Instant::now()) {
        Ok(node) => serve(node, board).await,
        // The description is wrong, which a test on the host would have told.
        Err(_) => ThisBoard::restart(),
    }
}

async fn serve<H: Hardware, K: Keeper<STEPS, REFLECTIONS>>(
    mut node: Node<'static, H, K, STEPS, REFLECTIONS>,
    mut board: impl Board,
) -> ! {
    loop {
        let wait = node.time_left(Instant::now()).unwrap_or(TEND_EVERY).min(TEND_EVERY);
        let mut chunk = [0; CHUNK_BYTES];
        let received = with_timeout(wait, line::receive(&mut chunk)).await;
        for &byte in chunk.iter().take(received.unwrap_or(0)) {
            if let Some(frame) = node.push(byte, Instant::now()) {
                board.send(frame);
            }
        }
        node.tend(Instant::now(), &mut board);
    }
}

/// Restarts the board: it starts with its actuators safe, and its host learns of it
/// by the session that is gone. A message would take a formatter's flash.
#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    ThisBoard::restart()
}
