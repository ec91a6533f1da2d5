//! What advice claims about a house, and whether the trajectory bears it out.
//!
//! The grammar is that of [`advise`](super::advise); sentences outside of it claim nothing.

use super::advice::advise;
use super::goal::Destination;
use super::notes::kind;
use super::player::{Sight, Situation};

/// A claim of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim<'a> {
    /// A thing, with its number, is at a receptacle.
    At(&'a str, &'a str),
    /// No thing of a kind is at a receptacle.
    Absent(&'a str, &'a str),
    /// A receptacle is the one of its kind to use.
    Use(&'a str),
}

/// The claims of some sentences, in order.
pub(super) fn claims(text: &str) -> impl Iterator<Item = Claim<'_>> {
    text.trim().trim_end_matches('.').split(". ").flat_map(of_sentence)
}

fn of_sentence(sentence: &str) -> Vec<Claim<'_>> {
    let two = |start, middle| sentence.strip_prefix(start)?.split_once(middle);
    if let Some((thing, place)) = two("The ", " is at ") {
        vec![Claim::At(thing, place)]
    } else if let Some((wanted, places)) = two("There is no ", " at ") {
        places.split(", ").map(|place| Claim::Absent(wanted, place)).collect()
    } else if sentence.starts_with("Take ") {
        let places = sentence.split(", ").filter_map(|clause| {
            clause.split_once(" it with ").or_else(|| clause.split_once(" it to "))
        });
        places.map(|(_, place)| Claim::Use(place)).collect()
    } else {
        Vec::new()
    }
}

/// How much of an advice is so, and how much of what there was to tell it tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClaimCounts {
    /// Claims.
    pub claims: u32,
    /// Claims that the observations bear out. One to use a receptacle is, where it stands in the
    /// house, serves the task, and no other was named for it.
    pub supported: u32,
    /// Facts that the observations reveal and the task needs: the claims of the expert's own
    /// advice, without receptacles that are its choice alone.
    pub facts: u32,
    /// Facts that are among the claims.
    pub told: u32,
}

impl std::ops::AddAssign for ClaimCounts {
    fn add_assign(&mut self, other: Self) {
        self.claims += other.claims;
        self.supported += other.supported;
        self.facts += other.facts;
        self.told += other.told;
    }
}

/// Holds advice against what was seen in a trial; advice that the trial had is not evidence.
///
/// `None` if the instruction is not of the six task types.
pub fn check_claims(sight: &Sight<'_>, advice: &str) -> Option<ClaimCounts> {
    let seen = Sight { advice: Vec::new(), ..sight.clone() };
    let expert = Situation::new(&seen)?;
    let known = advise(&seen)?;
    let facts: Vec<_> = claims(&known).filter(|fact| expert.is_revealed(fact)).collect();
    let claimed: Vec<_> = claims(advice).collect();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Some(ClaimCounts {
        claims: count(claimed.len()),
        supported: count(claimed.iter().filter(|claim| expert.bears_out(claim)).count()),
        facts: count(facts.len()),
        told: count(facts.iter().filter(|fact| claimed.contains(fact)).count()),
    })
}

impl Situation<'_> {
    fn bears_out(&self, claim: &Claim<'_>) -> bool {
        let notes = &self.notes;
        let is_at = |wanted: &str, thing: Option<&str>, place: &str| {
            notes.first_seen(wanted).any(|(seen, at)| {
                thing.is_none_or(|thing| thing == seen) && notes.places[at].name == place
            })
        };
        match *claim {
            Claim::At(thing, place) => is_at(kind(thing), Some(thing), place),
            Claim::Absent(wanted, place) => {
                let is_seen =
                    notes.places.iter().any(|known| known.name == place && known.is_seen());
                is_seen && !is_at(wanted, None, place)
            }
            Claim::Use(place) => {
                let there = notes.places.iter().any(|known| known.name == place);
                let named = notes.preferred(kind(place)).map(|at| notes.places[at].name);
                there && self.serves(kind(place)) && named.is_none_or(|named| named == place)
            }
        }
    }

    /// Whether the task has a use for receptacles of this kind.
    fn serves(&self, wanted: &str) -> bool {
        let is_target = matches!(self.goal.end, Destination::Place(target) if target == wanted);
        is_target || self.goal.change.is_some_and(|change| change.tool() == wanted)
    }

    /// Whether observations reveal a claim of the expert's, rather than its choice.
    fn is_revealed(&self, claim: &Claim<'_>) -> bool {
        match claim {
            Claim::Use(place) => self.notes.preferred(kind(place)).is_some(),
            Claim::At(..) | Claim::Absent(..) => true,
        }
    }
}
