//! A damaged byte in a file that is read back is noticed, or changes nothing.

use std::fmt::Debug;
use std::fs;
use std::path::Path;

use runtime_evaluation::collection::Collection;
use runtime_evaluation::learning::state::Learning;
use runtime_evaluation::results::Results;
use runtime_store::sealed;
use serde::Serialize;
use serde::de::DeserializeOwned;

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
    check::<Collection>("collection/collection.json", all);
    check::<Learning>("loop/learning.json", all);
    check::<Results>("paid/results.json", one);
    check::<Results>("run/results.json", one);
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
