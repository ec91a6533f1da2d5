//! Bytes as hexadecimal digits.

use alloc::string::String;

/// Two lower-case digits for each byte.
pub fn digits(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_two_digits() {
        assert_eq!(digits(&[0x00, 0x0f, 0xa5]), "000fa5");
    }
}
