//! All trajectories as data for the page's script.
//!
//! Openings and observations repeat from trial to trial, so each text is stored once and
//! referred to by index. A trajectory's steps are columns of equal length; an empty column
//! is omitted. Prompts and single tokens, which few readers open, are in `details`.

use runtime_core::event::RunEvent;
use runtime_core::history::TaskHistory;
use runtime_core::model::{Generation, Origin};
use runtime_core::reflection::Reflection;
use runtime_core::trajectory::{TakenStep, Trajectory};
use serde::Serialize;

use super::ReportError;
use super::column::Columns;
use super::tasks::TaskRow;
use super::texts::{TextId, Texts, without_markup};
use crate::transcript::trial_memory;

#[derive(Default, Serialize)]
struct Data {
    texts: Texts,
    /// Trajectories by row, column and trial.
    tasks: Vec<Vec<Option<Vec<TrialData>>>>,
    /// The columns whose world recalled reflections of earlier runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recalls: Vec<usize>,
}

#[derive(Default, Serialize)]
struct TrialData {
    ending: &'static str,
    /// The return, 0.0 to 1.0.
    #[serde(rename = "return")]
    episode_return: f64,
    progress: f64,
    opening: TextId,
    /// The reflections in its memory, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    told: Vec<TextId>,
    /// The trial whose trajectory was in its memory, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    feedback: Option<TextId>,
    reflection: Option<TextId>,
    /// The agent's own judgement, if it judges itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    judged: Option<bool>,
    #[serde(flatten)]
    steps: StepColumns,
}

#[derive(Default, Serialize)]
struct StepColumns {
    actions: Vec<TextId>,
    observations: Vec<TextId>,
    /// The progress after each step.
    progresses: Vec<f64>,
    /// Number of tokens that the actor generated in each step.
    tokens: Vec<u32>,
    /// The probability of each answer under the distribution sampled from; `None` if no token
    /// was sampled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    likely: Vec<Option<f64>>,
    /// The thoughts before the actions, of agents that write thoughts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    thoughts: Vec<Option<TextId>>,
    /// Indices of the steps from whose answer no action could be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    malformed: Vec<usize>,
    /// Number of oldest steps dropped from each prompt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dropped: Vec<u32>,
}

/// The trajectories of these rows as JSON for a script element, and their texts.
pub(super) fn json(
    columns: &Columns<'_>,
    rows: &[TaskRow<'_>],
) -> Result<(String, Texts), ReportError> {
    let recalls = columns.all.iter().filter(|column| column.recalls).map(|column| column.index);
    let mut data = Data { recalls: recalls.collect(), ..Data::default() };
    for row in rows {
        let mut played = Vec::new();
        for (column, place) in columns.all.iter().zip(&row.places) {
            let history = place.and_then(|place| column.history.tasks.get(place));
            played.push(history.map(|history| data.trials(&column.history.run, history)));
        }
        data.tasks.push(played);
    }
    Ok((without_markup(&serde_json::to_string(&data)?), data.texts))
}

impl Data {
    fn trials(&mut self, run: &RunEvent, history: &TaskHistory) -> Vec<TrialData> {
        let mut trials = Vec::new();
        for trial in &history.trials {
            let judged = trial.judgement.as_ref().map(|judgement| judgement.completed);
            let played = self.trial(&trial.trajectory, trial.reflection.as_ref());
            trials.push(TrialData { judged, ..played });
        }
        if let Some(open) = &history.open {
            trials.push(TrialData {
                ending: "under way when the run stopped",
                opening: self.texts.id(&open.opening),
                progress: open.steps.last().map_or(0.0, |step| rounded(step.outcome.progress)),
                steps: self.steps(&open.steps),
                ..TrialData::default()
            });
        }
        for (number, trial) in (1..).zip(&mut trials) {
            let memory = trial_memory(run, history, number);
            trial.told = memory.reflections.iter().map(|text| self.texts.id(text)).collect();
            trial.attempt = memory.attempt;
        }
        trials
    }

    fn trial(&mut self, found: &Trajectory, reflection: Option<&Reflection>) -> TrialData {
        TrialData {
            ending: found.ending.name(),
            episode_return: rounded(found.episode_return()),
            progress: rounded(found.progress()),
            opening: self.texts.id(&found.opening),
            feedback: (!found.feedback.is_empty()).then(|| self.texts.id(&found.feedback)),
            reflection: reflection.map(|reflection| self.texts.id(&reflection.text)),
            steps: self.steps(&found.steps),
            ..TrialData::default()
        }
    }

    fn steps(&mut self, steps: &[TakenStep]) -> StepColumns {
        let mut columns = StepColumns::default();
        let thinks = steps.iter().any(|step| step.decision.thought.is_some());
        let drops = steps.iter().any(|step| step.decision.dropped_steps > 0);
        columns.likely = steps.iter().map(|step| likelihood(&step.decision.answer)).collect();
        if columns.likely.iter().all(Option::is_none) {
            columns.likely.clear();
        }
        for (place, TakenStep { decision, outcome, .. }) in steps.iter().enumerate() {
            columns.actions.push(self.texts.id(&decision.action));
            columns.observations.push(self.texts.id(&outcome.observation));
            columns.progresses.push(rounded(outcome.progress));
            columns.tokens.push(decision.generated_tokens());
            if thinks {
                let thought = decision.thought.as_ref();
                columns.thoughts.push(thought.map(|thought| self.texts.id(&thought.text)));
            }
            if decision.malformed {
                columns.malformed.push(place);
            }
            if drops {
                columns.dropped.push(decision.dropped_steps);
            }
        }
        columns
    }
}

/// The probability of the sampled tokens, to three digits; `None` if there are none.
fn likelihood(answer: &Generation) -> Option<f64> {
    let chosen: Vec<f64> = answer
        .tokens
        .iter()
        .filter(|token| token.origin == Origin::Drawn)
        .map(|token| f64::from(token.log_prob))
        .collect();
    let probability = chosen.iter().sum::<f64>().exp();
    format!("{probability:.2e}").parse().ok().filter(|_| !chosen.is_empty())
}

/// The share, rounded to three decimals.
fn rounded(share: f32) -> f64 {
    (f64::from(share) * 1000.0).round() / 1000.0
}
