//! The program itself on a board: what it leaves when it is killed, and what it recalls.
//!
//! `REBOUND` names its file; a path is taken from the folder of this crate. Without it, the
//! debug build of the repository is meant.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use targets_bare_metal_qemu::board::EmulatedBoard;
use targets_bare_metal_qemu::damage::Damage;
use targets_bare_metal_qemu::gateway::Gateway;
use targets_bare_metal_qemu::machine::EmulatedMachine;

use crate::heater::Heater;

on_every_board!(
    the_heater_is_on_while_the_program_thinks_and_off_once_it_is_killed,
    a_later_run_recalls_what_the_node_kept,
);

/// Longer than two deadlines.
const THINKING: Duration = Duration::from_secs(5);
/// How often it thinks: once after its start, an Arm board's clock in QEMU runs ahead by more
/// than a deadline, to make up for a slow beginning.
const TRIES: u32 = 3;

fn rebound(gateway: &Gateway, arguments: &[&str]) -> Command {
    let file = env::var_os("REBOUND").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/debug/rebound"),
        PathBuf::from,
    );
    assert!(
        file.exists(),
        "there is no program {}: `cargo build -p targets-host --no-default-features` in the \
         repository's root builds one, or REBOUND=FILE names another",
        file.display()
    );
    let mut command = Command::new(file);
    command.args(arguments).args(["--environment", "node", "--connect", gateway.port()]);
    command
}

fn the_heater_is_on_while_the_program_thinks_and_off_once_it_is_killed(board: &EmulatedBoard) {
    let mut machine = EmulatedMachine::start(board, None).unwrap();
    let mut heater = Heater::find(board, &mut machine);
    // A node has one host at a time.
    assert!(heater.goes_off(), "{:?}", heater.levels());
    let gateway = Gateway::open(machine, Damage::NONE).unwrap();

    let stayed_on = (0..TRIES).any(|_| {
        let mut host = heat(&gateway);
        thread::sleep(THINKING);
        let is_on = heater.is_at(3);
        host.kill().unwrap();
        host.wait().unwrap();
        assert!(heater.goes_off(), "{:?}", heater.levels());
        is_on
    });

    assert!(stayed_on, "the heater was never on while the program thought");
}

/// The program, which has turned the heater to 3 and waits for its next command.
fn heat(gateway: &Gateway) -> Child {
    let mut host = rebound(gateway, &["play", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    host.stdin.as_mut().unwrap().write_all(b"set heater to 3\n").unwrap();
    let mut told = BufReader::new(host.stdout.as_mut().unwrap()).lines();
    let (opening, step) = (told.next().unwrap().unwrap(), told.next().unwrap().unwrap());
    assert!(opening.contains("heater is 0") && step.contains("heater is 3"), "{step}");
    host
}

fn a_later_run_recalls_what_the_node_kept(board: &EmulatedBoard) {
    let gateway =
        Gateway::open(EmulatedMachine::start(board, None).unwrap(), Damage::NONE).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let exported = |out: &str, arguments: &[&str]| {
        let out = folder.path().join(out);
        let shared = ["run", "--actor", "scripted", "-n", "1", "--strategy", "reflexion"];
        let mut run = rebound(&gateway, &shared);
        let ended = run.args(arguments).args(["--steps", "2", "--out"]).arg(&out).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && said.contains(" safe"), "{said}");
        let export = run.get_program().to_owned();
        let lines = Command::new(export).args(["records", "export"]).arg(&out).output().unwrap();
        String::from_utf8(lines.stdout).unwrap()
    };

    // Two steps are too few to stay in the band for three, and one trial leaves no note.
    let first = exported("first", &["--trials", "2"]);
    let later = exported("later", &["--trials", "1", "--recall"]);
    let forgetful = exported("forgetful", &["--trials", "1"]);

    let (_, note) = first.split_once(r#""reflection":{"text":""#).unwrap();
    let (note, _) = note.split_once('"').unwrap();
    // Tokens of the scripted actor are bytes.
    let tokens: Vec<String> = format!("- {note}").bytes().map(|byte| byte.to_string()).collect();
    let shown = tokens.join(",");
    assert!(note.starts_with("Note "), "{note}");
    let trials: Vec<bool> = first.lines().map(|trial| trial.contains(&shown)).collect();
    assert_eq!(trials, [false, true], "whether a trial of the first run read the note");
    assert!(later.contains(&shown), "{note} was not recalled");
    assert!(!forgetful.contains(&shown), "{note} was recalled unasked");
}
