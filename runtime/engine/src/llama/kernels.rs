//! Kernels that are files of their own: the ones for this machine are picked
//! when the program starts.

use std::env;
use std::path::PathBuf;

use llama_cpp_2::llama_backend::{load_backends, load_backends_from_path};

/// The folder of kernels beside the program.
const FOLDER: &str = "lib/kernels";

/// Loads what this machine can run, once: from the folder beside the program,
/// or else from the one that the build left.
pub(super) fn load() {
    match beside_program() {
        Some(folder) => load_backends_from_path(&folder),
        None => load_backends(),
    }
}

/// A path that llama.cpp cannot be given is as good as none.
fn beside_program() -> Option<PathBuf> {
    let program = env::current_exe().ok()?.canonicalize().ok()?;
    let folder = program.parent()?.join(FOLDER);
    (folder.is_dir() && folder.to_str().is_some()).then_some(folder)
}
