//! Bars on standard error for whatever takes longer than two seconds.

mod bars;
mod preparing;
mod terminal;

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use runtime_session::program::Surroundings;
use targets_console::{errln, signals};

pub(crate) use preparing::preparing;
pub(crate) use terminal::Detail;
use terminal::Terminal;

/// All of them, the oldest at the top. Nothing is drawn where standard error is no terminal.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Whether bars are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// Bars where standard error is a terminal.
    Bars,
    /// The same below an overview: one that is full makes room.
    BelowOverview,
    /// Nothing.
    Nothing,
}

/// A bar of bytes, for downloads and checks.
pub(crate) fn bytes(show: Show, name: &str) -> ProgressBar {
    let template = "{prefix:<28} {bar:30} {bytes:>10}/{total_bytes:<10} {bytes_per_sec} {msg}";
    bar(show, template).with_prefix(name.to_string())
}

/// Ends a bar of tasks: full where all of them are done, otherwise where it stands.
fn finish(bar: &ProgressBar, show: Show, is_whole: bool) {
    match show {
        Show::BelowOverview => bar.finish_and_clear(),
        Show::Bars | Show::Nothing if is_whole => bar.finish(),
        Show::Bars | Show::Nothing => bar.abandon(),
    }
}

/// A line that says what is under way.
pub(crate) fn phase(show: Show, name: &str) -> ProgressBar {
    let bar = bar(show, "{prefix:<28} {spinner} {elapsed:>4} {msg}").with_prefix(name.to_string());
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// Lines over the bars of what is under way, with the time since it began below them.
fn overview(show: Show) -> ProgressBar {
    let bar = bar(show, "{msg}\n{elapsed_precise}");
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

/// Writes a text to standard error, over the bars; it cannot steer the terminal.
pub(crate) fn say(text: &str) {
    BARS.suspend(|| errln!("{text}"));
}

/// A session on this terminal, which is stopped by signals.
#[allow(clippy::disallowed_methods, reason = "this is where the clock comes from")]
pub(crate) fn surroundings(show: Show, told: Detail) -> Surroundings {
    let start = Instant::now();
    let clock = move || u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let clock = Arc::new(clock);
    let program = Arc::new(Terminal::new(clock.clone(), show, told));
    Surroundings { program, stop: signals::stop(), clock }
}

/// The same where nothing is shown but what a person should know.
pub(crate) fn notes() -> Surroundings {
    surroundings(Show::Nothing, Detail::Progress)
}

fn bar(show: Show, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).expect("the templates here are right");
    let bar = ProgressBar::no_length().with_style(style.progress_chars("━╸ "));
    match show {
        Show::Bars | Show::BelowOverview => BARS.add(bar),
        Show::Nothing => {
            bar.set_draw_target(ProgressDrawTarget::hidden());
            bar
        }
    }
}

/// Whoever panicked left it whole: each change is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_of_tasks_is_full_only_when_all_are_done() {
        let ended_at = |is_whole| {
            let bar = ProgressBar::hidden();
            bar.set_length(50);
            bar.set_position(12);
            finish(&bar, Show::Bars, is_whole);
            bar.position()
        };

        assert_eq!((ended_at(false), ended_at(true)), (12, 50));
    }
}
