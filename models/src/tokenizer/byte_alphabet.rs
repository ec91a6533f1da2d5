//! GPT-2's alphabet: a printable character for each byte.

use std::collections::HashMap;

/// The character for a byte.
pub(crate) fn char_of_byte(byte: u8) -> char {
    match byte {
        b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => char::from(byte),
        0..=b' ' => offset_char(u32::from(byte)),
        0x7F..=0xA0 => offset_char(u32::from(byte) - 0x7F + 33),
        0xAD => offset_char(67),
    }
}

fn offset_char(offset: u32) -> char {
    char::from_u32(256 + offset).expect("below the surrogates")
}

/// The byte for each character.
pub(super) fn byte_of_char() -> HashMap<char, u8> {
    (0..=u8::MAX).map(|byte| (char_of_byte(byte), byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_a_character_of_its_own() {
        assert_eq!(byte_of_char().len(), 256);
        assert_eq!(char_of_byte(b' '), 'Ġ');
        assert_eq!(char_of_byte(b'\n'), 'Ċ');
        assert_eq!(char_of_byte(0xAD), 'Ń');
    }
}
