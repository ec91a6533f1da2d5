//! What the engine and a training beside it take of a board's memory.

use anyhow::ensure;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::board::Board;

/// This program's memory and a child's, against a board's.
pub(super) struct Budget {
    most_bytes: Option<u64>,
    processes: [Pid; 2],
    system: System,
    /// What both took together at most, as far as it was looked.
    pub(super) peak_bytes: u64,
}

impl Budget {
    /// The budget of a board, or none, for a child with this number.
    pub(super) fn new(board: Option<&Board>, child: u32) -> Self {
        let processes = [std::process::id(), child].map(Pid::from_u32);
        let most_bytes = board.map(Board::memory_bytes);
        Self { most_bytes, processes, system: System::new(), peak_bytes: 0 }
    }

    /// Looks at both; an error where they take more than the board has to give.
    pub(super) fn look(&mut self) -> anyhow::Result<()> {
        let these = ProcessesToUpdate::Some(&self.processes);
        let what = ProcessRefreshKind::nothing().with_memory();
        self.system.refresh_processes_specifics(these, true, what);
        let [engine, trainer] = self
            .processes
            .map(|process| self.system.process(process).map_or(0, sysinfo::Process::memory));
        self.peak_bytes = self.peak_bytes.max(engine + trainer);
        let most_bytes = self.most_bytes.unwrap_or(u64::MAX);
        ensure!(
            engine + trainer <= most_bytes,
            "the trainer takes {} MB beside the engine's {} MB, which is more than the board's {} \
             MB. recompute = true and a smaller batch_tokens in [train.run] take less; then the \
             same command goes on",
            trainer / 1_000_000,
            engine / 1_000_000,
            most_bytes / 1_000_000
        );
        Ok(())
    }
}
