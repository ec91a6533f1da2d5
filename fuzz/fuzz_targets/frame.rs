//! A line between host and node: whatever comes in, neither half panics, nothing damaged is
//! read, and what is read says the same when it is written again.
#![no_main]

use embassy_time::Instant;
use libfuzzer_sys::fuzz_target;
use runtime_node::client::Client;
use runtime_node::decoder::FrameDecoder;
use runtime_node::description::{Actuator, Description, Range, Scale, Sensor};
use runtime_node::frame::{
    ANSWER_FRAME_BYTES_MAX, encode_answer, encode_request, read_answer, read_request,
};
use runtime_node::hardware::{Hardware, HardwareError};
use runtime_node::memory::EpisodicMemory;
use runtime_node::message::NodeRequest;
use runtime_node::node::{LinkBuffers, Node, Parts};
use runtime_node::storage::Volatile;

const SCALE: Scale<'_> =
    Scale { unit: "", decimals: 0, range: Range { min: -3, max: 9 }, resolution: 3 };

/// Counts what it is set to.
struct Switchboard(i32);

impl Hardware for Switchboard {
    fn description(&self) -> Description<'static> {
        Description {
            name: "switchboard",
            deadline_ms: 10,
            sensors: &[Sensor { name: "sum", scale: SCALE }],
            actuators: &[Actuator { name: "lever", scale: SCALE, safe: 0 }],
        }
    }

    fn read(&mut self, _: u8) -> Result<i32, HardwareError> {
        if self.0 % 7 == 6 { Err(HardwareError { code: 6 }) } else { Ok(self.0) }
    }

    fn set(&mut self, actuator: u8, value: i32) -> Result<(), HardwareError> {
        assert!(actuator == 0 && SCALE.has(value), "only described values reach the hardware");
        self.0 = self.0.wrapping_add(value);
        Ok(())
    }

    fn admissible(&mut self, _: u8) -> Option<Range> {
        Some(Range { min: -3, max: 6 })
    }

    fn reset(&mut self, seed: u32) -> Result<(), HardwareError> {
        self.0 = i32::from_ne_bytes(seed.to_ne_bytes());
        Ok(())
    }
}

fuzz_target!(|bytes: &[u8]| {
    payload(bytes);
    line(bytes);
});

/// A payload whose checksum is right, as that of a hostile node or host would be.
fn payload(bytes: &[u8]) {
    let mut frame = [0; ANSWER_FRAME_BYTES_MAX];
    let (request, answer) = (read_request(bytes), read_answer(bytes));
    assert!(request.is_err() || answer.is_err(), "one payload is a request and an answer");
    let written = match (&request, &answer) {
        (Ok(read), _) => encode_request(read.sequence, read.sender, &read.request, &mut frame),
        (_, Ok(read)) => encode_answer(read.sequence, &read.answer, &mut frame),
        _ => return,
    };
    // Texts may be longer than any that a frame has room for.
    let Ok(written) = written else { return };
    let mut decoder = FrameDecoder::<ANSWER_FRAME_BYTES_MAX>::new();
    let mut again = 0;
    for &byte in &frame[..written] {
        if let Some(found) = decoder.push(byte) {
            let found = found.expect("a frame that was written can be read");
            assert_eq!(read_request(found).ok(), request.clone().ok());
            assert_eq!(read_answer(found).ok(), answer.clone().ok());
            again += 1;
        }
    }
    assert_eq!(again, 1);
}

/// Bytes to a node and to a host.
fn line(bytes: &[u8]) {
    let (mut memory, mut link) = (EpisodicMemory::<3, 2>::new(), LinkBuffers::new());
    let parts = Parts {
        hardware: Switchboard(0),
        keeper: Volatile,
        memory: &mut memory,
        link: &mut link,
    };
    let mut node = Node::start(parts, Instant::from_millis(0)).expect("its description is right");
    let mut client = Client::new(7);
    let mut frame = [0; ANSWER_FRAME_BYTES_MAX];
    client.request(&NodeRequest::Observe, &mut frame).expect("it has room");
    for (&byte, now) in bytes.iter().zip(0..) {
        if let Some(answer) = node.push(byte, Instant::from_millis(now)) {
            assert_eq!(answer.last(), Some(&0), "an answer is a whole frame");
        }
        let _ = client.push(byte);
    }
}
