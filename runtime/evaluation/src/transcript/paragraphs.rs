//! Transcripts as paragraphs of text, independent of their layout.

use runtime_core::history::RunHistory;
use serde_json::Value;

use super::{
    AnswerView, PromptView, ShownReflection, ShownStep, Transcript, TrialMemory, TrialResult,
};
use crate::results::cost::CostResults;

/// A paragraph with its style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// The label before it, which may be empty; `None` for a paragraph of the whole width.
    pub label: Option<&'static str>,
    /// The style.
    pub tone: Tone,
    /// The text, in which text of models and worlds is unchanged. An empty one is not shown.
    pub text: String,
}

/// The style of a paragraph by its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// An empty line.
    Gap,
    /// The head of a trial.
    Heading,
    /// Emphasized text.
    Strong,
    /// Ordinary text.
    Plain,
    /// Memory of other trials.
    Advice,
    /// A thought of the agent.
    Thought,
    /// A remark.
    Aside,
    /// A success.
    Good,
    /// A failure.
    Bad,
    /// A prompt's text.
    Prompt,
}

/// The paragraphs of the trials of an arm's task with index `place`, with a remark if the run
/// has other arms. Either all prompts are complete, or only the first one.
pub fn paragraphs(
    (history, is_one_of_several): (&RunHistory, bool),
    place: usize,
    trials: &[Transcript],
    prompts: bool,
) -> Vec<Paragraph> {
    let mut page = Page { paragraphs: Vec::new(), notes: Vec::new(), prompts };
    page.task(history, place, is_one_of_several);
    for trial in trials {
        page.trial(trial);
    }
    page.gap();
    for note in std::mem::take(&mut page.notes) {
        page.text(Tone::Aside, note);
    }
    page.paragraphs
}

struct Page {
    paragraphs: Vec<Paragraph>,
    /// Notes at the end, without duplicates.
    notes: Vec<String>,
    /// Whether all prompts are complete.
    prompts: bool,
}

impl Page {
    /// Adds the heading: the task and the arm.
    fn task(&mut self, history: &RunHistory, place: usize, is_one_of_several: bool) {
        let run = &history.run;
        let Some(task) = run.tasks.get(place) else { return };
        self.text(Tone::Strong, format!("task {} of {}: {}", place + 1, run.tasks.len(), task.id));
        self.text(Tone::Plain, task.instruction.clone());
        if is_one_of_several {
            self.notes.push(format!("This is the arm {}; --arm chooses another.", run.strategy));
        }
        let settings: Value = serde_json::from_str(&run.settings).unwrap_or_default();
        self.notes.push(format!(
            "p: how likely an answer's tokens were together in the distribution that they were \
             drawn from, after mask, temperature {} and top_p {}; tokens that were left no choice \
             are not counted.",
            settings["temperature"], settings["top_p"]
        ));
    }

    /// Adds a trial, from its memory to the reflections on it.
    fn trial(&mut self, found: &Transcript) {
        let of_group = found.member.map(|member| format!(", next trial {member} of its group"));
        let (trial, arm) = (found.trial, &found.arm);
        let head = format!("trial {trial}{}, {arm}", of_group.unwrap_or_default());
        self.gap();
        self.text(Tone::Heading, head);
        self.memory(&found.memory, trial);
        self.part("observation", Tone::Plain, &found.opening);
        let mut is_first = true;
        for (step, number) in found.steps.iter().zip(1..) {
            self.step(step, number, &mut is_first);
        }
        self.gap();
        match &found.result {
            Some(result) => self.result(result, found.steps.len()),
            None => self.part("result", Tone::Plain, "under way, or it was when the run stopped"),
        }
        if let Some(judgement) = &found.judgement {
            let said = if judgement.completed { "completed" } else { "not completed" };
            self.prompt(&judgement.answer.prompt, false);
            self.part("judgement", Tone::Plain, said);
        }
        self.part("took", Tone::Plain, &took(&found.acting));
        found.reflections.iter().for_each(|reflection| self.reflection(reflection));
        for note in &found.notes {
            if !self.notes.contains(note) {
                self.notes.push(note.clone());
            }
        }
    }

    fn memory(&mut self, memory: &TrialMemory, trial: u32) {
        let mut parts = Vec::new();
        parts.extend(memory.attempt.map(|attempt| format!("what happened in trial {attempt}")));
        parts.extend(memory.reflections.iter().map(|reflection| format!("- {reflection}")));
        if parts.is_empty() {
            let nothing = if trial == 1 { "nothing: it is the first" } else { "nothing" };
            parts.push(nothing.into());
        }
        self.part("was told", Tone::Advice, &parts.join("\n"));
    }

    fn step(&mut self, step: &ShownStep, number: u32, is_first: &mut bool) {
        self.gap();
        self.text(Tone::Strong, format!("step {number}"));
        if step.dropped_steps > 0 {
            let dropped = format!("{} older steps are no longer in it", step.dropped_steps);
            self.part("prompt", Tone::Plain, &dropped);
        }
        if let Some(thought) = &step.thought {
            self.prompt(&thought.prompt, std::mem::take(is_first));
            self.part("thought", Tone::Thought, thought.text.trim());
            self.part("", Tone::Aside, &manner(thought));
        }
        self.prompt(&step.answer.prompt, std::mem::take(is_first));
        if let Some(admissible) = &step.admissible {
            self.part("admissible", Tone::Aside, &admissible.join(" · "));
        }
        let unread = if step.malformed { " (no action could be read)" } else { "" };
        self.part("action", Tone::Strong, &format!("{}{unread}", step.action.trim()));
        self.part("", Tone::Aside, &manner(&step.answer));
        self.part("observation", Tone::Plain, step.observation.trim());
    }

    fn result(&mut self, result: &TrialResult, steps: usize) {
        let (said, tone) =
            if result.success { ("solved", Tone::Good) } else { ("not solved", Tone::Bad) };
        let TrialResult { ending, episode_return, progress, .. } = result;
        let numbers = format!("return {episode_return:.2}, progress {progress:.2}");
        let how = format!("{said} after {steps} steps ({ending}): {numbers}");
        self.part("result", tone, &how);
        if !result.feedback.is_empty() {
            self.part("", Tone::Plain, &result.feedback);
        }
    }

    fn reflection(&mut self, reflection: &ShownReflection) {
        self.prompt(&reflection.answer.prompt, false);
        let of_group = reflection.member.map(|member| format!("{member}: ")).unwrap_or_default();
        let text = format!("{of_group}{}", reflection.text);
        self.part("reflection", Tone::Advice, &text);
        let answer = &reflection.answer;
        self.part("", Tone::Aside, &cost(answer));
    }

    /// Adds a complete prompt if all are wanted or it is the first; otherwise its new part, if
    /// that is more than the observation.
    fn prompt(&mut self, prompt: &PromptView, is_first: bool) {
        let new = prompt.tokens.saturating_sub(prompt.shared_tokens as u64);
        let (text, count) = if self.prompts || is_first {
            (&prompt.text, format!("{} tokens", prompt.tokens))
        } else if prompt.shared_tokens > 0 && prompt.new_text.is_some() {
            (&prompt.new_text, format!("{new} new ones of {} tokens", prompt.tokens))
        } else {
            return;
        };
        self.part("prompt", Tone::Plain, &count);
        if let Some(text) = text {
            self.part("", Tone::Prompt, text);
        }
    }

    fn part(&mut self, label: &'static str, tone: Tone, text: &str) {
        self.paragraphs.push(Paragraph { label: Some(label), tone, text: text.to_owned() });
    }

    fn text(&mut self, tone: Tone, text: String) {
        self.paragraphs.push(Paragraph { label: None, tone, text });
    }

    fn gap(&mut self) {
        self.text(Tone::Gap, String::new());
    }
}

/// The probability and the cost of an answer, as text.
fn manner(answer: &AnswerView) -> String {
    let likely = match (answer.probability, answer.probability_full) {
        (Some(p), _) => format!("p {}", probability(p)),
        (None, Some(p)) => {
            format!("p {} by the endpoint, before any choice of ours", probability(p))
        }
        (None, None) => "no choice was drawn".into(),
    };
    format!("{likely}; {}", cost(answer))
}

fn probability(p: f64) -> String {
    if p < 0.001 { format!("{p:.1e}") } else { format!("{p:.3}") }
}

fn cost(answer: &AnswerView) -> String {
    let times = answer.cost.times_us;
    let seconds = (times.prefill + times.decode) as f64 / 1e6;
    let time =
        if seconds < 1.0 { format!("{:.0} ms", seconds * 1e3) } else { format!("{seconds:.1} s") };
    let s = if answer.tokens == 1 { "" } else { "s" };
    format!("{} token{s} after {}, {time}", answer.tokens, answer.prompt.tokens)
}

fn took(cost: &CostResults) -> String {
    let (tokens, times) = (cost.tokens, cost.times_us);
    let [prefill, decode, world] =
        [times.prefill, times.decode, times.environment].map(|us| us as f64 / 1e6);
    format!(
        "{} tokens of prompts, {} of them from the cache, and {} generated; {prefill:.2} s for \
         prompts, {decode:.2} s for generating, {world:.2} s in the world",
        tokens.prompt, cost.cache.cached, tokens.generated
    )
}
