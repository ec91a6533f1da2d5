//! Converts a household to the PDDL problem that the game engine plays.

use crate::pddl::Problem;
use crate::pddl::condition::{Atom, Condition, Parameter};
use crate::worlds::household::difficulty::TaskKind;
use crate::worlds::household::house::House;

/// The household's problem in `domain.pddl`.
pub fn problem(house: &House) -> Problem {
    let mut written = Written::default();
    written.declare("agent1", "agent");
    let places: Vec<String> = house
        .receptacles
        .iter()
        .map(|receptacle| {
            let noun = receptacle.furniture.noun;
            let id = id(noun, receptacle.number);
            written.declare(&id, "receptacle");
            written.typed("receptacletype", &id, noun, "rtype");
            if receptacle.furniture.openable {
                written.fact("openable", &[&id]);
            }
            id
        })
        .collect();
    for item in &house.items {
        let id = id(item.noun, item.number);
        written.declare(&id, "object");
        written.typed("objecttype", &id, item.noun, "otype");
        written.fact("inreceptacle", &[&id, &places[item.place]]);
        written.fact(if item.is_lamp { "toggleable" } else { "pickupable" }, &[&id]);
        for kind in item.suits {
            match kind {
                TaskKind::Clean => written.fact("cleanable", &[&id]),
                TaskKind::Heat => written.fact("heatable", &[&id]),
                TaskKind::Cool => written.fact("coolable", &[&id]),
                TaskKind::Place | TaskKind::Light | TaskKind::Two => {}
            }
        }
    }
    written.secret(house, &places);
    Problem { objects: written.objects, facts: written.facts, goal: goal(house) }
}

/// Things are numbered down in the order of their ids, so ids count down, too.
fn id(noun: &str, number: usize) -> String {
    let left = 999_usize.saturating_sub(number);
    match noun.strip_suffix("basin") {
        Some(stem) => format!("{stem}_bar_{left:03}_basin"),
        None => format!("{noun}_bar_{left:03}"),
    }
}

#[derive(Default)]
struct Written {
    objects: Vec<Parameter>,
    facts: Vec<Atom>,
}

impl Written {
    fn declare(&mut self, name: &str, kind: &str) {
        if self.objects.iter().all(|object| object.name != name) {
            self.objects.push(Parameter { name: name.to_owned(), kind: kind.to_owned() });
        }
    }

    fn fact(&mut self, predicate: &str, terms: &[&str]) {
        self.facts.push(atom(predicate, terms));
    }

    /// What the house hides.
    fn secret(&mut self, house: &House, places: &[String]) {
        let alike = |place: usize| {
            let noun = house.receptacles[place].furniture.noun;
            let all = house.receptacles.iter().zip(places);
            all.filter(move |(one, _)| one.furniture.noun == noun).map(|(_, id)| id)
        };
        if let Some(wish) = house.wish {
            for item in house.items.iter().filter(|item| item.noun == house.thing) {
                let item = id(item.noun, item.number);
                self.fact("wish", &[&item, &places[wish]]);
                let others = alike(wish).filter(|place| **place != places[wish]);
                others.for_each(|other| self.fact("stray", &[&item, other]));
            }
        }
        if let Some(works) = house.works {
            for other in alike(works).filter(|place| **place != places[works]) {
                self.fact("broken", &[other]);
                self.fact("note", &[other, &places[works]]);
            }
        }
    }

    fn typed(&mut self, predicate: &str, id: &str, noun: &str, kind: &str) {
        let kind_id = format!("{noun}type");
        self.declare(&kind_id, kind);
        self.fact(predicate, &[id, &kind_id]);
    }
}

fn atom(predicate: &str, terms: &[&str]) -> Atom {
    let terms = terms.iter().map(|&term| term.to_owned()).collect();
    Atom { predicate: predicate.to_owned(), terms }
}

/// The goal, with variables as in ALFWorld's goals.
fn goal(house: &House) -> Condition {
    let fact = |predicate: &str, terms: &[&str]| Condition::Atom(atom(predicate, terms));
    let thing = format!("{}type", house.thing);
    let target = format!("{}type", house.target);
    let lies = |object: &str| {
        vec![
            fact("objecttype", &[object, &thing]),
            fact("receptacletype", &["?r", &target]),
            fact("inreceptacle", &[object, "?r"]),
        ]
    };
    let (variables, mut parts) = match house.kind {
        TaskKind::Light => {
            let parts = vec![
                fact("objecttype", &["?o", &thing]),
                fact("holds", &["?a", "?o"]),
                fact("toggleable", &["?l"]),
                fact("istoggled", &["?l"]),
                fact("inreceptacle", &["?l", "?r"]),
                fact("atlocation", &["?a", "?r"]),
            ];
            (vec![("?o", "object"), ("?l", "object"), ("?a", "agent"), ("?r", "receptacle")], parts)
        }
        TaskKind::Two => {
            let apart = Condition::Not(Box::new(fact("=", &["?o", "?p"])));
            let parts = [lies("?o"), lies("?p"), vec![apart]].concat();
            (vec![("?o", "object"), ("?p", "object"), ("?r", "receptacle")], parts)
        }
        TaskKind::Place | TaskKind::Clean | TaskKind::Heat | TaskKind::Cool => {
            (vec![("?o", "object"), ("?r", "receptacle")], lies("?o"))
        }
    };
    match house.kind {
        TaskKind::Clean => parts.push(fact("isclean", &["?o"])),
        TaskKind::Heat => parts.push(fact("ishot", &["?o"])),
        TaskKind::Cool => parts.push(fact("iscool", &["?o"])),
        TaskKind::Place | TaskKind::Light | TaskKind::Two => {}
    }
    if house.wish.is_some() {
        parts.push(fact("wish", &["?o", "?r"]));
    }
    let parameter =
        |(name, kind): (&str, &str)| Parameter { name: name.to_owned(), kind: kind.to_owned() };
    let variables = variables.into_iter().map(parameter).collect();
    Condition::Exists(variables, Box::new(Condition::All(parts)))
}
