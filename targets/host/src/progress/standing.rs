//! How the arm under way stands, in words.

use std::time::Duration;

use indicatif::HumanDuration;
use runtime_core::event::{Event, RunEvent};
use runtime_core::model::Retry;
use runtime_core::task::Task;
use runtime_evaluation::interval::Rate;
use runtime_evaluation::listener::{ArmProgress, News};
use runtime_evaluation::table::rate_text;
use serde_json::Value;

use super::stream::{WORDS_COLUMNS, retry_words};
use crate::terminal::line;

/// What is known of the arm under way. Times are of one clock, in microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// Its strategy.
    pub(super) arm: String,
    /// Who plays what.
    pub(super) players: String,
    pub(super) progress: ArmProgress,
    /// Whether several trials of a task are alike, so that trials are counted.
    counts_trials: bool,
    begun_us: u64,
    /// Tasks that were done before.
    done_before: u64,
    /// Generated since it began.
    tokens: u64,
    /// What was done last; empty at the beginning.
    last: String,
    /// Until when endpoints are waited for, and why.
    waits: Vec<(u64, Retry)>,
}

impl Standing {
    /// Takes in what happened.
    pub(super) fn hear(&mut self, news: News<'_>, now_us: u64) {
        match news {
            News::ArmBegins { run, progress, .. } => *self = Self::of(run, progress, now_us),
            News::Event { task, event, step } => self.follow(task, event, step),
            News::Progress(progress) | News::ArmEnds { progress, .. } => self.progress = progress,
            News::Retry(retry) => {
                self.waits.retain(|(until_us, _)| *until_us > now_us);
                let wait_us = u64::try_from(retry.wait.as_micros()).unwrap_or(u64::MAX);
                self.waits.push((now_us.saturating_add(wait_us), retry.clone()));
            }
        }
    }

    /// How many tasks are done, how many of them are solved, how fast it goes, and how long yet.
    pub(super) fn summary(&self, now_us: u64) -> String {
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
            let seconds = seconds / done as f64 * left as f64;
            let left = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
            parts.push(format!("{:#} left", HumanDuration(left)));
        }
        parts.join(", ")
    }

    /// What is waited for, or what was done last.
    pub(super) fn doing(&self, now_us: u64) -> String {
        let mut waits = self.waits.iter().filter(|(until_us, _)| *until_us > now_us);
        let Some((until_us, retry)) = waits.next() else { return self.last.clone() };
        let others = waits.count();
        let others = if others == 0 { String::new() } else { format!(" (and {others} more wait)") };
        let seconds = (until_us - now_us).div_ceil(1_000_000);
        format!("{}{others}", retry_words(retry, seconds))
    }

    /// All of it in a line.
    pub(super) fn line(&self, now_us: u64) -> String {
        let ArmProgress { tasks, tasks_done, .. } = self.progress;
        let (arm, summary, doing) = (&self.arm, self.summary(now_us), self.doing(now_us));
        let doing = if doing.is_empty() { doing } else { format!("; {doing}") };
        format!("{arm}: {tasks_done}/{tasks} tasks, {summary}{doing}")
    }

    fn of(run: &RunEvent, progress: ArmProgress, begun_us: u64) -> Self {
        let settings: Value = serde_json::from_str(&run.settings).unwrap_or_default();
        let world = settings["environment"].as_str().unwrap_or("an environment");
        let split = settings["split"].as_str().map(|split| format!(" {split}"));
        let split = split.unwrap_or_default();
        let (actor, other) = (&run.actor.name, &run.retrospective.name);
        let is_own = run.retrospective == run.actor;
        let reflects = if is_own { String::new() } else { format!(", {other} reflects") };
        Self {
            arm: run.strategy.clone(),
            players: line(&format!("{actor} plays {world}{split}{reflects}"), usize::MAX),
            counts_trials: settings["collection"].is_object(),
            progress,
            begun_us,
            done_before: progress.tasks_done,
            ..Self::default()
        }
    }

    fn follow(&mut self, task: &Task, event: &Event, step: usize) {
        let (what, tokens) = match event {
            Event::Step(taken) => {
                let tokens = taken.calls.iter().map(|call| call.tokens.len()).sum();
                (format!("step {step}: {}", line(&taken.action, WORDS_COLUMNS)), tokens)
            }
            Event::TrialStart(_) => ("begun".to_owned(), 0),
            Event::TrialEnd(end) => (end.ending.name().to_owned(), 0),
            Event::Reflection(written) => ("reflected on".to_owned(), written.call.tokens.len()),
            Event::Judgement(said) => ("judged".to_owned(), said.call.tokens.len()),
            Event::Run(_) | Event::Branch(_) => return,
        };
        self.tokens += tokens as u64;
        let trial = event.key().map_or(0, |key| key.trial);
        self.last = format!("{}, trial {trial}, {what}", line(&task.id, WORDS_COLUMNS));
    }
}

#[cfg(test)]
mod tests {
    use runtime_core::event::{TrialKey, TrialStartEvent};

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn begun() -> Standing {
        let progress = ArmProgress { tasks: 20, tasks_done: 4, ..ArmProgress::default() };
        let (arm, done_before) = ("reflexion".to_owned(), 4);
        Standing { arm, progress, done_before, begun_us: 10 * SECOND, ..Standing::default() }
    }

    #[test]
    fn success_has_its_interval_and_the_time_left_is_of_what_was_done_since() {
        let mut standing = begun();
        let progress =
            ArmProgress { tasks_done: 12, tasks_solved: 7, trials: 31, ..standing.progress };

        standing.hear(News::Progress(progress), 50 * SECOND);

        let line = standing.line(50 * SECOND);
        assert_eq!(line, "reflexion: 12/20 tasks, 58.3 % [32.0, 80.7] solved, 31 trials, 40s left");
    }

    #[test]
    fn a_wait_is_counted_down_and_then_forgotten() {
        let mut standing = begun();
        let (model, reason) = ("m@host".to_owned(), "status 429\u{1b}[2J".to_owned());
        let wait = Duration::from_secs(8);
        let retry = Retry { model, attempt: 2, attempts_max: 7, reason, wait };

        standing.hear(News::Retry(&retry), 20 * SECOND);

        let told = standing.doing(23 * SECOND);
        let expected = "5 s to attempt 2 of 7; m@host gave no answer: status 429\\u{1b}[2J";
        assert_eq!(told, expected);
        assert_eq!(standing.doing(28 * SECOND), "");
    }

    #[test]
    fn what_is_under_way_is_said_without_anything_that_steers_a_terminal() {
        let mut standing = begun();
        let task = Task {
            id: "test/1\u{7}".into(),
            kind: String::new(),
            instruction: String::new(),
            seed: 0,
            limits: runtime_core::task::Limits::default(),
        };
        let key = TrialKey { task: 0, trial: 2 };
        let event = Event::TrialStart(TrialStartEvent { key, opening: String::new() });

        standing.hear(News::Event { task: &task, event: &event, step: 0 }, 0);

        assert_eq!(standing.doing(0), "test/1\\u{7}, trial 2, begun");
    }
}
