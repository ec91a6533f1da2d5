//! A line of a JSONL file: a conversation, or a prompt and its completion.
//!
//! ```text
//! {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}
//! {"prompt": "…", "completion": "…"}
//! {"messages": […], "reward": 1.0}
//! ```
//!
//! Where a conversation has a reward, its last message is an attempt that earned it, and only that
//! is learned: earlier attempts in it are what the model read.
//!
//! Other keys are refused, since they would have no effect.

use runtime_core::prompt::Role;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The content of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonLine {
    /// Messages in order; the last one is an assistant's.
    Chat(Vec<Turn>),
    /// Messages in order, of which only the last one, an assistant's, has a loss.
    Attempt {
        /// The messages.
        turns: Vec<Turn>,
        /// What the last one earned; finite.
        reward: f32,
    },
    /// A prompt and its completion.
    Completion {
        /// The prompt, without a loss.
        prompt: String,
        /// The completion, with a loss.
        completion: String,
    },
}

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The author.
    pub role: Role,
    /// The text.
    pub content: String,
}

/// Reads a line. The error names the field, what was expected and what was found.
pub fn parse(line: &[u8]) -> Result<JsonLine, String> {
    let value: Value = serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default();
        format!("expected JSON, found an error in column {}: {reason}", error.column())
    })?;
    let object = object(&value, "the line")?;
    if object.contains_key("messages") {
        only(object, "", &["messages", "reward"])?;
        let turns = turns(&object["messages"])?;
        let Some(reward) = object.get("reward") else { return Ok(JsonLine::Chat(turns)) };
        let number = f32::deserialize(reward).ok().filter(|number| number.is_finite());
        let reward = number.ok_or_else(|| expected("reward", "a finite number", kind(reward)))?;
        return Ok(JsonLine::Attempt { turns, reward });
    }
    only(object, "", &["prompt", "completion"])?;
    Ok(JsonLine::Completion {
        prompt: text(object, "", "prompt")?,
        completion: text(object, "", "completion")?,
    })
}

fn turns(messages: &Value) -> Result<Vec<Turn>, String> {
    let Value::Array(messages) = messages else {
        return Err(expected("messages", "an array", kind(messages)));
    };
    let mut turns = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        turns.push(turn(message, &format!("messages[{index}]"))?);
    }
    match turns.last() {
        None => Err(expected("messages", "at least one message", "none")),
        Some(Turn { role: Role::Assistant, .. }) => Ok(turns),
        Some(Turn { role, .. }) => {
            let field = format!("messages[{}].role", turns.len() - 1);
            Err(expected(&field, "assistant in the last message", role.name()))
        }
    }
}

fn turn(message: &Value, place: &str) -> Result<Turn, String> {
    let object = object(message, place)?;
    let within = format!("{place}.");
    only(object, &within, &["role", "content"])?;
    let found = text(object, &within, "role")?;
    let roles = [Role::System, Role::User, Role::Assistant];
    let role = roles.into_iter().find(|role| role.name() == found).ok_or_else(|| {
        expected(&format!("{within}role"), "system, user or assistant", &format!("{found:?}"))
    })?;
    Ok(Turn { role, content: text(object, &within, "content")? })
}

fn object<'a>(value: &'a Value, place: &str) -> Result<&'a Map<String, Value>, String> {
    value.as_object().ok_or_else(|| expected(place, "an object", kind(value)))
}

fn text(object: &Map<String, Value>, within: &str, key: &str) -> Result<String, String> {
    match object.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        other => {
            let found = other.map_or("nothing", kind);
            Err(expected(&format!("{within}{key}"), "a text", found))
        }
    }
}

fn only(object: &Map<String, Value>, within: &str, known: &[&str]) -> Result<(), String> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(_) if within.is_empty() => {
            let keys: Vec<&str> = object.keys().map(String::as_str).collect();
            let expected = "messages, with reward or without, or prompt and completion";
            Err(format!("expected the keys {expected}, found {}", keys.join(", ")))
        }
        Some(key) => {
            Err(expected(&format!("{within}{key}"), "no key but role and content", "this one"))
        }
    }
}

fn expected(field: &str, expected: &str, found: &str) -> String {
    format!("{field}: expected {expected}, found {found}")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(line: &str, error: &str) {
        assert_eq!(parse(line.as_bytes()).unwrap_err(), error, "{line}");
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_with_its_field() {
        check("[]", "the line: expected an object, found an array");
        check("{\"prompt\":\"a\"}", "completion: expected a text, found nothing");
        check("{\"prompt\":1}", "prompt: expected a text, found a number");
        let keys = "expected the keys messages, with reward or without, or prompt and completion, found text";
        check(r#"{"text":"a"}"#, keys);
        check(r#"{"messages":{}}"#, "messages: expected an array, found an object");
        check(r#"{"messages":[]}"#, "messages: expected at least one message, found none");
        check(r#"{"messages":[3]}"#, "messages[0]: expected an object, found a number");
        check(
            r#"{"messages":[{"role":"tool","content":""}]}"#,
            r#"messages[0].role: expected system, user or assistant, found "tool""#,
        );
        check(
            r#"{"messages":[{"role":"user","content":["a"]}]}"#,
            "messages[0].content: expected a text, found an array",
        );
        check(
            r#"{"messages":[{"role":"user","content":"a","name":"b"}]}"#,
            "messages[0].name: expected no key but role and content, found this one",
        );
        check(
            r#"{"messages":[{"role":"user","content":"a"}]}"#,
            "messages[0].role: expected assistant in the last message, found user",
        );
        check(
            r#"{"messages":[{"role":"assistant","content":"a"}],"reward":"1"}"#,
            "reward: expected a finite number, found a text",
        );
        check(
            r#"{"messages":[{"role":"assistant","content":"a"}],"reward":1e300}"#,
            "reward: expected a finite number, found a number",
        );
        check(
            r#"{"prompt":"#,
            "expected JSON, found an error in column 10: EOF while parsing a value",
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_line_or_an_error(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_json_is_a_line_or_an_error(
            line in r#"\{("(messages|prompt|completion|role)":("a"|\[\{?"?|3|null|\}|\]),?)*\}?"#
        ) {
            let _ = parse(line.as_bytes());
        }

        #[test]
        fn any_texts_are_read_as_they_are(prompt: String, completion: String) {
            let line = serde_json::json!({ "prompt": &prompt, "completion": &completion });

            let read = parse(line.to_string().as_bytes());

            prop_assert_eq!(read, Ok(JsonLine::Completion { prompt, completion }));
        }
    }
}
