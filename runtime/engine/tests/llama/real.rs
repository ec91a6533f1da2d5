//! With `SmolLM2` and Gemma, where they are at hand.

use runtime_core::model::{LanguageModel, Request};
use runtime_engine::Handle;
use runtime_engine::llama::{self, LlamaConfig};
use tests_needs::{GEMMA, SMOLLM2, weights};

use crate::determinism::{bits, step};
use crate::support::{chat, greedy, number, raw};

fn load(name: &str, change: impl FnOnce(&mut LlamaConfig)) -> Option<Handle> {
    let mut config = LlamaConfig::new(weights(name)?);
    // Tests run side by side: threads of one would wait for cores of another.
    config.threads = number(1);
    change(&mut config);
    Some(llama::load(&config).unwrap().role(None).unwrap())
}

#[test]
fn a_chat_gets_a_sensible_answer() {
    let Some(mut model) = load(SMOLLM2, |_| {}) else { return };

    let request = Request { tokens_max: 40, ..greedy(chat("Who wrote Romeo and Juliet?")) };
    let generation = model.generate(&request).unwrap();

    assert!(generation.text.contains("Shakespeare"), "{generation:?}");
}

#[test]
fn a_base_model_goes_on_with_a_text() {
    let Some(mut model) = load(GEMMA, |_| {}) else { return };

    let generation = model.generate(&greedy(raw("The capital of France is"))).unwrap();

    assert!(generation.text.contains("France"), "{generation:?}");
}

#[test]
fn a_warm_cache_gives_the_bits_of_a_cold_one_on_quantized_weights() {
    for name in [SMOLLM2, GEMMA] {
        let deterministic = |config: &mut LlamaConfig| config.deterministic = true;
        let Some(mut warm) = load(name, deterministic) else { continue };
        for steps in [4, 6, 5] {
            let request = step(3, steps);
            let Some(mut cold) = load(name, deterministic) else { continue };

            let warm = warm.generate(&request).unwrap();
            let cold = cold.generate(&request).unwrap();

            assert_eq!(bits(&warm), bits(&cold), "{name} after {steps} steps");
            assert!(steps == 4 || warm.cost.cached_tokens >= 64, "{:?}", warm.cost);
        }
    }
}

#[test]
fn eight_requests_at_once_are_answered() {
    let eight = |config: &mut LlamaConfig| {
        config.sequences_max = number(8);
        config.cache_tokens = number(4096);
    };
    let Some(model) = load(SMOLLM2, eight) else { return };

    let tickets: Vec<_> =
        (0..8).map(|number| model.submit(&greedy(chat(&format!("Count to {number}."))))).collect();

    for ticket in tickets {
        assert!(!ticket.wait().unwrap().text.is_empty());
    }
}
