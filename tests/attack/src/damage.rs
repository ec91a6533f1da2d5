//! Damage to bytes of any kind, as disks, lines and people do it.

use crate::draws::Draws;

/// Numbers that counts and lengths are damaged to.
const NUMBERS: [u64; 12] = [
    0,
    1,
    0x7f,
    0xff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];
/// Bytes that are added at once.
const ADDED_MAX: usize = 64;

/// The bytes with one to three damages.
pub fn bytes(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    for _ in 0..=draws.below(3) {
        damage(&mut bytes, draws);
    }
    if bytes == sound {
        bytes.push(0);
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, draws: &mut Draws) {
    let range = draws.range(bytes.len());
    match draws.below(10) {
        0 | 1 => flip(bytes, draws),
        2 => {
            let byte = *draws.of(&[0, 255]);
            bytes.iter_mut().skip(range.start).take(1).for_each(|place| *place = byte);
        }
        3 => number(bytes, draws),
        4 => bytes.truncate(range.start),
        5 => drop(bytes.drain(range)),
        6 => {
            let doubled = bytes[range.clone()].to_vec();
            bytes.splice(range.end..range.end, doubled);
        }
        7 => bytes[range].fill(0),
        8 => {
            let added: Vec<u8> = (0..draws.below(ADDED_MAX)).map(|_| any(draws)).collect();
            bytes.splice(range.start..range.start, added);
        }
        _ => bytes[range].iter_mut().for_each(|byte| *byte = any(draws)),
    }
}

fn any(draws: &mut Draws) -> u8 {
    draws.number().to_le_bytes()[0]
}

fn flip(bytes: &mut [u8], draws: &mut Draws) {
    let (place, bit) = (draws.below(bytes.len()), draws.below(8));
    bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << bit);
}

/// Puts one of [`NUMBERS`] in the place of two, four or eight bytes.
fn number(bytes: &mut [u8], draws: &mut Draws) {
    let number = draws.of(&NUMBERS).to_le_bytes();
    let width = *draws.of(&[2, 4, 8]);
    let place = draws.below(bytes.len());
    for (byte, new) in bytes[place..].iter_mut().zip(&number[..width]) {
        *byte = *new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_changes_something_and_is_the_same_for_the_same_seed() {
        for seed in 0..500 {
            let sound =
                &b"a sound text, and some more of it"[..usize::try_from(seed % 33).unwrap()];

            let [damaged, again] = [(); 2].map(|()| bytes(sound, &mut Draws::new(seed)));

            assert_ne!(damaged, sound);
            assert_eq!(damaged, again);
        }
    }
}
