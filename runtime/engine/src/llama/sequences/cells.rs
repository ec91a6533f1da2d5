//! The cells of a cache, counted: llama.cpp keeps the real ones.

/// Cells and how many sequences each belongs to.
#[derive(Debug)]
pub(super) struct Cells {
    owners: Vec<u16>,
    unused: Vec<u32>,
}

impl Cells {
    /// So many unused cells.
    pub(super) fn new(count: usize) -> Self {
        let last = u32::try_from(count).expect("a cache has fewer than 2^32 cells");
        Self { owners: vec![0; count], unused: (0..last).rev().collect() }
    }

    /// How many are unused.
    pub(super) fn free(&self) -> usize {
        self.unused.len()
    }

    /// How many of these belong to one sequence alone.
    pub(super) fn owned_once(&self, cells: &[u32]) -> usize {
        cells.iter().filter(|&&cell| self.owners[cell as usize] == 1).count()
    }

    /// An unused cell, for one sequence.
    ///
    /// # Panics
    ///
    /// If a sequence grows beyond what its lease promised: a bug.
    pub(super) fn take(&mut self) -> u32 {
        let cell = self.unused.pop().expect("a lease has promised this cell");
        self.owners[cell as usize] = 1;
        cell
    }

    /// Lets one sequence more have a cell.
    pub(super) fn share(&mut self, cell: u32) {
        self.owners[cell as usize] += 1;
    }

    /// Takes a cell from one sequence.
    pub(super) fn give_back(&mut self, cell: u32) {
        self.owners[cell as usize] -= 1;
        if self.owners[cell as usize] == 0 {
            self.unused.push(cell);
        }
    }
}
