//! Transcripts in words, wrapped for a terminal.

use console::{Style, style};
use runtime_core::history::RunHistory;
use runtime_evaluation::results::cost::Cost;
use runtime_evaluation::transcript::{
    Answer, Prompt, ShownReflection, ShownStep, Told, Transcript, TrialResult,
};
use serde_json::Value;

use crate::terminal::{self, shown};

/// Columns of the labels before what is shown.
const LABEL: usize = 13;
/// What stands before each line of a prompt.
const MARGIN: &str = "│ ";

/// What is printed.
pub(super) struct Page {
    lines: Vec<String>,
    /// Sentences behind it all, each once.
    notes: Vec<String>,
    columns: usize,
    /// Whether every prompt is shown in full.
    prompts: bool,
}

impl Page {
    /// An empty page of this width.
    pub(super) fn new(columns: usize, prompts: bool) -> Self {
        Self { lines: Vec::new(), notes: Vec::new(), columns, prompts }
    }

    /// The head: which task of which arm.
    pub(super) fn task(&mut self, history: &RunHistory, place: usize, is_one_of_several: bool) {
        let run = &history.run;
        let Some(task) = run.tasks.get(place) else { return };
        let bold = Style::new().bold();
        self.text(0, &bold, &format!("task {} of {}: {}", place + 1, run.tasks.len(), task.id));
        self.text(0, &Style::new(), &task.instruction);
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

    /// A trial, from what it was told to what was learned from it.
    pub(super) fn trial(&mut self, found: &Transcript) {
        let of_group = found.member.map(|member| format!(", next trial {member} of its group"));
        let (trial, arm) = (found.trial, &found.arm);
        let head = format!("trial {trial}{}, {arm}", of_group.unwrap_or_default());
        self.blank();
        self.text(0, &Style::new().bold().underlined(), &head);
        self.told(&found.told, trial);
        self.part("observation", &Style::new(), &found.opening);
        let mut is_first = true;
        for (step, number) in found.steps.iter().zip(1..) {
            self.step(step, number, &mut is_first);
        }
        self.blank();
        match &found.result {
            Some(result) => self.result(result, found.steps.len()),
            None => self.part("result", &Style::new(), "under way, or it was when the run stopped"),
        }
        if let Some(judgement) = &found.judgement {
            let said = if judgement.completed { "completed" } else { "not completed" };
            self.prompt(&judgement.answer.prompt, false);
            self.part("judgement", &Style::new(), said);
        }
        self.part("took", &Style::new(), &took(&found.acting));
        found.reflections.iter().for_each(|reflection| self.reflection(reflection));
        for note in &found.notes {
            if !self.notes.contains(note) {
                self.notes.push(note.clone());
            }
        }
    }

    /// All of it.
    pub(super) fn ended(mut self) -> String {
        self.blank();
        for note in std::mem::take(&mut self.notes) {
            self.text(0, &Style::new().dim(), &note);
        }
        self.lines.join("\n") + "\n"
    }

    fn told(&mut self, told: &Told, trial: u32) {
        let mut parts = Vec::new();
        parts.extend(told.attempt.map(|attempt| format!("what happened in trial {attempt}")));
        parts.extend(told.reflections.iter().map(|reflection| format!("- {reflection}")));
        if parts.is_empty() {
            let nothing = if trial == 1 { "nothing: it is the first" } else { "nothing" };
            parts.push(nothing.into());
        }
        self.part("was told", &Style::new().cyan(), &parts.join("\n"));
    }

    fn step(&mut self, step: &ShownStep, number: u32, is_first: &mut bool) {
        self.blank();
        self.text(0, &Style::new().bold(), &format!("step {number}"));
        if step.dropped_steps > 0 {
            let dropped = format!("{} older steps are no longer in it", step.dropped_steps);
            self.part("prompt", &Style::new(), &dropped);
        }
        if let Some(thought) = &step.thought {
            self.prompt(&thought.prompt, std::mem::take(is_first));
            self.part("thought", &Style::new().italic(), thought.text.trim());
            self.part("", &Style::new().dim(), &manner(thought));
        }
        self.prompt(&step.answer.prompt, std::mem::take(is_first));
        if let Some(admissible) = &step.admissible {
            self.part("admissible", &Style::new().dim(), &admissible.join(" · "));
        }
        let unread = if step.malformed { " (no action could be read)" } else { "" };
        self.part("action", &Style::new().bold(), &format!("{}{unread}", step.action.trim()));
        self.part("", &Style::new().dim(), &manner(&step.answer));
        self.part("observation", &Style::new(), step.observation.trim());
    }

    fn result(&mut self, result: &TrialResult, steps: usize) {
        let (said, color) = if result.success {
            ("solved", Style::new().green())
        } else {
            ("not solved", Style::new().red())
        };
        let TrialResult { ending, episode_return, progress, .. } = result;
        let numbers = format!("return {episode_return:.2}, progress {progress:.2}");
        let how = format!("{said} after {steps} steps ({ending}): {numbers}");
        self.part("result", &color, &how);
        if !result.feedback.is_empty() {
            self.part("", &Style::new(), &result.feedback);
        }
    }

    fn reflection(&mut self, reflection: &ShownReflection) {
        self.prompt(&reflection.answer.prompt, false);
        let of_group = reflection.member.map(|member| format!("{member}: ")).unwrap_or_default();
        let text = format!("{of_group}{}", reflection.text);
        self.part("reflection", &Style::new().cyan(), &text);
        let answer = &reflection.answer;
        self.part("", &Style::new().dim(), &cost(answer));
    }

    /// A prompt in full, where it is asked for or the first; else what is new in it, where
    /// that is more than the observation.
    fn prompt(&mut self, prompt: &Prompt, is_first: bool) {
        let new = prompt.tokens.saturating_sub(prompt.shared_tokens as u64);
        let (text, count) = if self.prompts || is_first {
            (&prompt.text, format!("{} tokens", prompt.tokens))
        } else if prompt.shared_tokens > 0 && prompt.new_text.is_some() {
            (&prompt.new_text, format!("{new} new ones of {} tokens", prompt.tokens))
        } else {
            return;
        };
        self.part("prompt", &Style::new(), &count);
        let Some(text) = text else { return };
        let room = self.columns.saturating_sub(LABEL + MARGIN.chars().count());
        for line in terminal::wrapped(&shown(text), room, 0) {
            let line = format!("{:LABEL$}{MARGIN}{line}", "");
            self.lines.push(style(line.trim_end()).dim().to_string());
        }
    }

    /// A label, and what is shown behind it.
    fn part(&mut self, label: &str, how: &Style, text: &str) {
        let first = self.lines.len();
        self.text(LABEL, how, text);
        if let Some(line) = self.lines.get_mut(first) {
            let body = line.split_off(line.len().min(LABEL));
            *line = format!("{}{body}", style(format!("{label:LABEL$}")).dim());
        }
    }

    /// Lines behind some spaces; nothing of an empty text.
    fn text(&mut self, spaces: usize, how: &Style, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        for line in terminal::wrapped(shown(text).trim_matches('\n'), self.columns, spaces) {
            let (indent, line) = line.split_at(line.len().min(spaces));
            let line = if line.is_empty() { String::new() } else { how.apply_to(line).to_string() };
            self.lines.push(format!("{indent}{line}"));
        }
    }

    fn blank(&mut self) {
        self.lines.push(String::new());
    }
}

/// How likely an answer was, and what it cost.
fn manner(answer: &Answer) -> String {
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

fn cost(answer: &Answer) -> String {
    let times = answer.cost.times_us;
    let seconds = (times.prefill + times.decode) as f64 / 1e6;
    let time =
        if seconds < 1.0 { format!("{:.0} ms", seconds * 1e3) } else { format!("{seconds:.1} s") };
    let s = if answer.tokens == 1 { "" } else { "s" };
    format!("{} token{s} after {}, {time}", answer.tokens, answer.prompt.tokens)
}

fn took(cost: &Cost) -> String {
    let (tokens, times) = (cost.tokens, cost.times_us);
    let [prefill, decode, world] =
        [times.prefill, times.decode, times.environment].map(|us| us as f64 / 1e6);
    format!(
        "{} tokens of prompts, {} of them from the cache, and {} generated; {prefill:.2} s for \
         prompts, {decode:.2} s for generating, {world:.2} s in the world",
        tokens.prompt, cost.cache.cached, tokens.generated
    )
}
