//! The three actions, `Search[…]`, `Lookup[…]` and `Finish[…]`: their reading and their pattern.

/// Most characters between the brackets that are read.
const ARGUMENT_CHARACTERS_MAX: usize = 2000;

/// What may stand between the brackets of an action that a model is held to: a line of at most 80
/// characters that does not begin with a blank, without brackets. Without a bound a small model
/// would write until its tokens run out.
const ARGUMENT: &str = r"\[[^\[\]\s\p{Cc}][^\[\]\p{Cc}\x{2028}\x{2029}]{0,79}\]";

/// An action, with what stands between its brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action<'a> {
    /// Open the page of a title.
    Search(&'a str),
    /// Go on to the next sentence with a keyword on the open page.
    Lookup(&'a str),
    /// Answer the question.
    Finish(&'a str),
}

/// What an actor may do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Answer only: there are no documents.
    Finish,
    /// Search or answer: no page is open.
    Search,
    /// Anything.
    All,
}

impl Choice {
    /// The regular expression of what may be done.
    pub(super) fn pattern(self) -> String {
        format!("{}{ARGUMENT}", self.names())
    }

    /// The same in words.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Finish => "Finish[answer]",
            Self::Search => "Search[title] or Finish[answer]",
            Self::All => "Search[title], Lookup[keyword] or Finish[answer]",
        }
    }

    fn names(self) -> &'static str {
        match self {
            Self::Finish => "Finish",
            Self::Search => "(Search|Finish)",
            Self::All => "(Search|Lookup|Finish)",
        }
    }
}

/// Reads an action, whatever the case of its name. What is between the first bracket and the last
/// is the argument, so an answer may have brackets of its own.
pub(super) fn parse(text: &str) -> Option<Action<'_>> {
    let (name, rest) = text.trim().split_once('[')?;
    let argument = rest.strip_suffix(']')?.trim();
    if argument.is_empty() || argument.chars().nth(ARGUMENT_CHARACTERS_MAX).is_some() {
        return None;
    }
    match name.trim().to_ascii_lowercase().as_str() {
        "search" => Some(Action::Search(argument)),
        "lookup" => Some(Action::Lookup(argument)),
        "finish" => Some(Action::Finish(argument)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    #[test]
    fn an_action_is_a_name_and_brackets() {
        assert_eq!(parse("Search[Bath, Maine]"), Some(Action::Search("Bath, Maine")));
        assert_eq!(parse(" lookup[ born ]\n"), Some(Action::Lookup("born")));
        assert_eq!(parse("FINISH[a [b] c]"), Some(Action::Finish("a [b] c")));
    }

    #[test]
    fn anything_else_is_none() {
        let long = format!("Finish[{}]", "x".repeat(ARGUMENT_CHARACTERS_MAX + 1));
        for text in ["", "Search", "Search[", "Search[]", "Search[ ]", "]Search[", "Find[x]", &long]
        {
            assert_eq!(parse(text), None, "{text:.40?}");
        }
    }

    #[test]
    fn the_pattern_allows_what_can_be_done_and_no_more() {
        let check = |choice: Choice, text: &str, expected: bool| {
            let pattern = Regex::new(&format!("^(?:{})$", choice.pattern())).unwrap();
            assert_eq!(pattern.is_match(text), expected, "{choice:?} {text:?}");
        };
        check(Choice::All, "Lookup[born in]", true);
        check(Choice::Search, "Lookup[born in]", false);
        check(Choice::Search, "Search[Gheorghe Tătărescu]", true);
        check(Choice::Finish, "Search[x]", false);
        check(Choice::Finish, "Finish[yes]", true);
        for text in ["Finish[]", "Finish[ x]", "Finish[x", "Finish[a\nb]", "Finish[[x]]", "yes"] {
            check(Choice::All, text, false);
        }
        check(Choice::All, &format!("Finish[{}]", "x".repeat(81)), false);
    }

    proptest! {
        #[test]
        fn what_the_pattern_allows_is_an_action(argument in "[^\\[\\]\\s\\p{Cc}][^\\[\\]\\p{Cc}]{0,20}") {
            let action = format!("Search[{argument}]");
            prop_assert!(parse(&action).is_some());
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*|(Search|Lookup)?[\\[\\]]{0,9}.*") {
            let _ = parse(&text);
        }
    }
}
