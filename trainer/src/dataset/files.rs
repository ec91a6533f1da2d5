//! Samples from JSONL files.

use std::path::Path;

use models::vocabulary::Vocabulary;

use super::{Sample, line, text};
use crate::error::TrainError;

/// A file's samples, one for each line that is not blank.
pub fn read_file(file: &Path, vocabulary: &Vocabulary) -> Result<Vec<Sample>, TrainError> {
    let bytes = runtime_files::read(file, runtime_files::WHOLE_BYTES_MAX)
        .map_err(|source| TrainError::Read { file: file.into(), source })?;
    let mut samples = Vec::new();
    for (number, bytes) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let origin = format!("{}, line {number}", file.display());
        let sample = line::parse(bytes).and_then(|line| text::sample(vocabulary, &line, origin));
        samples.push(sample.map_err(|reason| TrainError::Content {
            file: file.into(),
            reason: format!("line {number}: {reason}"),
        })?);
    }
    Ok(samples)
}
