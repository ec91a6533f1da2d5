//! Tells whoever sits at the terminal, or reads a log, how a run goes.
//!
//! ```text
//! standard error is a terminal   three lines that change: who plays what, how far, what now
//! it is none                     a line when an arm begins, every ten seconds, and at its end
//! --watch                        what happens as text, on standard output
//! ```

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use console::Term;
use indicatif::ProgressBar;
use runtime_evaluation::listener::News;
use runtime_store::recorder::Clock;
use targets_console::out;

use super::lines::{ENDED, Lines};
use super::standing::Standing;
use super::stream::retry_words;
use super::{BARS, Show, finish, lock, say, stream};
use crate::terminal;

/// Between two lines where there is no terminal, in microseconds.
pub(super) const SILENCE_US: u64 = 10_000_000;
/// A shorter wait is not worth a line.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// What is told beside how a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing.
    Standing,
    /// Everything that happens.
    Events,
}

/// Tells how the arms of a run go.
pub(super) struct Teller {
    clock: Clock,
    show: Show,
    told: Told,
    /// Where the run is written.
    folder: Mutex<PathBuf>,
    /// What the terminal's lines are made of whenever they are drawn.
    standing: Arc<Mutex<Standing>>,
    telling: Mutex<Telling>,
}

/// How the arm under way is told of.
struct Telling {
    bar: ProgressBar,
    /// When a line was written last.
    said_us: u64,
    is_alone: bool,
}

impl Teller {
    /// Tells of what happens from now on.
    pub(super) fn new(clock: Clock, show: Show, told: Told) -> Self {
        let telling = Telling { bar: ProgressBar::hidden(), said_us: 0, is_alone: true };
        let (folder, standing) = (Mutex::default(), Arc::default());
        Self { clock, show, told, folder, standing, telling: Mutex::new(telling) }
    }

    /// Says where what is played next is written.
    pub(super) fn plays_into(&self, folder: &Path) {
        folder.clone_into(&mut lock(&self.folder));
    }

    fn begin(&self, telling: &mut Telling, workers: u32, now_us: u64) {
        telling.is_alone = workers <= 1;
        telling.said_us = now_us;
        telling.bar = self.lines().bar(self.show);
        if telling.bar.is_hidden() {
            say(&self.head());
        }
    }

    fn head(&self) -> String {
        let folder = lock(&self.folder).display().to_string();
        format!("{}, into {}", lock(&self.standing).players, terminal::line(&folder, usize::MAX))
    }

    fn lines(&self) -> Lines {
        let (standing, clock) = (Arc::clone(&self.standing), Arc::clone(&self.clock));
        Lines { head: self.head(), standing, clock }
    }

    fn end(&self, telling: &mut Telling, is_whole: bool, now_us: u64) {
        if telling.bar.is_hidden() {
            // Whoever draws may wait for the standing: it is not held meanwhile.
            let line = lock(&self.standing).line(now_us);
            say(&line);
        }
        telling.bar.set_style(self.lines().style(ENDED));
        finish(&telling.bar, self.show, is_whole);
        telling.bar = ProgressBar::hidden();
    }

    /// A line where there is no terminal, if it is time or `news` are worth one.
    fn due_line(&self, telling: &mut Telling, news: News<'_>, now_us: u64) -> Option<String> {
        let is_due = now_us.saturating_sub(telling.said_us) >= SILENCE_US;
        let line = match news {
            News::Retry(retry) if is_due || retry.wait >= WAIT_MIN => {
                let seconds = retry.wait.as_secs() + u64::from(retry.wait.subsec_nanos() > 0);
                retry_words(retry, seconds)
            }
            News::Progress(_) if is_due => lock(&self.standing).line(now_us),
            _ => return None,
        };
        telling.said_us = now_us;
        Some(line)
    }
}

impl Teller {
    /// Tells of it.
    pub(super) fn hear(&self, news: News<'_>) {
        if self.show == Show::Nothing {
            return;
        }
        let now_us = (self.clock)();
        lock(&self.standing).hear(news, now_us);
        let mut telling = lock(&self.telling);
        match news {
            News::ArmBegins { workers, .. } => self.begin(&mut telling, workers, now_us),
            News::ArmEnds { is_whole, .. } => self.end(&mut telling, is_whole, now_us),
            News::Event { task, event, .. } if self.told == Told::Events => {
                let columns = terminal::columns(&Term::stdout());
                let mut text = String::new();
                for line in stream::lines(task, event, columns, telling.is_alone) {
                    // Writing to a string cannot fail.
                    let _ = writeln!(text, "{line}");
                }
                // Standard output never fails, either.
                BARS.suspend(|| out().write_all(text.as_bytes())).unwrap_or_default();
            }
            News::Event { .. } => {}
            News::Progress(progress) => telling.bar.set_position(progress.tasks_done),
            News::Retry(_) => telling.bar.tick(),
        }
        if telling.bar.is_hidden()
            && let Some(line) = self.due_line(&mut telling, news, now_us)
        {
            say(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime_core::model::Retry;
    use runtime_evaluation::listener::ArmProgress;

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn said(news: News<'_>, now_us: u64) -> bool {
        let teller = Teller::new(Arc::new(|| 0), Show::Bars, Told::Standing);
        let telling = &mut *lock(&teller.telling);
        teller.due_line(telling, news, now_us).is_some()
            && teller.due_line(telling, news, now_us + SECOND).is_none()
    }

    #[test]
    fn without_a_terminal_there_is_a_line_every_ten_seconds() {
        let progress = News::Progress(ArmProgress::default());

        assert!(!said(progress, 9 * SECOND));
        assert!(said(progress, 10 * SECOND));
    }

    #[test]
    fn short_waits_are_not_worth_a_line_each() {
        let retry = |milliseconds| Retry {
            model: "m@host".into(),
            attempt: 2,
            attempts_max: 7,
            reason: "busy".into(),
            wait: Duration::from_millis(milliseconds),
        };

        assert!(!said(News::Retry(&retry(3)), SECOND));
        assert!(said(News::Retry(&retry(3)), 10 * SECOND));
        let teller = Teller::new(Arc::new(|| 0), Show::Bars, Told::Standing);
        let telling = &mut *lock(&teller.telling);
        assert!(teller.due_line(telling, News::Retry(&retry(1000)), SECOND).is_some());
    }
}
