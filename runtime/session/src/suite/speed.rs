//! The speed of a model as llama-bench defines it.
//!
//! - pp512: 512 prompt tokens in one go from an empty cache.
//! - tg128: 128 tokens generated one by one from an empty cache. An answer that the model ends
//!   early is followed by another, until there are as many.

use runtime_core::model::{Constraint, Generation, LanguageModel, Request, Sampling};
use runtime_core::prompt::{Piece, Prompt};
use runtime_core::seed::mix;
use runtime_engine::Handle;
use runtime_evaluation::card::{Speed, TokensPerSecond};

use crate::program::Surroundings;

const PROMPT_TOKENS: usize = 512;
const GENERATED_TOKENS: u32 = 128;
/// Repetitions, after one that is not measured.
const REPETITIONS: u64 = 5;
/// Answers that make up one repetition, at most.
const ANSWERS_MAX: u64 = 64;

/// Measures both; stopped, it says what there is.
pub(super) fn measure(handle: &Handle, surroundings: &Surroundings) -> anyhow::Result<Speed> {
    let context = handle.context_tokens() as usize;
    let mut speed = Speed::default();
    if context > PROMPT_TOKENS {
        speed.pp512 = repeated(surroundings, |number| prompt_speed(handle, number))?;
    }
    if context > GENERATED_TOKENS as usize + 2 {
        speed.tg128 = repeated(surroundings, |number| generation_speed(handle, number))?;
    }
    Ok(speed)
}

fn repeated(
    surroundings: &Surroundings,
    mut measure: impl FnMut(u64) -> anyhow::Result<Option<f64>>,
) -> anyhow::Result<Option<TokensPerSecond>> {
    let mut found = Vec::new();
    for number in 0..=REPETITIONS {
        if surroundings.is_stopped() {
            break;
        }
        let one = measure(number)?;
        found.extend(one.filter(|_| number > 0));
    }
    Ok(TokensPerSecond::of(&found))
}

fn prompt_speed(handle: &Handle, number: u64) -> anyhow::Result<Option<f64>> {
    let prompt = prompt(handle, number, PROMPT_TOKENS)?;
    let generation = handle.submit(&request(prompt, 1, number)).wait()?;
    let cost = generation.cost;
    Ok(a_second(u64::from(cost.computed_tokens), cost.prefill_us))
}

fn generation_speed(handle: &Handle, number: u64) -> anyhow::Result<Option<f64>> {
    let (mut tokens, mut microseconds) = (0, 0);
    for answer in 0..ANSWERS_MAX {
        let seed = mix(number ^ mix(answer));
        let left = GENERATED_TOKENS - tokens;
        // The first token of an answer comes from the prompt's own logits.
        let prompt = prompt(handle, seed, 1)?;
        let generation: Generation = handle.submit(&request(prompt, left + 1, seed)).wait()?;
        let generated = u32::try_from(generation.tokens.len()).unwrap_or(left).saturating_sub(1);
        if generated > 0 {
            tokens += generated;
            microseconds += generation.cost.decode_us;
        }
        if tokens >= GENERATED_TOKENS {
            return Ok(a_second(u64::from(tokens), microseconds));
        }
    }
    Ok(None)
}

fn a_second(tokens: u64, microseconds: u64) -> Option<f64> {
    (tokens > 0 && microseconds > 0).then(|| 1e6 * tokens as f64 / microseconds as f64)
}

/// So many tokens at random, another beginning for each seed so that no cache has them.
fn prompt(handle: &Handle, seed: u64, tokens: usize) -> anyhow::Result<Prompt> {
    let tokenizer = handle.tokenizer();
    let size = tokenizer.vocabulary_len() as u64;
    // Few are control tokens, so that this is enough.
    let ids = (0..4 * tokens as u64 + 64).map(|place| mix(mix(seed) ^ place) % size.max(1));
    let ids = ids.filter_map(|id| u32::try_from(id).ok());
    let are_words = ids.filter(|id| !tokenizer.is_control(*id));
    let of = |ids: Vec<u32>| Prompt::Raw(vec![Piece::Tokens { ids, text: String::new() }]);
    let mut ids: Vec<u32> = are_words.take(tokens).collect();
    // The model's own beginning counts.
    let added = handle.prompt_ids(&of(ids.clone()))?.len().saturating_sub(ids.len());
    ids.truncate(tokens.saturating_sub(added).max(1));
    Ok(of(ids))
}

fn request(prompt: Prompt, tokens_max: u32, seed: u64) -> Request {
    Request {
        prompt,
        constraint: Constraint::Free,
        sampling: Sampling { temperature: 1.0, top_p: 1.0, seed },
        tokens_max,
        stop: Vec::new(),
    }
}
