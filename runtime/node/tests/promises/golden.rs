//! The formats' promise: these messages are these bytes, in every release.

use expect_test::expect_file;
use heapless::Vec as Bounded;
use runtime_node::description::Range;
use runtime_node::frame::{
    ANSWER_FRAME_BYTES_MAX, REQUEST_FRAME_BYTES_MAX, encode_answer, encode_request,
};
use runtime_node::memory::{REFLECTION_BYTES_MAX, Reflection, Step};
use runtime_node::message::{
    ActuatorState, Answer, Hello, Observation, Recollection, Refusal, Request, Status, VERSION,
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

/// A request of each kind, and the longest.
pub(crate) fn requests() -> Vec<Request<'static>> {
    vec![
        Request::Hello { version: VERSION, session: 0x1234_5678 },
        Request::Act { actuator: 1, value: 75 },
        Request::Act { actuator: 0, value: i32::MIN },
        Request::Observe,
        Request::Reset { seed: 300 },
        Request::Remember { task: 2, text: "Close the door before you heat." },
        Request::Remember { task: u32::MAX, text: LONGEST },
        Request::Recall { kind: Recollection::Step, age: 0 },
        Request::Recall { kind: Recollection::Reflection, age: 1 },
        Request::Status,
    ]
}

/// An answer of each kind.
pub(crate) fn answers() -> Vec<Answer<'static>> {
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
    };
    let text = "Close the door before you heat.";
    vec![
        Answer::Hello(Hello {
            version: VERSION,
            session: 0x1234_5678,
            name: THERMOSTAT.name,
            deadline_ms: THERMOSTAT.deadline_ms,
            steps_max: 16,
            reflections_max: 4,
            outlives_power: true,
            sensors: Bounded::from_slice(THERMOSTAT.sensors).unwrap(),
            actuators: Bounded::from_slice(THERMOSTAT.actuators).unwrap(),
        }),
        Answer::Refused(Refusal::Version { node: VERSION }),
        Answer::Refused(Refusal::NoSession),
        Answer::Refused(Refusal::Stale { last: 300 }),
        Answer::Refused(Refusal::SequenceReused),
        Answer::Refused(Refusal::NoSuchActuator),
        Answer::Refused(Refusal::NotOfScale),
        Answer::Refused(Refusal::Inadmissible),
        Answer::Refused(Refusal::ReflectionTooLong),
        Answer::Refused(Refusal::Hardware { code: 5 }),
        Answer::Refused(Refusal::Storage),
        Answer::Act(observation.clone()),
        Answer::Observe(observation.clone()),
        Answer::Reset(observation),
        Answer::Remember,
        Answer::RecallStep(None),
        Answer::RecallStep(Some(Step {
            episode: 3,
            at_ms: 1_500,
            actuator: 1,
            value: 75,
            readings,
        })),
        Answer::RecallReflection(None),
        Answer::RecallReflection(Some(Reflection { task: 2, episode: 3, text })),
        Answer::Status(status),
    ]
}

pub(crate) fn request_frame(sequence: u32, request: &Request<'_>) -> Vec<u8> {
    let mut out = [0; REQUEST_FRAME_BYTES_MAX];
    let frame_bytes = encode_request(sequence, request, &mut out).unwrap();
    out[..frame_bytes].to_vec()
}

pub(crate) fn answer_frame(sequence: u32, answer: &Answer<'_>) -> Vec<u8> {
    let mut out = [0; ANSWER_FRAME_BYTES_MAX];
    let frame_bytes = encode_answer(sequence, answer, &mut out).unwrap();
    out[..frame_bytes].to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[test]
fn frames_are_these_bytes() {
    let requests = requests();
    let requests = (1..).zip(&requests).map(|(sequence, request)| {
        format!("{}  {request:?}\n", hex(&request_frame(sequence, request)))
    });
    let answers = answers();
    let answers = (300..).zip(&answers).map(|(sequence, answer)| {
        format!("{}  {answer:?}\n", hex(&answer_frame(sequence, answer)))
    });
    let text: String = requests.chain(answers).collect();

    expect_file!["../golden/frames-v1.txt"].assert_eq(&text);
}

/// Worked out apart from this code: 51 request, 01 sequence, 00 `Hello`, 01 version, 07
/// session, and zlib's crc of the five. COBS: 03 leads two bytes and stands for the
/// zero, 07 leads the six that are left.
#[test]
fn a_frame_is_what_its_layout_says() {
    let frame = request_frame(1, &Request::Hello { version: 1, session: 7 });

    assert_eq!(frame, [3, 0x51, 1, 7, 1, 7, 0xe1, 0xd2, 0x92, 0xfc, 0]);
}

#[test]
fn a_page_is_these_bytes() {
    let mut memory = SmallMemory::new();
    memory.begin_episode();
    let readings = Bounded::from_slice(&[Some(215), None]).unwrap();
    memory.record(Step { episode: 1, at_ms: 1_500, actuator: 1, value: 75, readings });
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
