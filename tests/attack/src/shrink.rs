//! Makes a case small: takes back what does not matter.

use crate::edits::{self, Edit};

/// The edits of the sound bytes that are still what `is_finding` looks for, made fewer and smaller
/// from those of `damaged` on, as far as so many trials lead.
pub fn smallest(
    (sound, damaged): (&[u8], &[u8]),
    trials_max: usize,
    is_finding: &dyn Fn(&[u8]) -> bool,
) -> Vec<Edit> {
    let mut smallest = edits::between(sound, damaged);
    let mut tried = 0;
    loop {
        let found = edits::smaller(&smallest).take(trials_max - tried).find(|edits| {
            tried += 1;
            is_finding(&edits::apply(sound, edits))
        });
        match found {
            Some(smaller) => smallest = smaller,
            None => return smallest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_damages_the_one_that_matters_is_left() {
        let sound = [0; 200];
        let damaged: Vec<u8> = (0..200).map(|place| u8::from(place % 3 == 0) * 9).collect();

        let left = smallest((&sound, &damaged), 80, &|bytes| bytes[99] == 9);

        assert_eq!(left, [Edit { range: 99..100, bytes: vec![9] }]);
    }

    #[test]
    fn damage_at_ten_thousand_places_is_halved_without_a_copy_for_each() {
        let sound = vec![0; 40_000];
        let damaged: Vec<u8> = (0..40_000).map(|place| u8::from(place % 2 == 0)).collect();

        let left = smallest((&sound, &damaged), 40, &|bytes| bytes[39_998] == 1);

        assert_eq!(left, [Edit { range: 39_998..39_999, bytes: vec![1] }]);
    }

    #[test]
    fn of_a_long_addition_a_short_one_is_left() {
        let damaged = [b"sound".as_slice(), &[b'['; 1000]].concat();

        let left = smallest((b"sound", &damaged), 80, &|bytes| bytes.contains(&b'['));

        assert_eq!(left, [Edit { range: 5..5, bytes: vec![b'['] }]);
    }
}
