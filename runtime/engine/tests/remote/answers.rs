//! What comes of answers that are in order.

use runtime_core::model::{LanguageModel, Origin, Request, StopReason, Token};
use runtime_core::prompt::{Message, Prompt, Role};
use serde_json::json;

use crate::server::{Manner, Server};
use crate::support::{remote, request};

#[test]
fn a_streamed_answer_has_text_counts_and_log_probabilities() {
    let server = Server::always(Manner::Good);

    let generation = remote(&server).generate(&request()).unwrap();

    // "Note abcd.\n\nAnd more." in pieces of five; the prompt has 23 bytes.
    assert_eq!(generation.text, "Note abcd.\n\nAnd more.");
    assert_eq!((generation.tokens.len(), generation.stop), (5, StopReason::EndOfTurn));
    let unnamed = Token {
        log_prob_full: Some(-0.25),
        origin: Origin::Unknown,
        ..Token::forced(Token::UNKNOWN_ID)
    };
    assert!(generation.tokens.iter().all(|token| *token == unnamed));
    assert_eq!((generation.cost.cached_tokens, generation.cost.computed_tokens), (2, 3));
    assert!(generation.prompt_ids.is_empty());
}

#[test]
fn the_request_says_what_was_asked() {
    let server = Server::always(Manner::Good);
    let asked = Request { stop: vec!["\n\n".into()], ..request() };

    remote(&server).generate(&asked).unwrap();

    assert_eq!(
        server.seen().asked[0].body,
        json!({
            "messages": [
                { "role": "system", "content": "You are asked." },
                { "role": "user", "content": "What now?" },
            ],
            "model": "m", "temperature": 0.5, "top_p": 0.9, "seed": 0xabcd, "max_tokens": 40,
            "stop": ["\n\n"], "logprobs": true, "stream": true,
            "stream_options": { "include_usage": true },
        })
    );
}

#[test]
fn an_answer_ends_before_a_stop_text_whatever_the_endpoint_makes_of_it() {
    let server = Server::always(Manner::Good);
    let asked = Request { stop: vec!["\n\n".into(), "more".into()], ..request() };

    let generation = remote(&server).generate(&asked).unwrap();

    assert_eq!((generation.text.as_str(), generation.stop), ("Note abcd.", StopReason::StopText));
}

#[test]
fn an_answer_that_is_not_streamed_is_taken_too() {
    let server = Server::always(Manner::Whole);

    let generation = remote(&server).generate(&request()).unwrap();

    assert_eq!((generation.text.as_str(), generation.tokens.len()), ("Note abcd.\n\nAnd more.", 5));
}

#[test]
fn an_answer_that_repeats_what_was_begun_goes_on_from_it() {
    let server = Server::always(Manner::Good);
    let begun = |text: &str| Request {
        prompt: Prompt::Chat(vec![Message::text(Role::Assistant, text)]),
        ..request()
    };

    let repeated = remote(&server).generate(&begun("Note")).unwrap();
    let gone_on = remote(&server).generate(&begun("Thought:")).unwrap();

    assert!(repeated.text.starts_with(" abcd."), "{}", repeated.text);
    assert!(gone_on.text.starts_with("Note abcd."), "{}", gone_on.text);
}

#[test]
fn many_requests_at_once_keep_their_own_answers() {
    let server = Server::always(Manner::Slow);
    let model = remote(&server);

    std::thread::scope(|scope| {
        for seed in 0..16_u64 {
            let mut model = model.clone();
            scope.spawn(move || {
                let mut asked = request();
                asked.sampling.seed = seed;
                let text = model.generate(&asked).unwrap().text;
                assert!(text.starts_with(&format!("Note {seed:04x}.")), "{text}");
            });
        }
    });
}
