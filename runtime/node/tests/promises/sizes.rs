//! The bounds of what a node keeps and sends, in bytes.

use heapless::Vec as Bounded;
use runtime_node::description::{
    ACTUATORS_MAX, Actuator, NAME_BYTES_MAX, Range, SENSORS_MAX, Scale, Sensor, UNIT_BYTES_MAX,
};
use runtime_node::frame::{ANSWER_FRAME_BYTES_MAX, REQUEST_FRAME_BYTES_MAX};
use runtime_node::memory::{EpisodicMemory, REFLECTION_BYTES_MAX};
use runtime_node::message::{Hello, NodeAnswer, NodeRequest, Sender};
use runtime_node::node::LinkBuffers;
use runtime_node::storage::stored_bytes_max;

use crate::golden::{answer_frame, request_frame};

#[test]
fn a_memory_has_the_stated_size() {
    let host_word_bytes = size_of::<usize>() - 4;
    // A list's length grows with the word; a step is aligned to it.
    let step_bytes = 84 + host_word_bytes;
    let reflection_bytes = 252 + host_word_bytes;
    let memory_bytes = 16 * step_bytes + 4 * reflection_bytes + 64;

    assert!(
        size_of::<EpisodicMemory<16, 4>>() <= memory_bytes,
        "{}",
        size_of::<EpisodicMemory<16, 4>>()
    );
}

#[test]
fn buffers_and_pages_have_the_stated_sizes() {
    assert_eq!(REQUEST_FRAME_BYTES_MAX, 267);
    assert_eq!(ANSWER_FRAME_BYTES_MAX, 573);
    assert!(size_of::<LinkBuffers>() <= 1_440, "{}", size_of::<LinkBuffers>());
    assert!(stored_bytes_max(16, 4) <= 2_304, "{}", stored_bytes_max(16, 4));
}

#[test]
fn the_longest_request_fits_its_frame() {
    let text = "a".repeat(REFLECTION_BYTES_MAX);

    let host = Sender::Host { session: u32::MAX };
    let frame =
        request_frame(u32::MAX, host, &NodeRequest::Remember { task: u32::MAX, text: &text });

    assert_eq!(frame.len(), REQUEST_FRAME_BYTES_MAX);
}

#[test]
fn the_longest_answer_fits_its_frame() {
    let name = "n".repeat(NAME_BYTES_MAX);
    let unit = "u".repeat(UNIT_BYTES_MAX);
    let range = Range { min: i32::MIN, max: i32::MAX };
    let scale = Scale { unit: &unit, decimals: 9, range, resolution: u32::MAX };
    let sensor = Sensor { name: &name, scale };
    let actuator = Actuator { name: &name, scale, safe: i32::MIN };

    let frame = answer_frame(
        u32::MAX,
        &NodeAnswer::Hello(Hello {
            version: u16::MAX,
            name: &name,
            deadline_ms: u32::MAX,
            steps_max: u16::MAX,
            reflections_max: u16::MAX,
            outlives_power: true,
            sensors: Bounded::from_slice(&[sensor; SENSORS_MAX]).unwrap(),
            actuators: Bounded::from_slice(&[actuator; ACTUATORS_MAX]).unwrap(),
        }),
    );

    assert_eq!(frame.len(), ANSWER_FRAME_BYTES_MAX);
}
