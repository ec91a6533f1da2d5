//! A server that others wrote, where `REBOUND_ENDPOINT` names one: `make test-remote`
//! starts llama.cpp's own.

use std::num::NonZeroU32;

use runtime_core::model::LanguageModel;
use runtime_engine::remote::{Endpoint, Remote, RemoteConfig};

use crate::support::{choice, request};

fn real() -> Option<Remote> {
    let Ok(base_url) = std::env::var("REBOUND_ENDPOINT") else {
        tests_needs::skipped("REBOUND_ENDPOINT names no endpoint");
        return None;
    };
    let endpoint = Endpoint::new(&base_url, None).unwrap();
    let context_tokens = NonZeroU32::new(2048).unwrap();
    Some(Remote::new(RemoteConfig::new(endpoint, "smollm2", context_tokens)))
}

#[test]
fn a_real_server_answers_with_counts_and_log_probabilities() {
    let Some(mut model) = real() else { return };

    let first = model.generate(&request()).unwrap();
    let again = model.generate(&request()).unwrap();

    assert!(!first.text.is_empty() && first.text == again.text, "{first:?}");
    assert!(first.cost.computed_tokens + first.cost.cached_tokens > 8, "{first:?}");
    assert!((1..=40).contains(&first.tokens.len()), "{first:?}");
    let known = first.tokens.iter().filter_map(|token| token.log_prob_full);
    assert!(known.clone().count() + 1 >= first.tokens.len() && known.clone().all(|p| p <= 0.0));
}

#[test]
fn a_real_server_keeps_to_the_choices() {
    let Some(mut model) = real() else { return };

    for seed in 0..8 {
        let mut asked = choice(&["go to desk 1", "open drawer 2", "look"]);
        asked.sampling.seed = seed;
        let text = model.generate(&asked).unwrap().text;
        assert!(["go to desk 1", "open drawer 2", "look"].contains(&text.as_str()), "{text}");
    }
}
