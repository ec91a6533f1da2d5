//! Data sets of plain files: fetched as they are, copied, and nothing else takes their place.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;

use crate::support::{Outcome, rebound};

fn data(folder: &Path, arguments: &[&str]) -> Outcome {
    let folder = folder.to_str().unwrap();
    rebound(&[&["data"], arguments, &["--data", folder]].concat())
}

#[test]
fn the_list_says_where_each_file_comes_from_and_which_worlds_read_it() {
    let folder = tempfile::tempdir().unwrap();

    let told = data(folder.path(), &["list"]).stdout;
    let json: Value =
        serde_json::from_str(&data(folder.path(), &["list", "--json"]).stdout).unwrap();

    for name in ["gsm8k", "math", "hotpotqa", "webshop"] {
        let set = json.as_array().unwrap().iter().find(|set| set["name"] == name).unwrap();
        assert!(told.contains(set["files"][0]["path"].as_str().unwrap()), "{told}");
        assert_eq!(set["files"][0]["contents"], Value::Null);
    }
    assert!(told.contains("grade_school_math/data/train.jsonl"), "{told}");
}

#[test]
fn other_files_are_refused_and_what_nobody_publishes_is_asked_for() {
    let (folder, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(from.path().join("train.jsonl"), "{}\n").unwrap();
    let from = from.path().to_str().unwrap();

    let other = data(folder.path(), &["pull", "gsm8k", "--from", from]);
    let unpublished = data(folder.path(), &["pull", "webshop"]);

    assert_eq!((other.code, unpublished.code), (1, 1));
    for part in ["train.jsonl has the sha256 ca3d1", "expected 17f347", "has no gsm8k/gsm8k-test"] {
        assert!(other.stderr.contains(part), "{}", other.stderr);
    }
    assert!(unpublished.stderr.contains("--from FILE|DIR"), "{}", unpublished.stderr);
    assert!(!folder.path().join("gsm8k/gsm8k-train.jsonl").exists());
}

#[test]
fn what_a_mirror_has_is_not_kept_unless_it_is_the_file() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/files/", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        [(); 2].map(|()| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = String::new();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            lines.read_line(&mut asked).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}\n").unwrap();
            asked
        })
    });
    let folder = tempfile::tempdir().unwrap();

    let outcome = data(folder.path(), &["pull", "gsm8k", "--url", &url]);

    let asked = serving.join().unwrap();
    assert!(asked[0].starts_with("GET /files/train.jsonl "), "{asked:?}");
    assert!(asked[1].starts_with("GET /files/test.jsonl "), "{asked:?}");
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("4166206 bytes"), "{}", outcome.stderr);
    assert!(!folder.path().join("gsm8k/gsm8k-train.jsonl").exists());
}

#[test]
fn files_that_came_another_way_are_taken_and_verified() {
    let Some(from) = tests_needs::data("gsm8k") else { return };
    let folder = tempfile::tempdir().unwrap();

    let pulled =
        data(folder.path(), &["pull", "gsm8k", "--from", from.join("gsm8k").to_str().unwrap()]);
    let again = data(folder.path(), &["pull", "gsm8k", "--url", "http://127.0.0.1:1/"]);
    let verified = data(folder.path(), &["verify", "gsm8k"]);
    fs::write(folder.path().join("gsm8k/gsm8k-test.jsonl"), "{}\n").unwrap();
    let changed = data(folder.path(), &["verify"]);

    assert_eq!((pulled.code, again.code, verified.code), (0, 0, 0), "{}", pulled.stderr);
    assert_eq!(verified.stdout.matches("as listed").count(), 2, "{}", verified.stdout);
    assert_eq!(changed.code, 1);
    assert!(changed.stderr.contains("gsm8k-test.jsonl has the sha256"), "{}", changed.stderr);
}
