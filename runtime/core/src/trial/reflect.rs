//! A reflection on a failed trial, drawn again where it repeats what the memory says.

use super::{Participants, TrialError, TrialRun};
use crate::agent::Attempt;
use crate::event::{CallHistory, Event, ReflectionEvent};
use crate::model::{Cost, Origin};
use crate::reflection::{Memory, Reflection};
use crate::seed::Draw;
use crate::trajectory::Trajectory;

/// Asks the agent for a reflection and records it.
///
/// A strategy that sees no results reads the trajectory without them. The failed trial had the
/// memory's advice, so the same text again would change nothing but the next trial's dice. The last
/// of the settings' draws is taken whatever it says.
pub(super) fn reflect(
    participants: &mut Participants<'_>,
    play: &TrialRun<'_>,
    memory: &Memory,
    trajectory: &Trajectory,
    member: u32,
) -> Result<Reflection, TrialError> {
    let unseen = (!play.settings.strategy.sees_results()).then(|| trajectory.without_results());
    let trajectory = unseen.as_ref().unwrap_or(trajectory);
    let mut draw = Draw::Reflection { member, candidate: 0 };
    let (mut repeats, mut cost) = (0, Cost::default());
    let reflection = loop {
        let attempt = Attempt { task: play.task, trajectory, memory, seed: play.seed(draw) };
        let mut reflection = participants.agent.reflect(&attempt)?;
        cost += reflection.generation.cost;
        let is_last = repeats >= play.settings.redraws_max.unwrap_or(0);
        if is_last || is_dictated(&reflection) || !memory.contains(&reflection.text) {
            reflection.generation.cost = cost;
            reflection.repeats = repeats;
            let environment = &*participants.environment;
            let shown = trajectory.observations();
            reflection.claims = environment.claims(play.task, &shown, &reflection.text);
            break reflection;
        }
        if participants.recorder.interrupted() {
            return Err(TrialError::Interrupted);
        }
        repeats += 1;
        draw = Draw::Redraw { member, candidate: 0, redraw: repeats };
    };
    record(participants, play, &reflection)?;
    Ok(reflection)
}

/// Records a reflection; the run may stop after it.
pub(super) fn record(
    participants: &mut Participants<'_>,
    play: &TrialRun<'_>,
    reflection: &Reflection,
) -> Result<(), TrialError> {
    let Reflection { text, generation, repeats, again, claims, .. } = reflection;
    participants.recorder.record(&Event::Reflection(ReflectionEvent {
        key: play.key,
        text: text.clone(),
        call: CallHistory::default().shorten(generation),
        repeats: *repeats,
        again: *again,
        claims: claims.clone(),
    }))?;
    if participants.recorder.interrupted() {
        return Err(TrialError::Interrupted);
    }
    Ok(())
}

/// Whether an expert wrote the reflection, who says the same again whatever the seed.
fn is_dictated(reflection: &Reflection) -> bool {
    reflection.generation.tokens.iter().any(|token| token.origin == Origin::Dictated)
}
