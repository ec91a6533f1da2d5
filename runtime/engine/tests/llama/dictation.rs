//! A dictated answer has the tokens that the engine would have given it.

use models::tiny::{TinyConfig, write_llama};
use runtime_core::model::{Constraint, Cost, Generation, LanguageModel, Request};
use runtime_core::prompt::{Message, Piece, Prompt, Role};
use runtime_engine::dictation::Dictation;

use crate::support::{Tiny, greedy, number};

/// Three turns, the assistant's with tokens that a model generated.
fn conversation(answer: &Generation) -> Prompt {
    let piece = Piece::Tokens { ids: answer.text_ids(), text: answer.text.clone() };
    Prompt::Chat(vec![
        Message::text(Role::System, "You play a game. Answer with one command.<|im_end|>"),
        Message::text(Role::User, "You see a desk 1, and a bed 1."),
        Message { role: Role::Assistant, content: vec![piece] },
        Message::text(Role::User, "You arrive at desk 1. On the desk 1, you see a mug 2."),
    ])
}

fn without_cost(generation: Generation) -> Generation {
    Generation { cost: Cost::default(), ..generation }
}

#[test]
fn prompt_and_answer_are_those_of_the_engine() {
    let tiny = Tiny::new();
    let mut engine = tiny.handle();
    let path = tiny.folder.path().join("dictated.gguf");
    write_llama(&path, &TinyConfig::default()).unwrap();
    let mut dictation = Dictation::open(&path, number(512)).unwrap();
    let only = |text: &str| Constraint::Choices(vec![text.to_owned()]);
    let opening = Prompt::Chat(vec![Message::text(Role::User, "You see a desk 1, and a bed 1.")]);

    let first = Request { constraint: only("go to desk 1"), ..greedy(opening) };
    let answer = dictation.generate(&first).unwrap();
    let prompt = conversation(&answer);
    let second = Request { constraint: only("take mug 2 from desk 1"), ..greedy(prompt.clone()) };
    let second = Request { tokens_max: 48, ..second };

    for request in [first, second] {
        let expected = without_cost(engine.generate(&request).unwrap());
        assert_eq!(dictation.generate(&request).unwrap(), expected);
    }
    let choices = ["look", "take mug 2 from desk 1", "take mug"].map(str::to_owned).to_vec();
    let free = Request { constraint: Constraint::Choices(choices), ..greedy(prompt.clone()) };
    let chosen = engine.generate(&Request { tokens_max: 48, ..free }).unwrap();
    let ids = |generation: &Generation| {
        generation.tokens.iter().map(|token| token.id).collect::<Vec<u32>>()
    };
    let dictated = Request { constraint: only(&chosen.text), tokens_max: 48, ..greedy(prompt) };
    assert_eq!(ids(&dictation.generate(&dictated).unwrap()), ids(&chosen));
    assert_eq!(engine.prompt_ids(&dictated.prompt).unwrap(), chosen.prompt_ids);
    assert_eq!(dictation.identity().sha256, engine.identity().sha256);
    let text = "You see a desk 1.";
    assert_eq!(dictation.count_tokens(text).unwrap(), engine.count_tokens(text).unwrap());
}
