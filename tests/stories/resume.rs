//! A run that is killed goes on as if it had not been.

use std::fs;
use std::path::Path;

use runtime_core::record::RecordReader;
use runtime_evaluation::arm::ArmError;

use crate::household_run::{Play, SERIAL, begin, results_of, resume, run_of};

/// Where each record of a log ends, the first one's end first.
pub(crate) fn record_ends(bytes: &[u8]) -> Vec<usize> {
    let mut reader = RecordReader::open(bytes).unwrap();
    let mut ends = Vec::new();
    while let Some(event) = reader.next() {
        event.unwrap();
        ends.push(usize::try_from(reader.offset()).unwrap());
    }
    ends
}

fn whole_run(folder: &Path) -> (Vec<u8>, serde_json::Value) {
    let path = folder.join("whole.log");
    begin(&path, run_of(2), SERIAL).unwrap();
    (fs::read(&path).unwrap(), results_of(&path))
}

#[test]
fn a_run_killed_between_any_two_events_ends_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, results) = whole_run(folder.path());
    let path = folder.path().join("killed.log");

    for end in record_ends(&whole) {
        fs::write(&path, &whole[..end]).unwrap();

        resume(&path, SERIAL).unwrap();

        // The clock stands still, so even the times are the same.
        assert_eq!(fs::read(&path).unwrap(), whole, "killed after {end} bytes");
        assert_eq!(results_of(&path), results);
    }
}

#[test]
fn a_run_whose_last_record_is_torn_ends_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, _) = whole_run(folder.path());
    let ends = record_ends(&whole);
    let path = folder.path().join("torn.log");

    for record in ends.windows(2) {
        for length in [record[0] + 1, record[0].midpoint(record[1]), record[1] - 1] {
            fs::write(&path, &whole[..length]).unwrap();

            resume(&path, SERIAL).unwrap();

            assert_eq!(fs::read(&path).unwrap(), whole, "torn after {length} bytes");
        }
    }
}

#[test]
fn a_run_interrupted_after_any_step_ends_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, _) = whole_run(folder.path());

    for steps_max in 0.. {
        let path = folder.path().join(format!("interrupted-{steps_max}.log"));
        let first = begin(&path, run_of(2), Play { steps_max, ..SERIAL });
        if first.is_ok() {
            return;
        }
        assert!(matches!(first, Err(ArmError::Interrupted)));
        assert!(whole.starts_with(&fs::read(&path).unwrap()));

        resume(&path, SERIAL).unwrap();

        assert_eq!(fs::read(&path).unwrap(), whole, "interrupted after {steps_max} steps");
    }
}
