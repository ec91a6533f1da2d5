//! What damage on the line does: it costs frames, and never makes a message.

use runtime_node::decoder::FrameDecoder;
use runtime_node::frame::{ANSWER_FRAME_BYTES_MAX, FrameError, read_answer, read_request};
use runtime_node::message::Sender;

use crate::golden::{HOST, answer_frame, answers, request_frame, requests};
use crate::simulated::Chance;

/// A message as text, or what is wrong with its frame.
type Read = Result<String, FrameError>;

fn golden_frames() -> Vec<Vec<u8>> {
    let requests = requests();
    let senders = [HOST, Sender::Observer].into_iter().cycle();
    let requests = (1..).zip(senders).zip(&requests);
    let requests =
        requests.map(|((sequence, sender), message)| request_frame(sequence, sender, message));
    let answers = answers();
    let answers = (300..).zip(&answers).map(|(sequence, message)| answer_frame(sequence, message));
    requests.chain(answers).collect()
}

/// Everything that a line's bytes are read as, whichever direction they go.
fn read(line: &[u8]) -> Vec<Read> {
    let mut decoder = FrameDecoder::<ANSWER_FRAME_BYTES_MAX>::new();
    let mut all = Vec::new();
    for &byte in line {
        if let Some(payload) = decoder.push(byte) {
            all.push(payload.and_then(read_either));
        }
    }
    all
}

fn read_either(payload: &[u8]) -> Read {
    let request = read_request(payload).map(|read| format!("{read:?}"));
    let answer = read_answer(payload).map(|read| format!("{read:?}"));
    assert!(request.is_err() || answer.is_err(), "one payload is a request and an answer");
    request.or_else(|wrong| answer.map_err(|_| wrong))
}

fn whole(frames: &[Vec<u8>]) -> Vec<Read> {
    frames.iter().map(|frame| read(frame).remove(0)).collect()
}

#[test]
fn a_whole_frame_is_one_message() {
    for frame in golden_frames() {
        let all = read(&frame);
        assert!(matches!(all.as_slice(), [Ok(_)]), "{all:?}");
    }
}

#[test]
fn no_prefix_of_a_frame_is_a_message() {
    let next = request_frame(9, HOST, &requests()[3]);
    let next_read = read(&next).remove(0);

    for frame in golden_frames() {
        for length in 1..frame.len() - 1 {
            let ended = [&frame[..length], &[0], &next].concat();
            let all = read(&ended);
            assert!(matches!(all.as_slice(), [Err(_), last] if *last == next_read), "{all:?}");

            let run_on = [&frame[..length], &next, &next].concat();
            let all = read(&run_on);
            assert!(matches!(all.as_slice(), [Err(_), last] if *last == next_read), "{all:?}");
        }
    }
}

/// Found by fuzzing: such a `Hello` got past the check of its version.
#[test]
fn a_hello_of_another_version_is_known_however_long_it_is_written() {
    let payload = [0x51, 0xc5, 0x00, 0x80, 0x00, 0x00, 0x96, 0x96, 0x01];

    assert_eq!(read_request(&payload), Err(FrameError::Version { sequence: 69, found: 0 }));
}

#[test]
fn no_flipped_bit_makes_another_message() {
    for frame in golden_frames() {
        for bit in 0..frame.len() * 8 {
            let mut line = frame.clone();
            line[bit / 8] ^= 1 << (bit % 8);
            line.push(0);

            let all = read(&line);

            assert!(!all.is_empty() && all.iter().all(Result::is_err), "bit {bit}: {all:?}");
        }
    }
}

#[test]
fn no_two_flipped_bits_of_a_request_make_another_message() {
    let frame = request_frame(1, HOST, &requests()[1]);
    let bits = frame.len() * 8;
    for (first, second) in (0..bits).flat_map(|first| (0..first).map(move |second| (first, second)))
    {
        let mut line = frame.clone();
        line[first / 8] ^= 1 << (first % 8);
        line[second / 8] ^= 1 << (second % 8);
        line.push(0);

        assert!(read(&line).iter().all(Result::is_err), "bits {first} and {second}");
    }
}

#[test]
fn after_noise_and_a_delimiter_every_frame_is_read_and_nothing_else() {
    let frames = golden_frames();
    let whole = whole(&frames);
    let mut chance = Chance(0x5eed);

    for stream in 0..10_000 {
        let mut line = Vec::new();
        let mut sent = Vec::new();
        for _ in 0..=chance.below(4) {
            // Now and then longer than any frame.
            let noise_bytes = if chance.below(50) == 0 { 1_500 } else { chance.below(40) };
            // Few zeros and small bytes look like frames more often than noise does.
            let mask = [0xff, 0x0f, 0x03][chance.below(3)];
            line.extend((0..noise_bytes).map(|_| chance.byte() & mask));
            line.push(0);
            let choice = chance.below(frames.len());
            line.extend_from_slice(&frames[choice]);
            sent.push(whole[choice].clone());
        }

        let mut all = read(&line);

        all.retain(Result::is_ok);
        assert_eq!(all, sent, "stream {stream}");
    }
}

#[test]
fn damage_is_told_by_its_kind() {
    let frame = request_frame(1, HOST, &requests()[1]);
    let mut bent = frame.clone();
    bent[4] ^= 0x40;
    let other = by_frame(&[0x51, 1, 0, 3, 7]);
    let former = by_frame(&[0x51, 1, 2]);
    let unknown = by_frame(&[0x51, 1, 99]);
    let trailing = by_frame(&[0x51, 1, 2, 0]);

    let mut too_long = [0x51; ANSWER_FRAME_BYTES_MAX + 2];
    too_long[ANSWER_FRAME_BYTES_MAX + 1] = 0;
    let check = |line: &[u8], expected| assert_eq!(read(line), [Err(expected)]);

    check(&too_long, FrameError::TooLong);
    check(&[9, 1, 0], FrameError::Cobs);
    check(&[2, 1, 0], FrameError::Short);
    check(&bent, FrameError::Crc);
    check(&other, FrameError::Version { sequence: 1, found: 3 });
    check(&former, FrameError::Version { sequence: 1, found: 1 });
    check(&unknown, FrameError::Message);
    check(&trailing, FrameError::Message);
}

#[test]
fn delimiters_alone_are_nothing() {
    assert_eq!(read(&[0; 100]), []);
}

/// A frame around any payload below 250 bytes.
pub(crate) fn by_frame(payload: &[u8]) -> Vec<u8> {
    let crc = payload.iter().fold(!0u32, |crc, &byte| {
        (0..8)
            .fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (crc & 1).wrapping_neg() & 0xedb8_8320)
    });
    let content = [payload, &(!crc).to_le_bytes()].concat();
    let runs = content.split(|&byte| byte == 0);
    let mut frame: Vec<u8> = runs.flat_map(|run| [&[run.len() as u8 + 1], run].concat()).collect();
    frame.push(0);
    frame
}
