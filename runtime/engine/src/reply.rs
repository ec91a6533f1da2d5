//! The channel from the worker to a ticket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use runtime_core::model::{Generation, ModelError, Token};

/// The next token of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Streamed {
    /// The next token.
    pub token: Token,
    /// The new text that can no longer change: whole characters, and no possible beginning
    /// of a stop text. May be empty.
    pub text: String,
}

/// A message from the worker to a ticket.
#[derive(Debug)]
pub(crate) enum TicketMessage {
    /// The next token.
    Streamed(Streamed),
    /// The end of the answer; the last message.
    Done(Result<Generation, ModelError>),
}

/// The sender of a request's answer.
pub(crate) struct ReplySender {
    /// The channel to the ticket.
    pub(crate) events: Sender<TicketMessage>,
    /// Set by the ticket to cancel the request.
    pub(crate) cancelled: Arc<AtomicBool>,
}

impl ReplySender {
    /// Whether the request was cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Sends a message; a dropped ticket has cancelled the request.
    pub(crate) fn send(&self, event: TicketMessage) {
        if self.events.send(event).is_err() {
            self.cancelled.store(true, Ordering::Relaxed);
        }
    }
}
