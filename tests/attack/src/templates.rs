//! Damage to chat templates: hostile pieces, and lines of the template itself in other places.

use crate::draws::Draws;
use crate::{damage, literals};

/// Pieces that take what they can: memory, time, depth.
const PIECES: [&str; 22] = [
    "{% set ns = namespace(s='x') %}{% for i in range(33) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    "{{ messages | tojson(indent=20000000000) }}",
    "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
    "{{ 'x' * 8000000000 }}",
    "{{ range(1000000000) | list }}",
    "{{ 'x' | center(9000000000) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{{ 1 // 0 }}",
    "{{ messages[99999].content }}",
    "{{ raise_exception('no') }}",
    "{{ undefined_function() }}",
    "{% for message in messages %}{{ message['nothing']['more'] }}{% endfor %}",
    "{{ '\\u0000\\u202e' }}",
    "{% include 'x' %}",
    "{{ '%0999999999d' | format(1) }}",
    "{{ strftime_now('%Y') }}",
    "{{ messages | map('upper') | join('x' * 100000) }}",
    "{{ (range(100000) | join(',')).replace('1', 'x' * 100000) }}",
    "{{ 'a b' | indent(2000000000) }}",
    "{{ 9223372036854775807 + 1 }}",
    "{{ -9223372036854775808 // -1 }}",
    "{{ 2 ** 1000000 }}",
];
/// What is put within itself.
const NESTED: [(&str, &str); 7] = [
    ("(", ")"),
    ("[", "]"),
    ("{'a':", "}"),
    ("not ", ""),
    ("-", ""),
    ("1+", ""),
    ("x if x else ", ""),
];
/// Blocks that are put within themselves.
const BLOCKS: [(&str, &str); 3] = [
    ("{% if true %}", "{% endif %}"),
    ("{% for x in [1] %}", "{% endfor %}"),
    ("{% set x %}", "{% endset %}"),
];
/// Depths of what is put within itself.
const DEPTHS: [usize; 4] = [10, 200, 5_000, 100_000];

/// The template with a hostile piece in it, or with its own parts changed.
pub fn hostile(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    let piece = match draws.below(8) {
        0 | 1 => return damage::bytes(sound, draws),
        2 => return literals::text(sound, draws),
        3 => nested(&NESTED, ("{{ ", "1", " }}"), draws),
        4 => nested(&BLOCKS, ("", "x", ""), draws),
        _ => (*draws.of(&PIECES)).to_owned(),
    };
    let text = String::from_utf8_lossy(sound).into_owned();
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    match draws.below(3) {
        0 => return piece.into_bytes(),
        1 => lines.insert(0, &piece),
        _ => lines.insert(draws.below(lines.len() + 1), &piece),
    }
    lines.concat().into_bytes()
}

fn nested(
    kinds: &[(&str, &str)],
    (before, middle, behind): (&str, &str, &str),
    draws: &mut Draws,
) -> String {
    let ((open, close), depth) = (draws.of(kinds), *draws.of(&DEPTHS));
    format!("{before}{}{middle}{}{behind}", open.repeat(depth), close.repeat(depth))
}
