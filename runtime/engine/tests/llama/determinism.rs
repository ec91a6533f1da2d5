//! The same request, the same bits.

use runtime_core::model::{Generation, LanguageModel, Request, Token};
use runtime_core::prompt::{Message, Prompt, Role};

use crate::support::{Tiny, sampled};

pub(crate) fn step(seed: u64, steps: usize) -> Request {
    let mut messages =
        vec![Message::text(Role::System, "You walk through a house and do what you are told.")];
    for number in 0..steps {
        messages.push(Message::text(Role::User, format!("Step {number}: there is a door.")));
        messages.push(Message::text(Role::Assistant, format!("open door {number}")));
    }
    messages.push(Message::text(Role::User, "And now?"));
    sampled(Prompt::Chat(messages), seed)
}

pub(crate) fn bits(generation: &Generation) -> Vec<(u32, u32, Option<u32>)> {
    let bits =
        |token: &Token| (token.id, token.log_prob.to_bits(), token.log_prob_full.map(f32::to_bits));
    generation.tokens.iter().map(bits).collect()
}

#[test]
fn a_warm_cache_gives_the_bits_of_a_cold_one() {
    let deterministic = || Tiny::with(|config| config.deterministic = true);
    let warm = deterministic();
    let mut handle = warm.handle();

    let mut cached = 0;
    for steps in [1, 2, 5, 4, 6, 6, 8] {
        let warm = handle.generate(&step(3, steps)).unwrap();
        let cold = deterministic().handle().generate(&step(3, steps)).unwrap();

        assert_eq!(bits(&warm), bits(&cold), "after {steps} steps");
        assert_eq!(cold.cost.cached_tokens, 0);
        cached += warm.cost.cached_tokens;
    }
    assert!(cached >= 5 * 64, "{cached}");
}

#[test]
fn a_cancelled_request_leaves_no_trace_in_the_bits() {
    let deterministic = || Tiny::with(|config| config.deterministic = true);
    let tiny = deterministic();
    let mut handle = tiny.handle();

    drop(handle.submit(&step(1, 9)));
    let mut ticket = handle.submit(&step(2, 7));
    ticket.next_token().unwrap();
    drop(ticket);
    let after = handle.generate(&step(3, 8)).unwrap();

    let fresh = deterministic().handle().generate(&step(3, 8)).unwrap();
    assert_eq!(bits(&after), bits(&fresh));
}

#[test]
fn scores_have_the_same_bits_whatever_was_asked_before() {
    let tiny = Tiny::new();
    let mut handle = tiny.handle();
    let ids: Vec<u32> = (0..200).map(|index| 10 + index * 7 % 200).collect();

    let before = handle.score(&ids).unwrap();
    handle.generate(&step(1, 4)).unwrap();
    let after = handle.score(&ids).unwrap();

    assert_eq!(before, after);
    assert_eq!(before[0], None);
    assert!(before[1..].iter().all(|score| score.is_some_and(|score| score < 0.0)));
}

#[test]
fn the_score_of_an_answer_is_its_log_probability() {
    let tiny = Tiny::new();
    let mut handle = tiny.handle();
    let generation = handle.generate(&step(5, 2)).unwrap();

    let ids = [generation.prompt_ids.clone(), generation.text_ids()].concat();
    let scores = handle.score(&ids).unwrap();

    let drawn = generation.tokens.iter().filter_map(|token| token.log_prob_full);
    for (score, drawn) in scores[generation.prompt_ids.len()..].iter().zip(drawn) {
        assert!((score.unwrap() - drawn).abs() < 1e-3, "{score:?} {drawn}");
    }
}
