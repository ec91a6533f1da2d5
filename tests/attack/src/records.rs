//! Damage to trial logs that leaves their checksums right: the layout of
//! `runtime_core::record`, version 2.

use std::ops::Range;

use runtime_core::record::HEADER_BYTES;

use crate::draws::Draws;

/// Bytes before a frame's payload.
const HEAD: usize = 16;

/// The log with bytes of some payloads changed, and every checksum made right again.
pub fn payloads(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    let frames = frames(sound);
    for _ in 0..=draws.below(3) {
        let payload = draws.of(&frames).clone();
        let place = payload.start + draws.below(payload.len());
        match draws.below(4) {
            0 => bytes[place] ^= 1 << draws.below(8),
            1 => bytes[place] = *draws.of(&[0, 1, 0x7f, 0x80, 0xff]),
            // The longest varint, and more than any number.
            2 => bytes[place..payload.end.min(place + 10)].fill(0xff),
            _ => bytes[place..payload.end.min(place + 4)].fill(0),
        }
    }
    link(&mut bytes, &frames);
    bytes
}

/// The payloads of a log's whole frames.
fn frames(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut frames = Vec::new();
    let mut place = HEADER_BYTES;
    while let Some(length) = bytes.get(place..place + 4) {
        let length = u32::from_le_bytes(length.try_into().expect("it has four bytes"));
        let payload = place + HEAD..place + HEAD + usize::try_from(length).expect("it fits");
        if payload.end > bytes.len() {
            break;
        }
        place = payload.end;
        frames.push(payload);
    }
    frames
}

/// Writes each frame's checksum, and in the next frame that of the one before it.
fn link(bytes: &mut [u8], frames: &[Range<usize>]) {
    let mut before = crc32fast::hash(&bytes[..HEADER_BYTES]);
    for payload in frames {
        let head = payload.start - HEAD;
        bytes[head + 8..head + 12].copy_from_slice(&before.to_le_bytes());
        let mut crc = crc32fast::Hasher::new();
        crc.update(&bytes[head..head + 12]);
        crc.update(&bytes[payload.clone()]);
        before = crc.finalize();
        bytes[head + 12..head + 16].copy_from_slice(&before.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use runtime_core::record::{RecordReader, Version, stream};

    use super::*;

    /// The log of a run, in the layout that is written today.
    fn log() -> Vec<u8> {
        let old = include_bytes!("../../fixtures/6eaedb2/run/arms/none/trials.log");
        let events = RecordReader::open(&old[..]).unwrap().map(Result::unwrap);
        stream(Version::V2, &events.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_log_whose_checksums_are_written_anew_is_the_same() {
        let sound = log();
        let mut bytes = sound.clone();

        link(&mut bytes, &frames(&sound));

        assert_eq!(bytes, sound);
    }

    #[test]
    fn damaged_payloads_have_right_checksums() {
        for seed in 0..20 {
            let damaged = payloads(&log(), &mut Draws::new(seed));

            let reader = RecordReader::open(&damaged[..]).unwrap();
            let errors = reader.filter_map(Result::err).map(|error| error.to_string());
            assert!(errors.into_iter().all(|error| !error.contains("checksum")));
        }
    }
}
