//! What a confined program is granted.

use std::path::PathBuf;
use std::time::Duration;

/// Which network a program sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// None; it cannot make a socket.
    #[default]
    None,
    /// A loopback of its own, which reaches no other process of the machine.
    Loopback,
}

/// What a program is granted. Besides this it may read and run the system's programs and libraries
/// (`/usr`, `/lib`, `/bin`, …), and has a private folder for what is temporary, which is gone with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    /// Files and folders that it may read, and run programs from.
    pub read: Vec<PathBuf>,
    /// Files and folders that it may change, too.
    pub write: Vec<PathBuf>,
    /// Its working folder, of those that are granted; the private one if `None`.
    pub working: Option<PathBuf>,
    /// The network.
    pub network: Network,
    /// Address space of each of its processes, in bytes; where there are control groups, also what
    /// all of them have together.
    pub memory_bytes: u64,
    /// Processor time of each of its processes, in whole seconds, rounded up.
    pub processor: Duration,
    /// Number of its processes and threads.
    pub processes: u64,
    /// Size of its private folder, and of any file that it writes, in bytes.
    pub disk_bytes: u64,
    /// What it may say to whoever started it before it is asked to stop, in bytes: of a world for an
    /// episode. Whoever reads holds it to this.
    pub output_bytes: u64,
    /// Its environment's variables, besides `PATH`, `HOME` and `TMPDIR`.
    pub environment: Vec<(String, String)>,
}

impl Default for Grants {
    /// Nothing to read or write, no network, 2 GiB, a minute, 64 processes, 64 MiB on disk,
    /// 256 MiB of output.
    fn default() -> Self {
        Self {
            read: Vec::new(),
            write: Vec::new(),
            working: None,
            network: Network::None,
            memory_bytes: 2 << 30,
            processor: Duration::from_mins(1),
            processes: 64,
            disk_bytes: 64 << 20,
            output_bytes: 256 << 20,
            environment: Vec::new(),
        }
    }
}
