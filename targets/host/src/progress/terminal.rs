//! The terminal as a session knows it: it shows what happens, asks the user, and is ended by
//! signals.

use std::io::{self, IsTerminal};
use std::process::Command;
use std::sync::{Mutex, MutexGuard};

use anyhow::Context;
use indicatif::ProgressBar;
use runtime_evaluation::learning::state::Learning;
use runtime_session::program::{Deed, Guard, Program, SessionEvent, Started};
use runtime_store::recorder::Clock;
use targets_console::errors;
use targets_console::signals::{self, Asked, Attached};

use super::teller::{SILENCE_US, Teller, Told};
use super::{Show, lock, overview, phase, say};

/// Shows a session.
pub(super) struct Terminal {
    clock: Clock,
    show: Show,
    teller: Teller,
    /// The loop so far, above the bars of its phases.
    overview: ProgressBar,
    training: Mutex<Training>,
}

/// The training under way.
struct Training {
    bar: ProgressBar,
    /// When a line was written last.
    said_us: u64,
}

impl Terminal {
    /// Shows what happens from now on.
    pub(super) fn new(clock: Clock, show: Show, told: Told) -> Self {
        let overview = match show {
            Show::BelowOverview => overview(show),
            Show::Bars | Show::Nothing => ProgressBar::hidden(),
        };
        let training = Mutex::new(Training { bar: ProgressBar::hidden(), said_us: 0 });
        Self { teller: Teller::new(clock.clone(), show, told), clock, show, overview, training }
    }

    fn show_round(&self, state: &Learning) {
        self.overview.set_message(format!("{}{}", state.text(), state.progress()));
        if self.overview.is_hidden() && self.show != Show::Nothing {
            say(&state.progress());
        }
    }

    fn begin_training(&self) {
        *self.training() = Training { bar: phase(self.show, "training"), said_us: (self.clock)() };
    }

    /// Shows a line of the trainer, or one now and then where there is no terminal.
    fn show_training(&self, line: &str) {
        let mut training = self.training();
        training.bar.set_message(line.to_owned());
        let now_us = (self.clock)();
        let is_due = now_us.saturating_sub(training.said_us) >= SILENCE_US;
        if training.bar.is_hidden() && self.show != Show::Nothing && is_due {
            training.said_us = now_us;
            say(&format!("training: {line}"));
        }
    }

    fn training(&self) -> MutexGuard<'_, Training> {
        lock(&self.training)
    }
}

impl Program for Terminal {
    fn hear(&self, event: SessionEvent<'_>) {
        match event {
            SessionEvent::Note(text) => say(text),
            SessionEvent::Warning(text) => say(&format!("warning: {text}")),
            SessionEvent::Resumable(how) => signals::goes_on_by(how),
            SessionEvent::Folder(folder) => self.teller.plays_into(folder),
            SessionEvent::Arm(news) => self.teller.hear(news),
            SessionEvent::Round(state) => self.show_round(state),
            SessionEvent::TrainingBegins => self.begin_training(),
            SessionEvent::TrainingLine(line) => self.show_training(line),
            SessionEvent::TrainingEnds => self.training().bar.finish_and_clear(),
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
            if asked == Asked::ToStop {
                say("\nstopping after the step under way; the same again stops at once");
            }
        }))
    }

    fn before_end(&self, deed: Deed) -> Guard {
        Guard::of(signals::before_end(deed))
    }

    fn start(&self, command: &mut Command) -> io::Result<Started> {
        let (child, attached) = Attached::spawn(command)?;
        Ok(Started { child, ask_to_stop: Box::new(move || attached.ask_to_stop()) })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.overview.finish_and_clear();
    }
}
