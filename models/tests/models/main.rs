//! What the crate promises of files, in one binary.
#![allow(clippy::unwrap_used, reason = "the lint's exception for tests leaves out their helpers")]

mod gguf;
mod blocks;
mod tokenizer;
mod chat;
mod adapter;
mod merge;
mod peft;

use std::path::PathBuf;

/// A file of the folder that `REBOUND_MODELS` names; a test that needs one says
/// that it was skipped and succeeds where there is none.
#[allow(clippy::print_stderr, reason = "a skipped test must be seen")]
fn weights(file: &str) -> Option<PathBuf> {
    let path = std::env::var_os("REBOUND_MODELS").map(|folder| PathBuf::from(folder).join(file));
    let path = path.filter(|path| path.is_file());
    if path.is_none() {
        eprintln!("skipped: REBOUND_MODELS has no {file}");
    }
    path
}
