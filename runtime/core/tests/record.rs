//! The record format's promises: golden bytes, torn streams, hostile bytes.

use expect_test::expect_file;
use proptest::prelude::*;
use runtime_core::event::{
    BranchEvent, Call, Event, JudgementEvent, RunEvent, StepEvent, TrialEndEvent, TrialKey,
};
use runtime_core::model::{Cost, ModelIdentity, StopReason, Token};
use runtime_core::record::{self, RecordError};
use runtime_core::task::{Limits, Task};
use runtime_core::trajectory::Ending;

fn events() -> Vec<Event> {
    let key = TrialKey { task: 1, trial: 2 };
    let run = RunEvent {
        version: "0.1.0".into(),
        strategy: "reflexion".into(),
        settings: "{\"seed\":7}".into(),
        prompts_sha256: "ab".into(),
        actor: ModelIdentity {
            name: "tiny".into(),
            sha256: "cd".into(),
            adapter_sha256: Some("ef".into()),
        },
        retrospective: ModelIdentity::default(),
        tasks: vec![Task {
            id: "test/easy/1".into(),
            kind: "pick_and_place_simple".into(),
            instruction: "put a mug in shelf.".into(),
            seed: 300,
            limits: Limits { steps_max: 30, trials_max: 3, episode_tokens_max: 8192 },
        }],
    };
    let call = Call {
        shared_tokens: 500,
        suffix_ids: vec![1, 128, 49151],
        text: "look".into(),
        tokens: vec![
            Token { id: 9, log_prob: -0.5, log_prob_full: Some(-1.25), forced: false },
            Token { id: 2, log_prob: 0.0, log_prob_full: None, forced: true },
        ],
        stop: StopReason::EndOfTurn,
        cost: Cost { cached_tokens: 500, computed_tokens: 3, prefill_us: 40, decode_us: 9 },
        adapter: None,
    };
    let step = StepEvent {
        key,
        action: "look".into(),
        malformed: false,
        dropped_steps: 0,
        calls: vec![call],
        observation: "You see nothing.".into(),
        reward: 0.5,
        progress: 0.25,
        done: false,
        environment_us: 12,
    };
    let end =
        TrialEndEvent { key, ending: Ending::StepLimit, feedback: "Nothing was done.".into() };
    let judgement = JudgementEvent { key, completed: true, call: step.calls[0].clone() };
    vec![
        Event::Run(run),
        Event::Step(step),
        Event::TrialEnd(end),
        Event::Judgement(judgement),
        Event::Branch(BranchEvent { key }),
    ]
}

fn stream() -> Vec<u8> {
    let frames =
        events().into_iter().flat_map(|event| record::encode(&event).expect("events are short"));
    record::header().into_iter().chain(frames).collect()
}

fn read(mut bytes: &[u8]) -> (Vec<Event>, Result<(), RecordError>) {
    let mut events = Vec::new();
    if let Err(error) = record::check_header(bytes) {
        return (events, Err(error));
    }
    bytes = &bytes[record::HEADER_BYTES..];
    while !bytes.is_empty() {
        match record::decode(bytes) {
            Ok((event, length)) => {
                events.push(event);
                bytes = &bytes[length..];
            }
            Err(error) => return (events, Err(error)),
        }
    }
    (events, Ok(()))
}

#[test]
fn version_1_is_these_bytes() {
    let rows = stream().chunks(16).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let mut text = String::new();
    for row in rows {
        let bytes: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        text += &(bytes.join(" ") + "\n");
    }

    expect_file!["golden/record-v1.hex"].assert_eq(&text);
}

#[test]
fn what_is_written_is_read() {
    assert_eq!(read(&stream()), (events(), Ok(())));
}

#[test]
fn a_stream_may_break_off_anywhere() {
    let whole = stream();
    for length in 0..whole.len() {
        let (read, _) = read(&whole[..length]);
        assert_eq!(read, events()[..read.len()]);
    }
}

#[test]
fn a_flipped_bit_is_never_read_as_an_event() {
    let whole = stream();
    for bit in 6 * 8..whole.len() * 8 {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (read, result) = read(&damaged);
        assert_eq!(read, events()[..read.len()], "bit {bit}");
        assert!(result.is_err() || bit < record::HEADER_BYTES * 8, "bit {bit}");
    }
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let _ = record::decode(&bytes);
    }

    #[test]
    fn hostile_payloads_never_panic(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
        let crc = crc32fast::hash(&[&length[..], &payload].concat()).to_le_bytes();
        let _ = record::decode(&[&length[..], &crc, &payload].concat());
    }
}
