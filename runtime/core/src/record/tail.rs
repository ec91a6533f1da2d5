//! Searches for frames after an unreadable one, in time linear in the bytes.
//!
//! After a damaged length a frame may begin at any byte and may claim all bytes after it.
//! The checksums of these ranges are not computed one by one: that of a range follows from
//! the checksums of the two prefixes that end at its start and at its end, and the
//! checksums of some prefixes are stored.

use alloc::vec::Vec;

use crc32fast::Hasher;

use super::Version;
use super::chain::Frame;

/// The first payload bytes of synced events.
const SYNCED_KINDS: [u8; 2] = [0, 3];
/// Number of bytes between two stored checksums.
const STRIDE: usize = 64;

/// Whether a whole frame of a synced event begins anywhere in the bytes.
///
/// The payload is not decoded: the right checksum proves that a program wrote it.
pub(super) fn holds_synced_frame(version: Version, bytes: &[u8]) -> bool {
    let mut prefixes = Prefixes::new(bytes);
    let found = (0..bytes.len()).any(|start| match Frame::split(version, &bytes[start..]) {
        Ok(frame) if frame.payload.first().is_some_and(|kind| SYNCED_KINDS.contains(kind)) => {
            let payload = start + version.frame_header_bytes();
            let behind = payload + frame.payload.len();
            prefixes.checksum(frame.head, [payload, behind]) == frame.crc
        }
        _ => false,
    });
    // At most two prefixes for each byte, each hashed from the nearest stored checksum.
    debug_assert!(prefixes.hashed_bytes <= bytes.len() * (2 * STRIDE + 1), "not linear");
    found
}

/// Checksums of the prefixes of some bytes.
struct Prefixes<'a> {
    bytes: &'a [u8],
    /// The checksums of the prefixes whose length is a multiple of the stride, from 0.
    kept: Vec<u32>,
    hashed_bytes: usize,
}

impl<'a> Prefixes<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut hasher = Hasher::new();
        let kept = bytes.chunks(STRIDE).map(|chunk| {
            let before = hasher.clone().finalize();
            hasher.update(chunk);
            before
        });
        Self { bytes, kept: kept.collect(), hashed_bytes: bytes.len() }
    }

    /// The checksum of `head` and the bytes from `start` to `end`.
    fn checksum(&mut self, head: &[u8], [start, end]: [usize; 2]) -> u32 {
        let of_head = crc32fast::hash(head);
        let before = self.upto(start);
        // Where two texts end alike, their checksums differ by what differs before that,
        // carried on over its length.
        let mut carried = Hasher::new_with_initial(of_head ^ before);
        carried.combine(&Hasher::new_with_initial_len(0, (end - start) as u64));
        carried.finalize() ^ self.upto(end)
    }

    /// The checksum of the first `end` bytes.
    fn upto(&mut self, end: usize) -> u32 {
        let place = (end / STRIDE).min(self.kept.len() - 1);
        let rest = &self.bytes[place * STRIDE..end];
        self.hashed_bytes += rest.len();
        let mut hasher = Hasher::new_with_initial(self.kept[place]);
        hasher.update(rest);
        hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;
    use crate::event::{Event, TrialEndEvent, TrialKey};
    use crate::record::Chain;
    use crate::trajectory::Ending;

    fn end() -> Event {
        let key = TrialKey { task: 0, trial: 1 };
        Event::TrialEnd(TrialEndEvent { key, ending: Ending::Over, feedback: String::new() })
    }

    #[test]
    fn a_checksum_of_a_range_is_that_of_its_bytes() {
        let bytes: Vec<u8> =
            (0..1000_u32).map(|place| (place * 37 % 251).to_le_bytes()[0]).collect();
        let mut prefixes = Prefixes::new(&bytes);

        for start in (0..1000).step_by(13) {
            for end in (start..=1000).step_by(17) {
                let mut hasher = Hasher::new();
                hasher.update(b"head");
                hasher.update(&bytes[start..end]);

                assert_eq!(prefixes.checksum(b"head", [start, end]), hasher.finalize());
            }
        }
    }

    #[test]
    fn a_frame_is_found_wherever_it_begins() {
        for version in [Version::V1, Version::V2] {
            let frame = Chain::new(version).append(&end()).unwrap();
            for before in 0..200 {
                let mut bytes = alloc::vec![0x20; before];
                bytes.extend(&frame);
                bytes.extend([7; 5]);

                assert!(holds_synced_frame(version, &bytes), "{before}");
                bytes[before + frame.len() - 1] ^= 1;
                assert!(!holds_synced_frame(version, &bytes), "{before}");
            }
        }
    }

    /// Every sixteenth byte begins a frame that claims almost all that follows: the
    /// assertion counts what is hashed of it.
    #[test]
    fn eight_megabytes_of_claims_are_looked_at_in_linear_work() {
        const BYTES: usize = 8 << 20;
        for version in [Version::V1, Version::V2] {
            let mut bytes = alloc::vec![0; BYTES];
            for start in (0..BYTES - 32).step_by(32) {
                let claimed = u32::try_from(BYTES - start - 24).unwrap();
                bytes[start..start + 4].copy_from_slice(&claimed.to_le_bytes());
                bytes[start + 8] = 3;
                bytes[start + 16] = 3;
            }

            assert!(!holds_synced_frame(version, &bytes));
        }
    }
}
