//! Output that nobody reads, or that cannot be written: listings end, work goes on.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::{PROGRAM, results};

/// A pipe whose reader has left, as that of `| head -1` leaves.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A device without room for a single byte.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// Runs the program in a folder of its own, with an empty folder of models.
fn run(folder: &Path, arguments: &[&str], (out, errors): (Stdio, Stdio)) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(out).stderr(errors);
    command.spawn().unwrap().wait_with_output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_listing_that_nobody_reads_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("tiny.gguf");
    std::fs::write(&base, models::tiny::llama(0)).unwrap();
    let play = ["play", "--environment", "household"];
    let listings: [&[&str]; 6] = [
        &["models", "list"],
        &["models", "show", "tiny.gguf"],
        &["adapter", "list", "--model", "tiny.gguf"],
        &["doctor", "--json"],
        &play,
        &["play", "--json"],
    ];

    for listing in listings {
        let ended = run(folder.path(), listing, (unread(), Stdio::piped()));

        assert_eq!(ended.status.code(), Some(0), "{listing:?}: {}", told(&ended));
        assert_eq!(told(&ended), "", "{listing:?}");
    }
}

/// Standard input stays open: it is the reader of the output that ends it.
#[test]
fn a_game_or_a_watch_ends_when_its_reader_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let node = format!("exec:{PROGRAM} node simulate");
    let endless: [&[&str]; 3] =
        [&["play"], &["play", "--json"], &["node", "monitor", &node, "--every", "0.05"]];

    for arguments in endless {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::piped());
        let mut child = command.stdout(unread()).stderr(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();

        // Where it does not end of itself, this waits for good.
        let ended = child.wait_with_output().unwrap();

        drop(stdin);
        assert_eq!(ended.status.code(), Some(0), "{arguments:?}: {}", told(&ended));
    }
}

#[test]
fn a_run_whose_output_nobody_reads_is_played_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let ways: [(&str, (Stdio, Stdio)); 3] = [
        ("nobody-reads", (unread(), Stdio::piped())),
        ("nobody-reads-json", (unread(), Stdio::piped())),
        ("nobody-hears", (Stdio::null(), unread())),
    ];

    for (name, streams) in ways {
        let mut arguments = vec!["run", "--actor", "scripted", "-n", "3", "--name", name];
        arguments.extend(name.ends_with("json").then_some("--json"));
        let ended = run(folder.path(), &arguments, streams);

        assert_eq!(ended.status.code(), Some(0), "{name}: {}", told(&ended));
        let out = folder.path().join("runs").join(name);
        assert_eq!(results(&out)["arms"][0]["tasks"].as_array().unwrap().len(), 3);
        assert!(out.join("report.html").exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_could_not_be_printed_is_said_once_the_work_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let run_arguments = ["run", "--actor", "scripted", "-n", "3", "--name", "full"];

    let listed = run(folder.path(), &["models", "list"], (full(), Stdio::piped()));
    let played = run(folder.path(), &run_arguments, (full(), Stdio::piped()));
    let helped = run(folder.path(), &["models", "show", "none"], (Stdio::null(), full()));

    for ended in [&listed, &played] {
        assert_eq!(ended.status.code(), Some(1));
        let told = told(ended);
        assert!(told.contains("error: cannot write to standard output: No space"), "{told}");
    }
    assert!(folder.path().join("runs/full/report.html").exists());
    assert_eq!(results(&folder.path().join("runs/full"))["arms"].as_array().unwrap().len(), 1);
    assert_eq!(helped.status.code(), Some(2));
}
