//! With `SmolLM2` and Gemma, where they are at hand.

use runtime_core::model::LanguageModel;
use runtime_engine::llama::{LlamaConfig, LlamaEngine};

use crate::support::{chat, greedy, real_model};

const SMOLLM2: &str = "smollm2-135m-instruct-q4_1.gguf";

#[test]
fn a_chat_gets_a_sensible_answer() {
    let Some(path) = real_model(SMOLLM2) else { return };
    let engine = LlamaEngine::load(&LlamaConfig::new(path)).unwrap();
    let mut model = engine.role(None).unwrap();

    let generation = model.generate(&greedy(chat("What is the capital of France?"))).unwrap();

    assert!(generation.text.contains("Paris"), "{generation:?}");
}
