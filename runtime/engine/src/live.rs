//! The state of one request while it is decoded.

use std::sync::Arc;

use runtime_core::model::{Cost, Generation, ModelError, Origin, StopReason, Token};

use crate::answer::PartialAnswer;
use crate::clock::Moment;
use crate::guide::{Guide, Next};
use crate::prepared::TokenizedRequest;
use crate::reply::{ReplySender, Streamed, TicketMessage};
use crate::sampler::{AllowedTokens, Sampler};
use models::vocabulary::Vocabulary;

/// A request that is being decoded.
pub(crate) struct LiveRequest {
    /// Receives its tokens.
    pub(crate) reply: ReplySender,
    /// The prompt and the answer.
    pub(crate) tokens: Vec<u32>,
    /// Number of tokens of the prompt.
    pub(crate) prompt_tokens: usize,
    /// Greatest length of `tokens`.
    pub(crate) length_max: usize,
    /// Number of `tokens` whose keys and values are in the cache.
    pub(crate) computed: usize,
    /// Number of prompt tokens that were in the cache when the request began.
    pub(crate) cached: usize,
    tokens_max: usize,
    vocabulary: Arc<Vocabulary>,
    guide: Box<dyn Guide>,
    /// The tokens that the guide allows next.
    next: Next,
    sampler: Sampler,
    answer: PartialAnswer,
    started: Moment,
    /// When the last token of the prompt was computed.
    prefilled_at: Option<Moment>,
}

/// Whether a request needs more tokens.
#[derive(Debug)]
pub(crate) enum Progress {
    /// The next token needs logits.
    Waiting,
    /// The answer is complete.
    Finished(StopReason),
}

impl LiveRequest {
    /// The state of a new request.
    pub(crate) fn new(
        question: TokenizedRequest,
        guide: Box<dyn Guide>,
        reply: ReplySender,
        vocabulary: Arc<Vocabulary>,
        context_tokens: usize,
    ) -> Self {
        let prompt_tokens = question.prompt_ids.len();
        Self {
            reply,
            tokens: question.prompt_ids,
            prompt_tokens,
            length_max: context_tokens.min(prompt_tokens + question.tokens_max),
            computed: 0,
            cached: 0,
            tokens_max: question.tokens_max,
            vocabulary,
            guide,
            next: Next::Anything,
            sampler: Sampler::new(question.sampling),
            answer: PartialAnswer::new(&question.stop),
            started: question.started,
            prefilled_at: None,
        }
    }

    /// Whether tokens of the prompt are not computed yet.
    pub(crate) fn in_prompt(&self) -> bool {
        self.computed < self.prompt_tokens
    }

    /// Counts tokens that were computed.
    pub(crate) fn count_computed(&mut self, tokens: usize) {
        self.computed += tokens;
        if !self.in_prompt() {
            self.prefilled_at.get_or_insert_with(Moment::now);
        }
    }

    /// Appends all forced tokens, which need no logits.
    pub(crate) fn advance(&mut self) -> Result<Progress, ModelError> {
        loop {
            if let Some(reason) = self.limit_reached()? {
                return Ok(Progress::Finished(reason));
            }
            match self.guide.next()? {
                Next::End => return Ok(self.end()),
                Next::Forced(ids) => {
                    for id in ids {
                        if let Some(reason) = self.push(Token::forced(id)) {
                            return Ok(Progress::Finished(reason));
                        }
                    }
                }
                Next::OneOf(ids) if ids.len() == 1 => {
                    self.guide.accept(ids[0])?;
                    if let Some(reason) = self.push(Token::forced(ids[0])) {
                        return Ok(Progress::Finished(reason));
                    }
                }
                next => {
                    self.next = next;
                    return Ok(Progress::Waiting);
                }
            }
        }
    }

    /// Samples a token from logits, and appends the forced tokens after it.
    pub(crate) fn draw(&mut self, logits: &[f32]) -> Result<Progress, ModelError> {
        let allowed = match &self.next {
            Next::OneOf(ids) => AllowedTokens::Ids(ids),
            _ => AllowedTokens::All,
        };
        let drawn = self
            .sampler
            .draw(logits, allowed)
            .ok_or_else(|| ModelError::Engine("the logits are not numbers".to_owned()))?;
        self.guide.accept(drawn.id)?;
        let token = Token {
            id: drawn.id,
            log_prob: drawn.log_prob,
            log_prob_full: Some(drawn.log_prob_full),
            origin: Origin::Drawn,
        };
        match self.push(token) {
            Some(reason) => Ok(Progress::Finished(reason)),
            None => self.advance(),
        }
    }

    /// The finished generation.
    pub(crate) fn generation(mut self, stop: StopReason, adapter: Option<String>) -> Finished {
        let tokenizer = &self.vocabulary.tokenizer;
        self.answer.drop_tokens_behind_the_cut(|id| tokenizer.token_bytes(id).len());
        let whole = stop == StopReason::EndOfTurn;
        let text = self.guide.text().filter(|_| whole).map(str::to_owned);
        let text = text.unwrap_or_else(|| self.answer.text());
        let now = Moment::now();
        let prefilled_at = self.prefilled_at.unwrap_or(now);
        // An answer that is forced from the start needs no prompt.
        let computed = self.computed.min(self.prompt_tokens).saturating_sub(self.cached);
        let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
        let generation = Generation {
            text,
            tokens: self.answer.tokens,
            prompt_ids: self.tokens[..self.prompt_tokens].to_vec(),
            stop,
            cost: Cost {
                cached_tokens: count(self.cached),
                computed_tokens: count(computed),
                prefill_us: self.started.microseconds_to(prefilled_at),
                decode_us: prefilled_at.microseconds_to(now),
            },
            adapter,
        };
        Finished { reply: self.reply, generation }
    }

    /// Ends the answer with the end-of-turn token, the only one allowed.
    fn end(&mut self) -> Progress {
        self.answer.tokens.push(Token::forced(self.vocabulary.end_of_turn));
        Progress::Finished(StopReason::EndOfTurn)
    }

    /// The limit that allows no further token, if one is reached and the constraint is not complete.
    fn limit_reached(&mut self) -> Result<Option<StopReason>, ModelError> {
        let length = self.tokens.len();
        if length < self.length_max {
            return Ok(None);
        }
        if self.guide.next()? == Next::End {
            self.end();
            return Ok(Some(StopReason::EndOfTurn));
        }
        let all_tokens = length - self.prompt_tokens >= self.tokens_max;
        Ok(Some(if all_tokens { StopReason::Length } else { StopReason::ContextFull }))
    }

    fn push(&mut self, token: Token) -> Option<StopReason> {
        if self.vocabulary.is_end(token.id) {
            self.answer.tokens.push(token);
            self.stream(token);
            return Some(StopReason::EndOfTurn);
        }
        if self.tokens.len() >= self.length_max {
            let all_tokens = self.length_max - self.prompt_tokens >= self.tokens_max;
            return Some(if all_tokens { StopReason::Length } else { StopReason::ContextFull });
        }
        self.tokens.push(token.id);
        let stop = self.answer.push(token, self.vocabulary.tokenizer.token_bytes(token.id));
        self.stream(token);
        stop
    }

    fn stream(&mut self, token: Token) {
        let text = self.answer.fresh_text();
        self.reply.send(TicketMessage::Streamed(Streamed { token, text }));
    }
}

/// A finished generation and its receiver.
pub(crate) struct Finished {
    reply: ReplySender,
    generation: Generation,
}

impl Finished {
    /// Sends it.
    pub(crate) fn send(self) {
        self.reply.send(TicketMessage::Done(Ok(self.generation)));
    }
}
