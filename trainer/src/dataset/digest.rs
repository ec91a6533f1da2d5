//! A checksum of the training data, independent of its location.

use models::checksum::sha256_bytes;

use super::{Dataset, Sample};

impl Dataset {
    /// The SHA-256 of all samples, their order and what came of them. Where they come from is
    /// left out: folders may move.
    pub fn sha256(&self) -> String {
        let mut bytes = Vec::new();
        for side in [&self.train, &self.validation] {
            number(&mut bytes, side.len());
            for sample in side {
                add(&mut bytes, sample);
            }
        }
        sha256_bytes(&bytes)
    }
}

fn add(bytes: &mut Vec<u8>, sample: &Sample) {
    let Sample { ids, learned, origin: _, outcome } = sample;
    number(bytes, ids.len());
    bytes.extend(ids.iter().flat_map(|id| id.to_le_bytes()));
    bytes.extend(learned.iter().map(|&learned| u8::from(learned)));
    bytes.push(u8::from(outcome.is_some()));
    let Some(outcome) = outcome else { return };
    bytes.extend(outcome.reward.to_le_bytes());
    number(bytes, outcome.group);
    for log_probs in [&outcome.sampled, &outcome.full] {
        number(bytes, log_probs.len());
        bytes.extend(log_probs.iter().flat_map(|log_prob| log_prob.to_le_bytes()));
    }
}

fn number(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend((number as u64).to_le_bytes());
}
