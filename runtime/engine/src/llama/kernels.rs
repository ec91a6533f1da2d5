//! Loading of kernels from shared libraries: the best ones for this machine are
//! selected when the program starts.

use std::env;
use std::path::PathBuf;

use llama_cpp_2::llama_backend::{load_backends, load_backends_from_path};

/// The folder of kernels beside the program.
const FOLDER: &str = "lib/kernels";

/// Loads the best kernels for this machine, once: from the folder beside the program,
/// or else from the build's folder.
pub(super) fn load() {
    match beside_program() {
        Some(folder) => load_backends_from_path(&folder),
        None => load_backends(),
    }
}

/// The folder beside the program; `None` if llama.cpp cannot take its path.
fn beside_program() -> Option<PathBuf> {
    let program = env::current_exe().ok()?.canonicalize().ok()?;
    let folder = program.parent()?.join(FOLDER);
    (folder.is_dir() && folder.to_str().is_some()).then_some(folder)
}
