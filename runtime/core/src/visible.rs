//! Text for eyes: what would steer a terminal, turn a line around or hide in it is spelled out.
//!
//! A name, an answer or an observation may contain any characters. Wherever a person reads one, in a
//! terminal, a table, a page or an error, it goes through here; what is stored stays as it is.

use alloc::borrow::Cow;
use alloc::string::String;

/// Whether a character shows as something else than itself, or as nothing: controls but the line
/// end and the tab, marks that turn the direction of writing, and what takes up no room.
pub fn is_hidden(letter: char) -> bool {
    (letter.is_control() && !matches!(letter, '\n' | '\t'))
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}')
        || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(letter, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
        || matches!(letter, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with hidden characters spelled as JSON spells them, `\u202e`: a text that is JSON means
/// the same afterwards.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_hidden(letter) { spell(&mut shown, letter) } else { shown.push(letter) }
    }
    Cow::Owned(shown)
}

/// The same on one line: line ends and tabs are spelled, too.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    let is_spelled = |letter: char| is_hidden(letter) || letter.is_control();
    if !text.contains(is_spelled) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_spelled(letter) { spell(&mut shown, letter) } else { shown.push(letter) }
    }
    Cow::Owned(shown)
}

fn spell(shown: &mut String, letter: char) {
    match letter {
        '\r' => shown.push_str("\\r"),
        '\n' => shown.push_str("\\n"),
        '\t' => shown.push_str("\\t"),
        letter => {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                shown.push_str("\\u");
                for place in [12, 8, 4, 0] {
                    let digit = u32::from(*unit >> place) & 15;
                    shown.push(char::from_digit(digit, 16).expect("four bits are a digit"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_turns_or_hides_is_spelled() {
        let hostile = "a\u{1b}[2J\u{7}\r\u{9b}m\u{202e}b\u{200d}\u{ad}\u{feff}\te\nf";

        let shown = "a\\u001b[2J\\u0007\\r\\u009bm\\u202eb\\u200d\\u00ad\\ufeff\te\nf";
        assert_eq!(visible(hostile), shown);
        assert_eq!(visible_line("a\tb\nc"), "a\\tb\\nc");
    }

    #[test]
    fn tags_beyond_the_basic_plane_are_spelled_as_json_does() {
        assert_eq!(visible("\u{e0041}"), "\\udb40\\udc41");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in ["déjà vu", "日本語\n", "שלום", "👍🏽", ""] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
    }
}
