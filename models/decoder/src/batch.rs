//! Sequences that are computed together, one behind the other.

/// New tokens of some sequences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The sequences' new tokens, one sequence behind the other.
    pub tokens: Vec<u32>,
    /// How many each sequence has; none is 0.
    pub lengths: Vec<usize>,
}

impl Batch {
    /// A batch of whole sequences; empty ones are left out.
    pub fn new<'a>(sequences: impl IntoIterator<Item = &'a [u32]>) -> Self {
        let mut batch = Self::default();
        for sequence in sequences {
            if !sequence.is_empty() {
                batch.tokens.extend_from_slice(sequence);
                batch.lengths.push(sequence.len());
            }
        }
        batch
    }

    /// The first row of each sequence.
    pub fn starts(&self) -> impl Iterator<Item = usize> + '_ {
        self.lengths.iter().scan(0, |next, length| {
            let start = *next;
            *next += length;
            Some(start)
        })
    }
}
