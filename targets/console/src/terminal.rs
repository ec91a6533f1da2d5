//! Text for a terminal: wrapped to its width, without control characters.
//!
//! A terminal obeys escape sequences. What a model, a world or an endpoint wrote goes through
//! [`shown`] before it is printed.

use std::borrow::Cow;

use console::Term;
use runtime_core::visible::visible;

use crate::Output;

/// The number of columns without a terminal.
const COLUMNS: usize = 80;
/// Least number of columns that is used.
const COLUMNS_MIN: usize = 40;

/// The text with what a terminal would obey, or not show, spelled out; a tab is four spaces.
pub fn shown(text: &str) -> Cow<'_, str> {
    let visible = visible(text);
    if visible.contains('\t') { Cow::Owned(visible.replace('\t', "    ")) } else { visible }
}

/// The text as one line without control characters, cut to this many columns.
pub fn line(text: &str, columns: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    console::truncate_str(&shown(&lines.join(" ")), columns, "…").into_owned()
}

/// The number of columns of a terminal, or the default.
pub fn columns(output: Output) -> usize {
    let term = if output == crate::out() { Term::stdout() } else { Term::stderr() };
    term.size_checked().map_or(COLUMNS, |(_, columns)| usize::from(columns).max(COLUMNS_MIN))
}

/// The text as indented lines of at most this many columns.
pub fn wrapped(text: &str, columns: usize, spaces: usize) -> Vec<String> {
    let indent = " ".repeat(spaces);
    let how = textwrap::Options::new(columns).initial_indent(&indent).subsequent_indent(&indent);
    let lines = textwrap::wrap(text, how).into_iter();
    lines.map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        let hostile = "a\u{1b}]0;title\u{7}b\r\u{9b}31mc\u{202e}d\te\nf";

        let shown = shown(hostile);

        let spelled = "a\\u001b]0;title\\u0007b\\r\\u009b31mc\\u202ed    e\nf";
        assert_eq!(shown, spelled);
        assert!(shown.chars().all(|letter| !letter.is_control() || letter == '\n'));
    }

    #[test]
    fn a_line_is_one_and_as_long_as_it_may_be() {
        assert_eq!(line("open\nthe  door\u{1b}[2J", 80), "open the  door\\u001b[2J");
        assert_eq!(line("open the door", 8), "open th…");
    }

    #[test]
    fn lines_are_wrapped_behind_their_indentation() {
        assert_eq!(wrapped("one two\n\nthree", 8, 2), ["  one", "  two", "", "  three"]);
    }
}
