//! The constraint `Choices` for endpoints, which take no mask over tokens.
//!
//! A JSON schema with an enumeration is the strictest constraint that endpoints
//! offer. Without it the choices are listed in the prompt. An answer that is not one
//! of the choices is returned unchanged; the caller judges it.

use runtime_core::prompt::Role;
use serde_json::{Value, json};

/// Greatest number of choices in a schema: `OpenAI` limits larger enumerations.
pub(super) const SCHEMA_CHOICES_MAX: usize = 250;

/// The sentence before choices that are listed in the prompt.
const LIST_HEAD: &str = "\n\nAnswer with exactly one of these lines, and nothing else:\n";

const KEY: &str = "choice";

/// The JSON schema of an object with one of the choices.
pub(super) fn schema(choices: &[String]) -> Value {
    let names: Vec<&str> = choices.iter().map(|choice| choice.trim()).collect();
    json!({
        "type": "object",
        "properties": { KEY: { "type": "string", "enum": names } },
        "required": [KEY],
        "additionalProperties": false,
    })
}

/// Appends the choices to the last message that is not the assistant's.
pub(super) fn list(choices: &[String], messages: &mut Vec<(Role, String)>) {
    let names: Vec<&str> = choices.iter().map(|choice| choice.trim()).collect();
    let text = format!("{LIST_HEAD}{}", names.join("\n"));
    match messages.iter_mut().rfind(|(role, _)| *role == Role::User) {
        Some((_, last)) => last.push_str(&text),
        None => messages.insert(0, (Role::User, text.trim_start().to_owned())),
    }
}

/// The choice in an answer to a schema, or the answer itself if it is not a choice.
///
/// `None` if the endpoint ignored the schema: the answer is complete, and neither JSON
/// nor a choice.
pub(super) fn in_schema(answer: &str, choices: &[String], unfinished: bool) -> Option<String> {
    let value: Result<Value, _> = serde_json::from_str(answer.trim());
    match value {
        Ok(value) => {
            let named = value.get(KEY).and_then(Value::as_str).unwrap_or(answer);
            Some(named_choice(named, choices).unwrap_or_else(|| named.to_owned()))
        }
        Err(_) if unfinished => Some(answer.to_owned()),
        Err(_) => named_choice(answer, choices),
    }
}

/// The choice in an answer to a list, or the answer itself if it is not a choice.
pub(super) fn listed(answer: &str, choices: &[String]) -> String {
    let first = answer.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let bare = first.trim_start_matches(['-', '*', '>', ' ']);
    let bare = bare.trim_matches(['"', '\'', '`', '.', ' ']);
    named_choice(bare, choices).unwrap_or_else(|| answer.to_owned())
}

/// The choice of this name, in the caller's spelling.
fn named_choice(name: &str, choices: &[String]) -> Option<String> {
    let name = name.trim();
    choices.iter().find(|choice| choice.trim().eq_ignore_ascii_case(name)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices() -> Vec<String> {
        [" go to desk 1", " look"].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_schema_s_answer_is_the_choice_as_the_caller_wrote_it() {
        let read = |answer: &str| in_schema(answer, &choices(), false);

        assert_eq!(read(r#"{"choice": "go to desk 1"}"#).as_deref(), Some(" go to desk 1"));
        assert_eq!(read("Look").as_deref(), Some(" look"));
        assert_eq!(read(r#"{"choice": "fly"}"#).as_deref(), Some("fly"));
        assert_eq!(read("[1]").as_deref(), Some("[1]"));
    }

    #[test]
    fn a_schema_that_was_ignored_is_noticed() {
        assert_eq!(in_schema("I would go to the desk.", &choices(), false), None);
        let cut = in_schema(r#"{"choice": "go to"#, &choices(), true);
        assert_eq!(cut.as_deref(), Some(r#"{"choice": "go to"#));
    }

    #[test]
    fn a_listed_choice_may_be_quoted_and_nothing_is_guessed() {
        let read = |answer: &str| listed(answer, &choices());

        assert_eq!(read("\n- `look`.\nbecause"), " look");
        assert_eq!(read("go to desk 12"), "go to desk 12");
        assert_eq!(read(""), "");
    }

    #[test]
    fn choices_are_listed_where_the_world_last_spoke() {
        let mut messages =
            vec![(Role::User, "What now?".to_owned()), (Role::Assistant, "Thought:".to_owned())];

        list(&choices(), &mut messages);

        assert!(messages[0].1.starts_with("What now?\n\nAnswer with exactly one"));
        assert!(messages[0].1.ends_with("\ngo to desk 1\nlook"));
        assert_eq!(messages[1].1, "Thought:");
    }
}
