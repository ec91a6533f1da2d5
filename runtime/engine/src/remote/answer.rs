//! Assembles a streamed answer chunk by chunk.
//!
//! The JSON is `OpenAI`'s, read leniently: other endpoints omit or add members and
//! have other reasons for ending an answer, so that only the members that are used
//! here are required.

use std::io::{BufRead, Read};

use runtime_core::spending::TokenUse;
use serde::Deserialize;
use serde_json::Value;

use super::events::ServerSentEvents;
use super::question::EndpointRequest;
use super::refusal::EndpointRefusal;
use super::reply::EndpointReply;
use crate::clock::Moment;

/// The received part of an answer.
#[derive(Debug, Default)]
pub(super) struct StreamedAnswer {
    text: String,
    log_probs: Vec<Option<f32>>,
    finish_reason: Option<String>,
    usage: Option<Usage>,
    chunks: u64,
    first_at: Option<Moment>,
}

#[derive(Debug, Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    /// The message of a whole answer, or a part of a streamed one.
    #[serde(default, alias = "message")]
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    logprobs: Option<LogProbs>,
}

#[derive(Debug, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
struct LogProbs {
    #[serde(default)]
    content: Option<Vec<LogProb>>,
}

#[derive(Debug, Deserialize)]
struct LogProb {
    #[serde(default)]
    logprob: Option<f32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct PromptDetails {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

impl StreamedAnswer {
    /// Reads events to the end of the answer; an error is a message.
    pub(super) fn follow<R: BufRead>(
        &mut self,
        events: &mut ServerSentEvents<R>,
    ) -> Result<(), String> {
        while let Some(data) = events.next_data()? {
            if data.trim() == "[DONE]" {
                self.finish_reason.get_or_insert_default();
                return Ok(());
            }
            self.push(&data)?;
        }
        if self.is_finished() { Ok(()) } else { Err("its answer broke off".into()) }
    }

    /// Reads an answer that is not streamed.
    pub(super) fn take_whole(&mut self, body: impl Read, bytes_max: usize) -> Result<(), String> {
        let mut text = String::new();
        let read = body.take(bytes_max as u64).read_to_string(&mut text);
        read.map_err(|error| format!("its answer broke off: {error}"))?;
        self.push(&text)?;
        if self.is_finished() { Ok(()) } else { Err("its answer has no end".into()) }
    }

    /// Whether the endpoint marked the answer as complete.
    pub(super) fn is_finished(&self) -> bool {
        self.finish_reason.is_some()
    }

    /// Number of chunks with text: about one for each token.
    pub(super) fn chunks(&self) -> u64 {
        self.chunks
    }

    /// The complete answer; `hide` removes secrets from its text.
    pub(super) fn reply(
        self,
        question: &EndpointRequest,
        hide: impl Fn(String) -> String,
    ) -> EndpointReply {
        let counted = self.usage.as_ref().map(|usage| {
            let cached = usage.prompt_tokens_details.as_ref().and_then(|of| of.cached_tokens);
            let (prompt, completion) = (usage.prompt_tokens, usage.completion_tokens);
            TokenUse { prompt, cached: cached.unwrap_or(0).min(prompt), completion }
        });
        let estimated = || question.estimated_use(self.chunks.max(self.log_probs.len() as u64));
        EndpointReply {
            used: counted.unwrap_or_else(estimated),
            text: hide(self.text),
            cut_by_length: self.finish_reason.as_deref() == Some("length"),
            log_probs: self.log_probs,
            first_at: self.first_at,
            last_at: Moment::now(),
        }
    }

    fn push(&mut self, json: &str) -> Result<(), String> {
        let chunk: Chunk = serde_json::from_str(json)
            .map_err(|error| format!("its answer has another format than expected: {error}"))?;
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            let refusal = EndpointRefusal::new(200, &error.to_string());
            return Err(format!("its answer broke off with an error, {refusal}"));
        }
        self.usage = chunk.usage.or(self.usage.take());
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            let delta = choice.delta;
            let said = delta.and_then(|delta| delta.content.or(delta.refusal)).unwrap_or_default();
            if !said.is_empty() {
                self.first_at.get_or_insert_with(Moment::now);
                self.chunks += 1;
                self.text += &said;
            }
            let log_probs = choice.logprobs.and_then(|found| found.content).unwrap_or_default();
            let finite = |found: LogProb| found.logprob.filter(|log_prob| log_prob.is_finite());
            self.log_probs.extend(log_probs.into_iter().map(finite));
            self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        }
        Ok(())
    }
}
