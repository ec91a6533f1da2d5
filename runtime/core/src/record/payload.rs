//! Encoding and decoding of an event as the payload of a frame.
//!
//! Where version 2 has a token's origin, version 1 has a flag: whether training skips the
//! token. An expert's tokens were not flagged and had no log-probabilities; tokens of
//! endpoints and of borrowed reflections were flagged and had some. So the origin follows
//! from the flag and the log-probabilities, and can be written back as it was.

use alloc::vec::Vec;

use super::{RecordError, Version, fields};
use crate::event::Event;
use crate::model::{Origin, Token};

pub(super) fn encode(version: Version, event: &Event) -> Result<Vec<u8>, RecordError> {
    let encode = |event: &Event| postcard::to_allocvec(event).map_err(|_| RecordError::Payload);
    match version {
        Version::V1 => {
            let mut event = event.clone();
            event.tokens_mut().for_each(|token| token.origin = flag(token.origin));
            encode(&event)
        }
        Version::V2 => {
            let mut payload = encode(event)?;
            fields::write(event, &mut payload)?;
            Ok(payload)
        }
    }
}

pub(super) fn decode(version: Version, payload: &[u8]) -> Result<Event, RecordError> {
    let (mut event, rest) =
        postcard::take_from_bytes::<Event>(payload).map_err(|_| RecordError::Payload)?;
    match version {
        Version::V1 if !rest.is_empty() => return Err(RecordError::Payload),
        Version::V1 => {
            for token in event.tokens_mut() {
                token.origin = origin(token).ok_or(RecordError::Payload)?;
            }
        }
        Version::V2 => fields::read(&mut event, rest)?,
    }
    Ok(event)
}

/// The flag of version 1, as the origin with the same number.
fn flag(origin: Origin) -> Origin {
    match origin {
        Origin::Drawn | Origin::Dictated => Origin::Drawn,
        Origin::Forced | Origin::Unknown => Origin::Forced,
    }
}

/// The origin that the flag of version 1 means; `None` if the number is not a flag.
fn origin(token: &Token) -> Option<Origin> {
    let has_log_prob = token.log_prob != 0.0 || token.log_prob_full.is_some();
    match token.origin {
        Origin::Drawn if has_log_prob => Some(Origin::Drawn),
        Origin::Drawn => Some(Origin::Dictated),
        Origin::Forced if has_log_prob || token.id == Token::UNKNOWN_ID => Some(Origin::Unknown),
        Origin::Forced => Some(Origin::Forced),
        Origin::Dictated | Origin::Unknown => None,
    }
}
