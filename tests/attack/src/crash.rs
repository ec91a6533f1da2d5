//! Crash points and power cuts: what changes files is counted, fails or dies at one place, and
//! whatever is left goes on to the same end.
//!
//! ```text
//! workload under the shim ─► so many calls, recorded
//! at the k-th: end, half a write, ENOSPC, EIO, a short write ─► again ─► the same files
//! the first k of the record, without what was not synced      ─► again ─► the same files
//! ```

pub mod shim;
pub mod workload;
pub mod disk;
pub mod trial;
