//! The truth about a game's start, in the expert's words: what a perfect reflection would say.
//!
//! ```text
//! facts at the start ─► what each receptacle would show ─► advise ─► truth
//! ```
//!
//! No agent may read it: it measures how far reflections could lead.

use std::fmt::Write;

use crate::expert::{Sight, advise};
use crate::facts::{ObjectId, Relation};
use crate::game::Game;
use crate::game::play::GameState;

/// The advice of one who saw the whole house before the first step.
///
/// `None` if the instruction is not of the six task types, or the house lacks what it asks for.
pub(crate) fn truth(game: Game, instruction: &str) -> Option<String> {
    let play = GameState::new(game.into());
    let opening = play.intro().ok()?;
    let house = survey(play.game());
    let observations = vec![house.as_str()];
    advise(&Sight {
        instruction,
        advice: Vec::new(),
        opening: &opening,
        observations,
        admissible: &[],
    })
    .filter(|advice| advice.contains("Take "))
}

/// What an agent would see that looked into every receptacle.
fn survey(game: &Game) -> String {
    let name = |object: ObjectId| game.objects.names[usize::from(object)].trim_end();
    let known = |predicate| game.rules.predicate(predicate).map(|number| game.start.known(number));
    let pairs = |predicate| known(predicate).map_or(&[][..], Relation::pairs);
    let mut seen = String::new();
    for &(place, _) in pairs("receptacletype") {
        let inside = known("inreceptacle").map_or(&[][..], |inside| inside.from_second(place));
        let things: Vec<_> =
            inside.iter().map(|&(_, thing)| format!("a {}", name(thing))).collect();
        let things = if things.is_empty() { "nothing".to_owned() } else { things.join(", ") };
        // Writing to a string cannot fail.
        let _ = write!(seen, "On the {}, you see {things}. ", name(place));
    }
    // Of the secrets only what to use.
    for (predicate, words) in [("wish", "The owner wants it at"), ("note", "A note says: use")] {
        for &(_, place) in pairs(predicate) {
            let _ = write!(seen, "{words} {}. ", name(place));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use runtime_core::task::{Limits, Task};

    use crate::entry::EnvironmentOptions;
    use crate::expert::{Sight, choose};
    use crate::selection::TaskSelection;
    use crate::world::World;
    use crate::worlds::open;

    /// Plays a task by the truth as the expert's only advice; returns whether it was won, and the
    /// number of steps.
    fn play(world: &dyn World, task: &Task, (truth, steps_max): (&str, u32)) -> (bool, u32) {
        let mut environment = world.environment();
        let opening = environment.reset(task).unwrap();
        let mut seen: Vec<String> = Vec::new();
        for step in 1..=steps_max {
            let admissible = environment.admissible_actions().unwrap();
            let sight = Sight {
                instruction: &task.instruction,
                advice: vec![truth],
                opening: &opening,
                observations: seen.iter().map(String::as_str).collect(),
                admissible: &admissible,
            };
            let outcome = environment.step(choose(&sight).unwrap()).unwrap();
            if outcome.done {
                return (outcome.reward > 0.5, step);
            }
            seen.push(outcome.observation);
        }
        (false, steps_max)
    }

    /// Plays `count` tasks of each split that the world has; returns the mean number of steps.
    fn check(world: &dyn World, splits: &[&str], count: usize) -> f64 {
        let mut steps = Vec::new();
        for split in splits {
            let limits = Limits::default();
            let selection =
                TaskSelection { split: (*split).to_owned(), count: Some(count), seed: 1, limits };
            for task in world.tasks(&selection).unwrap() {
                let truth = world.truth(&task).unwrap();
                assert!(truth.contains(" is at ") && truth.contains("Take "), "{truth}");
                let (won, taken) = play(world, &task, (&truth, world.default_steps_max(split)));
                assert!(won, "{}: {truth}", task.id);
                steps.push(f64::from(taken));
            }
        }
        steps.iter().sum::<f64>() / steps.len() as f64
    }

    #[test]
    fn by_the_truth_every_household_is_won_without_a_search() {
        let world = open("household", &EnvironmentOptions::default()).unwrap();
        let steps = check(&*world, &["validation/medium", "validation/hard"], 120);
        assert!(steps < 8.0, "{steps}");
    }

    #[test]
    fn by_the_truth_secrets_cost_no_step() {
        let world = open("household", &EnvironmentOptions::default()).unwrap();
        assert!(check(&*world, &["validation/wishes"], 300) <= 4.0);
        assert!(check(&*world, &["validation/repairs"], 300) <= 6.0);
    }

    #[test]
    fn by_the_truth_alfworlds_games_are_won() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let options = EnvironmentOptions { data: Some(data), ..EnvironmentOptions::default() };
        let steps = check(&*open("alfworld", &options).unwrap(), &["valid_seen"], 20);
        assert!(steps < 8.0, "{steps}");
    }

    #[test]
    fn nothing_is_true_of_a_task_that_does_not_exist() {
        let world = open("household", &EnvironmentOptions::default()).unwrap();
        let task = Task {
            id: "nowhere/easy/0".to_owned(),
            kind: String::new(),
            instruction: "put a mug in desk".to_owned(),
            seed: 0,
            limits: Limits::default(),
        };
        assert_eq!(world.truth(&task), None);
    }
}
