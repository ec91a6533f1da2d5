//! What is computed once.

use runtime_core::model::{Constraint, Generation, LanguageModel, Request};
use runtime_core::prompt::{Message, Piece, Prompt, Role};

use crate::support::{Tiny, chat, greedy, number, raw};

/// The request for a conversation's next answer, after `answers`.
fn next_step(answers: &[Generation]) -> Request {
    let mut messages = vec![
        Message::text(Role::System, "You walk through a house and do what you are told."),
        Message::text(Role::User, "You are in the hall. There is a door and a window here."),
    ];
    for answer in answers {
        let piece = Piece::Tokens { ids: answer.text_ids(), text: answer.text.clone() };
        messages.push(Message { role: Role::Assistant, content: vec![piece] });
        messages.push(Message::text(Role::User, "Nothing happens."));
    }
    Request { tokens_max: 6, ..greedy(Prompt::Chat(messages)) }
}

#[test]
fn an_episode_computes_its_tokens_once() {
    let tiny = Tiny::new();
    let mut handle = tiny.handle();

    let mut answers: Vec<Generation> = Vec::new();
    for _ in 0..5 {
        answers.push(handle.generate(&next_step(&answers)).unwrap());
    }

    for pair in answers.windows(2) {
        let before = pair[0].prompt_ids.len() + pair[0].text_ids().len();
        let cached = pair[1].cost.cached_tokens as usize;
        // The last token of an answer is drawn, not computed.
        assert!(cached + 1 >= before, "{cached} of {before}");
        let computed = pair[1].cost.computed_tokens as usize;
        assert_eq!(cached + computed, pair[1].prompt_ids.len());
    }
    assert_eq!(answers[0].cost.cached_tokens, 0);
}

#[test]
fn an_answer_is_the_same_with_and_without_the_cache() {
    let warm = Tiny::new();
    let mut handle = warm.handle();
    let first = handle.generate(&next_step(&[])).unwrap();
    let second = handle.generate(&next_step(std::slice::from_ref(&first))).unwrap();

    let cold = Tiny::new().handle().generate(&next_step(&[first])).unwrap();

    assert_eq!(second.text, cold.text);
    assert!(second.cost.cached_tokens > cold.cost.cached_tokens);
}

#[test]
fn a_group_asked_at_once_computes_the_prompt_once() {
    let tiny = Tiny::new();
    let handle = tiny.handle();
    let prompt = "a long and winding story about a lamp, a key and a door ".repeat(6);

    let tickets: Vec<_> = (0..4).map(|_| handle.submit(&greedy(raw(&prompt)))).collect();
    let generations: Vec<Generation> =
        tickets.into_iter().map(|ticket| ticket.wait().unwrap()).collect();

    let computed: u32 = generations.iter().map(|answer| answer.cost.computed_tokens).sum();
    // The others begin when all but a few of the prompt's tokens are there.
    let prompt = generations[0].prompt_ids.len();
    assert!((computed as usize) < prompt + 3 * 32, "{computed} for {prompt}");
    assert!(generations.iter().all(|answer| answer.text == generations[0].text));
}

#[test]
fn parallel_episodes_share_their_beginning_and_keep_their_own() {
    let tiny = Tiny::new();
    let mut handle = tiny.handle();
    let system = "You walk through a house and do what you are told. ".repeat(2);
    let request = |text: &str| {
        let messages = vec![Message::text(Role::System, &*system), Message::text(Role::User, text)];
        Request { tokens_max: 2, ..greedy(Prompt::Chat(messages)) }
    };

    let first = handle.generate(&request("You see a door.")).unwrap();
    let other = handle.generate(&request("There is a window.")).unwrap();
    let again = handle.generate(&request("You see a door.")).unwrap();

    assert_eq!(first.cost.cached_tokens, 0);
    assert!(other.cost.cached_tokens > 20, "{:?}", other.cost);
    assert_eq!(again.cost.computed_tokens, 1);
}

#[test]
fn what_was_not_used_for_longest_is_forgotten_first() {
    let tiny = Tiny::with(|config| config.cache_tokens = number(512));
    let mut handle = tiny.handle();
    let story = |word: &str| {
        let mut request = greedy(raw(&word.repeat(150)));
        request.tokens_max = 1;
        request
    };

    let costs: Vec<u32> = ["a.", "b,", "c;", "c;", "a."]
        .map(|word| handle.generate(&story(word)).unwrap().cost.cached_tokens)
        .to_vec();

    assert_eq!(costs[..3], [0, 0, 0]);
    assert!(costs[3] > 0);
    assert_eq!(costs[4], 0);
}

#[test]
fn requests_that_do_not_fit_together_take_turns() {
    let tiny = Tiny::with(|config| config.cache_tokens = number(512));
    let handle = tiny.handle();
    let request = |text: &str| {
        let mut request = greedy(raw(text));
        request.tokens_max = 300;
        request.constraint = Constraint::Grammar("root ::= [a-z ] root".to_owned());
        request
    };

    let tickets = ["one", "two", "three"].map(|text| handle.submit(&request(text)));

    for ticket in tickets {
        assert_eq!(ticket.wait().unwrap().tokens.len(), 300);
    }
}

#[test]
fn a_chat_and_a_longer_one_begin_with_the_same_tokens() {
    let handle = Tiny::new().handle();

    let short = handle.prompt_ids(&chat("look")).unwrap();
    let long = handle.prompt_ids(&chat("look around")).unwrap();

    assert!(short.iter().zip(&long).take_while(|(a, b)| a == b).count() > 4);
}
