//! The two forms of actions: `search[words]` and `click[button]`.

/// Greatest number of characters of what stands in the brackets; the others are ignored.
const ARGUMENT_CHARACTERS_MAX: usize = 400;

/// The form of an action on the search page: sixteen words at most, so that a small model can write nothing
/// else.
pub(super) const SEARCH: &str =
    r"search\[[A-Za-z0-9][A-Za-z0-9.'-]{0,19}( [A-Za-z0-9][A-Za-z0-9.'-]{0,19}){0,15}\]";

/// An action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Words to search.
    Search(String),
    /// A button's text, in lower case.
    Click(String),
}

impl Action {
    /// Reads an action, ignoring case; a bracket that is missing at its end does no harm. `None` if it is
    /// neither form, or nothing is in its brackets.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('"');
        let (verb, argument) = text.split_once('[')?;
        let argument = argument.strip_suffix(']').unwrap_or(argument);
        let argument: String = argument.chars().take(ARGUMENT_CHARACTERS_MAX).collect();
        let argument = folded(&argument);
        match verb.trim().to_lowercase().as_str() {
            _ if argument.is_empty() => None,
            "search" => Some(Self::Search(argument)),
            "click" => Some(Self::Click(argument)),
            _ => None,
        }
    }
}

/// A text in lower case with single blanks, as buttons are compared.
pub(super) fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&Action>) {
        assert_eq!(Action::parse(text).as_ref(), expected, "{text:?}");
    }

    #[test]
    fn brackets_hold_what_is_searched_or_clicked() {
        check("search[Red  shoes]", Some(&Action::Search("red shoes".into())));
        check(" click[Buy Now] ", Some(&Action::Click("buy now".into())));
        check("Click[< Prev]", Some(&Action::Click("< prev".into())));
        check("click[a [b]]", Some(&Action::Click("a [b]".into())));
        check("\"search[red]\"", Some(&Action::Search("red".into())));
        check("search[red sh", Some(&Action::Search("red sh".into())));
    }

    #[test]
    fn everything_else_is_no_action() {
        for text in ["", "search", "search[]", "click[ ]", "buy[it]", "]click[", "think[red]"] {
            check(text, None);
        }
    }

    #[test]
    fn what_the_form_allows_is_a_search() {
        let form = regex::Regex::new(&format!("^(?:{SEARCH})$")).unwrap();

        for (text, is_allowed) in [
            ("search[red shoe]", true),
            ("search[size 9.5 men's t-shirt]", true),
            ("search[]", false),
            ("search[red", false),
            ("click[Buy Now]", false),
        ] {
            assert_eq!(form.is_match(text), is_allowed, "{text}");
        }
    }
}
