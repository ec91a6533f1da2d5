//! Rows that are right, and rows that are wrong in one place.

use super::*;
use proptest::prelude::*;

const FILE: RowFile = RowFile { set: "gsm8k", path: "gsm8k/some.jsonl" };

fn folder(text: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("gsm8k")).unwrap();
    std::fs::write(folder.path().join(FILE.path), text).unwrap();
    folder
}

fn check_refused(text: &str, message: &str) {
    let folder = folder(text.as_bytes());
    let problem = FILE
        .read(folder.path(), |row| {
            row.texts("names")?;
            let parts = row.rows("parts")?;
            parts.iter().map(|part| part.count("size")).collect::<Result<Vec<_>, _>>()
        })
        .unwrap_err()
        .to_string();
    assert!(problem.contains("some.jsonl") && problem.contains(message), "{problem}");
}

#[test]
fn every_line_is_a_row() {
    let folder = folder(b"{\"a\": \"x\", \"b\": null}\n\n{\"a\": \"y\"}");

    let rows = FILE.read(folder.path(), |row| {
        assert!(row.value("b").is_none());
        Ok((row.line(), row.text("a")?.to_owned()))
    });
    let inside = FILE.read(&folder.path().join("gsm8k"), |row| Ok(row.line())).unwrap();

    assert_eq!(rows.unwrap(), [(1, "x".to_owned()), (3, "y".to_owned())]);
    assert_eq!(inside, [1, 3]);
}

#[test]
fn what_is_not_as_expected_is_told_by_line_and_field() {
    check_refused("{}\n", "line 1, field names: expected a list of strings, found no such field");
    check_refused("\n[1]", "line 2: expected an object, found [1]");
    check_refused("{\"names\": [\"a\", 3]}", "line 1, field names[1]: expected a string, found 3");
    check_refused(
        "{\"names\": [], \"parts\": [{\"size\": 1}, {\"size\": -1}]}",
        "line 1, field parts[1].size: expected a whole number from 0, found -1",
    );
    check_refused("{\"names", "line 1: expected JSON, found EOF");
}

#[test]
fn a_file_that_is_not_there_says_how_it_comes() {
    let problem = FILE.find(Path::new("/nowhere")).unwrap_err().to_string();

    assert!(problem.contains("/nowhere/gsm8k/some.jsonl"), "{problem}");
    assert!(problem.contains("rebound data pull gsm8k"), "{problem}");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = folder(&bytes);
        let _ = FILE.read(folder.path(), |row| row.rows("a").map(|_| ()));
    }
}
