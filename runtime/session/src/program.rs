//! The interface between a session and the program around it.
//!
//! ```text
//! session ─► events ───────────────────────► a terminal, a server, a test that listens
//! program ─► a flag that asks to stop, a clock
//! ```
//!
//! A session never prints; only [`Program::agrees`] waits for an answer.

use std::any::Any;
use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runtime_evaluation::learning::state::Learning;
use runtime_evaluation::listener::{Listener, News};
use runtime_store::recorder::Clock;

use crate::internal_tests::ProposalProgress;
use crate::introspection::IntrospectionProgress;

/// Something that happened in a session.
#[derive(Clone, Copy, Debug)]
pub enum SessionEvent<'a> {
    /// A note for the user.
    Note(&'a str),
    /// A warning for the user.
    Warning(&'a str),
    /// How to resume after an interruption; only the first message counts.
    Resumable(&'a str),
    /// The folder of the next run.
    Folder(&'a Path),
    /// An event of an arm.
    Arm(News<'a>),
    /// The new state of a learning loop.
    Round(&'a Learning),
    /// How far the attempts of an introspection are.
    Attempts(IntrospectionProgress),
    /// How far proposals of tests are.
    Proposals(ProposalProgress),
    /// A training begins.
    TrainingBegins,
    /// The trainer printed a line.
    TrainingLine(&'a str),
    /// The training is over.
    TrainingEnds,
}

/// An action before the program ends at once; it may run beside other work.
pub type ExitAction = Box<dyn Fn() + Send + Sync>;

/// Keeps an action or subscription of the program until it is dropped.
#[derive(Default)]
#[must_use = "it has an effect only while it lives"]
pub struct Guard {
    _held: Option<Box<dyn Any + Send>>,
}

impl Guard {
    /// A guard that drops `held` with itself.
    pub fn of(held: impl Any + Send) -> Self {
        Self { _held: Some(Box::new(held)) }
    }
}

/// A program that was started for a session.
pub struct Started {
    /// The program.
    pub child: Child,
    /// Asks it to stop at its next checkpoint.
    pub ask_to_stop: Box<dyn Fn() + Send>,
}

/// The program around a session. Only [`Program::hear`] must be there; the other defaults suit
/// a program that is never ended from outside.
pub trait Program: Send + Sync {
    /// Receives an event. Several threads call it at once; a slow program slows the run.
    fn hear(&self, event: SessionEvent<'_>);

    /// Whether the user agrees; false if nobody can be asked.
    fn agrees(&self, _question: &str) -> anyhow::Result<bool> {
        Ok(false)
    }

    /// While the guard lives, a signal sets the session's flag instead of ending the program.
    fn keep(&self) -> Guard {
        Guard::default()
    }

    /// While the guard lives, the action runs before a signal ends the program at once.
    fn before_end(&self, _deed: ExitAction) -> Guard {
        Guard::default()
    }

    /// Starts a program that ends with this one.
    fn start(&self, command: &mut Command) -> io::Result<Started> {
        Ok(Started { child: command.spawn()?, ask_to_stop: Box::new(|| ()) })
    }
}

/// The program, stop flag and clock of a session.
#[derive(Clone)]
pub struct Surroundings {
    /// The program, which receives events and questions.
    pub program: Arc<dyn Program>,
    /// Set to stop the session after the current step.
    pub stop: Arc<AtomicBool>,
    /// A clock in microseconds that never goes back.
    pub clock: Clock,
}

impl Surroundings {
    /// Surroundings without a listener, a stop and a running clock.
    pub fn silent() -> Self {
        struct Nobody;
        impl Program for Nobody {
            fn hear(&self, _event: SessionEvent<'_>) {}
        }
        Self { program: Arc::new(Nobody), stop: Arc::default(), clock: Arc::new(|| 0) }
    }

    /// Tells the program.
    pub fn tell(&self, event: SessionEvent<'_>) {
        self.program.hear(event);
    }

    /// Sends a note to the program.
    pub fn note(&self, text: &str) {
        self.tell(SessionEvent::Note(text));
    }

    /// Sends a warning to the program.
    pub fn warn(&self, text: &str) {
        self.tell(SessionEvent::Warning(text));
    }

    /// Whether the session should stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Listener for Surroundings {
    fn hear(&self, news: News<'_>) {
        self.tell(SessionEvent::Arm(news));
    }
}
