//! The bars of a session: how its arm, its training and its loop stand, drawn anew at each tick.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use runtime_evaluation::listener::News;
use runtime_session::program::SessionEvent;
use runtime_session::telling::ArmStatus;
use runtime_store::recorder::Clock;
use targets_console::{errors, terminal};

use super::{Show, bar, finish, lock, overview, phase};

/// How often they are drawn anew.
const TICK: Duration = Duration::from_millis(500);
/// Columns of a line before the summary of an arm that is over.
const BEFORE_SUMMARY: usize = 40;

const UNDER_WAY: &str =
    "{head}\n{prefix:<16} {bar:30} {pos}/{len} tasks {elapsed:>4}\n{summary}\n{doing}";
/// The problems of an introspection.
const ATTEMPTS: &str = "{bar:30} {pos}/{len} problems {elapsed:>4}  {msg}";
/// What stays of an arm that is over.
const ENDED: &str = "{prefix:<16} {pos:>4}/{len:<4} tasks {elapsed:>4}  {short}";

/// Bars that follow what happens.
pub(super) struct Bars {
    show: Show,
    clock: Clock,
    /// What the arm's lines are made of whenever they are drawn. Whoever draws waits for it: it is
    /// not held while a bar is changed.
    standing: Arc<Mutex<ArmStatus>>,
    /// The loop so far, above the bars of its phases.
    overview: ProgressBar,
    training: ProgressBar,
    arm: ProgressBar,
    /// The problems of an introspection, while they are attempted.
    attempts: Option<ProgressBar>,
}

impl Bars {
    /// Bars of what happens from now on, which the standing hears of first.
    pub(super) fn new(show: Show, clock: Clock, standing: Arc<Mutex<ArmStatus>>) -> Self {
        let overview = match show {
            Show::BelowOverview => overview(show),
            Show::Bars | Show::Nothing => ProgressBar::hidden(),
        };
        let (training, arm) = (ProgressBar::hidden(), ProgressBar::hidden());
        Self { show, clock, standing, overview, training, arm, attempts: None }
    }

    /// Shows what happened.
    pub(super) fn hear(&mut self, event: SessionEvent<'_>) {
        match event {
            SessionEvent::Round(state) => {
                self.overview.set_message(format!("{}{}", state.text(), state.progress()));
            }
            SessionEvent::Attempts(progress) => {
                self.attempted((progress.done, progress.problems), progress.counts());
            }
            SessionEvent::Proposals(progress) => {
                self.attempted((progress.done, progress.problems), progress.counts());
            }
            SessionEvent::TrainingBegins => self.training = phase(self.show, "training"),
            SessionEvent::TrainingLine(line) => {
                self.training.set_message(terminal::line(line, usize::MAX));
            }
            SessionEvent::TrainingEnds => self.training.finish_and_clear(),
            SessionEvent::Arm(News::ArmBegins { .. }) => self.arm = self.begun(),
            SessionEvent::Arm(News::Progress(progress)) => {
                self.arm.set_position(progress.tasks_done);
            }
            SessionEvent::Arm(News::Retry(_)) => self.arm.tick(),
            SessionEvent::Arm(News::ArmEnds { is_whole, .. }) => {
                self.arm.set_style(self.style(ENDED));
                finish(&self.arm, self.show, is_whole);
            }
            _ => {}
        }
    }

    /// Shows how far attempts or proposals are, and leaves the line once none is missing.
    fn attempted(&mut self, (done, problems): (u64, u64), counts: String) {
        let show = self.show;
        let attempts = self.attempts.get_or_insert_with(|| bar(show, ATTEMPTS));
        attempts.set_length(problems);
        attempts.set_position(done);
        attempts.set_message(counts);
        if done == problems {
            finish(attempts, show, true);
            self.attempts = None;
        }
    }

    /// The lines of an arm that begins.
    fn begun(&self) -> ProgressBar {
        let standing = lock(&self.standing).clone();
        let bar = bar(self.show, ENDED).with_prefix(standing.arm);
        bar.set_style(self.style(UNDER_WAY));
        bar.set_length(standing.progress.tasks);
        bar.set_position(standing.progress.tasks_done);
        bar.enable_steady_tick(TICK);
        bar
    }

    /// A template whose keys are filled in from the standing.
    fn style(&self, template: &str) -> ProgressStyle {
        let key = |words: fn(&ArmStatus, u64) -> String, before: usize| {
            let (standing, now) = (Arc::clone(&self.standing), Arc::clone(&self.clock));
            move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                let text = words(&lock(&standing), now());
                // What cannot be drawn now is drawn at the next tick.
                let _ = out.write_str(&drawn(&text, before));
            }
        };
        let style = ProgressStyle::with_template(template).expect("the templates here are right");
        style
            .progress_chars("━╸ ")
            .with_key("head", key(|standing, _| standing.head(), 0))
            .with_key("summary", key(ArmStatus::summary, 0))
            .with_key("short", key(ArmStatus::summary, BEFORE_SUMMARY))
            .with_key("doing", key(ArmStatus::doing, 0))
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.overview.finish_and_clear();
    }
}

/// What is drawn of a text behind so many columns.
fn drawn(text: &str, before: usize) -> String {
    terminal::line(text, terminal::columns(errors()).saturating_sub(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_cannot_steer_the_terminal() {
        assert_eq!(drawn("test/1\u{7}, trial 2\u{1b}[2J", 0), "test/1\\u0007, trial 2\\u001b[2J");
    }
}
