//! Bars on standard error for whatever takes longer than two seconds.

mod standing;
mod stream;
mod teller;

use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use targets_console::errln;

pub(crate) use teller::{SILENCE_US, Teller, Told};

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
pub(crate) fn finish(bar: &ProgressBar, show: Show, is_whole: bool) {
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
pub(crate) fn overview(show: Show) -> ProgressBar {
    let bar = bar(show, "{msg}\n{elapsed_precise}");
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

/// Writes a line to standard error, over the bars.
pub(crate) fn say(line: &str) {
    BARS.suspend(|| errln!("{line}"));
}

/// A foreign text as it may stand in a line: what would steer a terminal, or hide in it, is
/// written out.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            other => shown.extend(other.escape_debug()),
        }
    }
    shown
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_cannot_hide_what_it_says() {
        assert_eq!(printable("sh -c 'echo \"é\"'"), "sh -c 'echo \"é\"'");
        assert_eq!(printable("a\u{1b}[2K\rb\n\u{202e}c"), "a\\u{1b}[2K\\rb\\n\\u{202e}c");
    }

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
