//! Chat templates as they stand in models' files.
//!
//! `tests/templates/NAME.jinja` is a model's template; `NAME.txt` and
//! `NAME.user.txt` are what Jinja itself, set up as transformers does it, makes
//! of it, with `{0}` where the first message's content goes.

use models::chat::{ChatError, ChatMessage, ChatTemplate, Date, PromptEnd, TemplatePart};

const TALK: [&str; 4] = ["system", "user", "assistant", "user"];

fn messages<'a>(roles: &[&'a str]) -> Vec<ChatMessage<'a>> {
    roles.iter().map(|&role| ChatMessage { role }).collect()
}

fn joined(parts: &[TemplatePart]) -> String {
    let text = |part: &TemplatePart| match part {
        TemplatePart::Markup(text) => text.clone(),
        TemplatePart::Content(message) => format!("{{{message}}}"),
    };
    parts.iter().map(text).collect()
}

fn check(source: &str, bos: &str, talk: &str, user: &str) {
    let template = ChatTemplate::from_source(source, bos, "<eos>").unwrap();

    let of_talk = template.render(&messages(&TALK), PromptEnd::Assistant, None).unwrap();
    let of_user = template.render(&messages(&["user"]), PromptEnd::Closed, None).unwrap();

    assert_eq!(joined(&of_talk), talk);
    assert_eq!(joined(&of_user), user);
    assert_eq!(template.begins_with_bos(&of_talk), talk.starts_with(bos));
}

#[test]
fn smollm2_adds_a_system_message_of_its_own() {
    check(
        include_str!("../templates/smollm2.jinja"),
        "<|endoftext|>",
        include_str!("../templates/smollm2.txt"),
        include_str!("../templates/smollm2.user.txt"),
    );
}

#[test]
fn gemma_3_puts_the_system_message_before_the_user_s() {
    check(
        include_str!("../templates/gemma-3.jinja"),
        "<bos>",
        include_str!("../templates/gemma-3.txt"),
        include_str!("../templates/gemma-3.user.txt"),
    );
}

#[test]
fn qwen_2_5_looks_for_tools_and_finds_none() {
    check(
        include_str!("../templates/qwen2.5.jinja"),
        "<|endoftext|>",
        include_str!("../templates/qwen2.5.txt"),
        include_str!("../templates/qwen2.5.user.txt"),
    );
}

#[test]
fn llama_3_2_has_a_date_of_its_own() {
    check(
        include_str!("../templates/llama-3.2.jinja"),
        "<|begin_of_text|>",
        include_str!("../templates/llama-3.2.txt"),
        include_str!("../templates/llama-3.2.user.txt"),
    );
}

#[test]
fn llama_3_2_is_told_the_day() {
    let source = include_str!("../templates/llama-3.2.jinja");
    let template = ChatTemplate::from_source(source, "", "").unwrap();
    let today = Date { year: 2026, month: 2, day: 3 };

    let parts = template.render(&messages(&["user"]), PromptEnd::Closed, Some(today)).unwrap();

    assert!(joined(&parts).contains("Today Date: 03 Feb 2026\n"));
}

/// Gemma 2's way with system messages.
const REFUSING: &str = "{{ bos_token }}{% if messages[0]['role'] == 'system' %}\
    {{ raise_exception('System role not supported') }}{% endif %}\
    {% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}{% endfor %}";

#[test]
fn a_refused_system_message_goes_before_the_user_s() {
    let template = ChatTemplate::from_source(REFUSING, "<bos>", "").unwrap();

    let parts = template.render(&messages(&TALK), PromptEnd::Closed, None).unwrap();

    assert_eq!(joined(&parts), "<bos><user>{0}\n\n{1}<assistant>{2}<user>{3}");
}

#[test]
fn a_system_message_that_is_dropped_goes_there_too() {
    let source = "{% for message in messages if message.role != 'system' %}\
        <{{ message.role }}>{{ message.content }}{% endfor %}";
    let template = ChatTemplate::from_source(source, "", "").unwrap();

    let parts = template.render(&messages(&TALK), PromptEnd::Closed, None).unwrap();

    assert_eq!(joined(&parts), "<user>{0}\n\n{1}<assistant>{2}<user>{3}");
}

#[test]
fn a_refusal_says_what_the_template_says() {
    let source = include_str!("../templates/gemma-3.jinja");
    let template = ChatTemplate::from_source(source, "<bos>", "").unwrap();

    let refused = template.render(&messages(&["user", "user"]), PromptEnd::Closed, None);

    let message = refused.unwrap_err().to_string();
    assert!(message.contains("Conversation roles must alternate"), "{message}");
}

#[test]
fn a_template_that_drops_or_repeats_words_is_an_error() {
    let dropping = ChatTemplate::from_source("{{ messages[0].content }}", "", "").unwrap();
    let repeating = "{{ messages[0].content }}{{ messages[0].content }}";
    let repeating = ChatTemplate::from_source(repeating, "", "").unwrap();

    let dropped = dropping.render(&messages(&["user", "user"]), PromptEnd::Closed, None);
    let repeated = repeating.render(&messages(&["user"]), PromptEnd::Closed, None);

    assert!(matches!(dropped, Err(ChatError::ContentMissing { message: 1, .. })));
    assert!(matches!(repeated, Err(ChatError::ContentDoubled { message: 0, .. })));
}

#[test]
fn what_is_no_template_is_an_error() {
    assert!(ChatTemplate::from_source("{% if %}", "", "").is_err());
}

#[test]
fn python_methods_work() {
    let source = "{{ messages[0].content.strip().split('</think>')[-1].lstrip('\\n') }}";
    let template = ChatTemplate::from_source(source, "", "").unwrap();

    let parts = template.render(&messages(&["assistant"]), PromptEnd::Closed, None).unwrap();

    assert_eq!(parts, [TemplatePart::Content(0)]);
}
