//! Writing and reading of metrics, and measuring memory.

use std::io::{BufRead, BufReader};
use std::path::Path;

use trainer_contract::metrics::StepMetrics;

/// A step as a line of the file.
pub(crate) fn line(metrics: &StepMetrics) -> Vec<u8> {
    let mut line = serde_json::to_vec(metrics).unwrap_or_default();
    line.push(b'\n');
    line
}

/// A run's metrics so far; a torn last line is ignored.
pub fn read(path: &Path) -> Vec<StepMetrics> {
    let Ok(file) = runtime_files::open(path) else { return Vec::new() };
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
}

/// Resident memory of this process in bytes; 0 if the system does not say.
pub fn resident_bytes() -> u64 {
    of_status("VmRSS:")
}

/// Lets the system measure the peak of memory anew.
pub(crate) fn forget_peak() {
    // Where the system cannot, the peak is that of the whole process.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Greatest resident memory since then in bytes; 0 if the system does not say.
pub(crate) fn peak_bytes() -> u64 {
    of_status("VmHWM:")
}

/// A number of kilobytes that the system says of this process, in bytes.
fn of_status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| kilobytes * 1024)
}
