//! The record format's promises: golden bytes, torn streams, hostile bytes.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::convert::Infallible;

use expect_test::expect_file;
use proptest::prelude::*;
use runtime_core::claims::{CheckedClaim, ClaimCounts, Claims};
use runtime_core::event::{
    BranchEvent, Call, Event, JudgementEvent, ReflectionEvent, RunEvent, StepEvent, TrialEndEvent,
    TrialKey, TrialStartEvent,
};
use runtime_core::history::{HistoryError, RunHistory};
use runtime_core::model::{Cost, ModelIdentity, Origin, StopReason, Token};
use runtime_core::record::{Chain, RecordError, RecordReader, StreamError, Version, stream};
use runtime_core::task::{Difficulty, Limits, Task, TaskTraits};
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
            source_sha256: None,
        },
        retrospective: ModelIdentity::default(),
        tasks: vec![Task {
            id: "test/easy/1".into(),
            kind: "pick_and_place_simple".into(),
            instruction: "put a mug in shelf.".into(),
            seed: 300,
            limits: Limits { steps_max: 30, trials_max: 3, episode_tokens_max: 8192 },
        }],
        traits: Vec::new(),
    };
    let call = Call {
        shared_tokens: 500,
        suffix_ids: vec![1, 128, 49151],
        text: "look".into(),
        tokens: vec![
            Token { id: 9, log_prob: -0.5, log_prob_full: Some(-1.25), origin: Origin::Drawn },
            Token::forced(2),
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
        grounded: None,
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

/// The events, with tokens of all origins.
fn events_of_all_origins() -> Vec<Event> {
    let mut events = events();
    let Event::Judgement(judgement) = &mut events[3] else { unreachable!() };
    judgement.call.tokens = vec![
        Token { origin: Origin::Dictated, ..Token::forced(7) },
        Token { log_prob_full: Some(-0.5), origin: Origin::Unknown, ..Token::forced(3) },
        Token { origin: Origin::Unknown, ..Token::forced(Token::UNKNOWN_ID) },
        Token { id: 1, log_prob: 0.0, log_prob_full: Some(-2.0), origin: Origin::Drawn },
    ];
    events
}

const VERSIONS: [Version; 2] = [Version::V1, Version::V2];

type Read = (Vec<Event>, Result<u64, StreamError<Infallible>>);

/// The events, and how many bytes behind them were left out.
fn read(bytes: &[u8]) -> Read {
    let mut events = Vec::new();
    let mut reader = match RecordReader::open(bytes) {
        Ok(reader) => reader,
        Err(error) => return (events, Err(error)),
    };
    for event in &mut reader {
        match event {
            Ok(event) => events.push(event),
            Err(error) => return (events, Err(error)),
        }
    }
    (events, Ok(reader.torn().map_or(0, |torn| torn.dropped_bytes)))
}

/// Where each frame begins, and where the last one ends.
fn offsets(bytes: &[u8]) -> Vec<usize> {
    let mut reader = RecordReader::open(bytes).unwrap();
    let mut offsets = vec![8];
    while reader.next().is_some() {
        offsets.push(usize::try_from(reader.offset()).unwrap());
    }
    offsets
}

/// The first frame of a stream, with any payload.
fn framed(version: Version, payload: &[u8]) -> Vec<u8> {
    let mut head = u32::try_from(payload.len()).unwrap().to_le_bytes().to_vec();
    if version == Version::V2 {
        head.extend([0; 4]);
        head.extend(crc32fast::hash(&version.header()).to_le_bytes());
    }
    let crc = crc32fast::hash(&[&head[..], payload].concat()).to_le_bytes();
    [&head[..], &crc, payload].concat()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let row = |row: &[u8]| row.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    bytes.chunks(16).map(|bytes| row(bytes).join(" ") + "\n").collect()
}

#[test]
fn the_counts_of_a_reflection_are_fields_that_only_those_with_some_have() {
    let [_, Event::Step(step), ..] = &events()[..] else { unreachable!() };
    let written = |repeats, again, claims: Option<Claims>| {
        let (key, call) = (step.key, step.calls[0].clone());
        Event::Reflection(ReflectionEvent {
            key,
            text: "Wait.".into(),
            call,
            repeats,
            again,
            claims,
        })
    };
    let counts = ClaimCounts { claims: 4, supported: 3, facts: 2, told: 1 };
    let each = vec![
        CheckedClaim { start: 0, end: 3, kind: 1, is_so: true },
        CheckedClaim { start: 3, end: 300, kind: 0, is_so: false },
    ];
    let events = [
        written(0, 0, None),
        written(2, 0, None),
        written(0, 3, None),
        written(0, 0, Some(Claims { counts, each: Vec::new() })),
        written(0, 0, Some(Claims { counts, each })),
    ];

    let bytes = stream(Version::V2, &events).unwrap();

    assert_eq!(read(&bytes), (events.to_vec(), Ok(0)));
    let offsets = offsets(&bytes);
    let [bare, repeats, again, claims, each] =
        [0, 1, 2, 3, 4].map(|place| offsets[place + 1] - offsets[place]);
    // The name and its length, the value and its length.
    assert_eq!(repeats, bare + "repeats".len() + 1 + 4 + 1);
    assert_eq!(again, bare + "again".len() + 1 + 4 + 1);
    assert_eq!(claims, bare + "claims".len() + 1 + 16 + 1);
    // The number of claims; four numbers each, of which one is above 127.
    assert_eq!(each, claims + "claims.each".len() + 1 + (1 + 2 * 4 + 1) + 1);
}

#[test]
fn what_the_analysis_needs_are_fields_that_only_those_with_some_have() {
    let [Event::Run(run), Event::Step(step), ..] = &events()[..] else { unreachable!() };
    let traits =
        TaskTraits { difficulty: Some(Difficulty::Hard), abilities: vec![("memory".into(), 2)] };
    let [none, some] = [TaskTraits::default(), traits]
        .map(|traits| Event::Run(RunEvent { traits: vec![traits], ..run.clone() }));
    let taken = |grounded| Event::Step(StepEvent { grounded, ..step.clone() });
    let events = [none, some, taken(None), taken(Some(false)), taken(Some(true))];

    let bytes = stream(Version::V2, &events).unwrap();

    let (found, end) = read(&bytes);
    assert_eq!((&found[1..], end), (&events[1..], Ok(0)));
    // Where a world says nothing, nothing is written.
    assert_eq!(found[0], Event::Run(RunEvent { traits: Vec::new(), ..run.clone() }));
    let offsets = offsets(&bytes);
    let [bare, no, yes] = [2, 3, 4].map(|place| offsets[place + 1] - offsets[place]);
    assert_eq!([no, yes], [bare + "grounded".len() + 1 + 4 + 1; 2]);
}

#[test]
fn version_1_is_these_bytes() {
    let bytes = stream(Version::V1, &events()).unwrap();

    expect_file!["golden/record-v1.hex"].assert_eq(&hexadecimal(&bytes));
}

#[test]
fn version_2_is_these_bytes() {
    let mut events = events_of_all_origins();
    let Event::Run(run) = &mut events[0] else { unreachable!() };
    run.actor.source_sha256 = Some("01".into());
    let bytes = stream(Version::V2, &events).unwrap();

    expect_file!["golden/record-v2.hex"].assert_eq(&hexadecimal(&bytes));
    assert_eq!(read(&bytes), (events, Ok(0)));
}

#[test]
fn what_is_written_is_read() {
    for version in VERSIONS {
        let bytes = stream(version, &events_of_all_origins()).unwrap();

        assert_eq!(read(&bytes), (events_of_all_origins(), Ok(0)), "{version:?}");
    }
}

#[test]
fn a_stream_may_break_off_anywhere() {
    for version in VERSIONS {
        let whole = stream(version, &events()).unwrap();
        let ends = offsets(&whole);
        for length in ends[1]..whole.len() {
            let (read, left_out) = read(&whole[..length]);
            assert_eq!(read, events()[..read.len()]);
            assert_eq!(left_out, Ok((length - ends[read.len()]) as u64));
        }
    }
}

#[test]
fn a_flipped_bit_is_never_read_as_an_event() {
    for version in VERSIONS {
        let whole = stream(version, &events()).unwrap();
        for bit in 8 * 8..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let (read, result) = read(&damaged);
            assert_eq!(read, events()[..read.len()], "bit {bit}");
            assert_ne!(result, Ok(0), "bit {bit}");
        }
    }
}

#[test]
fn a_whole_frame_is_read_nowhere_but_in_its_place() {
    let whole = stream(Version::V2, &events()).unwrap();
    let other = stream(Version::V2, &events_of_all_origins()).unwrap();
    let (ends, of_other) = (offsets(&whole), offsets(&other));
    let frame = |place: usize| &whole[ends[place]..ends[place + 1]];
    let check = |bytes: Vec<u8>, place: usize| {
        let (read, result) = read(&bytes);
        assert_eq!(read, events()[..place]);
        assert!(matches!(result, Err(StreamError::Disordered { .. })), "{place}: {result:?}");
    };

    for place in 0..events().len() {
        let doubled = [&whole[..ends[place + 1]], frame(place), &whole[ends[place + 1]..]];
        check(doubled.concat(), place + 1);
        for later in place + 1..events().len() {
            check([&whole[..ends[place]], &whole[ends[later]..]].concat(), place);
            let between = &whole[ends[place + 1]..ends[later]];
            let (swapped, rest) =
                ([frame(later), between, frame(place)], &whole[ends[later + 1]..]);
            check([&whole[..ends[place]], &swapped.concat(), rest].concat(), place);
        }
    }
    // Of a run that was the same until then.
    check([&whole[..ends[3]], frame(3), &other[of_other[4]..]].concat(), 4);
}

#[test]
fn zeros_behind_a_stream_are_a_torn_tail() {
    for version in VERSIONS {
        let mut bytes = stream(version, &events()).unwrap();
        bytes.extend([0; 4096]);

        assert_eq!(read(&bytes), (events(), Ok(4096)));
    }
}

#[test]
fn a_synced_frame_behind_damage_makes_it_an_error() {
    for version in VERSIONS {
        let whole = stream(version, &events()).unwrap();
        // The third event is the end of a trial.
        let ends = offsets(&whole);
        let damaged = |place: usize| {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x10;
            read(&bytes).1
        };

        for place in 8..ends[2] {
            let found = damaged(place);
            assert!(matches!(found, Err(StreamError::Damaged { .. })), "{place}: {found:?}");
        }
        for place in ends[2]..whole.len() {
            assert!(damaged(place).is_ok_and(|left_out| left_out > 0), "{place}");
        }
    }
}

#[test]
fn a_field_of_a_later_program_is_skipped() {
    let mut chain = Chain::new(Version::V2);
    let Event::Run(mut run) = events()[0].clone() else { unreachable!() };
    run.retrospective.source_sha256 = Some("23".into());
    let run = Event::Run(run);
    let payload = chain.append(&run).unwrap()[16..].to_vec();
    let frame = |fields: &[u8]| framed(Version::V2, &[&payload, fields].concat());
    let follow = |frame: Vec<u8>| Chain::new(Version::V2).follow(&frame).map(|(event, _)| event);

    assert_eq!(follow(frame(b"\x05color\x03red\x00\x00")), Ok(run));
    for broken in [&b"\x05color\x04red"[..], b"\x05color", b"\x01\xff\x00"] {
        assert_eq!(follow(frame(broken)), Err(RecordError::Payload));
    }
}

#[test]
fn a_version_1_stream_has_no_origins_but_its_flag() {
    let bytes = stream(Version::V1, &events()).unwrap();
    let ends = offsets(&bytes);
    let mut refused = 0;
    for place in ends[1] + 8..ends[2] {
        let mut payload = bytes[ends[1] + 8..ends[2]].to_vec();
        // The flag of the first token, and that of the second.
        if payload[place - ends[1] - 8] < 2 {
            payload[place - ends[1] - 8] = 2;
            let frame = framed(Version::V1, &payload);
            let mut chain = Chain::new(Version::V1);
            match chain.follow(&frame) {
                Err(error) => refused += usize::from(error == RecordError::Payload),
                Ok((event, _)) => {
                    let again = Chain::new(Version::V1).append(&event).unwrap();
                    assert_eq!(again, frame, "what is read is written as it was");
                }
            }
        }
    }
    assert!(refused >= 2, "{refused}");
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for version in VERSIONS {
            let _ = read(&[&version.header()[..], &bytes].concat());
            let _ = Chain::new(version).follow(&bytes);
        }
    }

    #[test]
    fn hostile_payloads_never_panic(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        for version in VERSIONS {
            let read = Chain::new(version).follow(&framed(version, &payload));
            prop_assert!(matches!(read, Ok(_) | Err(RecordError::Payload)));
        }
    }
}

#[test]
fn a_small_log_that_claims_gigabytes_of_shared_prompts_is_refused() {
    let [Event::Run(run), Event::Step(step), ..] = &events()[..] else { unreachable!() };
    let key = TrialKey { task: 0, trial: 1 };
    let step = |shared_tokens: u32, suffix_tokens: usize| {
        let suffix_ids = vec![1; suffix_tokens];
        let call = Call { shared_tokens, suffix_ids, tokens: Vec::new(), ..step.calls[0].clone() };
        Event::Step(StepEvent { key, calls: vec![call], ..step.clone() })
    };
    let start = Event::TrialStart(TrialStartEvent { key, opening: String::new() });
    let mut events = vec![Event::Run(run.clone()), start, step(0, 1 << 20)];
    // Restored, these would be 4,096 prompts of 4 MiB.
    events.extend(vec![step(1 << 20, 0); 1 << 12]);
    let bytes = stream(Version::NEWEST, &events).unwrap();
    assert!(bytes.len() < 2 << 20, "{}", bytes.len());

    let refused = RunHistory::from_events(read(&bytes).0).unwrap_err();

    let expected = HistoryError::TooManyTokens { key, prompt_tokens: 33 << 20 };
    assert_eq!(refused, expected);
    assert!(refused.to_string().contains("task 0, trial 1"), "{refused}");
}
