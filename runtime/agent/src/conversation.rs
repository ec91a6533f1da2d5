//! An episode as a conversation: observations are user messages, actions are assistant
//! messages.
//!
//! Each step only appends messages, so a model with a cache computes each token of an
//! episode once. Generated tokens are passed back unchanged.

use runtime_core::agent::Episode;
use runtime_core::model::Generation;
use runtime_core::prompt::{Message, Piece, Role};
use runtime_core::strategy::Feedback;
use runtime_core::trajectory::{TakenStep, Trajectory};

use crate::prompts::{
    ObservationContext, PROPOSAL_TEMPLATES, PromptContext, PromptError, PromptSet, PromptStep,
    PromptTrajectory,
};

/// The prefix of a thought.
pub const THOUGHT: &str = "Thought:";
/// The separator between a thought and its action.
pub const ACTION: &str = "\nAction:";

/// The prefix of the assistant's lines in an example.
const EXAMPLE_ACTION: &str = "> ";

/// The messages before the first action.
pub fn head(prompts: &PromptSet, scene: &PromptContext<'_>) -> Result<Vec<Message>, PromptError> {
    begun(prompts, scene, ["system", "example", "opening"])
}

/// The messages that ask for tests of a program, with the templates of [`PromptSet::proposal`].
pub fn proposal(
    prompts: &PromptSet,
    scene: &PromptContext<'_>,
) -> Result<Vec<Message>, PromptError> {
    begun(prompts, scene, PROPOSAL_TEMPLATES)
}

fn begun(
    prompts: &PromptSet,
    scene: &PromptContext<'_>,
    [system, shown, opening]: [&'static str; 3],
) -> Result<Vec<Message>, PromptError> {
    let mut messages = vec![Message::text(Role::System, prompts.render(system, scene)?)];
    messages.extend(example(&prompts.render(shown, scene)?));
    messages.push(Message::text(Role::User, prompts.render(opening, scene)?));
    Ok(messages)
}

/// An example as messages, one for each run of lines by the same author.
fn example(text: &str) -> Vec<Message> {
    let mut turns: Vec<(Role, String)> = Vec::new();
    for line in text.lines() {
        let (role, line) = match line.strip_prefix(EXAMPLE_ACTION) {
            Some(action) => (Role::Assistant, action),
            None => (Role::User, line),
        };
        match turns.last_mut().filter(|(last, _)| *last == role) {
            Some((_, text)) => *text = format!("{text}\n{line}"),
            None => turns.push((role, line.to_string())),
        }
    }
    turns.into_iter().map(|(role, text)| Message::text(role, text.trim())).collect()
}

/// The template variables of an episode's first message: the task and its memory.
pub fn scene<'a>(
    episode: &Episode<'a>,
    transcript: Option<PromptTrajectory<'a>>,
) -> PromptContext<'a> {
    PromptContext {
        instruction: &episode.task.instruction,
        kind: &episode.task.kind,
        opening: episode.opening,
        trial: episode.seed.trial,
        reflections: episode.memory.reflections().map(|note| note.text.as_str()).collect(),
        transcript,
        dropped_steps: 0,
    }
}

/// The two messages of a step.
pub fn step(
    prompts: &PromptSet,
    instruction: &str,
    step: &TakenStep,
) -> Result<[Message; 2], PromptError> {
    let mut content = Vec::new();
    if let Some(thought) = &step.decision.thought {
        content.extend(thought_pieces(thought));
    }
    content.push(generated(&step.decision.answer));
    let observation = step.outcome.observation.trim();
    let seen = prompts.render("observation", &ObservationContext { observation, instruction })?;
    Ok([Message { role: Role::Assistant, content }, Message::text(Role::User, seen)])
}

/// A thought, followed by the separator after which the model writes the action.
pub fn thought_pieces(thought: &Generation) -> [Piece; 3] {
    [Piece::Text(THOUGHT.into()), generated(thought), Piece::Text(ACTION.into())]
}

fn generated(generation: &Generation) -> Piece {
    Piece::Tokens { ids: generation.text_ids(), text: generation.text.clone() }
}

/// The template variables of a trajectory without its `omitted_steps` oldest steps.
pub fn transcript(
    trajectory: &Trajectory,
    omitted_steps: usize,
    feedback: Feedback,
) -> PromptTrajectory<'_> {
    let shown = trajectory.steps[omitted_steps..].iter().map(|step| PromptStep {
        action: &step.decision.action,
        observation: step.outcome.observation.trim(),
    });
    let steps = shown.collect();
    PromptTrajectory { omitted_steps, steps, verdict: verdict(trajectory, feedback) }
}

/// The sentence about the trial's result that the feedback setting allows.
pub fn verdict(trajectory: &Trajectory, feedback: Feedback) -> String {
    match feedback {
        Feedback::Success if trajectory.succeeded() => "The task was completed.".into(),
        Feedback::Success => "The task was not completed.".into(),
        Feedback::Score => format!(
            "Score: {:.2} of 1.00. Progress: {:.2} of 1.00.",
            trajectory.episode_return(),
            trajectory.progress()
        ),
        Feedback::Text | Feedback::Shown => trajectory.feedback.clone(),
        // A transcript is shown after a trial that was judged a failure.
        Feedback::Own => "You judged that the task was not completed.".into(),
    }
}
