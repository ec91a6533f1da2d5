//! What a session says to the program around it, and what it asks of it.
//!
//! ```text
//! session ─► events ───────────────────────► a terminal, a server, a test that listens
//! program ─► a flag that asks to stop, a clock
//! ```
//!
//! Nothing here prints, and nothing waits for an answer but [`Program::agrees`].

use std::any::Any;
use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runtime_evaluation::learning::state::Learning;
use runtime_evaluation::listener::{Listener, News};
use runtime_store::recorder::Clock;

/// Something that happened in a session.
#[derive(Clone, Copy, Debug)]
pub enum SessionEvent<'a> {
    /// A person should know it.
    Note(&'a str),
    /// A person should look after it.
    Warning(&'a str),
    /// How what is under way is continued, should it be stopped; the first one said holds.
    Resumable(&'a str),
    /// What is played next is written into this folder.
    Folder(&'a Path),
    /// An arm is played.
    Arm(News<'a>),
    /// A loop stands there now.
    Round(&'a Learning),
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
    /// Something happened. Several threads call it at once, and a slow one slows the run.
    fn hear(&self, event: SessionEvent<'_>);

    /// Whether the user agrees; false if nobody can be asked.
    fn agrees(&self, _question: &str) -> anyhow::Result<bool> {
        Ok(false)
    }

    /// While the guard lives, whoever ends the program sets the session's flag and waits.
    fn keep(&self) -> Guard {
        Guard::default()
    }

    /// While the guard lives, `deed` is done before the program ends without waiting.
    fn before_end(&self, _deed: ExitAction) -> Guard {
        Guard::default()
    }

    /// Starts a program that ends with this one.
    fn start(&self, command: &mut Command) -> io::Result<Started> {
        Ok(Started { child: command.spawn()?, ask_to_stop: Box::new(|| ()) })
    }
}

/// What a session is given by the program around it.
#[derive(Clone)]
pub struct Surroundings {
    /// Listens, and is asked.
    pub program: Arc<dyn Program>,
    /// Set where the session should stop after the step under way.
    pub stop: Arc<AtomicBool>,
    /// Microseconds; it never goes back.
    pub clock: Clock,
}

impl Surroundings {
    /// Nobody listens, nobody stops it, and no time passes.
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

    /// Tells the program what a person should know.
    pub fn note(&self, text: &str) {
        self.tell(SessionEvent::Note(text));
    }

    /// Tells the program what a person should look after.
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
