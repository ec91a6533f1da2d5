//! What the worker sends to a ticket, and the way there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use runtime_core::model::{Generation, ModelError, Token};

/// What has come of an answer since the last time.
#[derive(Clone, Debug, PartialEq)]
pub struct Streamed {
    /// The next token.
    pub token: Token,
    /// Text that can no longer change: whole characters, and nothing that may
    /// turn out to belong to a stop text. Empty while more must be seen.
    pub text: String,
}

/// What the engine sends to a ticket.
#[derive(Debug)]
pub(crate) enum Event {
    /// A token more.
    Streamed(Streamed),
    /// The end. Nothing follows.
    Done(Result<Generation, ModelError>),
}

/// Where answers go.
pub(crate) struct Reply {
    /// To the ticket.
    pub(crate) events: Sender<Event>,
    /// Whether the ticket has lost interest.
    pub(crate) cancelled: Arc<AtomicBool>,
}

impl Reply {
    /// Whether nobody waits for the answer any more.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Sends an event; a ticket that is gone has cancelled the request.
    pub(crate) fn send(&self, event: Event) {
        if self.events.send(event).is_err() {
            self.cancelled.store(true, Ordering::Relaxed);
        }
    }
}
