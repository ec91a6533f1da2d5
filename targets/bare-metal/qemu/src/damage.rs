//! What goes wrong on a line: bytes bent, frames cut, said twice, said late.
//!
//! It is drawn from a seed; when it happens depends on the pace of who speaks.

use runtime_node::frame::{ANSWER_FRAME_BYTES_MAX, DELIMITER};

/// A late frame comes after so many others at most.
const LATE_FRAMES_MAX: u64 = 3;

/// How often something goes wrong, either way.
#[derive(Clone, Copy, Debug)]
pub struct Damage {
    /// Of 1,000 bytes, so many are others.
    pub bent: u64,
    /// Of 1,000 frames, so many lose their end.
    pub cut: u64,
    /// Of 1,000 frames, so many come twice.
    pub doubled: u64,
    /// Of 1,000 frames, so many come again after later ones.
    pub late: u64,
}

impl Damage {
    /// A good line.
    pub const NONE: Self = Self { bent: 0, cut: 0, doubled: 0, late: 0 };
    /// A line of which every hundredth byte is wrong.
    pub const BAD: Self = Self { bent: 10, cut: 20, doubled: 20, late: 20 };
}

/// What went wrong so far, both ways together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames that came.
    pub frames: u64,
    /// Bytes that were bent.
    pub bent: u64,
    /// Frames that lost their end.
    pub cut: u64,
    /// Frames that came twice at once.
    pub doubled: u64,
    /// Frames that came again later.
    pub late: u64,
}

impl Counts {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            frames: self.frames + other.frames,
            bent: self.bent + other.bent,
            cut: self.cut + other.cut,
            doubled: self.doubled + other.doubled,
            late: self.late + other.late,
        }
    }
}

/// One direction of a line.
pub(crate) struct Way {
    damage: Damage,
    drawn: u64,
    /// What came of a frame so far.
    frame: Vec<u8>,
    /// A copy that is to come, and after how many frames.
    late: Option<(Vec<u8>, u64)>,
    pub(crate) counts: Counts,
}

impl Way {
    pub(crate) fn new(damage: Damage, seed: u64) -> Self {
        Self { damage, drawn: seed, frame: Vec::new(), late: None, counts: Counts::default() }
    }

    /// What comes out of the line where these bytes went in.
    pub(crate) fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for &byte in bytes {
            self.frame.push(byte);
            if byte == DELIMITER || self.frame.len() > ANSWER_FRAME_BYTES_MAX {
                let frame = std::mem::take(&mut self.frame);
                self.pass_frame(&frame, &mut out);
            }
        }
        for byte in &mut out {
            if self.happens(self.damage.bent) {
                self.counts.bent += 1;
                *byte ^= u8::try_from(self.draw() % 255).unwrap_or(0) + 1;
            }
        }
        out
    }

    fn pass_frame(&mut self, frame: &[u8], out: &mut Vec<u8>) {
        if frame.len() < 2 {
            return out.extend(frame);
        }
        self.counts.frames += 1;
        if self.happens(self.damage.cut) {
            self.counts.cut += 1;
            let kept = usize::try_from(self.draw()).unwrap_or(0) % frame.len();
            out.extend(&frame[..kept]);
        } else {
            out.extend(frame);
        }
        if self.happens(self.damage.doubled) {
            self.counts.doubled += 1;
            out.extend(frame);
        }
        match self.late.take() {
            Some((late, 1)) => {
                self.counts.late += 1;
                out.extend(late);
            }
            Some((late, left)) => self.late = Some((late, left - 1)),
            None if self.happens(self.damage.late) => {
                self.late = Some((frame.to_vec(), 1 + self.draw() % LATE_FRAMES_MAX));
            }
            None => {}
        }
    }

    fn happens(&mut self, of_1000: u64) -> bool {
        self.draw() % 1000 < of_1000
    }

    /// Numbers that look drawn (splitmix64).
    fn draw(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.drawn ^ (self.drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
