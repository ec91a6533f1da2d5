//! Named fields after an event, which programs that do not know them skip.
//!
//! | event | name | value |
//! | --- | --- | --- |
//! | run | `actor.source_sha256` | SHA-256 of the actor's original weights, in hexadecimal |
//! | run | `retrospective.source_sha256` | the same for the retrospective |
//! | run | `traits` | what the world says of each task, in postcard's wire format |
//! | step | `grounded` | whether the world knew the action: 1 or 0, u32 |
//! | reflection | `repeats` | number of draws before it that repeated the memory, u32 |
//! | reflection | `again` | number of the next trial that an earlier text has here, u32 |
//! | reflection | `claims` | claims, those that are supported, facts, those that are told: four u32 |
//! | reflection | `claims.each` | where each claim stands, its kind, and whether it is so, in postcard's wire format |
//!
//! A field without a value is not written, nor is a count that is 0.

use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use super::RecordError;
use crate::claims::{ClaimCounts, Claims};
use crate::event::{Event, RunEvent};
use crate::task::TaskTraits;

const TRAITS: &str = "traits";
const CLAIMS: &str = "claims";
const EACH_CLAIM: &str = "claims.each";

/// The fields of a run, by name.
fn sources(run: &mut RunEvent) -> [(&'static str, &mut Option<String>); 2] {
    [
        ("actor.source_sha256", &mut run.actor.source_sha256),
        ("retrospective.source_sha256", &mut run.retrospective.source_sha256),
    ]
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
            if run.traits.iter().any(|traits| *traits != TaskTraits::default()) {
                let value = postcard::to_allocvec(&run.traits).map_err(|_| RecordError::Payload)?;
                append(payload, TRAITS, &value)?;
            }
        }
        Event::Step(step) => {
            if let Some(grounded) = step.grounded {
                append(payload, "grounded", &u32::from(grounded).to_le_bytes())?;
            }
        }
        Event::Reflection(reflection) => {
            for (name, count) in [("repeats", reflection.repeats), ("again", reflection.again)] {
                if count > 0 {
                    append(payload, name, &count.to_le_bytes())?;
                }
            }
            if let Some(Claims { counts, each }) = &reflection.claims {
                let ClaimCounts { claims, supported, facts, told } = *counts;
                let value = [claims, supported, facts, told].map(u32::to_le_bytes);
                append(payload, CLAIMS, value.as_flattened())?;
                if !each.is_empty() {
                    let value = postcard::to_allocvec(each).map_err(|_| RecordError::Payload)?;
                    append(payload, EACH_CLAIM, &value)?;
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
            Event::Run(run) if name == TRAITS => {
                run.traits = postcard::from_bytes(value).map_err(|_| RecordError::Payload)?;
            }
            Event::Step(step) if name == "grounded" => {
                let [grounded] = numbers(value)?;
                step.grounded = Some(grounded != 0);
            }
            Event::Run(run) => {
                let source = sources(run).into_iter().find(|(known, _)| *known == name);
                if let Some((_, source)) = source {
                    let sha256 = str::from_utf8(value).map_err(|_| RecordError::Payload)?;
                    *source = Some(sha256.into());
                }
            }
            Event::Reflection(reflection) => match name {
                "repeats" => [reflection.repeats] = numbers(value)?,
                "again" => [reflection.again] = numbers(value)?,
                CLAIMS => {
                    let [claims, supported, facts, told] = numbers(value)?;
                    let claimed = reflection.claims.get_or_insert_default();
                    claimed.counts = ClaimCounts { claims, supported, facts, told };
                }
                EACH_CLAIM => {
                    let each = postcard::from_bytes(value).map_err(|_| RecordError::Payload)?;
                    reflection.claims.get_or_insert_default().each = each;
                }
                _ => {}
            },
            _ => {}
        }
        rest = behind;
    }
    Ok(())
}

/// Little-endian numbers, exactly so many.
fn numbers<const COUNT: usize>(value: &[u8]) -> Result<[u32; COUNT], RecordError> {
    let (chunks, rest) = value.as_chunks::<4>();
    let chunks: &[[u8; 4]; COUNT] = chunks.try_into().map_err(|_| RecordError::Payload)?;
    if rest.is_empty() { Ok(chunks.map(u32::from_le_bytes)) } else { Err(RecordError::Payload) }
}
