//! Metrics as `TensorBoard` reads them: `events.out.tfevents.train`.
//!
//! ```text
//! record    length u64 · masked crc32c of it · event · masked crc32c of it, little-endian
//! event     1: wall time, s f64   2: step varint   3: version text   5: summary
//! summary   1: value, once for each tag
//! value     1: tag text   2: number f32
//! ```
//!
//! `TFRecord` around the protobuf messages of `event.proto` and `summary.proto`.
//! The file is a copy of `metrics.jsonl`, made anew when a run goes on.

use trainer_contract::metrics::{PolicyMetrics, Quality, StepMetrics};

/// What an event file says that it is.
const VERSION: &str = "brain.Event:2";

/// The record that a file begins with: what it is, and when it was begun.
pub(crate) fn first(time_us: u64) -> Vec<u8> {
    let mut event = time(time_us);
    bytes(&mut event, 3, VERSION.as_bytes());
    record(&event)
}

/// The record of a step.
#[allow(clippy::cast_possible_truncation, reason = "the format's numbers are f32")]
pub(crate) fn event(metrics: &StepMetrics) -> Vec<u8> {
    let policy = |number: fn(&PolicyMetrics) -> f32| metrics.policy.as_ref().map(number);
    let quality =
        |number: fn(&Quality) -> Option<f32>| metrics.reward_model.as_ref().and_then(number);
    let values = [
        ("loss/train", Some(metrics.loss)),
        ("loss/validation", metrics.validation_loss),
        ("learning_rate", Some(metrics.learning_rate as f32)),
        ("gradient_norm", Some(metrics.gradient_norm)),
        ("tokens_per_second", Some(metrics.tokens_per_second as f32)),
        ("resident_bytes", Some(metrics.resident_bytes as f32)),
        ("policy/reward", policy(|policy| policy.reward)),
        ("policy/length", policy(|policy| policy.length)),
        ("policy/kl", policy(|policy| policy.kl)),
        ("policy/divergence", policy(|policy| policy.divergence)),
        ("policy/entropy", policy(|policy| policy.entropy)),
        ("policy/clipped", policy(|policy| policy.clipped)),
        ("policy/log_ratio_mean", policy(|policy| policy.log_ratio_mean)),
        ("policy/log_ratio_max", policy(|policy| policy.log_ratio_max)),
        ("policy/effective_samples", policy(|policy| policy.effective_samples)),
        ("reward_model/auc", quality(|found| Some(found.auc))),
        ("reward_model/pair_accuracy", quality(|found| found.pair_accuracy)),
        ("reward_model/calibration_error", quality(|found| found.calibration_error)),
    ];
    let mut summary = Vec::new();
    for (tag, number) in values {
        let Some(number) = number else { continue };
        let mut value = Vec::new();
        bytes(&mut value, 1, tag.as_bytes());
        value.push(2 << 3 | 5);
        value.extend(number.to_le_bytes());
        bytes(&mut summary, 1, &value);
    }
    let mut event = time(metrics.time_us);
    event.push(2 << 3);
    varint(&mut event, metrics.step);
    bytes(&mut event, 5, &summary);
    record(&event)
}

/// An event's first field.
fn time(time_us: u64) -> Vec<u8> {
    let mut event = vec![1 << 3 | 1];
    event.extend((time_us as f64 / 1e6).to_le_bytes());
    event
}

fn record(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    [&length[..], &masked_crc(&length), event, &masked_crc(event)].concat()
}

/// `TFRecord`'s checksum: rotated and moved, so that one of data with checksums in it differs.
fn masked_crc(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// A field of bytes, a text or a message.
fn bytes(message: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    message.push(field << 3 | 2);
    varint(message, bytes.len() as u64);
    message.extend(bytes);
}

fn varint(message: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        message.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    message.push(number.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `tensorboard.summary.writer.record_writer.RecordWriter` writes of the
    /// same two events.
    const GOLDEN: &[u8] = include_bytes!("../tests/golden/events.tfevents");

    #[test]
    fn events_are_the_bytes_that_tensorboard_itself_writes() {
        let metrics = StepMetrics {
            step: 300,
            epoch: 1,
            loss: 1.5,
            learning_rate: 1e-3,
            gradient_norm: 0.5,
            tokens: 0,
            learned_tokens: 0,
            tokens_per_second: 800.0,
            resident_bytes: 1_000_000_000,
            time_us: 1_000_500_000,
            validation_loss: Some(1.25),
            policy: None,
            reward_model: None,
        };

        assert_eq!([first(metrics.time_us), event(&metrics)].concat(), GOLDEN);
    }
}
