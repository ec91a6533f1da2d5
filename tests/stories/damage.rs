//! A damaged byte in a file that is read back is noticed, or changes nothing.

use std::fmt::Debug;
use std::fs;
use std::path::Path;

use runtime_core::record::HEADER_BYTES;
use runtime_evaluation::collection::CollectionResults;
use runtime_evaluation::learning::state::Learning;
use runtime_evaluation::results::Results;
use runtime_store::sealed;
use runtime_store::trial_log::TrialLog;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::household_run::{SERIAL, begin, run_of};
use crate::resume::record_ends;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/6eaedb2");

/// Reads what an older program wrote without a checksum, writes it with one, and damages each
/// byte of that; `bits` says which of its bits.
fn check<T>(name: &str, bits: impl Fn(usize) -> Vec<u32>)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let content: T = sealed::read_json(&Path::new(FIXTURES).join(name)).unwrap();
    let text = sealed::json(&content).unwrap().into_bytes();
    assert_eq!(sealed::parse_json::<T>(&text).unwrap(), content, "{name}");
    let mut damaged = text.clone();
    let mut noticed = 0;
    for place in 0..text.len() {
        for bit in bits(place) {
            damaged[place] = text[place] ^ (1 << bit);
            match sealed::parse_json::<T>(&damaged) {
                Ok(read) => assert_eq!(read, content, "bit {bit} of byte {place} of {name}"),
                Err(_) => noticed += 1,
            }
        }
        damaged[place] = text[place];
    }
    assert!(noticed > text.len() / 2, "{noticed} of {} in {name}", text.len());
}

/// One bit of a byte, another one in the next: of long files all would take long.
fn one(place: usize) -> Vec<u32> {
    vec![(place % 8).try_into().unwrap()]
}

fn all(_place: usize) -> Vec<u32> {
    (0..8).collect()
}

#[test]
fn of_a_collection_a_loop_and_results() {
    check::<CollectionResults>("collection/collection.json", all);
    check::<Learning>("loop/learning.json", all);
    check::<Results>("paid/results.json", one);
    check::<Results>("run/results.json", one);
}

/// The log of a run, and where each record begins and the last one ends.
fn log_of_a_run(folder: &Path) -> (Vec<u8>, Vec<usize>) {
    let path = folder.join("whole.log");
    begin(&path, run_of(2), SERIAL).unwrap();
    let bytes = fs::read(&path).unwrap();
    let ends = [vec![HEADER_BYTES], record_ends(&bytes)].concat();
    (bytes, ends)
}

#[test]
fn of_whole_records_that_were_doubled_dropped_or_swapped() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, ends) = log_of_a_run(folder.path());
    let records: Vec<&[u8]> = ends.windows(2).map(|ends| &whole[ends[0]..ends[1]]).collect();
    let last = records.len() - 1;
    let mut damages: Vec<Vec<&[u8]>> = Vec::new();
    for place in 0..=last {
        let (before, behind) = (&records[..place], &records[place..]);
        damages.push([before, &records[place..=place], behind].concat());
        // Without its last record a log is that of a run that was killed.
        if place < last {
            damages.push([before, &behind[1..]].concat());
        }
        for other in [place + 1, place + 2, place + 5, last].into_iter().filter(|at| *at <= last) {
            let mut swapped = records.clone();
            swapped.swap(place, other);
            damages.extend((place != other).then_some(swapped));
        }
    }
    assert!(damages.len() > 100, "{}", damages.len());

    let path = folder.path().join("damaged.log");
    for (number, damage) in damages.iter().enumerate() {
        fs::write(&path, [&whole[..ends[0]], &damage.concat()].concat()).unwrap();

        let error = TrialLog::open(&path).err().map(|error| error.to_string());

        let named = "records were doubled, dropped or swapped";
        assert!(error.is_some_and(|error| error.contains(named)), "damage {number}");
    }
}

#[test]
fn of_the_run_that_a_resume_goes_on_with() {
    let old = fs::read_to_string(Path::new(FIXTURES).join("run/run.toml")).unwrap();
    sealed::check_toml(&old).unwrap();
    let content: toml::Table = old.parse().unwrap();
    let text = sealed::toml(&old).into_bytes();

    for place in 0..text.len() {
        for bit in 0..8 {
            let mut damaged = text.clone();
            damaged[place] ^= 1 << bit;
            let read = String::from_utf8(damaged).ok().filter(|text| {
                sealed::check_toml(text).is_ok() && text.parse::<toml::Table>().is_ok()
            });
            if let Some(read) = read {
                assert_eq!(read.parse::<toml::Table>().unwrap(), content, "byte {place}");
            }
        }
    }
}
