//! The expert's advice after a failed trial, and its use in the next one.
//!
//! ```text
//! failed trial ─► notes ─► advice, a few sentences ─► notes of the next trial
//! ```
//!
//! Every trial of a task begins in the same house, so each thing lies again where it
//! was first seen.

use std::ops::Range;

use super::goal::{Destination, Treatment};
use super::notes::Notes;
use super::player::{Sight, Situation};
use super::usual_places;

/// Greatest number of places that a sentence lists.
const LISTED_MAX: usize = 6;

/// A claim of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Claim<'a> {
    /// A thing, with its number, is at a receptacle.
    At(&'a str, &'a str),
    /// No thing of a kind is at a receptacle.
    Absent(&'a str, &'a str),
    /// A receptacle is the one of its kind to use.
    Use(&'a str),
    /// A receptacle is still to be searched.
    Unsearched(&'a str),
}

impl<'a> Claim<'a> {
    /// A number for its kind.
    pub(super) fn kind(&self) -> u32 {
        match self {
            Self::At(..) => 0,
            Self::Absent(..) => 1,
            Self::Use(_) => 2,
            Self::Unsearched(_) => 3,
        }
    }

    /// The receptacle, the last of its words.
    fn place(&self) -> &'a str {
        match *self {
            Self::At(_, place)
            | Self::Absent(_, place)
            | Self::Use(place)
            | Self::Unsearched(place) => place,
        }
    }
}

/// The claims of some sentences, in order; one that [`advise`] would not write claims nothing.
pub(super) fn claims(text: &str) -> impl Iterator<Item = Claim<'_>> {
    claims_in_place(text).map(|(_, claim)| claim)
}

/// The same, with the bytes of the text that each is: of its sentence what follows the claim before
/// it, up to its receptacle.
pub(super) fn claims_in_place(text: &str) -> impl Iterator<Item = (Range<usize>, Claim<'_>)> {
    let offset = |part: &str| part.as_ptr().addr() - text.as_ptr().addr();
    text.trim().trim_end_matches('.').split(". ").flat_map(move |sentence| {
        let claims = of_sentence(sentence).into_iter();
        claims.scan(offset(sentence), move |next, claim| {
            let start = *next;
            *next = offset(claim.place()) + claim.place().len();
            Some((start..*next, claim))
        })
    })
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
    } else if let Some((places, "")) = two("Look at ", " first") {
        places.split(", then ").map(Claim::Unsearched).collect()
    } else {
        Vec::new()
    }
}

/// Advice for the next trial of this task, in a few sentences.
///
/// `None` if the instruction is not of the six task types.
pub fn advise(sight: &Sight<'_>) -> Option<String> {
    let expert = Situation::new(sight)?;
    let thing = expert.goal.thing;
    let found: Vec<_> = expert.notes.first_seen(thing).take(expert.goal.count).collect();
    let mut sentences: Vec<String> =
        found.iter().map(|(thing, at)| expert.is_at(thing, *at)).collect();
    let lamp = match expert.goal.end {
        Destination::Lamp(lamp) => expert.notes.first_seen(lamp).next(),
        Destination::Place(_) => None,
    };
    sentences.extend(lamp.map(|(lamp, at)| expert.is_at(lamp, at)));
    match (expert.goal.end, lamp) {
        _ if found.len() < expert.goal.count => sentences.extend(expert.keep_looking(thing)),
        (Destination::Lamp(lamp), None) => sentences.extend(expert.keep_looking(lamp)),
        _ => sentences.extend(expert.what_to_do()),
    }
    Some(sentences.join(" "))
}

impl Situation<'_> {
    fn is_at(&self, thing: &str, at: usize) -> String {
        format!("The {thing} is at {}.", self.notes.places[at].name)
    }

    /// The places where a thing is not, and where it may be.
    fn keep_looking(&self, wanted: &str) -> Vec<String> {
        // A place has a thing if one was there before it was moved.
        let was = |at: usize| self.notes.first_seen(wanted).any(|(_, there)| there == at);
        let places = self.notes.places.iter().enumerate();
        let seen =
            places.filter(|(at, place)| place.is_known() && place.count(wanted) == 0 && !was(*at));
        let seen: Vec<&str> = seen.map(|(_, place)| place.name).collect();
        let mut unseen: Vec<_> =
            self.notes.places.iter().filter(|place| !place.is_known()).collect();
        // The first of equals stays first.
        unseen.sort_by_key(|place| u32::MAX - usual_places::worth(wanted, place, false));
        let unseen: Vec<&str> = unseen.iter().take(2).map(|place| place.name).collect();
        let mut sentences = Vec::new();
        if !seen.is_empty() {
            let listed = &seen[seen.len().saturating_sub(LISTED_MAX)..];
            sentences.push(format!("There is no {wanted} at {}.", listed.join(", ")));
        }
        if !unseen.is_empty() {
            sentences.push(format!("Look at {} first.", unseen.join(", then ")));
        }
        sentences
    }

    /// What to do with things whose places are known.
    fn what_to_do(&self) -> Option<String> {
        let change = self.goal.change.map(|change| self.how_to(change)).unwrap_or_default();
        Some(match self.goal.end {
            Destination::Place(target) => {
                let target = self.notes.places[self.to_use(target)?].name;
                let it = if self.goal.count > 1 { "each" } else { "it" };
                format!("Take {it}, {change}move it to {target}.")
            }
            Destination::Lamp(lamp) => format!("Take it, {change}use the {lamp}."),
        })
    }

    /// The index of the receptacle of a kind that was named, else of the first.
    fn to_use(&self, wanted: &str) -> Option<usize> {
        self.notes.preferred(wanted).or_else(|| self.notes.places_of(wanted).next())
    }

    fn how_to(&self, change: Treatment) -> String {
        let tool = self.to_use(change.tool());
        let tool = tool.map_or(change.tool(), |at| self.notes.places[at].name);
        format!("{} it with {tool}, ", change.verb())
    }
}

impl<'a> Notes<'a> {
    /// Adds advice to the notes; observations override it.
    pub(super) fn heed(&mut self, advice: &'a str) {
        for claim in claims(advice) {
            match claim {
                Claim::At(thing, place) => self.believe(place, Some(thing)),
                Claim::Absent(_, place) => self.believe(place, None),
                Claim::Use(place) => self.prefer(place),
                // Where to look is the reader's to choose.
                Claim::Unsearched(_) => {}
            }
        }
    }
}
