//! Prints where things are found in ALFWorld's training games: the table
//! `src/expert/usual_places.txt`. The argument is the data folder.
//!
//! Each game is searched as an agent could: every receptacle is gone to, opened
//! if it is closed, and what is seen is counted.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::PathBuf;

use runtime_core::environment::{Environment, EnvironmentError};
use runtime_core::task::{Limits, Task};
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::selection::TaskSelection;
use runtime_environments::worlds::open;

/// Receptacles that hold a thing, and those of games that have it.
type Counts = BTreeMap<(String, String), (u32, u32)>;

fn main() -> Result<(), Box<dyn Error>> {
    let data = PathBuf::from(std::env::args().nth(1).ok_or("the data folder is missing")?);
    let world = open("alfworld", &EnvironmentOptions { data: Some(data), ..Default::default() })?;
    let split = "train".to_owned();
    let selection = TaskSelection { split, count: None, seed: 0, limits: Limits::default() };
    let mut environment = world.environment();
    let mut counts = Counts::new();
    for task in world.tasks(&selection)? {
        count(&search(&mut *environment, &task)?, &mut counts);
    }
    print(&counts);
    Ok(())
}

/// The kinds of things in each receptacle of a game.
fn search(
    environment: &mut dyn Environment,
    task: &Task,
) -> Result<Vec<(String, BTreeSet<String>)>, EnvironmentError> {
    let opening = environment.reset(task)?;
    let room = opening.split("\n\nYour task").next().unwrap_or_default();
    let mut found = Vec::new();
    for receptacle in seen(room) {
        let mut view = environment.step(&format!("go to {receptacle}"))?.observation;
        if view.ends_with("is closed.") {
            view = environment.step(&format!("open {receptacle}"))?.observation;
        }
        let things = seen(&view).map(|thing| kind(thing).to_owned()).collect();
        found.push((kind(receptacle).to_owned(), things));
    }
    Ok(found)
}

fn count(found: &[(String, BTreeSet<String>)], counts: &mut Counts) {
    let things: BTreeSet<&String> = found.iter().flat_map(|(_, things)| things).collect();
    for thing in things {
        for (receptacle, held) in found {
            let (holding, all) = counts.entry((thing.clone(), receptacle.clone())).or_default();
            *holding += u32::from(held.contains(thing));
            *all += 1;
        }
    }
}

/// A line for each thing, the likeliest receptacles first, in whole percent.
fn print(counts: &Counts) {
    let mut lines: BTreeMap<&str, Vec<(u32, &str)>> = BTreeMap::new();
    for ((thing, receptacle), (holding, all)) in counts {
        let percent = (200 * holding + all) / (2 * all);
        if percent > 0 {
            lines.entry(thing).or_default().push((percent, receptacle));
        }
    }
    for (thing, mut places) in lines {
        places.sort_by_key(|&(percent, place)| (std::cmp::Reverse(percent), place));
        let cells: Vec<String> =
            places.iter().map(|(percent, place)| format!("{place} {percent}")).collect();
        println!("{thing}: {}", cells.join(", "));
    }
}

/// The names behind `you see`.
fn seen(view: &str) -> impl Iterator<Item = &str> {
    let list = view.split_once("you see ").map_or("", |(_, list)| list);
    let names = list.trim_end_matches('.').split(", ");
    names.filter_map(|name| name.trim_start_matches("and ").split_once(' ')).map(|(_, name)| name)
}

/// A name without its number.
fn kind(name: &str) -> &str {
    name.rsplit_once(' ').map_or(name, |(kind, _)| kind)
}
