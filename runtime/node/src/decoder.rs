//! Frames out of bytes that come one at a time.
//!
//! The decoder holds one frame. Whatever it is fed, it begins anew after the next
//! delimiter, so a damaged frame costs itself and, where its delimiter was lost, the
//! one after it. What a payload says is [`frame`]'s matter.

use crate::frame::{self, DELIMITER, FrameError};

/// Takes bytes in, gives payloads out; `BYTES` is the longest frame it takes.
pub struct FrameDecoder<const BYTES: usize> {
    frame: [u8; BYTES],
    /// Bytes of the frame so far; more than `BYTES` where it is too long.
    taken_bytes: usize,
}

impl<const BYTES: usize> FrameDecoder<BYTES> {
    /// A decoder at the start of a frame.
    pub const fn new() -> Self {
        Self { frame: [0; BYTES], taken_bytes: 0 }
    }

    /// Forgets the frame so far.
    pub fn clear(&mut self) {
        self.taken_bytes = 0;
    }

    /// Takes a byte; at the end of a frame returns its payload, or what is wrong
    /// with it.
    ///
    /// `None` inside a frame, and for a delimiter right after another.
    pub fn push(&mut self, byte: u8) -> Option<Result<&[u8], FrameError>> {
        if byte != DELIMITER {
            if let Some(place) = self.frame.get_mut(self.taken_bytes) {
                *place = byte;
            }
            self.taken_bytes = self.taken_bytes.saturating_add(1).min(BYTES + 1);
            return None;
        }
        let taken_bytes = core::mem::take(&mut self.taken_bytes);
        if taken_bytes == 0 {
            return None;
        }
        Some(match self.frame.get_mut(..taken_bytes) {
            Some(bytes) => frame::unframe(bytes),
            None => Err(FrameError::TooLong),
        })
    }
}

impl<const BYTES: usize> Default for FrameDecoder<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}
