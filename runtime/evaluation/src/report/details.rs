//! Details that few readers open, as data for the page's script: each step's prompt as text,
//! the admissible actions, and every token with its log-probability.
//!
//! A prompt is stored as lines; its leading lines that the previous prompt also has are only
//! counted. All details take at most [`BYTES_MAX`]; trials without room are left out, and the
//! page says so.

use std::collections::HashMap;

use runtime_core::event::RunEvent;
use runtime_core::history::RunHistory;
use runtime_core::model::{Generation, Origin, Token};
use runtime_core::trajectory::Decision;
use serde::Serialize;

use super::column::Columns;
use super::tasks::TaskRow;
use super::texts::{TextId, Texts, without_markup};
use super::{ReportError, TranscriptReader};
use crate::transcript::{AnswerView, Transcript, transcripts};

/// Approximate greatest length of all details of a page.
const BYTES_MAX: usize = 2_000_000;

#[derive(Default, Serialize)]
struct Details {
    /// Texts that the trajectories do not have.
    texts: Texts,
    /// Lists of actions, without duplicates.
    lists: Vec<Vec<TextId>>,
    /// Details by row, column and trial; `None` if there are none or there is no room.
    tasks: Vec<Vec<Option<Vec<Option<TrialDetails>>>>>,
    /// The sentence about trials that are left out.
    left_out: String,
    #[serde(skip)]
    list_ids: HashMap<Vec<TextId>, usize>,
    #[serde(skip)]
    bytes: usize,
}

#[derive(Serialize)]
struct TrialDetails {
    /// The calls of each step, the thought's before the answer's.
    calls: Vec<Vec<CallDetails>>,
    /// The index of each step's list of actions; empty if they are unknown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    admissible: Vec<Option<usize>>,
    /// Notes for the reader, each a sentence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<TextId>,
}

#[derive(Serialize)]
struct CallDetails {
    /// The number of leading lines shared with the previous prompt, then the indices of the
    /// other lines; empty if the text is not available.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prompt: Vec<usize>,
    /// The prompt's length in tokens.
    prompt_tokens: u64,
    /// Each token's text, then its log-probabilities in hundredths of a nat: under the
    /// distribution sampled from and under the model's own softmax. A forced token has only
    /// its text.
    tokens: Vec<Vec<i64>>,
}

/// The details of these rows as JSON for a script element; `texts` are those of the
/// trajectories.
pub(super) fn json(
    (columns, rows): (&Columns<'_>, &[TaskRow<'_>]),
    texts: Texts,
    reader: &mut dyn TranscriptReader,
) -> Result<String, ReportError> {
    let mut details = Details { texts: texts.beyond(), ..Details::default() };
    let mut left_out = 0;
    for row in rows {
        let mut played = Vec::new();
        for (column, place) in columns.all.iter().zip(&row.places) {
            let found = place.map(|place| details.trials(column.history, place, reader));
            let found = found.transpose()?;
            left_out += found.iter().flatten().filter(|trial| trial.is_none()).count();
            played.push(found);
        }
        details.tasks.push(played);
    }
    if left_out > 0 {
        details.left_out = format!(
            "Prompts, choices and tokens of {left_out} trials are left out, to keep the page small; \
             rebound show has them."
        );
    }
    Ok(without_markup(&serde_json::to_string(&details)?))
}

impl Details {
    fn trials(
        &mut self,
        history: &RunHistory,
        place: usize,
        reader: &mut dyn TranscriptReader,
    ) -> Result<Vec<Option<TrialDetails>>, ReportError> {
        let Some(task) = history.tasks.get(place) else { return Ok(Vec::new()) };
        let ended = task.trials.iter().map(|trial| &trial.trajectory.steps);
        let steps: Vec<_> = ended.chain(task.open.iter().map(|open| &open.steps)).collect();
        if self.is_full() {
            return Ok(steps.iter().map(|_| None).collect());
        }
        // Of a group, the last member is shown.
        let last = task.branches.len() + 1;
        let mut transcripts = transcripts(history, place);
        transcripts.retain(|found| found.member.is_none_or(|member| member == last));
        let mut trials = Vec::new();
        for (mut transcript, steps) in transcripts.into_iter().zip(steps) {
            if self.is_full() {
                trials.push(None);
                continue;
            }
            reader.read(&history.run, &mut transcript);
            let decisions = steps.iter().map(|step| &step.decision);
            let trial = self.trial(&history.run, &transcript, decisions, reader);
            self.bytes += serde_json::to_string(&trial)?.len();
            trials.push(Some(trial));
        }
        Ok(trials)
    }

    fn is_full(&self) -> bool {
        self.bytes + self.texts.bytes >= BYTES_MAX
    }

    fn trial<'a>(
        &mut self,
        run: &RunEvent,
        transcript: &Transcript,
        decisions: impl Iterator<Item = &'a Decision>,
        reader: &mut dyn TranscriptReader,
    ) -> TrialDetails {
        let notes = transcript.notes.iter().map(|note| self.texts.id(note)).collect();
        let mut before = Vec::new();
        let mut calls = Vec::new();
        for (step, decision) in transcript.steps.iter().zip(decisions) {
            let answers = step.thought.iter().chain([&step.answer]);
            let answers = answers.zip(decision.generations());
            calls.push(
                answers
                    .map(|(answer, generation)| CallDetails {
                        prompt: self.prompt(answer, &mut before),
                        prompt_tokens: answer.prompt.tokens,
                        tokens: self.tokens(run, generation, reader),
                    })
                    .collect(),
            );
        }
        let lists = transcript.steps.iter().map(|step| step.admissible.as_ref());
        let mut admissible: Vec<_> = lists.map(|list| list.map(|list| self.list(list))).collect();
        if admissible.iter().all(Option::is_none) {
            admissible.clear();
        }
        TrialDetails { calls, admissible, notes }
    }

    fn prompt(&mut self, answer: &AnswerView, before: &mut Vec<TextId>) -> Vec<usize> {
        let Some(text) = &answer.prompt.text else { return Vec::new() };
        let lines: Vec<TextId> = text.split('\n').map(|line| self.texts.id(line)).collect();
        let kept = lines.iter().zip(&*before).take_while(|(now, then)| now == then).count();
        let prompt = [kept].into_iter().chain(lines[kept..].iter().copied()).collect();
        *before = lines;
        prompt
    }

    fn tokens(
        &mut self,
        run: &RunEvent,
        generation: &Generation,
        reader: &mut dyn TranscriptReader,
    ) -> Vec<Vec<i64>> {
        let mut told = |token: &Token| {
            let word = reader.word(run, token.id).unwrap_or_else(|| format!("#{}", token.id));
            let text = i64::try_from(self.texts.id(&word)).unwrap_or(i64::MAX);
            let drawn = (token.origin == Origin::Drawn).then(|| hundredths(token.log_prob));
            let full = drawn.and(token.log_prob_full).map(hundredths);
            [Some(text), drawn, full].into_iter().flatten().collect()
        };
        let named = generation.tokens.iter().filter(|token| token.id != Token::UNKNOWN_ID);
        named.map(&mut told).collect()
    }

    fn list(&mut self, actions: &[String]) -> usize {
        let list: Vec<TextId> = actions.iter().map(|action| self.texts.id(action)).collect();
        let next = self.lists.len();
        let place = *self.list_ids.entry(list.clone()).or_insert(next);
        if place == next {
            self.bytes += 6 * list.len();
            self.lists.push(list);
        }
        place
    }
}

/// A log-probability in hundredths of a nat.
#[expect(clippy::cast_possible_truncation, reason = "a log-probability is small")]
fn hundredths(log_prob: f32) -> i64 {
    (f64::from(log_prob) * 100.0).round() as i64
}
