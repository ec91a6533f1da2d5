//! Builds one household from a seed, together with the plan that solves it.
//!
//! First the task is drawn: its thing, the thing's place, the tools and the target. Then
//! the room is filled up around it. So every household can be solved, by the plan that
//! is returned with it.

mod plan;
mod secret;

use crate::draws::Draws;
use crate::worlds::household::difficulty::{Difficulty, Secret, TaskKind};
use crate::worlds::household::rooms::{Furniture, ROOMS, RoomKind, Thing};
use plan::plan;

/// A household and its task.
#[derive(Clone, Debug)]
pub struct House {
    /// The task type.
    pub kind: TaskKind,
    /// The receptacles, in the order in which they were added.
    pub receptacles: Vec<Receptacle>,
    /// Everything that can be carried, and the lamp.
    pub items: Vec<HouseItem>,
    /// The kind of thing that the task asks for.
    pub thing: &'static str,
    /// The kind of furniture to bring it to, or where the lamp is.
    pub target: &'static str,
    /// The index of the only receptacle of that kind that counts, if the owner has a wish.
    pub wish: Option<usize>,
    /// The index of the only appliance that works, if the others are broken.
    pub works: Option<usize>,
    /// The instruction.
    pub instruction: String,
    /// The shortest commands that solve the task.
    pub plan: Vec<String>,
}

/// A piece of furniture.
#[derive(Clone, Debug)]
pub struct Receptacle {
    /// Its kind.
    pub furniture: &'static Furniture,
    /// Its number among those of its kind, from 1.
    pub number: usize,
}

/// Something in or on a receptacle.
#[derive(Clone, Debug)]
pub struct HouseItem {
    /// Its name.
    pub noun: &'static str,
    /// The task types that it suits.
    pub suits: &'static [TaskKind],
    /// Its number among those of its kind, from 1.
    pub number: usize,
    /// The index of its receptacle.
    pub place: usize,
    /// Whether it is a lamp, which is lit instead of carried.
    pub is_lamp: bool,
}

/// A household under construction.
struct Builder {
    draws: Draws,
    room: &'static RoomKind,
    receptacles: Vec<Receptacle>,
    items: Vec<HouseItem>,
    /// The kinds of furniture that a secret is about: nothing else lies there, and no more of
    /// them are drawn.
    apart: Vec<&'static str>,
}

/// Builds the household of a seed.
pub fn build(difficulty: &Difficulty, kind: TaskKind, seed: u64) -> House {
    let mut draws = Draws::new(seed);
    let rooms: Vec<&'static RoomKind> =
        ROOMS.iter().filter(|room| room.kinds.contains(&kind)).collect();
    let room = draws.one_of(&rooms);
    let mut builder =
        Builder { draws, room, receptacles: Vec::new(), items: Vec::new(), apart: Vec::new() };
    let things: Vec<&'static Thing> =
        room.things.iter().filter(|thing| suits(thing, kind)).collect();
    let thing = builder.draws.one_of(&things);
    let tool = tool(kind).map(|noun| builder.place_furniture(room, noun));
    let target = builder.draw_target(difficulty, kind);
    let (wish, works) = builder.draw_secret(difficulty, tool, target);
    let (tool, target) = (works.or(tool), wish.unwrap_or(target));
    let sources = builder.draw_sources(difficulty, kind, target);
    for &place in &sources {
        builder.put(thing.noun, thing.suits, place);
    }
    if kind == TaskKind::Light {
        let lamp =
            HouseItem { noun: "desklamp", suits: &[], number: 1, place: target, is_lamp: true };
        builder.items.push(lamp);
    }
    builder.fill(difficulty, kind, thing, target);
    let mut house = builder.finish(kind, thing, target);
    (house.wish, house.works) = (wish, works);
    house.plan = plan(&house, tool, target);
    house
}

fn suits(thing: &Thing, kind: TaskKind) -> bool {
    tool(kind).is_none() || thing.suits.contains(&kind)
}

/// The furniture that changes a thing.
fn tool(kind: TaskKind) -> Option<&'static str> {
    match kind {
        TaskKind::Clean => Some("sinkbasin"),
        TaskKind::Heat => Some("microwave"),
        TaskKind::Cool => Some("fridge"),
        TaskKind::Place | TaskKind::Light | TaskKind::Two => None,
    }
}

impl Builder {
    /// Adds furniture of this name; returns its index.
    fn place_furniture(&mut self, room: &'static RoomKind, noun: &str) -> usize {
        let furniture = room.furniture.iter().find(|furniture| furniture.noun == noun);
        self.add(furniture.expect("a room has the tools of its tasks"))
    }

    fn add(&mut self, furniture: &'static Furniture) -> usize {
        let alike = self.receptacles.iter().filter(|other| other.furniture == furniture);
        let number = alike.count() + 1;
        self.receptacles.push(Receptacle { furniture, number });
        self.receptacles.len() - 1
    }

    /// A random piece of furniture of another name than `avoided`, according to the
    /// difficulty's share of doors.
    fn draw_furniture(
        &mut self,
        difficulty: &Difficulty,
        avoided: &str,
    ) -> Option<&'static Furniture> {
        let may_be_closed = (self.draws.below(100) as u64) < difficulty.closed_percent;
        let fits = |furniture: &&'static Furniture| {
            let is_there = self.receptacles.iter().any(|other| other.furniture == *furniture);
            let is_allowed = !furniture.openable || may_be_closed;
            let is_avoided = furniture.noun == avoided || self.apart.contains(&furniture.noun);
            is_allowed && !is_avoided && (furniture.repeats || !is_there)
        };
        let fitting: Vec<&'static Furniture> = self.room.furniture.iter().filter(fits).collect();
        if fitting.is_empty() { None } else { Some(self.draws.one_of(&fitting)) }
    }

    fn draw_target(&mut self, difficulty: &Difficulty, kind: TaskKind) -> usize {
        // What stands there already is a tool, and a lamp stands in the open.
        // Ends: a room has open furniture that is no tool, and draws come upon it.
        loop {
            let furniture = self.draw_furniture(difficulty, "").expect("a room has open furniture");
            let is_tool = self.receptacles.iter().any(|other| other.furniture == furniture);
            let is_fit = kind != TaskKind::Light || !furniture.openable;
            let may_repeat = !matches!(difficulty.secret, Some(Secret::Wish(_)))
                || secret::may_repeat(furniture);
            if is_fit && !is_tool && may_repeat {
                return self.add(furniture);
            }
        }
    }

    /// The places of the task's things, never the target.
    fn draw_sources(
        &mut self,
        difficulty: &Difficulty,
        kind: TaskKind,
        target: usize,
    ) -> Vec<usize> {
        let noun = self.receptacles[target].furniture.noun;
        let count = if kind == TaskKind::Two { 2 } else { 1 };
        let wanted = self.draws.within(&difficulty.receptacles) + self.alike();
        // Bounded, since a drawn piece that may not be repeated adds nothing.
        for _ in 0..wanted * 8 {
            if self.receptacles.len() >= wanted {
                break;
            }
            // The first piece besides the target is another, to lie on.
            let avoided = if self.receptacles.len() == 1 { noun } else { "" };
            if let Some(furniture) = self.draw_furniture(difficulty, avoided) {
                self.add(furniture);
            }
        }
        let elsewhere: Vec<usize> = (0..self.receptacles.len())
            .filter(|&place| {
                self.receptacles[place].furniture.noun != noun && !self.is_apart(place)
            })
            .collect();
        assert!(!elsewhere.is_empty(), "a household has furniture besides its target");
        (0..count).map(|_| self.draws.one_of(&elsewhere)).collect()
    }

    fn put(&mut self, noun: &'static str, suits: &'static [TaskKind], place: usize) {
        let number = self.items.iter().filter(|other| other.noun == noun).count() + 1;
        self.items.push(HouseItem { noun, suits, number, place, is_lamp: false });
    }

    /// Adds things that the task does not need.
    fn fill(
        &mut self,
        difficulty: &Difficulty,
        kind: TaskKind,
        thing: &'static Thing,
        target: usize,
    ) {
        let others: Vec<&'static Thing> =
            self.room.things.iter().filter(|other| other.noun != thing.noun).collect();
        for _ in 0..self.draws.within(&difficulty.distractors) {
            let other = self.draws.one_of(&others);
            let place = self.draws.below(self.receptacles.len());
            let together = self.items.iter().filter(|item| item.place == place).count();
            // The target of a short task stays empty.
            let is_target = place == target && kind == TaskKind::Place;
            if together < difficulty.distractors_together && !is_target && !self.is_apart(place) {
                self.put(other.noun, other.suits, place);
            }
        }
    }

    /// The house, without a secret and a plan.
    fn finish(self, kind: TaskKind, thing: &'static Thing, target: usize) -> House {
        let Self { mut draws, receptacles, items, .. } = self;
        let noun = receptacles[target].furniture.noun;
        House {
            kind,
            instruction: instruction(kind, thing.noun, &receptacles[target], draws.below(2)),
            thing: thing.noun,
            target: noun,
            wish: None,
            works: None,
            plan: Vec::new(),
            receptacles,
            items,
        }
    }
}

fn instruction(kind: TaskKind, thing: &str, target: &Receptacle, wording: usize) -> String {
    let place = target.furniture.noun;
    let into = if target.furniture.openable || place.ends_with("basin") { "in" } else { "on" };
    match (kind, wording) {
        (TaskKind::Place, 0) => format!("put a {thing} {into} {place}"),
        (TaskKind::Place, _) => format!("put some {thing} {into} {place}"),
        (TaskKind::Light, 0) => format!("look at {thing} under the desklamp"),
        (TaskKind::Light, _) => format!("examine the {thing} with the desklamp"),
        (TaskKind::Clean, 0) => format!("put a clean {thing} {into} {place}"),
        (TaskKind::Clean, _) => format!("clean some {thing} and put it {into} {place}"),
        (TaskKind::Heat, 0) => format!("put a hot {thing} {into} {place}"),
        (TaskKind::Heat, _) => format!("heat some {thing} and put it {into} {place}"),
        (TaskKind::Cool, 0) => format!("put a cool {thing} {into} {place}"),
        (TaskKind::Cool, _) => format!("cool some {thing} and put it {into} {place}"),
        (TaskKind::Two, 0) => format!("put two {thing} {into} {place}"),
        (TaskKind::Two, _) => format!("find two {thing} and put them {into} {place}"),
    }
}

impl House {
    /// The name of a receptacle in actions.
    pub fn name(&self, place: usize) -> String {
        let receptacle = &self.receptacles[place];
        format!("{} {}", receptacle.furniture.noun, receptacle.number)
    }
}
