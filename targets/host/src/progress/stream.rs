//! What happens in a run, as a person reads it.

use console::{Style, style};
use runtime_core::event::{Event, StepEvent};
use runtime_core::model::Retry;
use runtime_core::task::Task;
use runtime_core::trajectory::Ending;

use crate::terminal::{self, shown};

/// Columns of a task's name before its lines, where several are played at once.
const NAME_COLUMNS: usize = 24;
/// Columns that an action or a reason has at most, in one line with others.
pub(super) const WORDS_COLUMNS: usize = 60;

/// The event in lines of at most so many columns; none of what is no news. Where several tasks
/// are played at once, each line names its own.
pub(super) fn lines(task: &Task, event: &Event, columns: usize, is_alone: bool) -> Vec<String> {
    let prefix = if is_alone {
        String::new()
    } else {
        format!("{} │ ", terminal::line(&task.id, NAME_COLUMNS))
    };
    let room = columns.saturating_sub(prefix.chars().count());
    let mut lines = Vec::new();
    for (how, text) in parts(task, event) {
        for line in terminal::wrapped(shown(&text).trim_end(), room, 0) {
            lines.push(format!("{}{}", style(&prefix).dim(), how.apply_to(line)));
        }
    }
    lines
}

/// How long is waited yet, for which attempt, and why.
pub(super) fn retry_words(retry: &Retry, seconds: u64) -> String {
    let Retry { model, attempt, attempts_max, reason, .. } = retry;
    let reason = terminal::line(reason, WORDS_COLUMNS);
    format!("{seconds} s to attempt {attempt} of {attempts_max}; {model} gave no answer: {reason}")
}

fn parts(task: &Task, event: &Event) -> Vec<(Style, String)> {
    let plain = Style::new;
    match event {
        Event::Run(_) => Vec::new(),
        Event::TrialStart(start) => {
            let head = format!("{}, trial {}", task.id, start.key.trial);
            vec![(plain().bold().underlined(), head), (plain(), start.opening.clone())]
        }
        Event::Step(step) => taken(step),
        Event::TrialEnd(end) if end.ending == Ending::Solved => {
            vec![(plain().green(), "solved\n".into())]
        }
        Event::TrialEnd(end) => {
            vec![(plain().red(), format!("not solved: {}\n", end.ending.name()))]
        }
        Event::Reflection(written) => {
            vec![(plain().cyan(), format!("reflection: {}", written.text))]
        }
        Event::Judgement(said) => {
            let said = if said.completed { "completed" } else { "not completed" };
            vec![(plain().cyan(), format!("judged as {said}"))]
        }
        Event::Branch(branch) => {
            let back = format!("back to trial {}, for another reflection", branch.key.trial);
            vec![(plain().dim(), back)]
        }
    }
}

/// The thought, if any, the action, and what it led to.
fn taken(step: &StepEvent) -> Vec<(Style, String)> {
    let thoughts = step.calls.split_last().map_or(&[][..], |(_, before)| before);
    let thoughts = thoughts.iter().map(|thought| (Style::new().italic(), thought.text.clone()));
    let unread = if step.malformed { "  (no action could be read)" } else { "" };
    let action = (Style::new().bold(), format!("> {}{unread}", step.action.trim()));
    let seen = (Style::new(), step.observation.trim().to_owned());
    thoughts.chain([action, seen]).collect()
}
