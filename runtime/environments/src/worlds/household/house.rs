//! Builds one household from a seed, and with it the plan that solves it.
//!
//! The task comes first: its thing, where that lies, what it needs and where it
//! goes. Then the room is filled up around it. So every household can be solved,
//! by the plan that is returned with it.

mod plan;

use runtime_core::seed::mix;

use crate::worlds::household::difficulty::{Difficulty, Kind};
use crate::worlds::household::rooms::{Furniture, ROOMS, Room, Thing};
use plan::plan;

/// A household and its task.
#[derive(Clone, Debug)]
pub struct House {
    /// What is to be done.
    pub kind: Kind,
    /// In the order in which they were put there.
    pub receptacles: Vec<Receptacle>,
    /// Everything that can be carried, and the lamp.
    pub items: Vec<Item>,
    /// What is to be fetched.
    pub thing: &'static str,
    /// Where it is to be brought; the lamp's place where there is one.
    pub target: &'static str,
    /// The task in a few words.
    pub instruction: String,
    /// Commands that solve it, without a detour.
    pub plan: Vec<String>,
}

/// A piece of furniture.
#[derive(Clone, Debug)]
pub struct Receptacle {
    /// What it is.
    pub furniture: &'static Furniture,
    /// Counts those of its kind, from 1.
    pub number: usize,
}

/// Something in or on a receptacle.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is called.
    pub noun: &'static str,
    /// What can be done with it besides carrying it.
    pub suits: &'static [Kind],
    /// Counts those of its kind, from 1.
    pub number: usize,
    /// Which receptacle it is in.
    pub place: usize,
    /// Whether it is a lamp: lit, not carried.
    pub is_lamp: bool,
}

/// Draws numbers from a seed.
struct Draws {
    seed: u64,
    count: u64,
}

impl Draws {
    /// A number below `end`, which is at least 1.
    fn below(&mut self, end: usize) -> usize {
        self.count += 1;
        let draw = mix(self.seed ^ mix(self.count)) % end.max(1) as u64;
        usize::try_from(draw).unwrap_or(0)
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    fn within(&mut self, range: &std::ops::RangeInclusive<u64>) -> usize {
        let width = usize::try_from(range.end() - range.start()).unwrap_or(0);
        usize::try_from(*range.start()).unwrap_or(0) + self.below(width + 1)
    }
}

/// A household under construction.
struct Builder {
    draws: Draws,
    room: &'static Room,
    receptacles: Vec<Receptacle>,
    items: Vec<Item>,
}

/// Builds the household of a seed.
pub fn build(difficulty: &Difficulty, kind: Kind, seed: u64) -> House {
    let mut draws = Draws { seed: mix(seed), count: 0 };
    let rooms: Vec<&'static Room> =
        ROOMS.iter().filter(|room| room.kinds.contains(&kind)).collect();
    let room = draws.one_of(&rooms);
    let mut builder = Builder { draws, room, receptacles: Vec::new(), items: Vec::new() };
    let things: Vec<&'static Thing> =
        room.things.iter().filter(|thing| suits(thing, kind)).collect();
    let thing = builder.draws.one_of(&things);
    let tool = tool(kind).map(|noun| builder.place_furniture(room, noun));
    let target = builder.draw_target(difficulty, kind);
    let sources = builder.draw_sources(difficulty, kind, target);
    for &place in &sources {
        builder.put(thing.noun, thing.suits, place);
    }
    if kind == Kind::Light {
        let lamp = Item { noun: "desklamp", suits: &[], number: 1, place: target, is_lamp: true };
        builder.items.push(lamp);
    }
    builder.fill(difficulty, kind, thing, target);
    builder.finish(kind, thing, tool, target)
}

fn suits(thing: &Thing, kind: Kind) -> bool {
    tool(kind).is_none() || thing.suits.contains(&kind)
}

/// The furniture that changes a thing.
fn tool(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Clean => Some("sinkbasin"),
        Kind::Heat => Some("microwave"),
        Kind::Cool => Some("fridge"),
        Kind::Place | Kind::Light | Kind::Two => None,
    }
}

impl Builder {
    /// Places furniture of this name; returns its place.
    fn place_furniture(&mut self, room: &'static Room, noun: &str) -> usize {
        let furniture = room.furniture.iter().find(|furniture| furniture.noun == noun);
        self.add(furniture.expect("a room has the tools of its tasks"))
    }

    fn add(&mut self, furniture: &'static Furniture) -> usize {
        let alike = self.receptacles.iter().filter(|other| other.furniture == furniture);
        let number = alike.count() + 1;
        self.receptacles.push(Receptacle { furniture, number });
        self.receptacles.len() - 1
    }

    /// Furniture of another name than `avoided` that may be added, by the
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
            is_allowed && furniture.noun != avoided && (furniture.repeats || !is_there)
        };
        let fitting: Vec<&'static Furniture> = self.room.furniture.iter().filter(fits).collect();
        if fitting.is_empty() { None } else { Some(self.draws.one_of(&fitting)) }
    }

    fn draw_target(&mut self, difficulty: &Difficulty, kind: Kind) -> usize {
        // What stands there already is a tool, and a lamp stands in the open.
        // Ends: a room has open furniture that is no tool, and draws come upon it.
        loop {
            let furniture = self.draw_furniture(difficulty, "").expect("a room has open furniture");
            let is_tool = self.receptacles.iter().any(|other| other.furniture == furniture);
            let is_fit = kind != Kind::Light || !furniture.openable;
            if is_fit && !is_tool {
                return self.add(furniture);
            }
        }
    }

    /// Where the things of the task lie: never where they are to be brought.
    fn draw_sources(&mut self, difficulty: &Difficulty, kind: Kind, target: usize) -> Vec<usize> {
        let noun = self.receptacles[target].furniture.noun;
        let count = if kind == Kind::Two { 2 } else { 1 };
        let wanted = self.draws.within(&difficulty.receptacles);
        // Bounded: a draw that adds nothing is a piece that may not be repeated.
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
            .filter(|&place| self.receptacles[place].furniture.noun != noun)
            .collect();
        assert!(!elsewhere.is_empty(), "a household has furniture besides its target");
        (0..count).map(|_| self.draws.one_of(&elsewhere)).collect()
    }

    fn put(&mut self, noun: &'static str, suits: &'static [Kind], place: usize) {
        let number = self.items.iter().filter(|other| other.noun == noun).count() + 1;
        self.items.push(Item { noun, suits, number, place, is_lamp: false });
    }

    /// Puts things around that the task does not need.
    fn fill(&mut self, difficulty: &Difficulty, kind: Kind, thing: &'static Thing, target: usize) {
        let others: Vec<&'static Thing> =
            self.room.things.iter().filter(|other| other.noun != thing.noun).collect();
        for _ in 0..self.draws.within(&difficulty.distractors) {
            let other = self.draws.one_of(&others);
            let place = self.draws.below(self.receptacles.len());
            let together = self.items.iter().filter(|item| item.place == place).count();
            // The target of a short task stays bare: there is little to confuse.
            let is_target = place == target && kind == Kind::Place;
            if together < difficulty.distractors_together && !is_target {
                self.put(other.noun, other.suits, place);
            }
        }
    }

    fn finish(
        self,
        kind: Kind,
        thing: &'static Thing,
        tool: Option<usize>,
        target: usize,
    ) -> House {
        let Self { mut draws, receptacles, items, .. } = self;
        let noun = receptacles[target].furniture.noun;
        let mut house = House {
            kind,
            instruction: instruction(kind, thing.noun, &receptacles[target], draws.below(2)),
            thing: thing.noun,
            target: noun,
            plan: Vec::new(),
            receptacles,
            items,
        };
        house.plan = plan(&house, tool, target);
        house
    }
}

fn instruction(kind: Kind, thing: &str, target: &Receptacle, wording: usize) -> String {
    let place = target.furniture.noun;
    let into = if target.furniture.openable || place.ends_with("basin") { "in" } else { "on" };
    match (kind, wording) {
        (Kind::Place, 0) => format!("put a {thing} {into} {place}"),
        (Kind::Place, _) => format!("put some {thing} {into} {place}"),
        (Kind::Light, 0) => format!("look at {thing} under the desklamp"),
        (Kind::Light, _) => format!("examine the {thing} with the desklamp"),
        (Kind::Clean, 0) => format!("put a clean {thing} {into} {place}"),
        (Kind::Clean, _) => format!("clean some {thing} and put it {into} {place}"),
        (Kind::Heat, 0) => format!("put a hot {thing} {into} {place}"),
        (Kind::Heat, _) => format!("heat some {thing} and put it {into} {place}"),
        (Kind::Cool, 0) => format!("put a cool {thing} {into} {place}"),
        (Kind::Cool, _) => format!("cool some {thing} and put it {into} {place}"),
        (Kind::Two, 0) => format!("put two {thing} {into} {place}"),
        (Kind::Two, _) => format!("find two {thing} and put them {into} {place}"),
    }
}

impl House {
    /// What the actor calls a receptacle.
    pub fn name(&self, place: usize) -> String {
        let receptacle = &self.receptacles[place];
        format!("{} {}", receptacle.furniture.noun, receptacle.number)
    }
}
