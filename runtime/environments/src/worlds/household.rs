//! Households generated from a seed: games like ALFWorld's that need no download.
//!
//! The task determines where things are, so the observations of a failed trial are useful
//! in the next. Task ids are `SPLIT/DIFFICULTY/INDEX`; the splits have different
//! seeds.

pub mod difficulty;
pub mod rooms;
pub mod house;
pub mod problem;

use std::sync::{Arc, OnceLock};

use runtime_core::environment::EnvironmentError;
use runtime_core::task::{Task, TaskTraits};

use crate::entry::WorldEntry;
use crate::game::{Game, GameError, Rules};
use crate::selection::{TaskSelection, select};
use crate::split::{Purpose, Split};
use crate::text_game::TextGames;
use crate::traits::of_household;
use crate::truth::truth;
use crate::world::{Playable, World, WorldError};
use difficulty::{DIFFICULTIES, Difficulty, TaskKind};
use house::{House, build};

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "household",
    about: "games like ALFWorld's, generated from a seed",
    task_ids: "SPLIT/DIFFICULTY/NUMBER",
    prompts: "household",
    data: None,
    options: &[],
    has_expert: true,
    replays: true,
    remembers: false,
    open: |_| Ok(Box::new(Household)),
};

/// Name, purpose and number of tasks, for each difficulty, of every split.
pub const SPLITS: [(&str, Purpose, u64); 3] = [
    ("train", Purpose::Train, 10_000),
    ("validation", Purpose::Validation, 1_000),
    ("test", Purpose::Test, 1_000),
];

/// Households, at every difficulty.
#[derive(Clone, Copy, Debug)]
pub struct Household;

/// The address of one household.
#[derive(Clone, Copy, Debug)]
struct Address {
    split: usize,
    difficulty: usize,
    index: u64,
}

impl Address {
    /// Reads `SPLIT/DIFFICULTY/INDEX`.
    fn parse(id: &str) -> Option<Self> {
        let mut parts = id.split('/');
        let (split, difficulty, index) = (parts.next()?, parts.next()?, parts.next()?);
        let split = SPLITS.iter().position(|(name, ..)| *name == split)?;
        let difficulty = DIFFICULTIES.iter().position(|known| known.name == difficulty)?;
        let index = index.parse().ok().filter(|&index| index < SPLITS[split].2)?;
        parts.next().is_none().then_some(Self { split, difficulty, index })
    }

    fn id(self) -> String {
        format!("{}/{}/{}", SPLITS[self.split].0, self.difficulty().name, self.index)
    }

    fn difficulty(self) -> &'static Difficulty {
        &DIFFICULTIES[self.difficulty]
    }

    /// The kind of task; the difficulty's kinds alternate.
    fn kind(self) -> TaskKind {
        let kinds = self.difficulty().kinds;
        kinds[usize::try_from(self.index).unwrap_or(0) % kinds.len()]
    }

    /// The seed, different for every household.
    fn seed(self) -> u64 {
        (self.split as u64) << 48 | (self.difficulty as u64) << 32 | self.index
    }

    fn house(self) -> House {
        build(self.difficulty(), self.kind(), self.seed())
    }
}

/// The household of a task, with the plan that solves it; `None` if there is no such task.
pub fn house(id: &str) -> Option<House> {
    Address::parse(id).map(Address::house)
}

impl World for Household {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn splits(&self) -> Vec<Split> {
        let of_difficulties = |(split, purpose, _)| {
            let name = move |difficulty: &Difficulty| format!("{split}/{}", difficulty.name);
            DIFFICULTIES.iter().map(move |difficulty| Split::new(name(difficulty), purpose))
        };
        SPLITS.into_iter().flat_map(of_difficulties).collect()
    }

    fn default_split(&self) -> &'static str {
        "validation/easy"
    }

    fn default_steps_max(&self, split: &str) -> u32 {
        let difficulty = DIFFICULTIES.iter().find(|known| split.ends_with(known.name));
        difficulty.map_or(30, |difficulty| difficulty.steps_max)
    }

    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError> {
        let split = self.split(&selection.split)?.name;
        let Some(first) = Address::parse(&format!("{split}/0")) else {
            return Ok(Vec::new());
        };
        let addresses: Vec<Address> =
            (0..SPLITS[first.split].2).map(|index| Address { index, ..first }).collect();
        let mut types: Vec<(TaskKind, Vec<usize>)> = Vec::new();
        for (place, address) in addresses.iter().enumerate() {
            match types.iter_mut().find(|(kind, _)| *kind == address.kind()) {
                Some((_, places)) => places.push(place),
                None => types.push((address.kind(), vec![place])),
            }
        }
        types.sort_by_key(|(kind, _)| kind.name());
        let places = select(types.into_iter().map(|(_, places)| places).collect(), selection);
        let task = |place: usize| {
            let address = addresses[place];
            Task {
                id: address.id(),
                kind: address.kind().name().to_owned(),
                instruction: address.house().instruction,
                seed: address.seed(),
                limits: selection.limits,
            }
        };
        Ok(places.into_iter().map(task).collect())
    }

    fn environment(&self) -> Box<dyn Playable + Send> {
        let (load, reword) = (Box::new(load), |_: &str| None);
        Box::new(TextGames { load, reword, listed: acts, current: None })
    }

    fn truth(&self, task: &Task) -> Option<String> {
        truth(load(task).ok()?, &task.instruction)
    }

    fn traits(&self, task: &Task) -> TaskTraits {
        of_household(&task.kind)
    }
}

/// Whether a command changes something. Going somewhere already shows what lies there, so
/// commands that only look give nothing new, and small models would repeat them forever.
fn acts(command: &str) -> bool {
    !(command == "look" || command == "inventory" || command.starts_with("examine "))
}

/// The game of a household.
pub fn game(house: &House) -> Result<Game, GameError> {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    let rules = if let Some(rules) = RULES.get() {
        rules
    } else {
        let rules = Rules::parse(
            include_str!("household/domain.pddl"),
            include_str!("household/grammar.twl"),
        )?;
        RULES.get_or_init(|| Arc::new(rules))
    };
    let task = format!("Your task is to: {}.", house.instruction);
    Game::new(Arc::clone(rules), &problem::problem(house), Some(task))
}

/// The game of a task.
fn load(task: &Task) -> Result<Game, EnvironmentError> {
    let house = house(&task.id).ok_or_else(|| EnvironmentError::UnknownTask(task.id.clone()))?;
    game(&house).map_err(|problem| EnvironmentError::Data {
        task: task.id.clone(),
        reason: problem.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::play::GameState;
    use crate::world::tests::check_purposes;
    use Purpose::{Test, Train, Validation};

    #[test]
    fn every_split_has_its_purpose() {
        let expected = [
            ("train/easy", Train),
            ("train/medium", Train),
            ("train/hard", Train),
            ("train/wishes", Train),
            ("train/repairs", Train),
            ("validation/easy", Validation),
            ("validation/medium", Validation),
            ("validation/hard", Validation),
            ("validation/wishes", Validation),
            ("validation/repairs", Validation),
            ("test/easy", Test),
            ("test/medium", Test),
            ("test/hard", Test),
            ("test/wishes", Test),
            ("test/repairs", Test),
        ];
        check_purposes(&Household, &expected);
    }

    fn play(id: &str) -> (House, GameState) {
        let house = house(id).unwrap();
        let play = GameState::new(Arc::new(game(&house).unwrap()));
        (house, play)
    }

    #[test]
    fn every_household_is_solved_by_its_plan_and_not_before() {
        for (split, _, tasks) in SPLITS {
            for difficulty in &DIFFICULTIES {
                for index in 0..tasks.min(700) {
                    let id = format!("{split}/{}/{index}", difficulty.name);
                    let (house, mut play) = play(&id);
                    let mut progress = play.progress();
                    for command in &house.plan {
                        assert!(!play.won(), "{id}: won before {command:?}");
                        assert!(play.admissible().unwrap().contains(command), "{id}: {command:?}");
                        play.step(command).unwrap();
                        assert!(play.progress() >= progress, "{id}: progress fell");
                        progress = play.progress();
                    }
                    assert!(
                        play.won() && (progress - 1.0).abs() < f32::EPSILON,
                        "{id}: {:?}",
                        house.plan
                    );
                }
            }
        }
    }

    #[test]
    fn a_household_is_the_same_every_time_and_differs_between_splits() {
        let seen = |id: &str| play(id).1.intro().unwrap();
        assert_eq!(seen("train/hard/17"), seen("train/hard/17"));
        assert_ne!(seen("train/hard/17"), seen("test/hard/17"));
        assert_ne!(seen("train/hard/17"), seen("train/hard/23"));
    }

    #[test]
    fn ids_outside_the_splits_are_unknown() {
        for id in
            ["test/easy", "test/easy/1000", "test/easy/1/2", "test/mild/1", "", "test/easy/-1"]
        {
            assert!(house(id).is_none(), "{id}");
        }
    }

    #[test]
    fn a_house_speaks_in_alfworlds_manner() {
        let (house, mut play) = play("test/easy/0");
        let intro = play.intro().unwrap();
        assert!(
            intro.starts_with("You are in the middle of a room. Looking around you, you see a ")
        );
        assert!(intro.ends_with(&format!("\n\nYour task is to: {}.", house.instruction)));
        assert_eq!(play.step("look").unwrap(), intro.split("\n\n").next().unwrap());
        assert_eq!(play.step("fly").unwrap(), "Nothing happens.");
        assert_eq!(play.step("inventory").unwrap(), "You are not carrying anything.");
        let place = house.name(house.items[0].place);
        let seen = play.step(&format!("go to {place}")).unwrap();
        assert!(
            seen.starts_with(&format!("You arrive at {place}. On the {place}, you see a ")),
            "{seen}"
        );
        let facing = play.step("look").unwrap();
        assert!(
            facing.starts_with(&format!("You are facing the {place}. On the {place},")),
            "{facing}"
        );
    }
}
