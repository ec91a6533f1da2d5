//! Every trajectory as data for the page's script.
//!
//! Openings and observations repeat from trial to trial, so a text stands once
//! and is named by its place. A trajectory's steps stand as columns of equal
//! length; a column that would hold nothing is left out.

use std::collections::HashMap;

use runtime_core::history::TaskHistory;
use runtime_core::reflection::Reflection;
use runtime_core::trajectory::{TakenStep, Trajectory};
use serde::Serialize;

use super::ReportError;
use super::column::Columns;
use super::tasks::TaskRow;

/// The place of a text.
type TextId = usize;

#[derive(Default, Serialize)]
struct Data<'a> {
    texts: Vec<&'a str>,
    /// By row, by column, by trial.
    tasks: Vec<Vec<Option<Vec<TrialData>>>>,
    #[serde(skip)]
    ids: HashMap<&'a str, TextId>,
}

#[derive(Default, Serialize)]
struct TrialData {
    ending: &'static str,
    /// 0.0 to 1.0.
    #[serde(rename = "return")]
    episode_return: f64,
    progress: f64,
    opening: TextId,
    feedback: Option<TextId>,
    reflection: Option<TextId>,
    /// Whether the agent took it for a success, where it judges itself.
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
    /// Tokens that the actor generated.
    tokens: Vec<u32>,
    /// Thoughts before the actions, of agents that think.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    thoughts: Vec<Option<TextId>>,
    /// Places of the steps whose action could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    malformed: Vec<usize>,
    /// Older steps that the prompt no longer showed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dropped: Vec<u32>,
}

/// The trajectories of these rows, as JSON that can stand in a script element.
pub(super) fn json(columns: &Columns<'_>, rows: &[TaskRow<'_>]) -> Result<String, ReportError> {
    let mut data = Data::default();
    for row in rows {
        let mut played = Vec::new();
        for (column, place) in columns.all.iter().zip(&row.places) {
            let history = place.and_then(|place| column.history.tasks.get(place));
            played.push(history.map(|history| data.trials(history)));
        }
        data.tasks.push(played);
    }
    Ok(without_markup(&serde_json::to_string(&data)?))
}

/// The same JSON with neither a character that means something to HTML nor one
/// that once ended a line of JavaScript. They occur in strings alone.
pub(super) fn without_markup(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' => text += "\\u003c",
            '>' => text += "\\u003e",
            '&' => text += "\\u0026",
            '\u{2028}' => text += "\\u2028",
            '\u{2029}' => text += "\\u2029",
            letter => text.push(letter),
        }
    }
    text
}

impl<'a> Data<'a> {
    fn trials(&mut self, history: &'a TaskHistory) -> Vec<TrialData> {
        let mut trials = Vec::new();
        for trial in &history.trials {
            let judged = trial.judgement.as_ref().map(|judgement| judgement.completed);
            let told = self.trial(&trial.trajectory, trial.reflection.as_ref());
            trials.push(TrialData { judged, ..told });
        }
        if let Some(open) = &history.open {
            trials.push(TrialData {
                ending: "under way when the run stopped",
                opening: self.id(&open.opening),
                progress: open.steps.last().map_or(0.0, |step| rounded(step.outcome.progress)),
                steps: self.steps(&open.steps),
                ..TrialData::default()
            });
        }
        trials
    }

    fn trial(&mut self, found: &'a Trajectory, reflection: Option<&'a Reflection>) -> TrialData {
        TrialData {
            ending: found.ending.name(),
            episode_return: rounded(found.episode_return()),
            progress: rounded(found.progress()),
            opening: self.id(&found.opening),
            feedback: self.id_unless_empty(&found.feedback),
            reflection: reflection.map(|reflection| self.id(&reflection.text)),
            steps: self.steps(&found.steps),
            judged: None,
        }
    }

    fn steps(&mut self, steps: &'a [TakenStep]) -> StepColumns {
        let mut columns = StepColumns::default();
        let thinks = steps.iter().any(|step| step.decision.thought.is_some());
        let drops = steps.iter().any(|step| step.decision.dropped_steps > 0);
        for (place, TakenStep { decision, outcome }) in steps.iter().enumerate() {
            columns.actions.push(self.id(&decision.action));
            columns.observations.push(self.id(&outcome.observation));
            columns.progresses.push(rounded(outcome.progress));
            columns.tokens.push(decision.generated_tokens());
            if thinks {
                let thought = decision.thought.as_ref();
                columns.thoughts.push(thought.map(|thought| self.id(&thought.text)));
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

    fn id(&mut self, text: &'a str) -> TextId {
        *self.ids.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }

    fn id_unless_empty(&mut self, text: &'a str) -> Option<TextId> {
        (!text.is_empty()).then(|| self.id(text))
    }
}

/// To three decimals: what is shown is a share in percent.
fn rounded(share: f32) -> f64 {
    (f64::from(share) * 1000.0).round() / 1000.0
}
