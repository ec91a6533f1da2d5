//! Every byte of a text, damaged in each way that a byte can be.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;

use super::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    name: String,
    temperature: f32,
    seed: u64,
    rates: BTreeMap<String, f64>,
    last: Option<bool>,
}

fn kept() -> Kept {
    let rates = [("a".to_owned(), 0.1 + 0.2), ("é\n".to_owned(), -1e-7)].into();
    Kept { name: "run 1".into(), temperature: 0.7, seed: u64::MAX, rates, last: None }
}

/// A text that is read must say what it said, whichever byte is another one.
fn check_damage<T: PartialEq + std::fmt::Debug>(
    text: &str,
    content: &T,
    read: impl Fn(&[u8]) -> Option<T>,
) {
    assert_eq!(read(text.as_bytes()).as_ref(), Some(content));
    for place in 0..text.len() {
        let mut damaged = text.as_bytes().to_owned();
        for byte in 0..=u8::MAX {
            damaged[place] = byte;
            if let Some(found) = read(&damaged) {
                assert_eq!(found, *content, "byte {place} as {byte} of {text}");
            }
        }
    }
}

/// The JSON without white space between its parts, which nothing depends on.
fn parsed(text: &[u8]) -> Option<Kept> {
    parse_json(text).ok()
}

#[test]
fn a_damaged_byte_of_json_never_gives_other_content() {
    check_damage(&json(&kept()).unwrap(), &kept(), parsed);
    check_damage(&json_line(&kept()).unwrap(), &kept(), parsed);
}

#[test]
fn a_damaged_byte_of_toml_never_gives_other_content() {
    let table: ::toml::Table =
        ::toml::from_str("seed = 1\nstrategies = [\"none\"]\n[more]\nrate = 0.25\n").unwrap();
    let text = toml(&::toml::to_string(&table).unwrap());

    check_damage(&text, &table, |bytes| {
        let text = std::str::from_utf8(bytes).ok()?;
        check_toml(text).ok()?;
        ::toml::from_str(text).ok()
    });
}

#[test]
fn a_text_without_a_checksum_is_read_as_it_is() {
    let json = serde_json::to_string_pretty(&kept()).unwrap();

    assert_eq!(parsed(json.as_bytes()), Some(kept()));
    assert_eq!(check_toml("seed = 1\n"), Ok(()));
}

#[test]
fn other_tools_may_indent_and_order_json() {
    let value: Value = serde_json::from_str(&json(&kept()).unwrap()).unwrap();
    let turned: serde_json::Map<_, _> =
        value.as_object().unwrap().clone().into_iter().rev().collect();

    assert_eq!(parsed(serde_json::to_string(&turned).unwrap().as_bytes()), Some(kept()));
}

#[test]
fn damage_is_told_with_the_file_both_checksums_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.json");
    fs::write(&path, json(&kept()).unwrap().replace("run 1", "run 2")).unwrap();

    let error = read_json::<Kept>(&path).unwrap_err().to_string();

    assert!(error.contains("results.json is damaged: the sha256 of its content is"), "{error}");
    assert!(error.contains("expected") && error.contains("restore it"), "{error}");
    fs::write(&path, toml("seed = 1\n").replace("seed = 1", "seed = 2")).unwrap();
    let error = read_toml(&path).unwrap_err().to_string();
    assert!(error.contains("results.json is damaged"), "{error}");
}

#[test]
fn a_text_has_one_checksum_however_often_it_is_written() {
    let once = toml("seed = 1\n");

    assert_eq!(toml(&once), once);
    assert_eq!(once.lines().count(), 2);
}

#[test]
fn a_damaged_key_does_not_hide_damage_behind_it() {
    let sealed = json(&kept()).unwrap().replacen("checksum", "checksun", 1);

    assert!(parsed(sealed.as_bytes()).is_some());
    assert!(parse_json::<Kept>(sealed.replace("run 1", "run 2").as_bytes()).is_err());
}

#[test]
fn a_damaged_mark_does_not_hide_damage_below_it() {
    let sealed = toml("tasks = 3\n");
    let damaged_mark = sealed.replacen("# checksum", "#xchecksum", 1);

    assert_eq!(check_toml(&damaged_mark), Ok(()));
    assert!(check_toml(&damaged_mark.replace("= 3", "= 4")).is_err());
    assert_eq!(check_toml("# a comment\ntasks = 4\n"), Ok(()));
}
