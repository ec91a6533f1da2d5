//! Damage to tar files that leaves their form: headers whose checksums are right, and what the
//! files contain.

use std::ops::Range;

use crate::draws::Draws;
use crate::literals;

const BLOCK: usize = 512;
const NAME: Range<usize> = 0..100;
const SIZE: Range<usize> = 124..136;
const CHECKSUM: Range<usize> = 148..156;
const KIND: usize = 156;
/// Kinds of entries: files, links, devices, folders, pipes, long names, extended headers, holes.
const KINDS: &[u8] = b"0123456LKxgS\0z";
const SIZES: [&str; 6] = [
    "00000000000\0",
    "27777777777\0",
    "77777777777\0",
    "00000000777\0",
    "zzzzzzzzzzz\0",
    "-0000000001\0",
];

/// The file with one to three of its headers, or contents, changed.
pub fn parts(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    let headers = headers(sound);
    for _ in 0..=draws.below(3) {
        let header = *draws.of(&headers);
        if draws.one_in(2) {
            content(&mut bytes, header, draws);
        } else {
            change(&mut bytes[header..header + BLOCK], draws);
        }
    }
    bytes
}

/// Where headers stand.
fn headers(bytes: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut place = 0;
    while bytes.get(place).is_some_and(|first| *first != 0) && place + BLOCK <= bytes.len() {
        found.push(place);
        place += BLOCK + size(&bytes[place..]).next_multiple_of(BLOCK);
    }
    found
}

/// The length of the content behind a header.
fn size(header: &[u8]) -> usize {
    let digits = String::from_utf8_lossy(&header[SIZE]);
    usize::from_str_radix(digits.trim_matches(['\0', ' ']), 8).unwrap_or(0)
}

fn change(header: &mut [u8], draws: &mut Draws) {
    match draws.below(4) {
        0 => header[KIND] = *draws.of(KINDS),
        1 => header[SIZE].copy_from_slice(draws.of(&SIZES).as_bytes()),
        2 => {
            // A binary size, as for files of more than 8 GB.
            header[SIZE].fill(0xff);
            header[SIZE.start] = 0x80;
        }
        _ => {
            let name = draws.of(&["../../x", "/tmp/x", "", "\u{202e}", "a/b/c/d"]).as_bytes();
            header[NAME].fill(0);
            header[NAME.start..NAME.start + name.len()].copy_from_slice(name);
        }
    }
    header[CHECKSUM].fill(b' ');
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    header[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// Changes what an entry contains, to a text of the same length.
fn content(bytes: &mut [u8], header: usize, draws: &mut Draws) {
    let start = header + BLOCK;
    let range = start..bytes.len().min(start + size(&bytes[header..]));
    let mut changed = literals::text(&bytes[range.clone()], draws);
    changed.resize(range.len(), b' ');
    bytes[range].copy_from_slice(&changed);
}
