//! `rebound train` finds `rebound-train`, or says what to install.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with `rebound` in it.
fn installed() -> (tempfile::TempDir, PathBuf) {
    // Beside the program itself, since only there a hard link is sure to work.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let rebound = folder.path().join("rebound");
    fs::hard_link(env!("CARGO_BIN_EXE_rebound"), &rebound).unwrap();
    (folder, rebound)
}

/// A `rebound-train` that says its arguments and ends with 7.
fn install_trainer(folder: &Path) {
    install(folder, "echo \"$0 got $*\"\nexit 7");
}

fn install(folder: &Path, script: &str) {
    let trainer = folder.join("rebound-train");
    fs::write(&trainer, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&trainer, fs::Permissions::from_mode(0o755)).unwrap();
}

fn train(rebound: &Path, path: &Path) -> Output {
    let arguments = ["train", "run", "actor.toml", "--out", "o", "--help", "-q"];
    Command::new(rebound).args(arguments).env("PATH", path).output().unwrap()
}

#[test]
fn training_starts_the_program_beside_with_its_arguments_and_ends_as_it_does() {
    let (folder, rebound) = installed();
    install_trainer(folder.path());

    let ended = train(&rebound, Path::new("/nowhere"));

    let told = String::from_utf8(ended.stdout).unwrap();
    assert!(told.ends_with("rebound-train got run actor.toml --out o --help -q\n"), "{told}");
    assert_eq!(ended.status.code(), Some(7));
}

#[test]
fn training_starts_the_program_on_the_path() {
    let (_folder, rebound) = installed();
    let other = tempfile::tempdir().unwrap();
    install_trainer(other.path());

    let ended = train(&rebound, other.path());

    assert_eq!(ended.status.code(), Some(7));
}

#[test]
fn training_learns_no_key() {
    let (folder, rebound) = installed();
    install(folder.path(), "echo \"${OPENAI_API_KEY-none} ${HF_TOKEN-none} $REBOUND_MODELS\"");
    let mut command = Command::new(rebound);
    command.args(["train", "run"]).env("REBOUND_MODELS", "m");

    let ended = command.env("OPENAI_API_KEY", "sk-1").env("HF_TOKEN", "hf-1").output().unwrap();

    assert_eq!(String::from_utf8(ended.stdout).unwrap(), "none none m\n");
}

#[test]
fn training_without_the_program_says_where_it_looked_and_what_to_build() {
    let (folder, rebound) = installed();

    let ended = train(&rebound, Path::new("/nowhere"));

    let error = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(error.contains("cargo build --release -p trainer"), "{error}");
    assert!(error.contains(folder.path().file_name().unwrap().to_str().unwrap()), "{error}");
    assert!(error.contains("PATH"), "{error}");
}

#[test]
fn help_lists_training() {
    let help = crate::support::rebound(&["help"]);

    assert!(help.stdout.contains("  train "), "{}", help.stdout);
}
