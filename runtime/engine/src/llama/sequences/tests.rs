//! Which sequence a request gets, and what goes when room is needed.

use super::*;

fn need(tokens: &[u32], length_max: usize) -> Need<'_> {
    Need { tokens, block: 1, length_max }
}

/// Leases, computes all tokens, and remembers them.
fn play(sequences: &mut SequenceTable, tokens: &[u32]) -> Lease {
    let lease = sequences.lease(need(tokens, tokens.len()), &mut Vec::new()).unwrap();
    sequences.grow(lease.slot, &tokens[lease.cached..]);
    sequences.release(lease.slot, tokens.len(), &mut Vec::new());
    lease
}

#[test]
fn a_longer_prompt_goes_on_in_its_own_sequence() {
    let mut sequences = SequenceTable::new(3, 100);
    let first = play(&mut sequences, &[1, 2, 3]);

    let second = play(&mut sequences, &[1, 2, 3, 4, 5]);

    assert_eq!(second, Lease { slot: first.slot, cached: 3 });
}

#[test]
fn a_prompt_that_differs_shares_and_leaves_the_other_whole() {
    let mut sequences = SequenceTable::new(3, 100);
    play(&mut sequences, &[1, 2, 3, 4]);

    let other = play(&mut sequences, &[1, 2, 9, 9]);
    let again = play(&mut sequences, &[1, 2, 3, 4, 5]);

    assert_eq!(other.cached, 2);
    assert_eq!(again.cached, 4);
}

#[test]
fn shared_cells_count_once() {
    let mut sequences = SequenceTable::new(4, 10);
    play(&mut sequences, &[1, 2, 3, 4, 5, 6]);
    play(&mut sequences, &[1, 2, 3, 4, 5, 7]);
    play(&mut sequences, &[1, 2, 3, 4, 5, 8]);

    let again = play(&mut sequences, &[1, 2, 3, 4, 5, 6, 7]);

    assert_eq!(again.cached, 6);
}

#[test]
fn the_oldest_goes_first_when_room_is_needed() {
    let mut sequences = SequenceTable::new(4, 10);
    play(&mut sequences, &[1, 1, 1, 1]);
    play(&mut sequences, &[2, 2, 2, 2]);
    play(&mut sequences, &[1, 1, 1, 1, 1]);

    play(&mut sequences, &[3, 3, 3, 3]);

    assert_eq!(play(&mut sequences, &[1, 1, 1, 1, 1, 4]).cached, 5);
    assert_eq!(play(&mut sequences, &[2, 2, 2, 2]).cached, 0);
}

#[test]
fn cells_promised_to_a_live_sequence_are_not_given_away() {
    let mut sequences = SequenceTable::new(3, 10);
    let live = sequences.lease(need(&[1, 2], 8), &mut Vec::new()).unwrap();

    assert_eq!(sequences.lease(need(&[3, 4], 3), &mut Vec::new()), None);
    sequences.release(live.slot, 0, &mut Vec::new());
    assert!(sequences.lease(need(&[3, 4], 3), &mut Vec::new()).is_some());
}

#[test]
fn a_single_sequence_gives_up_its_end() {
    let mut sequences = SequenceTable::new(1, 10);
    play(&mut sequences, &[1, 2, 3, 4]);
    let mut edits = Vec::new();

    let lease = sequences.lease(need(&[1, 2, 9, 9], 10), &mut edits).unwrap();

    assert_eq!(lease, Lease { slot: 0, cached: 2 });
    assert_eq!(edits, [Edit::Remove { slot: 0, from: 2 }]);
}

#[test]
fn tokens_are_reused_in_whole_blocks_and_never_all() {
    let mut sequences = SequenceTable::new(1, 100);
    let tokens: Vec<u32> = (0..8).collect();
    play(&mut sequences, &tokens);

    let whole = Need { tokens: &tokens, block: 4, length_max: 20 };

    assert_eq!(sequences.reusable(whole), 4);
}

#[test]
fn a_sequence_without_its_beginning_is_not_reused() {
    let mut sequences = SequenceTable::new(2, 100);
    let lease = play(&mut sequences, &[1, 2, 3]);

    sequences.note_purged(lease.slot);

    assert_eq!(play(&mut sequences, &[1, 2, 3, 4]).cached, 0);
}
