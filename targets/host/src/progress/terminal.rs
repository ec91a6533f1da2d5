//! The terminal as a session knows it: it shows what happens, asks the user, and is ended by
//! signals.
//!
//! ```text
//! standard error is a terminal   lines that change: who plays what, how far, what now
//! it is none                     lines of a journal
//! --watch                        what happens as text, on standard output
//! ```

use std::io::{self, IsTerminal, Write};
use std::process::Command;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use runtime_core::event::Event;
use runtime_core::task::Task;
use runtime_evaluation::listener::News;
use runtime_session::program::{ExitAction, Guard, Program, SessionEvent, Started};
use runtime_session::telling::{ArmStatus, Journal, paragraphs};
use runtime_store::recorder::Clock;
use targets_console::signals::{self, Attached, StopRequest};
use targets_console::{errors, out, terminal};

use super::bars::Bars;
use super::{BARS, Show, lock, say};
use crate::page;

/// How much of a run is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Its progress only.
    Progress,
    /// Its progress and all events.
    Events,
}

/// Shows a session.
pub(super) struct Terminal {
    clock: Clock,
    show: Show,
    told: Detail,
    standing: Arc<Mutex<ArmStatus>>,
    bars: Mutex<Bars>,
    journal: Mutex<Journal>,
}

impl Terminal {
    /// Shows what happens from now on.
    pub(super) fn new(clock: Clock, show: Show, told: Detail) -> Self {
        let standing: Arc<Mutex<ArmStatus>> = Arc::default();
        let bars = Mutex::new(Bars::new(show, Arc::clone(&clock), Arc::clone(&standing)));
        Self { clock, show, told, standing, bars, journal: Mutex::default() }
    }

    /// Says what is worth a line.
    fn say(&self, event: SessionEvent<'_>, now_us: u64) {
        let mut journal = lock(&self.journal);
        // Whoever draws may wait for the standing: it is not held meanwhile.
        let line = journal.line(event, &lock(&self.standing), now_us);
        if let Some(line) = line {
            say(&line);
        }
    }

    /// Prints what happened in a task; each line names it where it is not the only one.
    fn stream(&self, task: &Task, event: &Event) {
        let name = (lock(&self.standing).workers > 1).then_some(task.id.as_str());
        let text = page::streamed(&paragraphs(task, event), name, terminal::columns(out()));
        // Standard output never fails.
        BARS.suspend(|| out().write_all(text.as_bytes())).unwrap_or_default();
    }
}

impl Program for Terminal {
    fn hear(&self, event: SessionEvent<'_>) {
        let now_us = (self.clock)();
        lock(&self.standing).hear(event, now_us);
        match event {
            SessionEvent::Resumable(how) => signals::goes_on_by(how),
            SessionEvent::Note(_) | SessionEvent::Warning(_) => self.say(event, now_us),
            _ if self.show == Show::Nothing => {}
            SessionEvent::Arm(News::Event { task, event, .. }) if self.told == Detail::Events => {
                self.stream(task, event);
            }
            _ if BARS.is_hidden() => self.say(event, now_us),
            _ => lock(&self.bars).hear(event),
        }
    }

    /// The user has to type it.
    fn agrees(&self, question: &str) -> anyhow::Result<bool> {
        if !io::stdin().is_terminal() || !errors().is_terminal() {
            return Ok(false);
        }
        say(&format!("{question} [y/N]"));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).context("cannot read the answer")?;
        Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
    }

    fn keep(&self) -> Guard {
        Guard::of(signals::keep(|asked| {
            if asked == StopRequest::ToStop {
                say("\nstopping after the step under way; the same again stops at once");
            }
        }))
    }

    fn before_end(&self, deed: ExitAction) -> Guard {
        Guard::of(signals::before_end(deed))
    }

    fn start(&self, command: &mut Command) -> io::Result<Started> {
        let (child, attached) = Attached::spawn(command)?;
        Ok(Started { child, ask_to_stop: Box::new(move || attached.ask_to_stop()) })
    }
}
