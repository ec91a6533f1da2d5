//! How long and how deep a template's text may be before it is read.
//!
//! The parser calls itself for what stands inside something else, and for each part of a chain: both
//! are bounded by the number of words and signs of a tag, without knowing the language any better.

use super::ChatError;

/// Greatest length, in bytes; the longest of known models has a quarter of it.
const BYTES_MAX: usize = 64 << 10;
/// Greatest number of words and signs between `{{` and `}}`, or `{%` and `%}`.
const SIGNS_MAX: usize = 1000;

/// Checks a template's text.
pub(super) fn check(source: &str) -> Result<(), ChatError> {
    if source.len() > BYTES_MAX {
        let found = source.len();
        return Err(ChatError::TooLarge { what: "bytes", found, most: BYTES_MAX });
    }
    let found = tags(source).map(signs).max().unwrap_or(0);
    if found > SIGNS_MAX {
        let what = "words and signs in one tag";
        return Err(ChatError::TooLarge { what, found, most: SIGNS_MAX });
    }
    Ok(())
}

/// The texts between the openings of tags and those of the next ones, or the end: a tag may end
/// earlier, in text that then counts too.
fn tags(source: &str) -> impl Iterator<Item = &str> {
    let pieces = source.split("{{").flat_map(|piece| piece.split("{%"));
    pieces.skip(1).map(|piece| {
        let end = ["}}", "%}"].iter().filter_map(|end| piece.rfind(end)).max();
        &piece[..end.unwrap_or(piece.len())]
    })
}

/// The number of words and signs outside of quoted texts.
fn signs(tag: &str) -> usize {
    let (mut count, mut quote, mut was_in_name) = (0, None, false);
    let mut letters = tag.chars();
    while let Some(letter) = letters.next() {
        let in_name = letter.is_alphanumeric() || letter == '_';
        match quote {
            Some(_) if letter == '\\' => {
                letters.next();
            }
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => {
                quote = Some(letter);
                count += 1;
            }
            None => count += usize::from(!(letter.is_whitespace() || in_name && was_in_name)),
        }
        was_in_name = quote.is_none() && in_name;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_signs(source: &str, expected: &[usize]) {
        assert_eq!(tags(source).map(signs).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn words_and_signs_of_tags_count() {
        check_signs("a {{ b.c + \"d e f\" }} g", &[5]);
        check_signs("{% if not a %}x{% else %}{{ 'it\\'s' }}{% endif %}", &[3, 1, 1, 1]);
        check_signs("no tag", &[]);
    }

    #[test]
    fn what_nests_without_end_is_refused_before_it_is_read() {
        for hostile in [
            format!("{{{{ {}1 }}}}", "1+".repeat(20_000)),
            format!("{{{{ {}1 }}}}", "not ".repeat(10_000)),
            format!("{{{{ {}1{} }}}}", "(".repeat(5_000), ")".repeat(5_000)),
            format!("{{{{ a{} }}}}", "|trim".repeat(5_000)),
            "x".repeat(100_000),
        ] {
            assert!(matches!(check(&hostile), Err(ChatError::TooLarge { .. })), "{hostile:.40}");
        }
    }

    #[test]
    fn the_deepest_that_is_read_is_read() {
        for deep in [
            format!("{{{{ {}1 }}}}", "1+".repeat(490)),
            format!("{{{{ {}true }}}}", "not ".repeat(990)),
            format!("{}{{% endif %}}", "{% if a %}{% elif b %}").replacen(
                "{% elif b %}",
                &"{% elif b %}".repeat(5_000),
                1,
            ),
        ] {
            // Read or refused: what matters is that it ends.
            let _ = crate::chat::ChatTemplate::from_source(&deep, "", "");
        }
    }
}
