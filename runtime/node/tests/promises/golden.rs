//! The formats' promise: these messages are these bytes, in every release.

use embedded_storage::nor_flash::NorFlash;
use expect_test::expect_file;
use heapless::Vec as Bounded;
use runtime_node::description::Range;
use runtime_node::frame::{
    ANSWER_FRAME_BYTES_MAX, REQUEST_FRAME_BYTES_MAX, encode_answer, encode_request,
};
use runtime_node::memory::{REFLECTION_BYTES_MAX, RememberedStep, StoredReflection};
use runtime_node::message::{
    ActuatorState, Hello, NodeAnswer, NodeRequest, Observation, Recollection, Refusal, Sender,
    Status, VERSION,
};
use runtime_node::storage::{HEADER_BYTES, Keeper, Pages, Region};

use crate::simulated::flash::{SECTOR_BYTES, SimulatedFlash};
use crate::simulated::thermostat::THERMOSTAT;
use crate::simulated::{REFLECTIONS, STEPS, SmallMemory};

const LONGEST: &str = {
    const TEXT: [u8; REFLECTION_BYTES_MAX] = [b'a'; REFLECTION_BYTES_MAX];
    match core::str::from_utf8(&TEXT) {
        Ok(text) => text,
        Err(_) => unreachable!(),
    }
};

/// The host of all requests here.
pub(crate) const HOST: Sender = Sender::Host { session: 0x1234_5678 };

/// A request of each kind, and the longest.
pub(crate) fn requests() -> Vec<NodeRequest<'static>> {
    vec![
        NodeRequest::Hello { version: VERSION },
        NodeRequest::Act { actuator: 1, value: 75 },
        NodeRequest::Act { actuator: 0, value: i32::MIN },
        NodeRequest::Observe,
        NodeRequest::Reset { seed: 300 },
        NodeRequest::Remember { task: 2, text: "Close the door before you heat." },
        NodeRequest::Remember { task: u32::MAX, text: LONGEST },
        NodeRequest::Recall { kind: Recollection::Step, age: 0 },
        NodeRequest::Recall { kind: Recollection::Reflection, age: 1 },
        NodeRequest::Status,
        NodeRequest::Release,
    ]
}

/// A refusal of each kind.
const REFUSALS: [Refusal; 12] = [
    Refusal::Version { node: VERSION },
    Refusal::NoSession,
    Refusal::Stale { last: 300 },
    Refusal::SequenceReused,
    Refusal::NoSuchActuator,
    Refusal::NotOfScale,
    Refusal::Inadmissible,
    Refusal::ReflectionTooLong,
    Refusal::Hardware { code: 5 },
    Refusal::Storage,
    Refusal::Busy { left_ms: 1_500 },
    Refusal::OnlyLooks,
];

/// An answer of each kind.
pub(crate) fn answers() -> Vec<NodeAnswer<'static>> {
    let readings = Bounded::from_slice(&[Some(215), None]).unwrap();
    let observation = Observation {
        episode: 3,
        readings: readings.clone(),
        actuators: Bounded::from_slice(&[
            ActuatorState { value: 0, admissible: None },
            ActuatorState { value: 75, admissible: Some(Range { min: 0, max: 100 }) },
        ])
        .unwrap(),
    };
    let status = Status {
        uptime_ms: 86_400_000,
        episode: 3,
        steps: 4,
        reflections: 1,
        frames_bad: 7,
        deadlines_missed: 1,
        faults: 0,
        storage_failures: 0,
        safe_state_owed: true,
        has_host: true,
    };
    let text = "Close the door before you heat.";
    let hello = NodeAnswer::Hello(Hello {
        version: VERSION,
        name: THERMOSTAT.name,
        deadline_ms: THERMOSTAT.deadline_ms,
        steps_max: 16,
        reflections_max: 4,
        outlives_power: true,
        sensors: Bounded::from_slice(THERMOSTAT.sensors).unwrap(),
        actuators: Bounded::from_slice(THERMOSTAT.actuators).unwrap(),
    });
    let others = [
        NodeAnswer::Act(observation.clone()),
        NodeAnswer::Observe(observation.clone()),
        NodeAnswer::Reset(observation.clone()),
        NodeAnswer::Remember,
        NodeAnswer::RecallStep(None),
        NodeAnswer::RecallStep(Some(RememberedStep {
            episode: 3,
            at_ms: 1_500,
            actuator: 1,
            value: 75,
            readings,
        })),
        NodeAnswer::RecallReflection(None),
        NodeAnswer::RecallReflection(Some(StoredReflection { task: 2, episode: 3, text })),
        NodeAnswer::Status(status),
        NodeAnswer::Release(observation),
    ];
    let refusals = REFUSALS.map(NodeAnswer::Refused);
    [hello].into_iter().chain(refusals).chain(others).collect()
}

pub(crate) fn request_frame(sequence: u32, sender: Sender, request: &NodeRequest<'_>) -> Vec<u8> {
    let mut out = [0; REQUEST_FRAME_BYTES_MAX];
    let frame_bytes = encode_request(sequence, sender, request, &mut out).unwrap();
    out[..frame_bytes].to_vec()
}

pub(crate) fn answer_frame(sequence: u32, answer: &NodeAnswer<'_>) -> Vec<u8> {
    let mut out = [0; ANSWER_FRAME_BYTES_MAX];
    let frame_bytes = encode_answer(sequence, answer, &mut out).unwrap();
    out[..frame_bytes].to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[test]
fn frames_are_these_bytes() {
    let told = |sequence, sender, request: &NodeRequest<'_>| {
        format!("{}  {sender:?}: {request:?}\n", hex(&request_frame(sequence, sender, request)))
    };
    let requests = requests();
    let look = requests.iter().filter(|request| request.only_looks());
    let looks = (100..).zip(look).map(|(sequence, look)| told(sequence, Sender::Observer, look));
    let asked = (1..).zip(&requests).map(|(sequence, request)| told(sequence, HOST, request));
    let answers = answers();
    let answers = (300..).zip(&answers).map(|(sequence, answer)| {
        format!("{}  {answer:?}\n", hex(&answer_frame(sequence, answer)))
    });
    let text: String = asked.chain(looks).chain(answers).collect();

    expect_file!["../golden/frames-v2.txt"].assert_eq(&text);
}

/// Worked out apart from this code: 51 request, 01 sequence, 00 `Hello`, 02 version, 00
/// host, 07 session, and zlib's crc of the six. COBS: 03 leads two bytes and stands for
/// the zero, 02 one and stands for the next, 06 leads the five that are left.
#[test]
fn a_frame_is_what_its_layout_says() {
    let frame = request_frame(1, Sender::Host { session: 7 }, &NodeRequest::Hello { version: 2 });

    assert_eq!(frame, [3, 0x51, 1, 2, 2, 6, 7, 0x8c, 0x12, 0x90, 0xd6, 0]);
}

#[test]
fn a_page_is_these_bytes() {
    let mut memory = SmallMemory::new();
    memory.begin_episode();
    let readings = Bounded::from_slice(&[Some(215), None]).unwrap();
    memory.record(RememberedStep { episode: 1, at_ms: 1_500, actuator: 1, value: 75, readings });
    memory.remember(2, "Close the door.").unwrap();
    let region = Region { address: 0, page_bytes: 2 * SECTOR_BYTES as u32 };
    let mut pages =
        Pages::<_, STEPS, REFLECTIONS>::new(SimulatedFlash::<4>::new(), region).unwrap();

    pages.save(&memory).unwrap();

    let flash = pages.into_flash();
    let (header, payload) = flash.bytes(0, 64).split_at(HEADER_BYTES);
    let text = format!("{}\n{}\n", hex(header), hex(payload));
    expect_file!["../golden/page-v1.txt"].assert_eq(&text);
}

/// Firmware of before wrote it; the node that is updated goes on with what it knew.
#[test]
fn a_page_of_the_first_release_is_read() {
    let text = include_str!("../golden/page-v1.txt");
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let page: Vec<u8> = digits.chunks(2).map(byte).collect();
    let mut flash = SimulatedFlash::<4>::new();
    flash.erase(0, SECTOR_BYTES as u32).unwrap();
    flash.write(0, &page).unwrap();
    let region = Region { address: 0, page_bytes: 2 * SECTOR_BYTES as u32 };
    let mut memory = SmallMemory::new();

    Pages::<_, STEPS, REFLECTIONS>::new(flash, region).unwrap().load(&mut memory).unwrap();

    let kept = memory.reflection(0).map(|kept| (kept.task, kept.text));
    assert_eq!((memory.episode(), memory.steps(), kept), (1, 1, Some((2, "Close the door."))));
}
