//! The lines of a session's log, limited to the important events.
//!
//! ```text
//! an arm      a line when it begins, every ten seconds, and at its end
//! attempts    a line every ten seconds, and when none is missing
//! a wait      one where it is a second or longer
//! a training  the trainer's last line, every ten seconds
//! ```

use std::time::Duration;

use runtime_evaluation::listener::News;

use super::status::{ArmStatus, retry_words};
use crate::program::SessionEvent;

/// Interval between two progress lines, in microseconds.
const SILENCE_US: u64 = 10_000_000;
/// Least wait that gets a line.
const WAIT_MIN: Duration = Duration::from_secs(1);

/// Selects the events that get a line.
#[derive(Debug, Default)]
pub struct Journal {
    /// When the last progress line was written, in microseconds.
    told_us: u64,
}

impl Journal {
    /// The line of an event, if it gets one; the status must be updated before.
    pub fn line(
        &mut self,
        event: SessionEvent<'_>,
        standing: &ArmStatus,
        now_us: u64,
    ) -> Option<String> {
        match event {
            SessionEvent::Note(text) => Some(text.to_owned()),
            SessionEvent::Warning(text) => Some(format!("warning: {text}")),
            SessionEvent::Round(state) => Some(state.progress()),
            SessionEvent::Attempts(progress)
                if self.is_due(now_us) || progress.done == progress.problems =>
            {
                self.told_us = now_us;
                Some(progress.line())
            }
            SessionEvent::Proposals(progress)
                if self.is_due(now_us) || progress.done == progress.problems =>
            {
                self.told_us = now_us;
                Some(progress.line())
            }
            SessionEvent::TrainingBegins => {
                self.told_us = now_us;
                None
            }
            SessionEvent::TrainingLine(line) if self.is_due(now_us) => {
                self.told_us = now_us;
                Some(format!("training: {line}"))
            }
            SessionEvent::Arm(news) => {
                let line = self.line_of_arm(news, standing, now_us)?;
                self.told_us = now_us;
                Some(line)
            }
            SessionEvent::Resumable(_)
            | SessionEvent::Folder(_)
            | SessionEvent::Attempts(_)
            | SessionEvent::Proposals(_)
            | SessionEvent::TrainingLine(_)
            | SessionEvent::TrainingEnds => None,
        }
    }

    fn line_of_arm(&self, news: News<'_>, standing: &ArmStatus, now_us: u64) -> Option<String> {
        match news {
            News::ArmBegins { .. } => Some(standing.head()),
            News::Retry(retry) if self.is_due(now_us) || retry.wait >= WAIT_MIN => {
                let seconds = retry.wait.as_secs() + u64::from(retry.wait.subsec_nanos() > 0);
                Some(retry_words(retry, seconds))
            }
            News::Progress(_) if self.is_due(now_us) => Some(standing.line(now_us)),
            News::ArmEnds { .. } => Some(standing.line(now_us)),
            News::Event { .. } | News::Progress(_) | News::Retry(_) => None,
        }
    }

    fn is_due(&self, now_us: u64) -> bool {
        now_us.saturating_sub(self.told_us) >= SILENCE_US
    }
}

#[cfg(test)]
mod tests {
    use runtime_core::model::Retry;
    use runtime_evaluation::listener::ArmProgress;

    use super::*;

    const SECOND: u64 = 1_000_000;

    /// Whether it is worth a line then, and none a second later.
    fn told(event: SessionEvent<'_>, now_us: u64) -> bool {
        let (mut journal, standing) = (Journal::default(), ArmStatus::default());
        journal.line(event, &standing, now_us).is_some()
            && journal.line(event, &standing, now_us + SECOND).is_none()
    }

    #[test]
    fn what_goes_on_is_worth_a_line_every_ten_seconds() {
        let progress = SessionEvent::Arm(News::Progress(ArmProgress::default()));

        for event in [progress, SessionEvent::TrainingLine("step 3")] {
            assert!(!told(event, 9 * SECOND), "{event:?}");
            assert!(told(event, 10 * SECOND), "{event:?}");
        }
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
        let (short, long) = (retry(3), retry(1000));
        let [short, long] = [&short, &long].map(|retry| SessionEvent::Arm(News::Retry(retry)));

        assert!(!told(short, SECOND));
        assert!(told(short, 10 * SECOND));
        let (mut journal, standing) = (Journal::default(), ArmStatus::default());
        assert!(journal.line(long, &standing, SECOND).is_some());
    }

    #[test]
    fn what_a_person_should_know_is_told_at_once() {
        let (mut journal, standing) = (Journal::default(), ArmStatus::default());

        let told = journal.line(SessionEvent::Warning("the disk is full"), &standing, 0);

        assert_eq!(told.as_deref(), Some("warning: the disk is full"));
    }
}
