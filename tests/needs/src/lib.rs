//! What tests need and a machine may lack.
//!
//! A test that lacks something says so and passes. That is kept in the file that
//! `REBOUND_SKIPPED` names, since cargo shows nothing of a test that passes; `make test` counts
//! its lines. Where `REBOUND_REQUIRE` is 1, weights, data and programs that can be fetched or
//! built must be there: what lacks them fails.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// SmolLM2-135M-Instruct's file.
pub const SMOLLM2: &str = "smollm2-135m-instruct-q4_1.gguf";
/// Gemma 3 270M's file.
pub const GEMMA: &str = "gemma-3-270m-q4_k_m.gguf";

/// A real model's file in the folder that `REBOUND_MODELS` names. Those that `make test` pulls
/// are missed where they are not there; others are used where they happen to be.
///
/// # Panics
///
/// Where it is required and not there.
pub fn weights(file: &str) -> Option<PathBuf> {
    let path = folder("REBOUND_MODELS").join(file);
    if [SMOLLM2, GEMMA].contains(&file) {
        there(path, "`rebound models pull` brings it, and REBOUND_MODELS names its folder")
    } else {
        path.exists().then_some(path)
    }
}

/// The folder that `REBOUND_DATA` names, where the data set `name` lies in it.
///
/// # Panics
///
/// Where it is required and not there.
pub fn data(name: &str) -> Option<PathBuf> {
    let folder = folder("REBOUND_DATA");
    let how = format!("`rebound data pull {name}` brings it, and REBOUND_DATA names the folder");
    there(folder.join(name), &how).map(|_| folder)
}

/// A file of the data set `name` in the folder that `REBOUND_DATA` names.
///
/// # Panics
///
/// Where it is required and not there.
pub fn data_file(name: &str, file: &str) -> Option<PathBuf> {
    let how = format!("`rebound data pull {name}` brings it, and REBOUND_DATA names the folder");
    there(folder("REBOUND_DATA").join(file), &how)
}

/// A program that is built beside another one.
///
/// # Panics
///
/// Where it is required and not there.
pub fn program(beside: &str, name: &str) -> Option<PathBuf> {
    there(Path::new(beside).with_file_name(name), "`cargo build --workspace` builds it")
}

/// Says that a test is skipped for what no command brings: an endpoint, a device, a right.
///
/// # Panics
///
/// Where the file that `REBOUND_SKIPPED` names cannot be written.
#[allow(clippy::print_stderr, reason = "a skipped test must be seen")]
pub fn skipped(lacking: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let Some(path) = std::env::var_os("REBOUND_SKIPPED") else {
        eprintln!("skipped {test}: {lacking}");
        return;
    };
    let file = OpenOptions::new().create(true).append(true).open(path);
    let mut file = file.expect("REBOUND_SKIPPED names a file that can be written");
    file.write_all(format!("skipped {test}: {lacking}\n").as_bytes()).expect("the disk has room");
}

fn folder(variable: &str) -> PathBuf {
    std::env::var_os(variable).unwrap_or_default().into()
}

/// The path where something is there; otherwise what `REBOUND_REQUIRE` asks for.
fn there(path: PathBuf, how: &str) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    let lacking = format!("{} is not there; {how}", path.display());
    let is_required = std::env::var("REBOUND_REQUIRE").as_deref() == Ok("1");
    assert!(!is_required, "{lacking}");
    skipped(&lacking);
    None
}
