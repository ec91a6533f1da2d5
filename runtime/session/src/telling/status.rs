//! The status of the current arm.

use std::path::PathBuf;

use runtime_core::event::{Event, RunEvent};
use runtime_core::model::Retry;
use runtime_core::task::Task;
use runtime_evaluation::interval::Rate;
use runtime_evaluation::listener::{ArmProgress, News};
use runtime_evaluation::table::rate_text;
use serde_json::Value;

use crate::program::SessionEvent;
use crate::words::{one_line, roughly};

/// Greatest number of characters of an action or a reason in a line.
const WORDS_MAX: usize = 60;

/// The status of the current arm. Times are of one clock, in microseconds.
#[derive(Clone, Debug, Default)]
pub struct ArmStatus {
    /// Its strategy.
    pub arm: String,
    /// Its progress.
    pub progress: ArmProgress,
    /// Number of tasks played in parallel.
    pub workers: u32,
    /// A description of the models and tasks.
    players: String,
    /// The run's folder.
    folder: PathBuf,
    /// Whether to count trials instead of tasks, as in collections.
    counts_trials: bool,
    begun_us: u64,
    /// Number of tasks finished before this session.
    done_before: u64,
    /// Number of tokens generated in this session.
    tokens: u64,
    /// The last action; empty at the beginning.
    last: String,
    /// The ends of waits for endpoints, with their reasons.
    waits: Vec<(u64, Retry)>,
}

impl ArmStatus {
    /// Updates the status by an event.
    pub fn hear(&mut self, event: SessionEvent<'_>, now_us: u64) {
        match event {
            SessionEvent::Folder(folder) => folder.clone_into(&mut self.folder),
            SessionEvent::Arm(news) => self.follow(news, now_us),
            _ => {}
        }
    }

    /// The line with models, tasks and the run's folder.
    pub fn head(&self) -> String {
        let folder = one_line(&self.folder.display().to_string(), usize::MAX);
        format!("{}, into {folder}", self.players)
    }

    /// The line with the numbers of finished and solved tasks, the speed and the remaining time.
    pub fn summary(&self, now_us: u64) -> String {
        let progress = &self.progress;
        let (solved, of) = if self.counts_trials {
            (progress.trials_solved, progress.trials)
        } else {
            (progress.tasks_solved, progress.tasks_done)
        };
        let mut parts = Vec::new();
        if of > 0 {
            let of_what = if self.counts_trials { "of trials " } else { "" };
            parts.push(format!("{} {of_what}solved", rate_text(&Rate::new(solved, of))));
        }
        parts.push(format!("{} trials", progress.trials));
        let seconds = now_us.saturating_sub(self.begun_us) as f64 / 1e6;
        if self.tokens > 0 && seconds > 0.0 {
            parts.push(format!("{:.0} tokens/s", self.tokens as f64 / seconds));
        }
        let done = progress.tasks_done.saturating_sub(self.done_before);
        let left = progress.tasks.saturating_sub(progress.tasks_done);
        if done > 0 && left > 0 {
            parts.push(format!("{} left", roughly(seconds / done as f64 * left as f64)));
        }
        parts.join(", ")
    }

    /// The line with the current wait or the last action.
    pub fn doing(&self, now_us: u64) -> String {
        let mut waits = self.waits.iter().filter(|(until_us, _)| *until_us > now_us);
        let Some((until_us, retry)) = waits.next() else { return self.last.clone() };
        let others = waits.count();
        let others = if others == 0 { String::new() } else { format!(" (and {others} more wait)") };
        let seconds = (until_us - now_us).div_ceil(1_000_000);
        format!("{}{others}", retry_words(retry, seconds))
    }

    /// The whole status in one line.
    pub fn line(&self, now_us: u64) -> String {
        let ArmProgress { tasks, tasks_done, .. } = self.progress;
        let (arm, summary, doing) = (&self.arm, self.summary(now_us), self.doing(now_us));
        let doing = if doing.is_empty() { doing } else { format!("; {doing}") };
        format!("{arm}: {tasks_done}/{tasks} tasks, {summary}{doing}")
    }

    fn follow(&mut self, news: News<'_>, now_us: u64) {
        match news {
            News::ArmBegins { run, progress, workers } => {
                let folder = std::mem::take(&mut self.folder);
                let begun = Self { folder, progress, workers, begun_us: now_us, ..Self::of(run) };
                *self = Self { done_before: progress.tasks_done, ..begun };
            }
            News::Event { task, event, step } => self.take_in(task, event, step),
            News::Progress(progress) | News::ArmEnds { progress, .. } => self.progress = progress,
            News::Retry(retry) => {
                self.waits.retain(|(until_us, _)| *until_us > now_us);
                let wait_us = u64::try_from(retry.wait.as_micros()).unwrap_or(u64::MAX);
                self.waits.push((now_us.saturating_add(wait_us), retry.clone()));
            }
        }
    }

    fn of(run: &RunEvent) -> Self {
        let settings: Value = serde_json::from_str(&run.settings).unwrap_or_default();
        let world = settings["environment"].as_str().unwrap_or("an environment");
        let split = settings["split"].as_str().map(|split| format!(" {split}"));
        let split = split.unwrap_or_default();
        let (actor, other) = (&run.actor.name, &run.retrospective.name);
        let is_own = run.retrospective == run.actor;
        let reflects = if is_own { String::new() } else { format!(", {other} reflects") };
        let players = one_line(&format!("{actor} plays {world}{split}{reflects}"), usize::MAX);
        let counts_trials = settings["collection"].is_object();
        Self { arm: run.strategy.clone(), players, counts_trials, ..Self::default() }
    }

    fn take_in(&mut self, task: &Task, event: &Event, step: usize) {
        let (what, tokens) = match event {
            Event::Step(taken) => {
                let tokens = taken.calls.iter().map(|call| call.tokens.len()).sum();
                (format!("step {step}: {}", one_line(&taken.action, WORDS_MAX)), tokens)
            }
            Event::TrialStart(_) => ("begun".to_owned(), 0),
            Event::TrialEnd(end) => (end.ending.name().to_owned(), 0),
            Event::Reflection(written) => ("reflected on".to_owned(), written.call.tokens.len()),
            Event::Judgement(said) => ("judged".to_owned(), said.call.tokens.len()),
            Event::Run(_) | Event::Branch(_) => return,
        };
        self.tokens += tokens as u64;
        let trial = event.key().map_or(0, |key| key.trial);
        self.last = format!("{}, trial {trial}, {what}", one_line(&task.id, WORDS_MAX));
    }
}

/// The remaining wait, the next attempt and the reason, as text.
pub(super) fn retry_words(retry: &Retry, seconds: u64) -> String {
    let Retry { model, attempt, attempts_max, reason, .. } = retry;
    let reason = one_line(reason, WORDS_MAX);
    format!("{seconds} s to attempt {attempt} of {attempts_max}; {model} gave no answer: {reason}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn begun() -> ArmStatus {
        let progress = ArmProgress { tasks: 20, tasks_done: 4, ..ArmProgress::default() };
        let (arm, done_before) = ("reflexion".to_owned(), 4);
        ArmStatus { arm, progress, done_before, begun_us: 10 * SECOND, ..ArmStatus::default() }
    }

    #[test]
    fn success_has_its_interval_and_the_time_left_is_of_what_was_done_since() {
        let mut standing = begun();
        let progress =
            ArmProgress { tasks_done: 12, tasks_solved: 7, trials: 31, ..standing.progress };

        standing.hear(SessionEvent::Arm(News::Progress(progress)), 50 * SECOND);

        let line = standing.line(50 * SECOND);
        assert_eq!(line, "reflexion: 12/20 tasks, 58.3 % [32.0, 80.7] solved, 31 trials, 40s left");
    }

    #[test]
    fn a_wait_is_counted_down_and_then_forgotten() {
        let mut standing = begun();
        let (model, reason) = ("m@host".to_owned(), "status 429\nslow down".to_owned());
        let wait = Duration::from_secs(8);
        let retry = Retry { model, attempt: 2, attempts_max: 7, reason, wait };

        standing.hear(SessionEvent::Arm(News::Retry(&retry)), 20 * SECOND);

        let told = standing.doing(23 * SECOND);
        assert_eq!(told, "5 s to attempt 2 of 7; m@host gave no answer: status 429 slow down");
        assert_eq!(standing.doing(28 * SECOND), "");
    }
}
