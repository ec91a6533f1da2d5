//! Many requests at once.

use runtime_core::model::{LanguageModel, ModelError};

use crate::support::{Tiny, chat, greedy, raw, sampled};

const QUESTIONS: [&str; 6] =
    ["open the door", "where is the key", "go north", "look", "take the lamp and leave", "wait"];

#[test]
fn requests_decoded_together_answer_as_if_alone() {
    let alone: Vec<String> = QUESTIONS
        .iter()
        .map(|question| Tiny::new().handle().generate(&greedy(chat(question))).unwrap().text)
        .collect();

    let tiny = Tiny::new();
    let handle = tiny.handle();
    let tickets: Vec<_> =
        QUESTIONS.iter().map(|question| handle.submit(&greedy(chat(question)))).collect();
    let together: Vec<String> =
        tickets.into_iter().map(|ticket| ticket.wait().unwrap().text).collect();

    assert_eq!(together, alone);
}

#[test]
fn a_sampled_answer_does_not_depend_on_the_order_of_arrival() {
    let answers = |order: [usize; 4]| {
        let tiny = Tiny::new();
        let handle = tiny.handle();
        let request = |index: usize| sampled(chat(QUESTIONS[index]), index as u64);
        let tickets: Vec<_> =
            order.iter().map(|&index| (index, handle.submit(&request(index)))).collect();
        let mut answers: Vec<(usize, String)> = tickets
            .into_iter()
            .map(|(index, ticket)| (index, ticket.wait().unwrap().text))
            .collect();
        answers.sort();
        answers
    };

    assert_eq!(answers([0, 1, 2, 3]), answers([3, 1, 0, 2]));
}

#[test]
fn a_ticket_streams_the_text_of_its_answer() {
    let tiny = Tiny::new();
    let mut ticket = tiny.handle().submit(&greedy(chat("look")));

    let mut tokens = Vec::new();
    let mut text = String::new();
    while let Some(streamed) = ticket.next_token() {
        tokens.push(streamed.token);
        text.push_str(&streamed.text);
    }
    let generation = ticket.wait().unwrap();

    assert_eq!(tokens, generation.tokens);
    assert!(generation.text.starts_with(&text), "{text:?} {generation:?}");
}

#[test]
fn a_cancelled_request_makes_room_for_the_next() {
    let tiny = Tiny::with(|config| {
        config.sequences_max = crate::support::number(1);
        config.cache_tokens = config.context_tokens;
    });
    let mut handle = tiny.handle();
    let mut long = greedy(raw("once upon a time "));
    long.tokens_max = 450;
    // Nothing that ends an answer can be drawn from this.
    long.constraint = runtime_core::model::Constraint::Grammar("root ::= [a-z ] root".to_owned());

    let mut ticket = handle.submit(&long);
    ticket.next_token().unwrap();
    ticket.cancel();
    let next = handle.generate(&greedy(chat("look"))).unwrap();

    assert!(matches!(ticket.wait(), Err(ModelError::Cancelled)));
    assert!(!next.tokens.is_empty());
}

#[test]
fn a_dropped_ticket_is_a_cancelled_request() {
    let tiny = Tiny::with(|config| config.sequences_max = crate::support::number(1));
    let mut handle = tiny.handle();
    let mut long = greedy(raw("once upon a time "));
    long.tokens_max = 450;
    long.constraint = runtime_core::model::Constraint::Grammar("root ::= [a-z ] root".to_owned());

    drop(handle.submit(&long));

    assert!(handle.generate(&greedy(chat("look"))).is_ok());
}
