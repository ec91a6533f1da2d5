//! The attack finds what is broken on purpose: programs that are scripts of the shell.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tests_attack::attack::Attack;
use tests_attack::crash::disk::Loss;
use tests_attack::crash::shim::{How, Shim};
use tests_attack::crash::trial::{Break, Crash};
use tests_attack::crash::workload::Workload;
use tests_attack::ground::Ground;
use tests_attack::program::{Line, Programs};
use tests_attack::target::{Target, bare};

/// Time until a script is said to hang.
const LONGEST: Duration = Duration::from_secs(2);

/// A program of one script.
fn program(folder: &Path, script: &str) -> Programs {
    let path = folder.join("rebound");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    Programs { longest: LONGEST, ..Programs::new(folder.to_owned()) }
}

/// What the attack makes of a reader that does this with what is not sound: its table, and the
/// text of the first finding.
fn attacked(otherwise: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("if [ \"$(cat a.txt)\" = sound ]; then echo fine; else {otherwise}; fi");
    let programs = program(folder.path(), &script);
    let target = Target {
        reader: "scripts",
        file: "a.txt",
        content: b"sound".to_vec(),
        seal: bare(),
        is_sealed: true,
        lines: vec![Line::new("rebound", "read a.txt")],
        names: vec!["a.txt"],
        ..Target::default()
    };
    let attack = Attack {
        programs: &programs,
        targets: &[target],
        seed: 7,
        findings: folder.path(),
        is_over: &|| false,
    };

    let table = attack.play(40, 2).unwrap();

    let kept = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let kept = kept.map(|path| fs::read_to_string(path.join("finding.txt")).unwrap_or_default());
    (table.to_string(), kept.max().unwrap_or_default())
}

#[test]
fn a_reader_that_names_the_damaged_file_has_no_findings() {
    let (table, _) = attacked("echo a.txt is damaged >&2; exit 1");

    assert!(table.contains("| none |"), "{table}");
}

#[test]
fn each_way_to_be_broken_is_found() {
    let ways = [
        ("kill -SEGV $$", "signal 11"),
        ("echo 'thread panicked at src/x.rs:1:2:' >&2; exit 101", "panic at src/x.rs:1:2:"),
        ("echo a.txt >&2; exit 77", "exit code 77"),
        ("echo something is wrong >&2; exit 1", "refused without a name"),
        ("echo memory allocation of 9 bytes failed >&2; exit 1", "memory over its limit"),
    ];
    for (way, expected) in ways {
        let (table, finding) = attacked(way);

        assert!(table.contains(&format!("× {expected}")), "{table}");
        assert!(finding.starts_with(expected) && finding.contains("a.txt: "), "{finding}");
    }
}

#[test]
fn another_answer_to_what_a_checksum_covers_is_found() {
    let (table, _) = attacked("echo another");

    assert!(table.contains("× a silent difference"), "{table}");
}

#[test]
fn a_program_without_end_is_found() {
    let (table, _) =
        attacked("[ $(wc -c < a.txt) -lt 40 ] || exec sleep 60; echo a.txt >&2; exit 1");

    assert!(table.contains("× no end in time"), "{table}");
}

/// Findings of a workload that is broken off at every call: at kills, and at power cuts.
fn broken_off(script: &str) -> [usize; 2] {
    let folder = tempfile::tempdir().unwrap();
    let programs = program(folder.path(), script);
    let (shim, ground) = (Shim::build().unwrap(), Ground::bare().unwrap());
    let workload = Workload {
        name: "script".to_owned(),
        begin: Line::new("rebound", ""),
        again: None,
        made: vec!["made"],
        with: Vec::new(),
    };
    let (programs, shim, ground) = (&programs, &shim, &ground);
    let crash = Crash { programs, shim, ground, workload: &workload };
    let sound = crash.sound().unwrap();
    assert!(sound.calls > 2, "{}", sound.calls);
    let found = |at| usize::from(crash.broken(&sound, at).unwrap().finding.is_some());
    let cuts = (1..=sound.record.len()).map(|calls| Break::PowerCut(calls, Loss::Bytes));
    let kills = (1..=sound.calls).map(|call| Break::Call(call, How::Torn));
    [kills.map(found).sum(), cuts.map(found).sum()]
}

#[test]
fn what_is_written_in_place_and_trusted_is_found_at_a_kill() {
    let [kills, _] = broken_off("[ -e made ] || { echo one > made; echo two >> made; }");

    assert!(kills > 0);
}

#[test]
fn what_is_renamed_without_a_sync_is_found_at_a_power_cut_alone() {
    let [kills, cuts] =
        broken_off("[ -e made ] || { echo one > new; echo two >> new; mv new made; }");

    assert_eq!(kills, 0);
    assert!(cuts > 0);
}
