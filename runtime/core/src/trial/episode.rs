//! An episode: steps in the environment until it ends, each recorded before the next begins.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Participants, TrialError, TrialRun};
use crate::agent::Episode;
use crate::environment::EnvironmentError;
use crate::event::{Event, StepEvent, TrialEndEvent, TrialStartEvent};
use crate::history::{FinishedTrial, OpenTrial};
use crate::model::ModelError;
use crate::reflection::Memory;
use crate::seed::Draw;
use crate::task::Task;
use crate::trajectory::{Ending, SUCCESS_RETURN, TakenStep, Trajectory};

/// An episode ends when the same action gives the same observation this often in a row.
pub const LOOP_REPEATS: usize = 3;

/// Plays one episode, from its start or from the last step of `open`.
pub(super) fn run_episode(
    participants: &mut Participants<'_>,
    play: &TrialRun<'_>,
    memory: &Memory,
    open: Option<OpenTrial>,
) -> Result<FinishedTrial, TrialError> {
    let mut broken = None;
    let mut open = begin(participants, play, open, &mut broken)?;
    let ending = loop {
        if broken.is_some() {
            break Ending::Broken;
        }
        if let Some(ending) = ending(&open.steps, play.task) {
            break ending;
        }
        if open.calls.is_full() {
            break Ending::TokenLimit;
        }
        if participants.recorder.interrupted() {
            return Err(TrialError::Interrupted);
        }
        match take_step(participants, play, memory, &mut open) {
            Err(TrialError::Model(ModelError::PromptTooLong { .. })) => break Ending::TokenLimit,
            Err(TrialError::Environment(EnvironmentError::BrokenOff(reason))) => {
                broken = Some(reason);
            }
            other => other?,
        }
    };
    let feedback = broken.unwrap_or_else(|| participants.environment.feedback());
    let end = TrialEndEvent { key: play.key, ending, feedback: feedback.clone() };
    participants.recorder.record(&Event::TrialEnd(end))?;
    let OpenTrial { opening, steps, environment_us, .. } = open;
    let trajectory = Trajectory { opening, steps, ending, feedback };
    Ok(FinishedTrial::new(trajectory, environment_us))
}

/// Resets the environment and replays the recorded steps. What is said of a world that fails is
/// left in `broken`.
fn begin(
    participants: &mut Participants<'_>,
    play: &TrialRun<'_>,
    open: Option<OpenTrial>,
    broken: &mut Option<String>,
) -> Result<OpenTrial, TrialError> {
    let opening = unless_broken(participants.environment.reset(play.task), broken)?;
    let Some(open) = open.filter(|_| participants.environment.repeats()) else {
        let opening = opening.unwrap_or_default();
        let start = TrialStartEvent { key: play.key, opening: opening.clone() };
        participants.recorder.record(&Event::TrialStart(start))?;
        return Ok(OpenTrial { opening, ..OpenTrial::default() });
    };
    let differs = |step, found, recorded: &String| {
        let (task, recorded) = (play.task.id.clone(), recorded.clone());
        TrialError::Replay { task, step, found, recorded }
    };
    let Some(opening) = opening else { return Ok(open) };
    if opening != open.opening {
        return Err(differs(0, opening, &open.opening));
    }
    for (index, step) in open.steps.iter().enumerate() {
        let found = participants.environment.step(&step.decision.action);
        let Some(found) = unless_broken(found, broken)? else { break };
        if found.observation != step.outcome.observation {
            return Err(differs(index + 1, found.observation, &step.outcome.observation));
        }
    }
    Ok(open)
}

/// What the environment answered; `None` if it broke, with its message in `broken`.
fn unless_broken<T>(
    answered: Result<T, EnvironmentError>,
    broken: &mut Option<String>,
) -> Result<Option<T>, TrialError> {
    match answered {
        Ok(answer) => Ok(Some(answer)),
        Err(EnvironmentError::BrokenOff(reason)) => {
            *broken = Some(reason);
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn take_step(
    participants: &mut Participants<'_>,
    play: &TrialRun<'_>,
    memory: &Memory,
    open: &mut OpenTrial,
) -> Result<(), TrialError> {
    let before_us = participants.recorder.now_us();
    let admissible = participants.environment.admissible_actions();
    let schema = participants.environment.action_schema();
    let form = participants.environment.action_form();
    let listed_us = participants.recorder.now_us();
    let step = u32::try_from(open.steps.len() + 1).unwrap_or(u32::MAX);
    let decision = participants.agent.act(&Episode {
        task: play.task,
        memory,
        opening: &open.opening,
        steps: &open.steps,
        admissible: admissible.as_ref(),
        schema: schema.as_deref(),
        form: &form,
        seed: play.seed(Draw::Action { step }),
    })?;
    let decided_us = participants.recorder.now_us();
    let outcome = participants.environment.step(&decision.action)?;
    let stepped_us = participants.recorder.now_us();
    let environment_us =
        listed_us.saturating_sub(before_us) + stepped_us.saturating_sub(decided_us);
    let listed = || Some(admissible.as_ref()?.contains(&decision.action));
    let grounded = participants.environment.grounded().or_else(listed);
    let step = TakenStep { decision, outcome, grounded };
    let event = StepEvent::new(play.key, &step, &mut open.calls, environment_us);
    participants.recorder.record(&Event::Step(event))?;
    open.environment_us += environment_us;
    open.steps.push(step);
    Ok(())
}

/// Whether an episode with these steps is over, and why.
fn ending(steps: &[TakenStep], task: &Task) -> Option<Ending> {
    let episode_return: f32 = steps.iter().map(|step| step.outcome.reward).sum();
    let tokens: u32 = steps.iter().map(|step| step.decision.generated_tokens()).sum();
    if episode_return >= SUCCESS_RETURN {
        Some(Ending::Solved)
    } else if steps.last().is_some_and(|step| step.outcome.done) {
        Some(Ending::Over)
    } else if repeats(steps) {
        Some(Ending::Loop)
    } else if steps.len() >= task.limits.steps_max as usize {
        Some(Ending::StepLimit)
    } else if tokens >= task.limits.episode_tokens_max {
        Some(Ending::TokenLimit)
    } else {
        None
    }
}

/// Whether the last steps are the same action with the same observation.
fn repeats(steps: &[TakenStep]) -> bool {
    let Some((last, before)) = steps.split_last() else { return false };
    let same: Vec<_> = before.iter().rev().take(LOOP_REPEATS - 1).collect();
    same.len() == LOOP_REPEATS - 1
        && same.iter().all(|step| {
            step.decision.action == last.decision.action
                && step.outcome.observation == last.outcome.observation
        })
}
