//! The objects of a game: numbered, typed, and named as ALFWorld's demangler names
//! them.

use std::collections::HashMap;

use crate::facts::ObjectId;
use crate::pddl::Domain;
use crate::pddl::condition::Parameter;

/// Greatest number of objects of a game; ALFWorld's have up to 400.
pub const OBJECTS_MAX: usize = 10_000;

/// The objects of one game. Number 0 is [`crate::facts::NOTHING`].
#[derive(Clone, Debug)]
pub struct Objects {
    /// Ids in the problem, in lower case and sorted, from number 1.
    pub ids: Vec<String>,
    /// The names that the actor reads.
    pub names: Vec<String>,
    by_id: HashMap<String, ObjectId>,
    by_kind: HashMap<String, usize>,
    /// Whether an object is of a kind, by kind, then by object.
    fits: Vec<Vec<bool>>,
}

impl Objects {
    /// Numbers the `declared` objects; of two with the same id the first counts.
    pub fn new(domain: &Domain, declared: &[Parameter]) -> Self {
        let mut kind_of: HashMap<&str, &str> = HashMap::new();
        for object in domain.constants.iter().chain(declared) {
            kind_of.entry(&object.name).or_insert(&object.kind);
        }
        let mut ids: Vec<&str> = kind_of.keys().copied().take(OBJECTS_MAX).collect();
        ids.sort_unstable();
        ids.insert(0, "");
        let mut by_kind: HashMap<String, usize> = HashMap::new();
        let mut fits: Vec<Vec<bool>> = Vec::new();
        for (number, id) in ids.iter().enumerate().skip(1) {
            for kind in supertypes(domain, kind_of[id]) {
                let row = *by_kind.entry(kind.to_owned()).or_insert_with(|| {
                    fits.push(vec![false; ids.len()]);
                    fits.len() - 1
                });
                fits[row][number] = true;
            }
        }
        let number = |place: usize| ObjectId::try_from(place).unwrap_or(ObjectId::MAX);
        Self {
            by_id: ids
                .iter()
                .enumerate()
                .map(|(place, id)| ((*id).to_owned(), number(place)))
                .collect(),
            names: vec![String::new(); ids.len()],
            ids: ids.into_iter().map(str::to_owned).collect(),
            by_kind,
            fits,
        }
    }

    /// The number of an object.
    pub fn number(&self, id: &str) -> Option<ObjectId> {
        self.by_id.get(id).copied()
    }

    /// The number of a kind; `None` if no object is of it.
    pub fn kind(&self, kind: &str) -> Option<usize> {
        self.by_kind.get(kind).copied()
    }

    /// Whether an object is of a kind. None is of a kind without objects.
    pub fn fits(&self, kind: Option<usize>, object: ObjectId) -> bool {
        kind.is_some_and(|kind| self.fits[kind][usize::from(object)])
    }

    /// Every object of a kind, in order.
    pub fn of_kind(&self, kind: Option<usize>) -> impl Iterator<Item = ObjectId> + '_ {
        let row = kind.map_or(&[][..], |kind| &self.fits[kind][..]);
        (0..).zip(row).filter_map(|(object, fits)| fits.then_some(object))
    }

    /// Names the objects that some fact mentions.
    ///
    /// `mug_bar_plus_01` is a mug; with `basin` in its id it is a mugbasin.
    /// Mugs are counted down in the order of their ids. An id without `_bar_`
    /// keeps its id, with a blank after it.
    pub fn name(&mut self, mentioned: &[bool]) {
        let noun = |id: &str| {
            let (noun, _) = id.split_once("_bar_")?;
            Some(if id.contains("basin") { format!("{noun}basin") } else { noun.to_owned() })
        };
        let mut left: HashMap<String, usize> = HashMap::new();
        let counted = |&(place, _): &(usize, &String)| place > 0 && mentioned[place];
        for noun in self.ids.iter().enumerate().filter(counted).filter_map(|(_, id)| noun(id)) {
            *left.entry(noun).or_default() += 1;
        }
        for (place, id) in self.ids.iter().enumerate().filter(counted) {
            self.names[place] = match noun(id) {
                Some(noun) => {
                    let count = left.entry(noun.clone()).or_default();
                    let number = *count;
                    *count = number.saturating_sub(1);
                    format!("{noun} {number}")
                }
                None => format!("{} ", readable(id)),
            };
        }
    }
}

/// The kind and its supertypes. Their number is bounded, since a hostile domain may have a
/// cycle of types.
fn supertypes<'a>(domain: &'a Domain, kind: &'a str) -> Vec<&'a str> {
    let mut found = vec![kind];
    while let Some(parent) = domain.kinds.get(found[found.len() - 1]) {
        if found.contains(&parent.as_str()) {
            break;
        }
        found.push(parent);
    }
    if !found.contains(&"object") {
        found.push("object");
    }
    found
}

fn readable(id: &str) -> String {
    id.replace("_minus_", "-").replace("_plus_", "+").replace("_dot_", ".").replace("_comma_", ",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pddl::parse_domain;

    #[test]
    fn names_count_down_in_the_order_of_ids() {
        let domain = parse_domain("(define (domain d) (:types agent thing))").unwrap();
        let declared =
            ["sink_bar_1_bar_sinkbasin", "mug_bar_2", "mug_bar_1", "agent1", "cup_bar_1"]
                .map(|name| Parameter { name: name.to_owned(), kind: "thing".to_owned() });

        let mut objects = Objects::new(&domain, &declared);
        let mentioned: Vec<bool> = objects.ids.iter().map(|id| id != "cup_bar_1").collect();
        objects.name(&mentioned);

        assert_eq!(objects.names, ["", "agent1 ", "", "mug 2", "mug 1", "sinkbasin 1"]);
        assert!(objects.fits(objects.kind("object"), 1));
        assert!(!objects.fits(objects.kind("agent"), 1));
    }
}
