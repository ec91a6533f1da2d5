//! The expert's knowledge of the house from observations.

use super::goal::Treatment;

/// The known part of a house.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes<'a> {
    /// The receptacles, in the opening's order.
    pub(super) places: Vec<KnownReceptacle<'a>>,
    /// The index of the receptacle where the agent is.
    pub(super) at: Option<usize>,
    /// The carried thing.
    pub(super) carried: Option<&'a str>,
    /// The index of the receptacle from which the last thing was taken.
    pub(super) taken_from: Option<usize>,
    /// Things with the index of the receptacle where each was first seen.
    first_seen: Vec<(&'a str, usize)>,
    changed: Vec<(&'a str, Treatment)>,
    /// The receptacles that notes, wishes and advice name to use, the latest last.
    named: Vec<usize>,
}

/// The known part of a receptacle.
#[derive(Clone, Debug)]
pub(super) struct KnownReceptacle<'a> {
    /// Kind and number.
    pub(super) name: &'a str,
    /// The things in or on it; `None` if unknown.
    things: Option<Vec<&'a str>>,
    is_closed: bool,
    /// Whether its things are known from advice only.
    is_hearsay: bool,
}

/// The kind of a thing or receptacle: its name without its number.
pub(super) fn kind(name: &str) -> &str {
    name.rsplit_once(' ').map_or(name, |(kind, _)| kind)
}

impl KnownReceptacle<'_> {
    /// Whether its things are known, from observation or advice.
    pub(super) fn is_known(&self) -> bool {
        self.things.is_some()
    }

    /// Whether its things were observed.
    pub(super) fn is_seen(&self) -> bool {
        self.things.is_some() && !self.is_hearsay
    }

    /// Whether it is open, or has no door.
    pub(super) fn is_open(&self) -> bool {
        self.is_seen() && !self.is_closed
    }

    /// Number of things of a kind in or on it.
    pub(super) fn count(&self, wanted: &str) -> usize {
        self.things.iter().flatten().filter(|thing| kind(thing) == wanted).count()
    }
}

impl<'a> Notes<'a> {
    /// The notes after an episode's first observation, which lists the receptacles.
    pub(super) fn new(opening: &'a str) -> Self {
        let names = opening.split("you see ").nth(1).and_then(|rest| rest.split('.').next());
        let place =
            |name| KnownReceptacle { name, things: None, is_closed: false, is_hearsay: false };
        Self {
            places: names.map(list).unwrap_or_default().into_iter().map(place).collect(),
            ..Self::default()
        }
    }

    /// Adds an observation.
    pub(super) fn read(&mut self, observation: &'a str) {
        let mut open = None;
        for sentence in observation.trim().trim_end_matches('.').split(". ") {
            if let Some(place) = between(sentence, "The ", " is open") {
                open = self.place(place);
            } else if let Some(things) = sentence.strip_prefix("In it, you see ") {
                self.see(open, things);
            } else {
                self.read_sentence(sentence);
            }
        }
    }

    fn read_sentence(&mut self, sentence: &'a str) {
        let two = |start, middle| sentence.strip_prefix(start)?.split_once(middle);
        let one = |start, end| between(sentence, start, end);
        let named = one("The owner wants it at ", "").or_else(|| one("A note says: use ", ""));
        if let Some(place) = named {
            self.prefer(place);
        } else if let Some(place) = one("You arrive at ", "") {
            self.at = self.place(place);
        } else if let Some(place) = one("The ", " is closed").or_else(|| one("You close the ", ""))
        {
            self.close(self.place(place));
        } else if let Some((place, things)) = two("On the ", ", you see ") {
            self.see(self.place(place), things);
        } else if let Some((thing, place)) = two("You pick up the ", " from the ") {
            self.take(thing, self.place(place));
        } else if let Some((thing, place)) = two("You move the ", " to the ") {
            self.put(thing, self.place(place));
        } else if let Some((words, _)) = two("You ", " using the ") {
            self.change(words);
        }
    }

    /// Every known thing of a kind that is not carried, with its receptacle's index.
    pub(super) fn things(&self, wanted: &str) -> impl Iterator<Item = (&'a str, usize)> + Clone {
        let places = self.places.iter().enumerate();
        let things = places
            .flat_map(|(at, place)| place.things.iter().flatten().map(move |&thing| (thing, at)));
        things.filter(move |(thing, _)| kind(thing) == wanted)
    }

    /// The indices of the receptacles of a kind.
    pub(super) fn places_of(&self, wanted: &str) -> impl DoubleEndedIterator<Item = usize> {
        let places = self.places.iter().enumerate();
        places.filter(move |(_, place)| kind(place.name) == wanted).map(|(at, _)| at)
    }

    /// Notes that this receptacle is the one of its kind to use.
    pub(super) fn prefer(&mut self, place: &str) {
        self.named.extend(self.place(place));
    }

    /// The index of the receptacle of a kind that was named last.
    pub(super) fn preferred(&self, wanted: &str) -> Option<usize> {
        let mut latest = self.named.iter().rev().copied();
        latest.find(|&at| kind(self.places[at].name) == wanted)
    }

    /// Whether a thing was changed so, and the change was not undone.
    pub(super) fn is_changed(&self, thing: &str, change: Treatment) -> bool {
        self.changed.contains(&(thing, change))
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.places.iter().position(|place| place.name == name)
    }

    fn see(&mut self, at: Option<usize>, things: &'a str) {
        let Some(at) = at else { return };
        let (place, things) = (&mut self.places[at], list(things));
        if place.is_hearsay {
            self.first_seen.retain(|(thing, told)| *told != at || things.contains(thing));
        }
        for &thing in &things {
            if !self.first_seen.iter().any(|(known, _)| *known == thing) {
                self.first_seen.push((thing, at));
            }
        }
        place.things = Some(things);
        (place.is_closed, place.is_hearsay) = (false, false);
    }

    /// Adds from advice that this receptacle contains such a thing, or none.
    pub(super) fn believe(&mut self, place: &str, thing: Option<&'a str>) {
        let Some(at) = self.place(place) else { return };
        let place = &mut self.places[at];
        place.is_hearsay = true;
        let things = place.things.get_or_insert_default();
        if let Some(thing) = thing.filter(|thing| !things.contains(thing)) {
            things.push(thing);
            self.first_seen.retain(|(known, _)| *known != thing);
            self.first_seen.push((thing, at));
        }
    }

    /// Things of a kind, with the index of the receptacle where each was first seen.
    pub(super) fn first_seen(&self, wanted: &str) -> impl Iterator<Item = (&'a str, usize)> {
        let seen = self.first_seen.iter().copied();
        seen.filter(move |(thing, _)| kind(thing) == wanted)
    }

    fn close(&mut self, at: Option<usize>) {
        if let Some(at) = at {
            self.places[at].is_closed = true;
        }
    }

    fn take(&mut self, thing: &'a str, from: Option<usize>) {
        self.forget(thing);
        self.carried = Some(thing);
        self.taken_from = from;
    }

    fn put(&mut self, thing: &'a str, to: Option<usize>) {
        self.forget(thing);
        self.carried = None;
        if let Some(things) = to.and_then(|at| self.places[at].things.as_mut()) {
            things.push(thing);
        }
    }

    fn forget(&mut self, thing: &str) {
        let things = self.places.iter_mut().filter_map(|place| place.things.as_mut());
        things.for_each(|things| things.retain(|other| *other != thing));
    }

    /// Adds a change, for example `heat the mug 1`.
    fn change(&mut self, words: &'a str) {
        let Some((verb, thing)) = words.split_once(" the ") else { return };
        let Some(change) = Treatment::of_verb(verb) else { return };
        // A heated thing is no longer cool, and the other way round.
        let undone = |old: Treatment| change != Treatment::Clean && old != Treatment::Clean;
        self.changed.retain(|&(other, old)| other != thing || !undone(old));
        self.changed.push((thing, change));
    }
}

/// The names in `a mug 1, an egg 2, and a cup 1`; `nothing` is none.
fn list(text: &str) -> Vec<&str> {
    let items = text.split(", ").map(|item| item.strip_prefix("and ").unwrap_or(item));
    let names =
        items.map(|item| item.strip_prefix("a ").or(item.strip_prefix("an ")).unwrap_or(item));
    names.filter(|name| *name != "nothing").collect()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.strip_prefix(start)?.strip_suffix(end)
}
