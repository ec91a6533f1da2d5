//! An event of a run as paragraphs of text.

use runtime_core::event::{Event, StepEvent};
use runtime_core::task::Task;
use runtime_core::trajectory::Ending;
use runtime_evaluation::transcript::{Paragraph, Tone};

/// The paragraphs of an event, without labels; empty for events that are not shown.
pub fn paragraphs(task: &Task, event: &Event) -> Vec<Paragraph> {
    let one = |tone, text: String| vec![told(tone, text)];
    match event {
        Event::Run(_) => Vec::new(),
        Event::TrialStart(start) => {
            let head = format!("{}, trial {}", task.id, start.key.trial);
            vec![told(Tone::Heading, head), told(Tone::Plain, start.opening.clone())]
        }
        Event::Step(step) => taken(step),
        Event::TrialEnd(end) if end.ending == Ending::Solved => one(Tone::Good, "solved".into()),
        Event::TrialEnd(end) => one(Tone::Bad, format!("not solved: {}", end.ending.name())),
        Event::Reflection(written) => one(Tone::Advice, format!("reflection: {}", written.text)),
        Event::Judgement(said) => {
            let said = if said.completed { "completed" } else { "not completed" };
            one(Tone::Advice, format!("judged as {said}"))
        }
        Event::Branch(branch) => {
            let trial = branch.key.trial;
            one(Tone::Aside, format!("back to trial {trial}, for another reflection"))
        }
    }
}

/// The thought, if any, the action and the observation.
fn taken(step: &StepEvent) -> Vec<Paragraph> {
    let thoughts = step.calls.split_last().map_or(&[][..], |(_, before)| before);
    let thoughts = thoughts.iter().map(|thought| told(Tone::Thought, thought.text.clone()));
    let unread = if step.malformed { "  (no action could be read)" } else { "" };
    let action = told(Tone::Strong, format!("> {}{unread}", step.action.trim()));
    let seen = told(Tone::Plain, step.observation.trim().to_owned());
    thoughts.chain([action, seen]).collect()
}

fn told(tone: Tone, text: String) -> Paragraph {
    Paragraph { label: None, tone, text }
}
