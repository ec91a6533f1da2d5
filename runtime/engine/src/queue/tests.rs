//! What the queue does with requests, over a cache that computes nothing.

mod support;

use std::sync::mpsc::sync_channel;

use runtime_core::model::StopReason;

use super::batch::SHARED_TOKENS_MIN;
use super::*;
use crate::guide::Next;
use support::{Asker, ask, ask_within, prompt, queue};

#[test]
fn requests_become_live_in_the_order_they_came() {
    let mut queue = queue(2);
    let askers = [10, 20, 30].map(|first| ask(&mut queue, prompt(first, 3), 1));

    queue.step();
    assert_eq!([0, 1, 2].map(|index| askers[index].has_answer()), [true, true, false]);

    queue.step();
    assert!(askers[2].has_answer());
    assert!(!queue.is_busy());
}

#[test]
fn where_the_cache_has_no_room_a_request_waits() {
    let mut queue = queue(2);
    queue.cache.slots = 1;
    let askers = [10, 20].map(|first| ask(&mut queue, prompt(first, 3), 1));

    queue.step();
    assert_eq!([0, 1].map(|index| askers[index].has_answer()), [true, false]);

    queue.step();
    assert!(askers[1].has_answer());
}

#[test]
fn a_request_that_is_cancelled_while_it_waits_gets_no_lease() {
    let mut queue = queue(1);
    let first = ask(&mut queue, prompt(10, 3), 1);
    let second = ask(&mut queue, prompt(20, 3), 1);

    second.cancel();
    queue.step();

    assert!(first.has_answer());
    assert_eq!(second.end().unwrap().unwrap_err(), ModelError::Cancelled.to_string());
    assert_eq!((queue.cache.leases, queue.is_busy()), (1, false));
}

#[test]
fn a_request_that_is_cancelled_while_it_is_live_leaves_what_it_computed() {
    let mut queue = queue(1);
    let asker = ask(&mut queue, prompt(10, 40), 1);

    queue.step();
    asker.cancel();
    queue.step();

    assert_eq!(asker.end().unwrap().unwrap_err(), ModelError::Cancelled.to_string());
    assert_eq!(queue.cache.remembered, [prompt(10, 16)]);
    assert!(!queue.is_busy());
}

#[test]
fn a_common_beginning_is_computed_once() {
    let mut queue = queue(3);
    queue.settings.batch_tokens = 64;
    let first = ask(&mut queue, prompt(10, 40), 9);
    let second = ask(&mut queue, [prompt(10, 36), prompt(90, 4)].concat(), 9);
    let other = ask(&mut queue, prompt(200, 3), 1);

    // The second waits for the first to have its prompt; the other one passes it.
    queue.step();
    assert_eq!(queue.cache.leases, 2);
    assert!(other.has_answer());
    while queue.is_busy() {
        queue.step();
    }

    assert_eq!(first.end().unwrap().unwrap().cost.cached_tokens, 0);
    let cost = second.end().unwrap().unwrap().cost;
    assert_eq!((cost.cached_tokens, cost.computed_tokens), (36, 4));
}

#[test]
fn a_short_common_beginning_is_not_waited_for() {
    let mut queue = queue(2);
    let common = u32::try_from(SHARED_TOKENS_MIN).unwrap() - 1;
    let _first = ask(&mut queue, prompt(10, 40), 9);
    let _second = ask(&mut queue, [prompt(10, common), prompt(90, 9)].concat(), 9);

    queue.step();

    assert_eq!(queue.cache.leases, 2);
}

#[test]
fn what_has_ended_gives_its_lease_back() {
    let mut queue = queue(1);
    let asker = ask(&mut queue, prompt(10, 3), 2);

    queue.step();
    queue.step();

    let answer = asker.end().unwrap().unwrap();
    assert_eq!((answer.text.as_str(), answer.stop), ("aa", StopReason::Length));
    assert!(queue.cache.leased.is_empty());
    // The last token was drawn and not computed.
    assert_eq!(queue.cache.remembered, [[prompt(10, 3), vec![answer.tokens[0].id]].concat()]);
}

/// Takes no token.
struct Refusing;

impl Guide for Refusing {
    fn next(&mut self) -> Result<Next, ModelError> {
        Ok(Next::Anything)
    }

    fn accept(&mut self, _id: u32) -> Result<(), ModelError> {
        Err(ModelError::Constraint("it takes no token".to_owned()))
    }
}

#[test]
fn an_error_of_one_request_harms_no_other() {
    let mut queue = queue(2);
    let broken = ask_within(&mut queue, prompt(10, 3), 2, Box::new(Refusing));
    let whole = ask(&mut queue, prompt(20, 3), 2);

    queue.step();
    queue.step();

    assert!(broken.end().unwrap().unwrap_err().ends_with("it takes no token"));
    assert_eq!(whole.end().unwrap().unwrap().text, "aa");
}

#[test]
fn an_error_of_the_cache_ends_all_that_it_computed_with_its_cause() {
    let mut queue = queue(3);
    let early = ask(&mut queue, prompt(10, 3), 9);
    queue.step();
    let askers = [20, 30].map(|first| ask(&mut queue, prompt(first, 3), 9));

    queue.cache.broken = Some("out of memory");
    queue.step();

    for asker in [early].iter().chain(&askers) {
        assert_eq!(asker.end().unwrap().unwrap_err(), "the engine failed: out of memory");
    }
    assert!(queue.cache.leased.is_empty());
    assert!(queue.cache.remembered.iter().all(Vec::is_empty));
    queue.cache.broken = None;
    let next = ask(&mut queue, prompt(10, 3), 1);
    queue.step();
    assert!(next.has_answer());
}

#[test]
fn tokens_are_scored_when_nothing_is_live_and_before_what_waits() {
    let mut queue = queue(1);
    let live = ask(&mut queue, prompt(10, 3), 2);
    queue.step();
    let (reply, scores) = sync_channel(1);
    queue.submit_score(ScoreJob { ids: vec![1, 2], reply });
    let waiting = ask(&mut queue, prompt(20, 3), 1);

    queue.step();
    assert!(live.has_answer() && scores.try_recv().is_err());
    queue.step();
    assert_eq!(scores.try_recv().unwrap().unwrap(), [None, None]);
    assert_eq!(queue.cache.leases, 1);
    queue.step();
    assert!(waiting.has_answer());
}

#[test]
fn the_newest_tokens_of_answers_go_before_prompts() {
    let mut queue = queue(2);
    let _answer = ask(&mut queue, prompt(10, 3), 9);
    queue.step();
    let _prompt = ask(&mut queue, prompt(20, 40), 9);

    queue.step();

    assert_eq!(queue.cache.batches, [vec![(1, 3)], vec![(1, 1), (2, 15)]]);
}

#[test]
fn where_runs_must_repeat_prompts_are_computed_and_kept_in_blocks() {
    let mut queue = queue(1);
    queue.settings.deterministic = true;
    queue.settings.batch_tokens = 256;
    let first = ask(&mut queue, prompt(10, 150), 2);
    let second = ask(&mut queue, prompt(10, 150), 1);

    while queue.is_busy() {
        queue.step();
    }

    let blocks = [(1, 64), (1, 64), (1, 22), (1, 1), (2, 22)].map(|part| vec![part]);
    assert_eq!(queue.cache.batches, blocks);
    assert_eq!(first.end().unwrap().unwrap().cost.cached_tokens, 0);
    assert_eq!(second.end().unwrap().unwrap().cost.cached_tokens, 128);
}

#[test]
fn more_requests_than_may_wait_are_refused() {
    let mut queue = queue(1);
    let askers: Vec<Asker> = (0..=WAITING_MAX).map(|_| ask(&mut queue, prompt(10, 1), 1)).collect();

    assert!(askers[0].end().is_none());
    let refused = askers[WAITING_MAX].end().unwrap().unwrap_err();
    assert!(refused.ends_with("4096 requests are waiting already"), "{refused}");
}

/// Forces its first tokens, and allows any after them.
struct Opening(Vec<u32>);

impl Guide for Opening {
    fn next(&mut self) -> Result<Next, ModelError> {
        let opening = std::mem::take(&mut self.0);
        Ok(if opening.is_empty() { Next::Anything } else { Next::Forced(opening) })
    }

    fn accept(&mut self, _id: u32) -> Result<(), ModelError> {
        Ok(())
    }
}

#[test]
fn a_prompt_is_prefilled_also_where_the_answer_begins_with_forced_tokens() {
    let mut queue = queue(1);
    queue.cache.pause = std::time::Duration::from_millis(3);
    // Three batches of the prompt and the opening, one for each token after the first drawn.
    let asker = ask_within(&mut queue, prompt(10, 40), 4, Box::new(Opening(vec![40, 41])));

    while queue.is_busy() {
        queue.step();
    }

    let cost = asker.end().unwrap().unwrap().cost;
    assert!(cost.prefill_us >= 9000, "{cost:?}");
    assert!((3000..cost.prefill_us).contains(&cost.decode_us), "{cost:?}");
}
