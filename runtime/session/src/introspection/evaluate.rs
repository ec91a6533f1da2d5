//! What turns are worth beside as many attempts at once.
//!
//! Sequential attempts never stop early, and are always told that they were wrong: nobody but the
//! measure knows. Both begin with the same draw, so that they differ by what came behind it.

use std::num::NonZeroU32;

use runtime_core::model::ModelIdentity;
use runtime_evaluation::introspection::criterion::is_right;
use runtime_evaluation::introspection::metrics::{AttemptedProblem, IntrospectionResults, results};
use runtime_evaluation::introspection::vote::CountedAttempt;
use runtime_store::replace::replace;
use runtime_store::sealed;
use serde::Serialize;

use super::attempts::{AttemptRequest, Attempted, Attempts};
use super::conversation::Conversation;
use super::log::Attempt;
use super::rollout::{Aim, Rollout};
use crate::loaded::SessionModels;
use crate::program::{SessionEvent, Surroundings};

/// The file of an evaluation.
pub(super) const EVALUATION: &str = "evaluation.json";

/// How attempts are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evaluating {
    /// Turns of sequential attempts.
    pub turns: NonZeroU32,
    /// Number of parallel attempts.
    pub samples: NonZeroU32,
    /// Greatest number of earlier turns in a prompt; `None` for all that fit.
    pub context_window: Option<u32>,
}

/// An evaluation as it is written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// The world.
    pub environment: String,
    /// The split of the problems.
    pub split: String,
    /// Who attempted them.
    pub model: ModelIdentity,
    /// Earlier turns in a prompt; `None` for all that fit.
    pub context_window: Option<u32>,
    /// Sampling temperature.
    pub temperature: f32,
    /// The seed of problems and draws.
    pub seed: u64,
    /// What was measured.
    #[serde(flatten)]
    pub results: IntrospectionResults,
}

/// Makes the attempts that are missing in the folder; returns what all of them are worth, and the
/// file's text.
pub fn evaluate(
    request: &AttemptRequest,
    evaluating: Evaluating,
    models: &mut SessionModels,
    surroundings: &Surroundings,
) -> anyhow::Result<(Evaluation, String)> {
    let one = NonZeroU32::MIN;
    let Evaluating { turns, samples, context_window } = evaluating;
    let in_turns = Rollout {
        turns,
        samples: vec![one],
        models: Vec::new(),
        context_window,
        aim: Aim::Measuring,
    };
    let at_once = Rollout { turns: one, samples: vec![samples], ..in_turns.clone() };
    let attempts = Attempts::begin(request, surroundings)?;
    let again = format!("the same command goes on with the attempts in {}", request.out.display());
    surroundings.tell(SessionEvent::Resumable(&again));
    let _kept = surroundings.program.keep();
    let sequential = attempts.play(&in_turns, "sequential.jsonl", models)?;
    let parallel = attempts.play(&at_once, "parallel.jsonl", models)?;
    let evaluation = Evaluation {
        environment: sequential.asked.environment.clone(),
        split: sequential.asked.split.clone(),
        model: sequential.learner(),
        context_window,
        temperature: sequential.asked.temperature,
        seed: sequential.asked.seed,
        results: measured(&sequential, &parallel),
    };
    let json = sealed::json(&evaluation)?;
    replace(&request.out.join(EVALUATION), json.as_bytes())?;
    Ok((evaluation, json))
}

fn measured(sequential: &Attempted, parallel: &Attempted) -> IntrospectionResults {
    let pairs = sequential.conversations.iter().zip(&parallel.conversations);
    let problem = |(turns, at_once): (&Conversation, &Conversation)| AttemptedProblem {
        sequential: turns.attempts().map(counted).collect(),
        parallel: at_once.attempts().map(counted).collect(),
    };
    let problems: Vec<AttemptedProblem> = pairs.map(problem).collect();
    results(&problems, &|one, other| sequential.problems.equal(one, other))
}

fn counted(attempt: &Attempt) -> CountedAttempt {
    CountedAttempt {
        answer: attempt.answer.clone(),
        is_right: is_right(attempt.reward),
        tokens: attempt.tokens,
    }
}
