//! What the expert does next, from what was seen so far.

use super::goal::{Change, End, Goal};
use super::notes::{Notes, Place, kind};
use super::usual_places;

/// What an agent has seen of an episode.
#[derive(Clone, Debug)]
pub struct Sight<'a> {
    /// What is to be done; where it is empty, the opening says it.
    pub instruction: &'a str,
    /// What it was told of earlier trials, in [`advise`](super::advise)'s words, oldest first.
    pub advice: Vec<&'a str>,
    /// The first observation.
    pub opening: &'a str,
    /// What came of each action so far.
    pub observations: Vec<&'a str>,
    /// What can be done now.
    pub admissible: &'a [String],
}

/// What the expert would do now, one of the admissible actions.
///
/// `None` where it knows nothing to do: the instruction is not of the six task
/// types, or the whole house was searched in vain.
pub fn choose<'a>(sight: &Sight<'a>) -> Option<&'a str> {
    let expert = Expert::new(sight)?;
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

/// What there is to decide by.
pub(super) struct Expert<'a> {
    pub(super) goal: Goal<'a>,
    pub(super) notes: Notes<'a>,
    admissible: &'a [String],
}

impl<'a> Expert<'a> {
    pub(super) fn new(sight: &Sight<'a>) -> Option<Self> {
        let goal = Goal::parse(instruction(sight))?;
        let mut notes = Notes::new(sight.opening);
        sight.advice.iter().for_each(|advice| notes.heed(advice));
        sight.observations.iter().for_each(|observation| notes.read(observation));
        Some(Self { goal, notes, admissible: sight.admissible })
    }

    /// Takes a thing of the task that is not yet where it belongs, or looks for
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

    /// Does with the carried thing what is still to be done.
    fn finish(&self, thing: &'a str) -> Option<&'a str> {
        match (self.goal.change, self.goal.end) {
            (Some(change), _) if !self.notes.is_changed(thing, change) => {
                self.change(thing, change)
            }
            (_, End::Place(_)) => {
                let at = self.target()?;
                self.approach(at, &format!("move {thing} to {}", self.notes.places[at].name))
            }
            (_, End::Lamp(lamp)) => {
                let Some((lamp, at)) = self.notes.things(lamp).next() else {
                    return self.explore(lamp);
                };
                self.approach(at, &format!("use {lamp}"))
            }
        }
    }

    fn change(&self, thing: &'a str, change: Change) -> Option<&'a str> {
        let tool = self.nearest_of(change.tool())?;
        let name = self.notes.places[tool].name;
        self.approach(tool, &format!("{} {thing} with {name}", change.verb()))
    }

    /// Frees the hand of what is not wanted: here, else where it came from.
    fn put_away(&self, thing: &'a str) -> Option<&'a str> {
        let moved_to = |at: usize| format!("move {thing} to {}", self.notes.places[at].name);
        let here = self.notes.at.and_then(|at| self.admissible(&moved_to(at)));
        here.or_else(|| {
            let from = self.notes.taken_from?;
            self.approach(from, &moved_to(from))
        })
    }

    /// Looks where `wanted` is likeliest to be found for the steps it takes.
    fn explore(&self, wanted: &str) -> Option<&'a str> {
        let unseen = self.notes.places.iter().enumerate().filter(|(_, place)| !place.is_seen());
        // What it was told of it looks at last.
        let worth = |&(at, place): &(usize, &Place<'_>)| {
            (!place.is_known(), usual_places::worth(wanted, place, Some(at) == self.notes.at))
        };
        // The first of equals: `max_by_key` would take the last.
        let best = unseen.rev().max_by_key(worth);
        let (at, place) = best?;
        self.approach(at, &format!("open {}", place.name))
    }

    /// The place where things gather of which several are wanted.
    fn gathering(&self) -> Option<usize> {
        let End::Place(target) = self.goal.end else { return None };
        let places = self.notes.places_of(target).filter(|_| self.goal.count > 1);
        let holding = places.map(|at| (self.notes.places[at].count(self.goal.thing), at));
        holding
            .filter(|(count, _)| *count > 0)
            .rev()
            .max_by_key(|(count, _)| *count)
            .map(|(_, at)| at)
    }

    fn target(&self) -> Option<usize> {
        let End::Place(target) = self.goal.end else { return None };
        self.gathering().or_else(|| self.nearest_of(target))
    }

    /// Where the agent stands, if it is of this kind, else one that is open, else
    /// the first.
    fn nearest_of(&self, wanted: &str) -> Option<usize> {
        let places = || self.notes.places_of(wanted);
        let here = places().find(|&at| Some(at) == self.notes.at);
        let open = || places().find(|&at| self.notes.places[at].is_open());
        here.or_else(open).or_else(|| places().next())
    }

    /// Does `action` at a place, or what has to come before it.
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
