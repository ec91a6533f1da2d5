//! Data sets: where they come from, and that nothing else takes their place.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use runtime_environments::worlds::WORLDS;
use serde_json::Value;

use crate::support::{Outcome, rebound, rebound_in};

/// The folder with twenty games of `valid_seen`.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime/environments/tests/fixtures")
}

fn data(folder: &Path, arguments: &[&str]) -> Outcome {
    let folder = folder.to_str().unwrap();
    rebound(&[&["data"], arguments, &["--data", folder]].concat())
}

#[test]
fn the_list_says_where_the_games_come_from_and_that_none_are_here() {
    let folder = tempfile::tempdir().unwrap();

    let told = data(folder.path(), &["list"]).stdout;
    let json: Value =
        serde_json::from_str(&data(folder.path(), &["list", "--json"]).stdout).unwrap();

    assert!(told.contains("https://github.com/alfworld/alfworld/releases/download/"), "{told}");
    assert!(told.contains("MIT") && told.contains("3553") && !told.contains("verified"), "{told}");
    assert_eq!(json[0]["files"][0]["here"], Value::Bool(false));
}

#[test]
fn games_that_are_not_those_that_are_listed_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let from = fixtures();

    let outcome = data(folder.path(), &["pull", "alfworld", "--from", from.to_str().unwrap()]);

    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("valid_seen has 20 games"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("expected 140"), "{}", outcome.stderr);
    assert!(!folder.path().join("alfworld/valid_seen.tar.zst").exists());
}

#[test]
fn verify_finds_what_is_not_as_listed() {
    let outcome = data(&fixtures(), &["verify"]);

    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("expected 140"), "{}", outcome.stderr);
}

#[test]
fn a_mirror_that_breaks_off_is_gone_on_with_and_wrong_games_are_not_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/games.zip", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        let answers = [
            "200 OK\r\ncontent-length: 12\r\n\r\nnot a",
            "206 Partial Content\r\ncontent-length: 7\r\ncontent-range: bytes 5-11/12\r\n\r\n zip, n",
        ];
        let answer = |text: &str| {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head = lines.map(Result::unwrap).take_while(|line| !line.is_empty());
            let range = head.filter(|line| line.starts_with("range: ")).collect::<String>();
            stream.write_all(format!("HTTP/1.1 {text}").as_bytes()).unwrap();
            range
        };
        answers.map(answer)
    });
    let folder = tempfile::tempdir().unwrap();
    let pull = || data(folder.path(), &["pull", "alfworld", "--url", &url]);

    let broken = pull();
    let wrong = pull();

    assert_eq!((broken.code, wrong.code), (1, 1));
    assert!(broken.stderr.contains(&url), "{}", broken.stderr);
    assert_eq!(serving.join().unwrap(), ["", "range: bytes=5-"]);
    assert!(
        wrong.stderr.contains("games.zip") && wrong.stderr.contains("--from"),
        "{}",
        wrong.stderr
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn without_games_a_run_says_how_to_get_them() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().to_str().unwrap();
    let places = [("HOME", folder), ("XDG_DATA_HOME", folder), ("REBOUND_DATA", folder)];

    let outcome = rebound_in(home.path(), &places, &["play", "--environment", "alfworld"]);

    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("rebound data pull alfworld"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("shared"), "{}", outcome.stderr);
}

#[test]
fn the_doctor_lists_every_world_and_looks_for_data_where_it_is_told() {
    let home = tempfile::tempdir().unwrap();

    let found = rebound_in(home.path(), &[], &["doctor", "--data", ".", "--json"]);

    assert_eq!(found.code, 0, "{}", found.stderr);
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    let worlds = found["worlds"].as_array().unwrap().iter();
    let here = worlds
        .map(|world| (world["name"].as_str().unwrap(), world["data_here"].as_bool().unwrap()));
    let expected = WORLDS.iter().map(|world| (world.name, world.data.is_none()));
    assert!(here.eq(expected), "{found}");
}

#[test]
fn the_doctor_says_what_keeps_an_engine_from_better_kernels() {
    let home = tempfile::tempdir().unwrap();
    let native = |cpu: &[(&str, &str)]| {
        let found = rebound_in(home.path(), cpu, &["doctor", "--json"]);
        let found: Value = serde_json::from_str(&found.stdout).unwrap();
        let engines = found["kernels"].as_array().unwrap();
        engines.iter().find(|kernels| kernels["engine"] == "native").unwrap().clone()
    };

    let (best, least) = (native(&[]), native(&[("REBOUND_CPU", "scalar")]));

    assert!(best["better"].is_null(), "{best}");
    assert!(least["build"].as_str().unwrap().ends_with("scalar"), "{least}");
    assert!(least["better"].as_str().unwrap().contains("unset it"), "{least}");
}
