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
        Event::TrialEnd(end) if end.ending == Ending::Broken => {
            one(Tone::Bad, format!("broken off: {}", end.feedback))
        }
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

#[cfg(test)]
mod tests {
    use runtime_core::event::{BranchEvent, TrialKey};
    use runtime_core::task::Limits;

    use super::*;

    const KEY: TrialKey = TrialKey { task: 0, trial: 2 };

    fn told(event: &Event) -> Vec<(Tone, String)> {
        let task = Task {
            id: "test/1".into(),
            kind: String::new(),
            instruction: String::new(),
            seed: 0,
            limits: Limits::default(),
        };
        let paragraphs = paragraphs(&task, event).into_iter();
        paragraphs.map(|Paragraph { tone, text, .. }| (tone, text)).collect()
    }

    #[test]
    fn a_step_is_its_action_and_what_it_led_to() {
        let step = StepEvent {
            key: KEY,
            action: " open door\n".into(),
            malformed: true,
            dropped_steps: 0,
            calls: Vec::new(),
            observation: "It is locked.\n".into(),
            reward: 0.0,
            progress: 0.0,
            done: false,
            environment_us: 0,
            grounded: None,
        };

        let [action, seen] = &told(&Event::Step(step))[..] else { panic!("two are expected") };

        let unread = "> open door  (no action could be read)".to_owned();
        assert_eq!(*action, (Tone::Strong, unread));
        assert_eq!(*seen, (Tone::Plain, "It is locked.".to_owned()));
    }

    #[test]
    fn a_branch_says_where_it_begins() {
        let [branch] = &told(&Event::Branch(BranchEvent { key: KEY }))[..] else {
            panic!("one is expected")
        };

        assert_eq!(*branch, (Tone::Aside, "back to trial 2, for another reflection".to_owned()));
    }
}
