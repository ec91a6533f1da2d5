//! The lines of a terminal: how the arm under way stands, drawn anew at each tick.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use runtime_store::recorder::Clock;

use super::standing::Standing;
use super::{Show, bar, lock};
use crate::terminal;

/// How often they are drawn anew.
const TICK: Duration = Duration::from_millis(500);
/// Columns of a line before the summary of an arm that is over.
const BEFORE_SUMMARY: usize = 40;

const UNDER_WAY: &str =
    "{head}\n{prefix:<16} {bar:30} {pos}/{len} tasks {elapsed:>4}\n{summary}\n{doing}";
/// What stays of an arm that is over.
pub(super) const ENDED: &str = "{prefix:<16} {pos:>4}/{len:<4} tasks {elapsed:>4}  {short}";

/// What the lines are made of.
pub(super) struct Lines {
    /// Who plays what, and where it is written.
    pub(super) head: String,
    pub(super) standing: Arc<Mutex<Standing>>,
    pub(super) clock: Clock,
}

impl Lines {
    /// The lines of the arm under way.
    pub(super) fn bar(self, show: Show) -> ProgressBar {
        let standing = lock(&self.standing).clone();
        let bar = bar(show, ENDED).with_prefix(standing.arm.clone());
        bar.set_style(self.style(UNDER_WAY));
        bar.set_length(standing.progress.tasks);
        bar.set_position(standing.progress.tasks_done);
        bar.enable_steady_tick(TICK);
        bar
    }

    /// A template whose keys are filled in from the standing.
    pub(super) fn style(self, template: &str) -> ProgressStyle {
        let Self { head, standing, clock: now } = self;
        let key = |words: fn(&Standing, u64) -> String, before: usize| {
            let (standing, now) = (Arc::clone(&standing), Arc::clone(&now));
            move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
                let text = words(&lock(&standing), now());
                let columns = terminal::columns(&Term::stderr()).saturating_sub(before);
                // What cannot be drawn now is drawn at the next tick.
                let _ = out.write_str(&terminal::line(&text, columns));
            }
        };
        let head = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = out.write_str(&terminal::line(&head, terminal::columns(&Term::stderr())));
        };
        let style = ProgressStyle::with_template(template).expect("the templates here are right");
        let style = style.progress_chars("━╸ ");
        style
            .with_key("head", head)
            .with_key("summary", key(Standing::summary, 0))
            .with_key("short", key(Standing::summary, BEFORE_SUMMARY))
            .with_key("doing", key(Standing::doing, 0))
    }
}
