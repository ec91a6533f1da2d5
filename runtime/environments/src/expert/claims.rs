//! What advice claims about a house, and whether the trajectory bears it out.

use std::collections::HashSet;

use runtime_core::claims::{CheckedClaim, ClaimCounts, Claims};

use super::advice::{Claim, advise, claims, claims_in_place};
use super::goal::Destination;
use super::notes::kind;
use super::player::{Sight, Situation};

/// Holds advice against what was seen in a trial; what its memory told is not evidence.
///
/// A claim of where a thing is, or is not, is borne out where it was seen so, and the task is about that thing; one to use
/// a receptacle is borne out where it stands in the house, serves the task, and no
/// other was named for it; one to look at it where it stands there and was not seen into. What is
/// claimed twice counts once. Facts are the claims of the expert's own advice, without receptacles that are
/// its choice alone; where it would look at some, that one is left to look at is a fact, which any of those tells.
///
/// `None` if the instruction is not of the six task types.
pub fn check_claims(sight: &Sight<'_>, advice: &str) -> Option<Claims> {
    let seen = Sight { advice: Vec::new(), ..sight.clone() };
    let expert = Situation::new(&seen)?;
    let known = advise(&seen)?;
    let facts: Vec<_> = claims(&known).filter(|fact| expert.is_revealed(fact)).collect();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let mut claimed = HashSet::new();
    let mut told_left = false;
    let each = claims_in_place(advice).map(|(place, claim)| {
        let is_so = claimed.insert(claim) && expert.bears_out(&claim);
        told_left |= is_so && is_unsearched(&claim);
        CheckedClaim { start: count(place.start), end: count(place.end), kind: claim.kind(), is_so }
    });
    let each: Vec<_> = each.collect();
    let is_left = claims(&known).any(|claim| is_unsearched(&claim));
    let counts = ClaimCounts {
        claims: count(claimed.len()),
        supported: count(each.iter().filter(|claim| claim.is_so).count()),
        facts: count(facts.len()) + u32::from(is_left),
        told: count(facts.iter().filter(|fact| claimed.contains(fact)).count())
            + u32::from(is_left && told_left),
    };
    Some(Claims { counts, each })
}

fn is_unsearched(claim: &Claim<'_>) -> bool {
    matches!(claim, Claim::Unsearched(_))
}

impl Situation<'_> {
    fn bears_out(&self, claim: &Claim<'_>) -> bool {
        let notes = &self.notes;
        let is_at = |wanted: &str, thing: Option<&str>, place: &str| {
            notes.first_seen(wanted).any(|(seen, at)| {
                thing.is_none_or(|thing| thing == seen) && notes.places[at].name == place
            })
        };
        let is_there = |place: &str, is_seen: bool| {
            notes.places.iter().any(|known| known.name == place && known.is_seen() == is_seen)
        };
        match *claim {
            Claim::At(thing, place) => {
                self.needs(kind(thing)) && is_at(kind(thing), Some(thing), place)
            }
            // Of its kind, whatever its number: any could be named that nothing has.
            Claim::Absent(wanted, place) => {
                self.needs(kind(wanted))
                    && is_there(place, true)
                    && !is_at(kind(wanted), None, place)
            }
            Claim::Unsearched(place) => is_there(place, false),
            Claim::Use(place) => {
                let there = notes.places.iter().any(|known| known.name == place);
                let named = notes.preferred(kind(place)).map(|at| notes.places[at].name);
                there && self.serves(kind(place)) && named.is_none_or(|named| named == place)
            }
        }
    }

    /// Whether the task is about things of this kind.
    fn needs(&self, wanted: &str) -> bool {
        wanted == self.goal.thing
            || matches!(self.goal.end, Destination::Lamp(lamp) if lamp == wanted)
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
            Claim::Unsearched(_) => false,
        }
    }
}
