//! Use counts of the cells of llama.cpp's cache.

/// The cells, with the number of sequences that each belongs to.
#[derive(Debug)]
pub(super) struct Cells {
    owners: Vec<u16>,
    unused: Vec<u32>,
}

impl Cells {
    /// `count` unused cells.
    pub(super) fn new(count: usize) -> Self {
        let last = u32::try_from(count).expect("a cache has fewer than 2^32 cells");
        Self { owners: vec![0; count], unused: (0..last).rev().collect() }
    }

    /// Number of unused cells.
    pub(super) fn free(&self) -> usize {
        self.unused.len()
    }

    /// Number of these cells that belong to a single sequence.
    pub(super) fn owned_once(&self, cells: &[u32]) -> usize {
        cells.iter().filter(|&&cell| self.owners[cell as usize] == 1).count()
    }

    /// Assigns an unused cell to a sequence.
    ///
    /// # Panics
    ///
    /// If a sequence grows beyond the length of its lease: a bug.
    pub(super) fn take(&mut self) -> u32 {
        let cell = self.unused.pop().expect("a lease has promised this cell");
        self.owners[cell as usize] = 1;
        cell
    }

    /// Assigns a cell to one more sequence.
    pub(super) fn share(&mut self, cell: u32) {
        self.owners[cell as usize] += 1;
    }

    /// Removes a cell from one sequence.
    pub(super) fn give_back(&mut self, cell: u32) {
        self.owners[cell as usize] -= 1;
        if self.owners[cell as usize] == 0 {
            self.unused.push(cell);
        }
    }
}
