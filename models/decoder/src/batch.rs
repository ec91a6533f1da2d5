//! Sequences that are computed together, one behind the other.
//!
//! Sequences that begin alike need their common tokens only once: the first is the
//! trunk, and those that follow it are its branches. What has less than half in common
//! with its trunk is one itself: what follows it is more like it than like the one before.
//!
//! ```text
//! sequences   a b c d e │ a b c f │ a b c g h        a b c d e
//! computed    a b c d e │ f │ g h                          ├─ f
//! shared      0           3   3                            └─ g h
//! ```

/// Fewer common tokens than these are computed again: keys are copied to share them.
const SHARED_MIN: usize = 16;

/// New tokens of some sequences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The sequences' new tokens, one sequence behind the other.
    pub tokens: Vec<u32>,
    /// Number of new tokens of each sequence, at least 1.
    pub lengths: Vec<usize>,
    /// How many first tokens of its trunk, the nearest sequence before it that shares
    /// none, each sequence goes on from; missing ones are 0.
    pub shared: Vec<usize>,
}

impl Batch {
    /// A batch of whole sequences; empty ones are left out.
    pub fn new<'a>(sequences: impl IntoIterator<Item = &'a [u32]>) -> Self {
        Self::branching(sequences.into_iter().map(|sequence| (sequence, 0)))
    }

    /// A batch of sequences that need not compute what they have in common with their
    /// trunk, of each at most the first so many tokens; empty ones are left out.
    ///
    /// The rows are those of the tokens that are left, in order.
    pub fn branching<'a>(sequences: impl IntoIterator<Item = (&'a [u32], usize)>) -> Self {
        let mut batch = Self::default();
        for (shared, own) in branches(sequences) {
            batch.tokens.extend_from_slice(own);
            batch.lengths.push(own.len());
            batch.shared.push(shared);
        }
        batch
    }

    /// Number of tokens that [`Batch::branching`] computes for these.
    pub fn count<'a>(sequences: impl IntoIterator<Item = (&'a [u32], usize)>) -> usize {
        branches(sequences).map(|(_, own)| own.len()).sum()
    }

    /// The first row of each sequence.
    pub fn starts(&self) -> impl Iterator<Item = usize> + '_ {
        self.lengths.iter().scan(0, |next, length| {
            let start = *next;
            *next += length;
            Some(start)
        })
    }

    /// Of each sequence, the first row of its trunk and how many it shares with it.
    pub(crate) fn trunks(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let shared = self.shared.iter().copied().chain(std::iter::repeat(0));
        self.starts().zip(shared).scan(0, |trunk, (start, shared)| {
            if shared == 0 {
                *trunk = start;
            }
            Some((*trunk, shared))
        })
    }
}

/// Of each sequence that is not empty, how much of its trunk it goes on from, and what is left.
fn branches<'a>(
    sequences: impl IntoIterator<Item = (&'a [u32], usize)>,
) -> impl Iterator<Item = (usize, &'a [u32])> {
    let mut trunk: &[u32] = &[];
    let sequences = sequences.into_iter().filter(|(sequence, _)| !sequence.is_empty());
    sequences.map(move |(sequence, most)| {
        // The last token is computed always, so that there is a row.
        let most = most.min(sequence.len() - 1);
        let common = sequence.iter().zip(trunk).take(most).take_while(|(a, b)| a == b).count();
        let is_branch = common >= SHARED_MIN && 2 * common >= sequence.len();
        let shared = if is_branch { common } else { 0 };
        if shared == 0 {
            trunk = sequence;
        }
        (shared, &sequence[shared..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sequences_have_in_common_is_computed_once() {
        let trunk: Vec<u32> = (0..40).collect();
        let branch = [&trunk[..30], &[99, 98]].concat();
        let other: Vec<u32> = (100..120).collect();
        let any = usize::MAX;

        let sequences = [(&trunk[..], any), (&branch, any), (&trunk, 20), (&other, any)];
        let batch = Batch::branching(sequences);

        assert_eq!(batch.shared, [0, 30, 20, 0]);
        assert_eq!(Batch::count(sequences), batch.tokens.len());
        assert_eq!(batch.lengths, [40, 2, 20, 20]);
        assert_eq!(batch.tokens[40..42], [99, 98]);
        assert_eq!(batch.trunks().collect::<Vec<_>>(), [(0, 0), (0, 30), (0, 20), (62, 0)]);
    }

    #[test]
    fn a_second_prompt_that_begins_as_the_first_is_shared_by_its_own() {
        let prompt = |from: u32| -> Vec<u32> { (0..20).chain(from..from + 40).collect() };
        let sequences: Vec<Vec<u32>> = [100, 100, 200, 200]
            .iter()
            .zip(1000..)
            .map(|(&p, last)| [prompt(p), vec![last]].concat())
            .collect();

        let batch = Batch::branching(sequences.iter().map(|sequence| (&sequence[..], 60)));

        assert_eq!(batch.shared, [0, 60, 0, 60]);
        assert_eq!(batch.trunks().collect::<Vec<_>>(), [(0, 0), (0, 60), (62, 0), (62, 60)]);
    }

    #[test]
    fn an_equal_sequence_keeps_a_row() {
        let sequence: Vec<u32> = (0..20).collect();
        let batch = Batch::branching([(&sequence[..], usize::MAX), (&sequence, usize::MAX)]);
        assert_eq!(batch.lengths, [20, 1]);
    }
}
