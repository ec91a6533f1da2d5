//! Bars on standard error for whatever takes longer than two seconds.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whether bars are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// Bars where standard error is a terminal.
    Bars,
    /// Nothing.
    Nothing,
}

/// A bar of bytes, for downloads and checks.
pub(crate) fn bytes(show: Show, name: &str) -> ProgressBar {
    let template = "{prefix:<28} {bar:30} {bytes:>10}/{total_bytes:<10} {bytes_per_sec} {msg}";
    bar(show, template).with_prefix(name.to_string())
}

/// A bar of tasks with the success so far.
pub(crate) fn tasks(show: Show, name: &str, tasks: u64) -> ProgressBar {
    let template = "{prefix:<28} {bar:30} {pos:>4}/{len:<4} tasks {elapsed:>4} {msg}";
    let bar = bar(show, template).with_prefix(name.to_string());
    bar.set_length(tasks);
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// A line that says what is under way.
pub(crate) fn phase(show: Show, name: &str) -> ProgressBar {
    let bar = bar(show, "{prefix:<28} {spinner} {elapsed:>4} {msg}").with_prefix(name.to_string());
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

fn bar(show: Show, template: &str) -> ProgressBar {
    let target = match show {
        Show::Bars => ProgressDrawTarget::stderr(),
        Show::Nothing => ProgressDrawTarget::hidden(),
    };
    let style = ProgressStyle::with_template(template).expect("the templates here are right");
    let bar = ProgressBar::no_length().with_style(style.progress_chars("━╸ "));
    bar.set_draw_target(target);
    bar
}
