//! Households that keep a secret: a wrong attempt reveals it and ends the game.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use runtime_core::environment::{Environment, Step};
use runtime_core::task::{Limits, Task};
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::expert::{Sight, advise, choose};
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;
use runtime_environments::worlds::household::house;
use runtime_environments::worlds::household::house::House;
use runtime_environments::worlds::open;

fn world() -> Box<dyn World> {
    open("household", &EnvironmentOptions::default()).unwrap()
}

fn tasks(world: &dyn World, split: &str, count: usize) -> Vec<Task> {
    let limits = Limits::default();
    let selection = TaskSelection { split: split.to_owned(), count: Some(count), seed: 5, limits };
    world.tasks(&selection).unwrap()
}

/// The secret's receptacle and another of its kind.
fn right_and_wrong(house: &House) -> (String, String) {
    let right = house.wish.or(house.works).unwrap();
    let noun = house.receptacles[right].furniture.noun;
    let mut places = 0..house.receptacles.len();
    let wrong = places.find(|&one| house.receptacles[one].furniture.noun == noun && one != right);
    (house.name(right), house.name(wrong.unwrap()))
}

/// Plays the house's plan with the wrong receptacle in place of the right one; returns the step
/// in which that is used.
fn play_wrong(environment: &mut dyn Environment, task: &Task, house: &House) -> Step {
    let (right, wrong) = right_and_wrong(house);
    environment.reset(task).unwrap();
    for command in &house.plan {
        let command = command.replace(&right, &wrong);
        assert!(environment.admissible_actions().unwrap().contains(&command), "{command}");
        let step = environment.step(&command).unwrap();
        if !command.starts_with("go to") && command.ends_with(&wrong) {
            return step;
        }
    }
    panic!("{:?}", house.plan);
}

#[test]
fn the_owner_says_what_they_want_where_it_is_not() {
    let world = world();
    for task in tasks(&*world, "train/wishes", 300) {
        let house = house(&task.id).unwrap();
        let (right, wrong) = right_and_wrong(&house);
        let mut environment = world.environment();
        let step = play_wrong(&mut *environment, &task, &house);

        assert!(step.done && step.reward < f32::EPSILON && step.progress < 1.0);
        let thing = house.thing;
        let expected =
            format!("You move the {thing} 1 to the {wrong}. The owner wants it at {right}.");
        assert_eq!(step.observation, expected);
        assert_eq!(
            environment.feedback(),
            format!("You did not finish the task. Subgoals reached: 1 of 2: take {thing}.")
        );
    }
}

#[test]
fn a_note_says_which_appliance_works() {
    let world = world();
    for task in tasks(&*world, "train/repairs", 300) {
        let house = house(&task.id).unwrap();
        let (right, wrong) = right_and_wrong(&house);
        let mut environment = world.environment();
        let step = play_wrong(&mut *environment, &task, &house);

        let expected = format!("The {wrong} does not work. A note says: use {right}.");
        assert_eq!(step.observation, expected);
        assert!(step.done && step.reward < f32::EPSILON && step.progress < 0.5, "{step:?}");
    }
}

#[test]
fn neither_task_nor_opening_tells_a_secret() {
    let world = world();
    for split in ["validation/wishes", "validation/repairs"] {
        let mut numbers = [0; 7];
        for task in tasks(&*world, split, 600) {
            let (right, _) = right_and_wrong(&house(&task.id).unwrap());
            let number: usize = right.rsplit(' ').next().unwrap().parse().unwrap();
            numbers[number] += 1;
            let opening = world.environment().reset(&task).unwrap();
            assert!(!opening.contains("owner") && !opening.contains("note"), "{opening}");
            assert!(!task.instruction.contains(&right), "{}", task.instruction);
        }
        // Of four to six the first is right in a fifth of the houses.
        assert!(numbers[1] < 170 && numbers[2] < 170 && numbers[6] > 10, "{numbers:?}");
    }
}

/// Plays a trial by advice; returns whether it was won, and the advice on it.
fn play(world: &dyn World, task: &Task, split: &str, advice: &str) -> (bool, String) {
    let mut environment = world.environment();
    let opening = environment.reset(task).unwrap();
    let mut observations: Vec<String> = Vec::new();
    let mut won = false;
    for _ in 0..world.default_steps_max(split) {
        let admissible = environment.admissible_actions().unwrap();
        let sight = Sight {
            instruction: &task.instruction,
            advice: vec![advice],
            opening: &opening,
            observations: observations.iter().map(String::as_str).collect(),
            admissible: &admissible,
        };
        let step = environment.step(choose(&sight).unwrap()).unwrap();
        observations.push(step.observation);
        won = step.reward > 0.5;
        if step.done {
            break;
        }
    }
    let sight = Sight {
        instruction: &task.instruction,
        advice: Vec::new(),
        opening: &opening,
        observations: observations.iter().map(String::as_str).collect(),
        admissible: &[],
    };
    (won, advise(&sight).unwrap())
}

#[test]
fn the_expert_learns_a_secret_from_its_failure() {
    let world = world();
    for split in ["validation/wishes", "validation/repairs"] {
        let mut won = [0; 3];
        for task in tasks(&*world, split, 200) {
            let (first, advice) = play(&*world, &task, split, "");
            let (again, _) = play(&*world, &task, split, "");
            let (second, _) = play(&*world, &task, split, &advice);
            for (count, is_won) in won.iter_mut().zip([first, again, second]) {
                *count += usize::from(is_won);
            }
        }
        assert!(won[0] < 80 && won[1] == won[0] && won[2] > 170, "{split}: {won:?}");
    }
}
