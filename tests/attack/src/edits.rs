//! What differs between a sound text and a damaged one, as ranges that can be taken back.

use std::ops::Range;

/// A range of the sound bytes, and what stands there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The range.
    pub range: Range<usize>,
    /// Its replacement.
    pub bytes: Vec<u8>,
}

/// The edits that make `damaged` of `sound`: of equal lengths one for each run of other bytes,
/// otherwise a single one. They stand in order and do not overlap.
pub fn between(sound: &[u8], damaged: &[u8]) -> Vec<Edit> {
    if sound.len() == damaged.len() {
        return runs(sound, damaged);
    }
    let equal = |pair: &(&u8, &u8)| pair.0 == pair.1;
    let before = sound.iter().zip(damaged).take_while(equal).count();
    let (rest, other) = (&sound[before..], &damaged[before..]);
    let behind = rest.iter().rev().zip(other.iter().rev()).take_while(equal).count();
    let range = before..sound.len() - behind;
    vec![Edit { range, bytes: damaged[before..damaged.len() - behind].to_vec() }]
}

fn runs(sound: &[u8], damaged: &[u8]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for place in (0..sound.len()).filter(|&place| sound[place] != damaged[place]) {
        match edits.last_mut() {
            Some(last) if last.range.end == place => last.range.end += 1,
            _ => edits.push(Edit { range: place..place + 1, bytes: Vec::new() }),
        }
    }
    for edit in &mut edits {
        edit.bytes = damaged[edit.range.clone()].to_vec();
    }
    edits
}

/// The sound bytes with these edits.
pub fn apply(sound: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(sound.len());
    let mut place = 0;
    for edit in edits {
        bytes.extend(&sound[place..edit.range.start]);
        bytes.extend(&edit.bytes);
        place = edit.range.end;
    }
    bytes.extend(&sound[place..]);
    bytes
}

/// Fewer or smaller edits, each of which may still do what these do: without a half of them,
/// and with one of them halved. Each is made as it is asked for: there may be ten thousand edits.
pub fn smaller(edits: &[Edit]) -> impl Iterator<Item = Vec<Edit>> {
    let middle = edits.len() / 2;
    let parts = [&edits[..middle], &edits[middle..]].into_iter().filter(move |_| middle > 0);
    let halved = edits.iter().enumerate().flat_map(move |(place, edit)| {
        halves(edit).into_iter().map(move |half| {
            let mut changed = edits.to_vec();
            changed[place] = half;
            changed
        })
    });
    parts.map(<[Edit]>::to_vec).chain(halved)
}

/// An edit that leaves half of the range, or of its replacement, as it was.
fn halves(edit: &Edit) -> Vec<Edit> {
    let Range { start, end } = edit.range;
    let (middle, half) = (start.midpoint(end), edit.bytes.len() / 2);
    let mut found = Vec::new();
    if end - start == edit.bytes.len() && half > 0 {
        found.push(Edit { range: start..start + half, bytes: edit.bytes[..half].to_vec() });
        found.push(Edit { range: start + half..end, bytes: edit.bytes[half..].to_vec() });
    } else {
        let of = |range: Range<usize>, bytes: &[u8]| Edit { range, bytes: bytes.to_vec() };
        if half > 0 {
            found.push(of(edit.range.clone(), &edit.bytes[..half]));
            found.push(of(edit.range.clone(), &edit.bytes[half..]));
        }
        if middle > start {
            found.push(of(start..middle, &edit.bytes));
            found.push(of(middle..end, &edit.bytes));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_make_the_damaged_bytes_again() {
        for damaged in ["abcdef", "aXcYYf", "abXdef!", "", "def", "abcabcdef"] {
            let edits = between(b"abcdef", damaged.as_bytes());

            assert_eq!(apply(b"abcdef", &edits), damaged.as_bytes());
        }
        assert_eq!(between(b"abcdef", b"aXcYYf").len(), 2);
        assert!(between(b"abcdef", b"abcdef").is_empty());
    }

    #[test]
    fn what_is_smaller_is_no_more_than_before() {
        let size = |edits: &[Edit]| {
            edits.iter().map(|edit| edit.range.len() + edit.bytes.len()).sum::<usize>()
        };
        let edits = between(b"abcdef", b"aXcYYf");

        let smaller: Vec<Vec<Edit>> = smaller(&edits).collect();

        assert_eq!(smaller.len(), 4);
        assert!(smaller.iter().all(|smaller| size(smaller) < size(&edits)));
    }
}
