//! Damage to safetensors files that leaves their form: the head's values become others, and its
//! length is written anew.

use crate::draws::Draws;
use crate::literals;

/// Bytes of the head's length.
const LENGTH: usize = 8;

/// The file with values of its head changed, or with numbers among its factors that are none.
///
/// # Panics
///
/// Where what is damaged is no sound file.
pub fn head(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    let (length, rest) = sound.split_at(LENGTH);
    let length = u64::from_le_bytes(length.try_into().expect("it has eight bytes"));
    let (head, data) = rest.split_at(usize::try_from(length).expect("the sound head is short"));
    let (mut head, mut data) = (head.to_vec(), data.to_vec());
    if draws.one_in(3) {
        let place = 4 * draws.below(data.len() / 4);
        let value = draws.of(&[f32::NAN, f32::INFINITY, f32::MAX, -0.0, 1e-40]);
        data[place..place + 4].copy_from_slice(&value.to_le_bytes());
    } else {
        head = literals::text(&head, draws);
    }
    let length = u64::try_from(head.len()).expect("a length fits 64 bits").to_le_bytes();
    [&length[..], &head, &data].concat()
}
