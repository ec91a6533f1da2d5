//! What a run leaves behind for people to look at.

use std::fs;

use crate::world::{World, finished, play};

/// The steps of an event file and its number of records, checksums aside.
fn steps(events: &[u8]) -> Vec<u64> {
    let mut steps = Vec::new();
    let mut rest = events;
    while let Some((length, behind)) = rest.split_first_chunk::<8>() {
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap();
        let event = &behind[4..4 + length];
        // Behind the time stands the step in one byte: these runs are short.
        if event[9] == 2 << 3 {
            steps.push(u64::from(event[10]));
        }
        rest = &behind[4 + length + 4..];
    }
    steps
}

#[test]
fn a_run_that_goes_on_neither_repeats_nor_loses_a_step() {
    let world = World::new();
    finished(play(&mut world.open(world.config(), "whole").unwrap(), None));
    let events = |out: &str| fs::read(world.path(out).join("events.out.tfevents.train")).unwrap();
    play(&mut world.open(world.config(), "stopped").unwrap(), Some(4));
    // Killed: of steps 5 to 7 no checkpoint was made, and the last was half written.
    let out = world.path("stopped");
    for name in ["metrics.jsonl", "events.out.tfevents.train"] {
        let (whole, stopped) = (world.path("whole").join(name), out.join(name));
        let (whole, begun) = (fs::read(whole).unwrap(), fs::read(&stopped).unwrap());
        let length = begun.len() * 7 / 4;
        fs::write(&stopped, [begun.clone(), whole[begun.len()..length].to_vec()].concat()).unwrap();
    }

    finished(play(&mut world.open(world.config(), "stopped").unwrap(), None));

    let all: Vec<u64> = (1..=world.losses("whole").len() as u64).collect();
    assert_eq!(steps(&events("whole")), all);
    assert_eq!(steps(&events("stopped")), all);
    assert_eq!(world.losses("stopped"), world.losses("whole"));
}

#[test]
fn the_losses_are_drawn_at_the_end_and_after_an_interruption() {
    let world = World::new();
    let svg = || fs::read_to_string(world.path("out").join("loss.svg")).unwrap();
    play(&mut world.open(world.config(), "out").unwrap(), Some(2));
    let early = svg();
    finished(play(&mut world.open(world.config(), "out").unwrap(), None));
    let late = svg();
    finished(play(&mut world.open(world.config(), "whole").unwrap(), None));

    for expected in ["<svg", "training", "validation", "step", "nat per learned token"] {
        assert!(late.contains(expected), "{expected} in\n{late}");
    }
    assert_ne!(early, late);
    assert_eq!(late, fs::read_to_string(world.path("whole").join("loss.svg")).unwrap());
}
