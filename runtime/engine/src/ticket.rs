//! A running request: its tokens as they are generated, and its generation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use runtime_core::model::{Generation, ModelError};

use crate::error::stopped;
use crate::reply::{Streamed, TicketMessage};
use crate::shared::OpenRole;

/// A running request. Dropping the ticket cancels it.
pub struct Ticket {
    events: Receiver<TicketMessage>,
    cancelled: Arc<AtomicBool>,
    done: Option<Result<Generation, ModelError>>,
    /// Keeps the role open after the handle is dropped.
    _role: Arc<OpenRole>,
}

impl Ticket {
    pub(crate) fn new(
        events: Receiver<TicketMessage>,
        cancelled: Arc<AtomicBool>,
        role: Arc<OpenRole>,
    ) -> Self {
        Self { events, cancelled, done: None, _role: role }
    }

    /// Waits for the next token; `None` if the answer is complete or has failed.
    pub fn next_token(&mut self) -> Option<Streamed> {
        if self.done.is_some() {
            return None;
        }
        match self.events.recv() {
            Ok(TicketMessage::Streamed(streamed)) => Some(streamed),
            Ok(TicketMessage::Done(result)) => {
                self.done = Some(result);
                None
            }
            Err(_) => {
                self.done = Some(Err(stopped()));
                None
            }
        }
    }

    /// Waits for the complete answer.
    pub fn wait(mut self) -> Result<Generation, ModelError> {
        while self.next_token().is_some() {}
        self.done.take().unwrap_or_else(|| Err(stopped()))
    }

    /// Cancels the request before its next batch; the answer is then
    /// [`ModelError::Cancelled`].
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.cancel();
    }
}
