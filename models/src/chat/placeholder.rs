//! Stand-ins for contents, and the parts that a rendered text falls into.
//!
//! A placeholder is the message's index between two characters of Unicode's
//! private use area, which no template contains.

use super::{ChatError, TemplatePart};

const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

/// What a template gets to see as the content of that message.
pub(super) fn of(message: usize) -> String {
    format!("{OPEN}{message}{CLOSE}")
}

/// The parts of a text with placeholders in it; no markup is empty, no two adjoin.
pub(super) fn split(text: &str) -> Vec<TemplatePart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, message, after)) = next(rest) {
        push_markup(&mut parts, before);
        parts.push(TemplatePart::Content(message));
        rest = after;
    }
    push_markup(&mut parts, rest);
    parts
}

fn next(text: &str) -> Option<(&str, usize, &str)> {
    let (before, rest) = text.split_once(OPEN)?;
    let (index, after) = rest.split_once(CLOSE)?;
    Some((before, index.parse().ok()?, after))
}

fn push_markup(parts: &mut Vec<TemplatePart>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(TemplatePart::Markup(before)) => before.push_str(text),
        _ => parts.push(TemplatePart::Markup(text.to_owned())),
    }
}

/// Checks that each message stands in the parts exactly once.
pub(super) fn check(parts: &[TemplatePart], roles: &[&str]) -> Result<(), ChatError> {
    let mut counts = vec![0; roles.len()];
    for part in parts {
        if let TemplatePart::Content(message) = part
            && let Some(count) = counts.get_mut(*message)
        {
            *count += 1;
        }
    }
    for (message, (&count, &role)) in counts.iter().zip(roles).enumerate() {
        let role = role.to_owned();
        match count {
            0 => return Err(ChatError::ContentMissing { message, role }),
            1 => {}
            _ => return Err(ChatError::ContentDoubled { message, role }),
        }
    }
    Ok(())
}

/// Puts a system message, index 0, before the first user message of parts that
/// were rendered without it.
pub(super) fn prepend_system(parts: Vec<TemplatePart>) -> Vec<TemplatePart> {
    let mut with_system = Vec::with_capacity(parts.len() + 2);
    for part in parts {
        match part {
            TemplatePart::Content(0) => with_system.extend([
                TemplatePart::Content(0),
                TemplatePart::Markup("\n\n".to_owned()),
                TemplatePart::Content(1),
            ]),
            TemplatePart::Content(message) => with_system.push(TemplatePart::Content(message + 1)),
            markup @ TemplatePart::Markup(_) => with_system.push(markup),
        }
    }
    with_system
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markup(text: &str) -> TemplatePart {
        TemplatePart::Markup(text.to_owned())
    }

    #[test]
    fn text_falls_into_markup_and_contents() {
        let text = format!("<{}|{}{}", of(0), of(1), of(12));

        let parts = split(&text);

        let content = TemplatePart::Content;
        assert_eq!(parts, [markup("<"), content(0), markup("|"), content(1), content(12)]);
    }

    #[test]
    fn a_message_left_out_or_repeated_is_an_error() {
        let missing = check(&split(&of(0)), &["user", "assistant"]);
        let doubled = check(&split(&format!("{}{}", of(0), of(0))), &["user"]);

        assert!(matches!(missing, Err(ChatError::ContentMissing { message: 1, .. })));
        assert!(matches!(doubled, Err(ChatError::ContentDoubled { message: 0, .. })));
    }
}
