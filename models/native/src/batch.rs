//! What is computed in one go: new tokens of some sequences.

use crate::cache::Cache;
use crate::error::NativeError;

/// New tokens of a sequence.
#[derive(Debug)]
pub struct Part<'a> {
    /// At least one.
    pub tokens: &'a [u32],
    /// What the sequence has computed before them; it grows by them.
    pub cache: &'a mut Cache,
    /// Which hidden states are returned.
    pub wanted: Wanted,
}

/// Which hidden states of a part are returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// None.
    Nothing,
    /// That of the last token.
    Last,
    /// Those of all tokens.
    All,
}

/// Queries that are computed together.
pub(crate) const TILE: usize = 16;

/// Some rows of a part, at most [`TILE`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile {
    /// The part.
    pub(crate) part: usize,
    /// Its first row in the batch.
    pub(crate) row: usize,
    /// The number of rows.
    pub(crate) rows: usize,
}

/// The rows of a batch.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// Each row's position in its sequence.
    pub(crate) positions: Vec<usize>,
    /// The first row of each part.
    pub(crate) starts: Vec<usize>,
    /// All rows, in order.
    pub(crate) tiles: Vec<Tile>,
    /// Each row's tile, and where it stands in it.
    pub(crate) places: Vec<(usize, usize)>,
    /// Rows whose hidden states are returned.
    pub(crate) wanted: Vec<usize>,
}

impl Layout {
    /// The layout of parts, where none gets longer than `context_tokens`.
    pub(crate) fn new(parts: &[Part<'_>], context_tokens: usize) -> Result<Self, NativeError> {
        let mut layout = Self::default();
        for (index, part) in parts.iter().enumerate() {
            let (start, rows) = (layout.positions.len(), part.tokens.len());
            let (before, found) = (part.cache.tokens(), part.cache.tokens() + rows);
            if found > context_tokens {
                return Err(NativeError::TooLong { found, context_tokens });
            }
            layout.starts.push(start);
            layout.positions.extend(before..found);
            for first in (0..rows).step_by(TILE) {
                let rows = TILE.min(rows - first);
                layout.places.extend((0..rows).map(|place| (layout.tiles.len(), place)));
                layout.tiles.push(Tile { part: index, row: start + first, rows });
            }
            let end = start + rows;
            layout.wanted.extend(match part.wanted {
                Wanted::Nothing => end..end,
                Wanted::Last => end - 1..end,
                Wanted::All => start..end,
            });
        }
        Ok(layout)
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.positions.len()
    }
}
