//! The expert's next action, from the observations so far.

use runtime_core::task::Task;

use super::goal::{Destination, HouseholdGoal, Treatment};
use super::notes::{KnownReceptacle, Notes, kind};
use super::usual_places;

/// The part of an episode that an agent has seen.
#[derive(Clone, Debug)]
pub struct Sight<'a> {
    /// The instruction; if empty, the opening states the goal.
    pub instruction: &'a str,
    /// Advice from earlier trials in [`advise`](super::advise)'s wording, oldest first.
    pub advice: Vec<&'a str>,
    /// The first observation.
    pub opening: &'a str,
    /// The observation after each action so far.
    pub observations: Vec<&'a str>,
    /// The admissible actions now.
    pub admissible: &'a [String],
}

impl<'a> Sight<'a> {
    /// What a trial showed, the first observation first, without what its memory told; `None`
    /// without an observation.
    pub fn of_trial(task: &'a Task, shown: &[&'a str]) -> Option<Self> {
        let (opening, observations) = shown.split_first()?;
        Some(Self {
            instruction: &task.instruction,
            advice: Vec::new(),
            opening,
            observations: observations.to_vec(),
            admissible: &[],
        })
    }
}

/// The expert's next action, one of the admissible ones.
///
/// `None` if it knows none: the instruction is not of the six task types, or the whole
/// house was searched in vain.
pub fn choose<'a>(sight: &Sight<'a>) -> Option<&'a str> {
    let expert = Situation::new(sight)?;
    match expert.notes.carried {
        Some(thing) if kind(thing) != expert.goal.thing => expert.put_away(thing),
        Some(thing) => expert.finish(thing),
        None => expert.fetch(),
    }
}

fn instruction<'a>(sight: &Sight<'a>) -> &'a str {
    let told = sight.opening.rsplit_once("Your task is to: ").map_or("", |(_, task)| task);
    if sight.instruction.is_empty() { told } else { sight.instruction }
}

/// The knowledge for choosing the next action.
pub(super) struct Situation<'a> {
    pub(super) goal: HouseholdGoal<'a>,
    pub(super) notes: Notes<'a>,
    admissible: &'a [String],
}

impl<'a> Situation<'a> {
    pub(super) fn new(sight: &Sight<'a>) -> Option<Self> {
        let goal = HouseholdGoal::parse(instruction(sight))?;
        let mut notes = Notes::new(sight.opening);
        sight.advice.iter().for_each(|advice| notes.heed(advice));
        sight.observations.iter().for_each(|observation| notes.read(observation));
        Some(Self { goal, notes, admissible: sight.admissible })
    }

    /// The action to take a thing of the goal that is not yet in place, or to look for
    /// one.
    fn fetch(&self) -> Option<&'a str> {
        let done_at = self.gathering();
        let mut known = self.notes.things(self.goal.thing).filter(|&(_, at)| Some(at) != done_at);
        let here = known.clone().find(|&(_, at)| Some(at) == self.notes.at);
        let Some((thing, at)) = here.or_else(|| known.next()) else {
            return self.explore(self.goal.thing);
        };
        self.approach(at, &format!("take {thing} from {}", self.notes.places[at].name))
    }

    /// The action for the carried thing of the goal.
    fn finish(&self, thing: &'a str) -> Option<&'a str> {
        match (self.goal.change, self.goal.end) {
            (Some(change), _) if !self.notes.is_changed(thing, change) => {
                self.change(thing, change)
            }
            (_, Destination::Place(_)) => {
                let at = self.target()?;
                self.approach(at, &format!("move {thing} to {}", self.notes.places[at].name))
            }
            (_, Destination::Lamp(lamp)) => {
                let Some((lamp, at)) = self.notes.things(lamp).next() else {
                    return self.explore(lamp);
                };
                self.approach(at, &format!("use {lamp}"))
            }
        }
    }

    fn change(&self, thing: &'a str, change: Treatment) -> Option<&'a str> {
        let tool = self.nearest_of(change.tool())?;
        let name = self.notes.places[tool].name;
        self.approach(tool, &format!("{} {thing} with {name}", change.verb()))
    }

    /// The action to put away a carried thing that is not wanted.
    fn put_away(&self, thing: &'a str) -> Option<&'a str> {
        let moved_to = |at: usize| format!("move {thing} to {}", self.notes.places[at].name);
        let here = self.notes.at.and_then(|at| self.admissible(&moved_to(at)));
        here.or_else(|| {
            let from = self.notes.taken_from?;
            self.approach(from, &moved_to(from))
        })
    }

    /// The action to look where `wanted` is likeliest for the number of steps.
    fn explore(&self, wanted: &str) -> Option<&'a str> {
        let unseen = self.notes.places.iter().enumerate().filter(|(_, place)| !place.is_seen());
        // Receptacles known from advice come last.
        let worth = |&(at, place): &(usize, &KnownReceptacle<'_>)| {
            (!place.is_known(), usual_places::worth(wanted, place, Some(at) == self.notes.at))
        };
        // The first of equals: `max_by_key` would take the last.
        let best = unseen.rev().max_by_key(worth);
        let (at, place) = best?;
        self.approach(at, &format!("open {}", place.name))
    }

    /// The index of the receptacle where several things are to be gathered.
    fn gathering(&self) -> Option<usize> {
        let Destination::Place(target) = self.goal.end else { return None };
        let places = self.notes.places_of(target).filter(|_| self.goal.count > 1);
        let holding = places.map(|at| (self.notes.places[at].count(self.goal.thing), at));
        holding
            .filter(|(count, _)| *count > 0)
            .rev()
            .max_by_key(|(count, _)| *count)
            .map(|(_, at)| at)
    }

    fn target(&self) -> Option<usize> {
        let Destination::Place(target) = self.goal.end else { return None };
        self.gathering().or_else(|| self.nearest_of(target))
    }

    /// The index of a receptacle of this kind: the one that was named, else where the agent is,
    /// else an open one, else the first.
    fn nearest_of(&self, wanted: &str) -> Option<usize> {
        let places = || self.notes.places_of(wanted);
        let here = places().find(|&at| Some(at) == self.notes.at);
        let open = || places().find(|&at| self.notes.places[at].is_open());
        self.notes.preferred(wanted).or(here).or_else(open).or_else(|| places().next())
    }

    /// `action` at a receptacle, or the action that must come before it.
    fn approach(&self, at: usize, action: &str) -> Option<&'a str> {
        let name = self.notes.places[at].name;
        let [go, open, examine] = ["go to", "open", "examine"].map(|verb| format!("{verb} {name}"));
        let ways = if self.notes.at == Some(at) {
            [action, &open, &examine, &go]
        } else {
            [&go, action, &open, &examine]
        };
        ways.into_iter().find_map(|way| self.admissible(way))
    }

    fn admissible(&self, action: &str) -> Option<&'a str> {
        self.admissible.iter().find(|known| *known == action).map(String::as_str)
    }
}
