//! A solution and two final answers: extraction, calculation and comparison.
#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_environments::answer::{calculator, extract, math, number};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let _ = (extract::final_answer(&text), calculator::asked(&text));
    let (one, other) = text.split_once('\n').unwrap_or((&text, ""));
    let _ = (calculator::value(one), number::equal(one, other));
    let _ = (math::equal(one, other), math::equal(other, one));
});
