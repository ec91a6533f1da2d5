//! The whole data set, which not every machine has.

use std::path::PathBuf;

/// The folder that `REBOUND_DATA` names, where ALFWorld's games lie in it. Without it a test
/// says that it is skipped; where `CI` is true it fails.
#[allow(clippy::print_stdout, reason = "a skipped test must be seen")]
pub(crate) fn data_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("REBOUND_DATA").map(PathBuf::from);
    let folder = folder.filter(|folder| folder.join("alfworld").is_dir());
    if folder.is_none() {
        let missing = "REBOUND_DATA names no folder with ALFWorld's games";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{missing}");
        println!("skipped: {missing}; `rebound data pull alfworld` brings them");
    }
    folder
}
