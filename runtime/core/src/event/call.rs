//! A generation as the records of a trial store it: its prompt is the difference to the previous
//! call, since the prompts of an episode repeat almost everything.

use alloc::string::String;
use alloc::vec::Vec;
use core::slice;

use serde::{Deserialize, Serialize};

use crate::model::{Cost, Generation, StopReason, Token};

/// Greatest number of tokens in all prompts of one trial together: 256 prompts of 131,072. A
/// call of a few bytes can share a prompt of any length, so this limits the memory that a
/// crafted record takes.
pub const PROMPT_TOKENS_MAX: u64 = 1 << 25;

/// A generation whose prompt is stored as a difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Number of leading tokens shared with the previous call of the same trial,
    /// its prompt and generated tokens together.
    pub shared_tokens: u32,
    /// The prompt's tokens after the shared ones.
    pub suffix_ids: Vec<u32>,
    /// The answer as text.
    pub text: String,
    /// The answer's tokens.
    pub tokens: Vec<Token>,
    /// Why the answer ended.
    pub stop: StopReason,
    /// Its cost.
    pub cost: Cost,
    /// sha256 of the adapter that was attached.
    pub adapter: Option<String>,
}

/// Converts the generations of one trial into calls and back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallHistory {
    /// The last prompt and its generated tokens.
    ids: Vec<u32>,
    /// Tokens of all prompts so far.
    pub(crate) prompt_tokens: u64,
}

impl CallHistory {
    /// The call that stores a generation as its difference to the previous one.
    pub fn shorten(&mut self, generation: &Generation) -> Call {
        let prompt = &generation.prompt_ids;
        let shared = self.ids.iter().zip(prompt).take_while(|(before, now)| before == now).count();
        self.follow(prompt.clone(), &generation.tokens);
        Call {
            shared_tokens: u32::try_from(shared).unwrap_or(u32::MAX),
            suffix_ids: prompt[shared..].to_vec(),
            text: generation.text.clone(),
            tokens: generation.tokens.clone(),
            stop: generation.stop,
            cost: generation.cost,
            adapter: generation.adapter.clone(),
        }
    }

    /// The generation that a call stores; `None` if the call shares more tokens than
    /// the previous call had, or the prompts exceed [`PROMPT_TOKENS_MAX`].
    pub fn restore(&mut self, call: &Call) -> Option<Generation> {
        (self.prompt_tokens_with(slice::from_ref(call)) <= PROMPT_TOKENS_MAX).then_some(())?;
        let shared = usize::try_from(call.shared_tokens).ok()?;
        let mut prompt_ids = self.ids.get(..shared)?.to_vec();
        prompt_ids.extend_from_slice(&call.suffix_ids);
        self.follow(prompt_ids.clone(), &call.tokens);
        Some(Generation {
            text: call.text.clone(),
            tokens: call.tokens.clone(),
            prompt_ids,
            stop: call.stop,
            cost: call.cost,
            adapter: call.adapter.clone(),
        })
    }

    /// Tokens of all prompts so far and of the prompts of these calls.
    pub(crate) fn prompt_tokens_with(&self, calls: &[Call]) -> u64 {
        let tokens = |call: &Call| u64::from(call.shared_tokens) + call.suffix_ids.len() as u64;
        self.prompt_tokens + calls.iter().map(tokens).sum::<u64>()
    }

    /// Whether the trial must end so that its records can be read.
    pub(crate) fn is_full(&self) -> bool {
        self.prompt_tokens > PROMPT_TOKENS_MAX / 2
    }

    fn follow(&mut self, prompt_ids: Vec<u32>, tokens: &[Token]) {
        self.prompt_tokens += prompt_ids.len() as u64;
        self.ids = prompt_ids;
        self.ids.extend(tokens.iter().map(|token| token.id));
    }
}
