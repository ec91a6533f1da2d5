//! A plain host, or onlooker: asks a running board, and asks again where no answer comes.

use std::io;
use std::time::Duration;

use runtime_node::client::Client;
use runtime_node::frame::{DELIMITER, REQUEST_FRAME_BYTES_MAX};
use runtime_node::message::{NodeAnswer, NodeRequest};

use crate::machine::EmulatedMachine;

/// How long an answer is awaited; what is sent while a board starts is cut off.
const ANSWER: Duration = Duration::from_millis(250);
/// How often a request is sent.
const TRIES: u32 = 60;

/// One session with a machine, or a look at it.
pub struct Host<'m> {
    machine: &'m mut EmulatedMachine,
    client: Client,
}

impl<'m> Host<'m> {
    /// A host that has said nothing yet.
    pub fn new(machine: &'m mut EmulatedMachine, session: u32) -> Self {
        Self { machine, client: Client::new(session) }
    }

    /// One who only looks; `drawn` is where its numbers begin.
    pub fn onlooker(machine: &'m mut EmulatedMachine, drawn: u32) -> Self {
        Self { machine, client: Client::observer(drawn) }
    }

    /// Opens the session; returns what `read` makes of the node's hello.
    pub fn meet<T>(&mut self, read: impl FnOnce(NodeAnswer<'_>) -> T) -> io::Result<T> {
        self.ask(&Client::hello(), read)
    }

    /// Asks; returns what `read` makes of the answer.
    pub fn ask<T>(
        &mut self,
        request: &NodeRequest<'_>,
        read: impl FnOnce(NodeAnswer<'_>) -> T,
    ) -> io::Result<T> {
        let mut frame = [DELIMITER; 1 + REQUEST_FRAME_BYTES_MAX];
        let sent = self.client.request(request, &mut frame[1..]).map_err(io::Error::other)?;
        for _ in 0..TRIES {
            // A delimiter first: half a frame may stand on the line.
            self.machine.send(&frame[..=sent])?;
            loop {
                let bytes = self.machine.receive(ANSWER);
                if bytes.is_empty() {
                    break;
                }
                for byte in bytes {
                    if let Some(Ok(answer)) = self.client.push(byte) {
                        return Ok(read(answer));
                    }
                }
            }
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer to {request:?}")))
    }

    /// The machine, for what goes beside the protocol.
    pub fn machine(&mut self) -> &mut EmulatedMachine {
        self.machine
    }
}
