//! Formatting of texts and times for one line.

/// Units of time, in seconds.
const UNITS: [(f64, &str); 6] = [
    (365.0 * 86_400.0, "y"),
    (7.0 * 86_400.0, "w"),
    (86_400.0, "d"),
    (3_600.0, "h"),
    (60.0, "m"),
    (1.0, "s"),
];

/// A foreign text as it may stand in a line: what would steer a terminal, or hide in it, is
/// spelled out.
pub fn printable(text: &str) -> String {
    runtime_core::visible::visible_line(text).into_owned()
}

/// The text as one line of at most this many characters; a cut one ends in "…".
pub(crate) fn one_line(text: &str, characters_max: usize) -> String {
    let line = text.lines().collect::<Vec<_>>().join(" ");
    if line.chars().nth(characters_max).is_none() {
        return line;
    }
    line.chars().take(characters_max.saturating_sub(1)).chain(['…']).collect()
}

/// A length of time in its greatest unit of which it has about two.
pub(crate) fn roughly(seconds: f64) -> String {
    let fits = |pair: &&[(f64, &str)]| seconds + pair[1].0 / 2.0 >= pair[0].0 * 1.5;
    match UNITS.windows(2).find(fits) {
        Some(pair) => format!("{:.0}{}", (seconds / pair[0].0).round().max(2.0), pair[0].1),
        None => format!("{:.0}s", seconds.round()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_cannot_hide_what_it_says() {
        assert_eq!(printable("sh -c 'echo \"é\"'"), "sh -c 'echo \"é\"'");
        assert_eq!(printable("a\u{1b}[2K\rb\n\u{202e}c"), "a\\u001b[2K\\rb\\n\\u202ec");
    }

    #[test]
    fn a_line_is_one_and_as_long_as_it_may_be() {
        assert_eq!(one_line("open\nthe  door", 80), "open the  door");
        assert_eq!(one_line("open the door", 13), "open the door");
        assert_eq!(one_line("open the door", 8), "open th…");
    }

    #[test]
    fn a_time_is_told_in_the_unit_of_which_it_has_about_two() {
        let told = [0.4, 40.0, 89.4, 90.0, 3_600.0, 5_400.0, 36.0 * 3_600.0, 1e9].map(roughly);

        assert_eq!(told, ["0s", "40s", "89s", "2m", "60m", "2h", "2d", "32y"]);
    }
}
