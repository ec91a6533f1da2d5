//! Foreign texts as they may stand in a line.

/// A foreign text as it may stand in a line: what would steer a terminal, or hide in it, is
/// written out.
pub fn printable(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_cannot_hide_what_it_says() {
        assert_eq!(printable("sh -c 'echo \"é\"'"), "sh -c 'echo \"é\"'");
        assert_eq!(printable("a\u{1b}[2K\rb\n\u{202e}c"), "a\\u{1b}[2K\\rb\\n\\u{202e}c");
    }
}
