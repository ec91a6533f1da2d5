//! Looks for frames behind one that cannot be read, in time that grows with the bytes.
//!
//! A damaged length may point anywhere, so a frame may begin at every byte, and each may
//! claim all that follows. Their checksums are not computed one by one: that of a range
//! follows from those of the two beginnings that end where the range does, and of some
//! beginnings the checksums are kept.

use alloc::vec::Vec;

use crc32fast::Hasher;

use super::Version;
use super::chain::Frame;

/// Kinds of synced events, as the first byte of a payload says them.
const SYNCED_KINDS: [u8; 2] = [0, 3];
/// Bytes from one kept checksum to the next.
const STRIDE: usize = 64;

/// Whether a whole frame of a synced event begins anywhere in the bytes.
///
/// Its payload is not read: with the right checksum it was written as it stands, by
/// whatever program.
pub(super) fn holds_synced_frame(version: Version, bytes: &[u8]) -> bool {
    let mut beginnings = Beginnings::new(bytes);
    let found = (0..bytes.len()).any(|start| match Frame::split(version, &bytes[start..]) {
        Ok(frame) if frame.payload.first().is_some_and(|kind| SYNCED_KINDS.contains(kind)) => {
            let payload = start + version.frame_header_bytes();
            let behind = payload + frame.payload.len();
            beginnings.checksum(frame.head, [payload, behind]) == frame.crc
        }
        _ => false,
    });
    // At most two beginnings a byte, each hashed on from the checksum kept before it.
    debug_assert!(beginnings.hashed_bytes <= bytes.len() * (2 * STRIDE + 1), "not linear");
    found
}

/// Checksums of the beginnings of some bytes.
struct Beginnings<'a> {
    bytes: &'a [u8],
    /// Those of multiples of the stride, from none.
    kept: Vec<u32>,
    hashed_bytes: usize,
}

impl<'a> Beginnings<'a> {
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
        let mut beginnings = Beginnings::new(&bytes);

        for start in (0..1000).step_by(13) {
            for end in (start..=1000).step_by(17) {
                let mut hasher = Hasher::new();
                hasher.update(b"head");
                hasher.update(&bytes[start..end]);

                assert_eq!(beginnings.checksum(b"head", [start, end]), hasher.finalize());
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
