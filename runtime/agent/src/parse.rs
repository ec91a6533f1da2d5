//! Parsing of actions from free text, for environments that cannot list their actions.

/// The action in an answer: its first line that is not empty, without the prefixes that
/// models write. `None` if there is no such line.
pub fn action(answer: &str) -> Option<String> {
    let line = answer.lines().map(str::trim).find(|line| !line.is_empty())?;
    let mut action = line;
    for mark in ["Action:", "action:", ">"] {
        action = action.strip_prefix(mark).unwrap_or(action).trim_start();
    }
    let action = action.trim_matches(|c: char| c == '`' || c == '"' || c.is_control()).trim();
    (!action.is_empty()).then(|| action.to_string())
}

/// The action in an answer that is a text of several lines: all of it. `None` if it is empty.
pub fn text(answer: &str) -> Option<String> {
    let text = answer.trim();
    (!text.is_empty()).then(|| text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, expected: Option<&str>) {
        assert_eq!(action(answer).as_deref(), expected, "{answer:?}");
    }

    #[test]
    fn the_first_line_is_the_action() {
        check("go to desk 1\ngo to bed 1", Some("go to desk 1"));
        check("\n  look  ", Some("look"));
    }

    #[test]
    fn marks_are_no_part_of_it() {
        check("> go to desk 1", Some("go to desk 1"));
        check("Action: `look`", Some("look"));
        check("\"look\"", Some("look"));
    }

    #[test]
    fn a_text_keeps_its_lines() {
        assert_eq!(text("\n2 + 2 = 4\n#### 4\n").as_deref(), Some("2 + 2 = 4\n#### 4"));
        assert_eq!(text(" \n"), None);
    }

    #[test]
    fn nothing_is_no_action() {
        check("", None);
        check(" \n>\n", None);
        check("``", None);
    }
}
