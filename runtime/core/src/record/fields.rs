//! Named fields after an event, which programs that do not know them skip.
//!
//! | event | name | value |
//! | --- | --- | --- |
//! | run | `actor.source_sha256` | SHA-256 of the actor's original weights, in hexadecimal |
//! | run | `retrospective.source_sha256` | the same for the retrospective |
//! | reflection | `repeats` | number of draws before it that repeated the memory, u32 |
//! | reflection | `again` | number of the next trial that an earlier text has here, u32 |
//!
//! A field without a value is not written, nor is a number that is 0.

use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use super::RecordError;
use crate::event::{Event, ReflectionEvent, RunEvent};

/// The fields of a run, by name.
fn sources(run: &mut RunEvent) -> [(&'static str, &mut Option<String>); 2] {
    [
        ("actor.source_sha256", &mut run.actor.source_sha256),
        ("retrospective.source_sha256", &mut run.retrospective.source_sha256),
    ]
}

/// The fields of a reflection, by name.
fn counts(reflection: &mut ReflectionEvent) -> [(&'static str, &mut u32); 2] {
    [("repeats", &mut reflection.repeats), ("again", &mut reflection.again)]
}

/// Appends the fields of an event.
pub(super) fn write(event: &Event, payload: &mut Vec<u8>) -> Result<(), RecordError> {
    match event {
        Event::Run(run) => {
            for (name, source) in sources(&mut run.clone()) {
                if let Some(sha256) = source {
                    append(payload, name, sha256.as_bytes())?;
                }
            }
        }
        Event::Reflection(reflection) if reflection.repeats + reflection.again > 0 => {
            for (name, count) in counts(&mut reflection.clone()) {
                if *count > 0 {
                    append(payload, name, &count.to_le_bytes())?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn append(payload: &mut Vec<u8>, name: &str, value: &[u8]) -> Result<(), RecordError> {
    let field = postcard::to_allocvec(&(name, value)).map_err(|_| RecordError::Payload)?;
    payload.extend(field);
    Ok(())
}

/// Reads the fields of an event.
pub(super) fn read(event: &mut Event, mut rest: &[u8]) -> Result<(), RecordError> {
    while !rest.is_empty() {
        let field = postcard::take_from_bytes::<(&str, &[u8])>(rest);
        let ((name, value), behind) = field.map_err(|_| RecordError::Payload)?;
        match event {
            Event::Run(run) => {
                let source = sources(run).into_iter().find(|(known, _)| *known == name);
                if let Some((_, source)) = source {
                    let sha256 = str::from_utf8(value).map_err(|_| RecordError::Payload)?;
                    *source = Some(sha256.into());
                }
            }
            Event::Reflection(reflection) => {
                let count = counts(reflection).into_iter().find(|(known, _)| *known == name);
                if let Some((_, count)) = count {
                    let value = value.try_into().map_err(|_| RecordError::Payload)?;
                    *count = u32::from_le_bytes(value);
                }
            }
            _ => {}
        }
        rest = behind;
    }
    Ok(())
}
