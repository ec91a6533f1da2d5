//! Named fields after an event, which programs that do not know them skip.
//!
//! | event | name | value |
//! | --- | --- | --- |
//! | run | `actor.source_sha256` | SHA-256 of the actor's original weights, in hexadecimal |
//! | run | `retrospective.source_sha256` | the same for the retrospective |
//!
//! A field without a value is not written.

use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use super::RecordError;
use crate::event::{Event, RunEvent};

/// The fields of a run, by name.
fn sources(run: &mut RunEvent) -> [(&'static str, &mut Option<String>); 2] {
    [
        ("actor.source_sha256", &mut run.actor.source_sha256),
        ("retrospective.source_sha256", &mut run.retrospective.source_sha256),
    ]
}

/// Appends the fields of an event.
pub(super) fn write(event: &Event, payload: &mut Vec<u8>) -> Result<(), RecordError> {
    let Event::Run(run) = event else { return Ok(()) };
    for (name, source) in sources(&mut run.clone()) {
        if let Some(sha256) = source {
            let field = postcard::to_allocvec(&(name, sha256.as_bytes()));
            payload.extend(field.map_err(|_| RecordError::Payload)?);
        }
    }
    Ok(())
}

/// Reads the fields of an event.
pub(super) fn read(event: &mut Event, mut rest: &[u8]) -> Result<(), RecordError> {
    while !rest.is_empty() {
        let field = postcard::take_from_bytes::<(&str, &[u8])>(rest);
        let ((name, value), behind) = field.map_err(|_| RecordError::Payload)?;
        if let Event::Run(run) = event
            && let Some((_, source)) = sources(run).into_iter().find(|(known, _)| *known == name)
        {
            let sha256 = str::from_utf8(value).map_err(|_| RecordError::Payload)?;
            *source = Some(sha256.into());
        }
        rest = behind;
    }
    Ok(())
}
