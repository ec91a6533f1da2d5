//! What a resume reads and is damaged is noticed: it never makes another adapter silently.

use std::fs;
use std::path::PathBuf;

use trainer::run::Ended;

use crate::world::{World, finished, play};

/// A world with a run that was stopped after step 6, its newest checkpoints of 3 and 6.
fn stopped() -> (World, [PathBuf; 2]) {
    let world = World::new();
    assert_eq!(
        play(&mut world.open(world.config(), "out").unwrap(), Some(6)),
        Ended::Interrupted(6)
    );
    let checkpoint = |step| world.path("out/checkpoints").join(format!("step-0000000{step}.gguf"));
    let both = [checkpoint(3), checkpoint(6)];
    (world, both)
}

/// The adapter of the same run that nothing stopped.
fn whole(world: &World) -> Vec<u8> {
    finished(play(&mut world.open(world.config(), "whole").unwrap(), None))
}

#[test]
fn no_flipped_bit_of_a_checkpoint_is_taken_for_what_was_written() {
    let (world, [_, newest]) = stopped();
    let bytes = fs::read(&newest).unwrap();
    assert!(world.open(world.config(), "out").unwrap().damaged.is_empty());
    // All of its beginning and of its end, and something of what lies between.
    let ends = 0..bytes.len();
    let places = ends.clone().take(64).chain(ends.clone().step_by(211)).chain(ends.rev().take(72));

    for place in places {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        fs::write(&newest, &flipped).unwrap();

        let run = world.open(world.config(), "out").unwrap();

        assert_eq!(run.damaged.len(), 1, "byte {place} of {}", bytes.len());
        assert!(run.damaged[0].contains("step-00000006.gguf is damaged"), "{}", run.damaged[0]);
    }
}

#[test]
fn a_damaged_newest_checkpoint_gives_way_to_the_older_and_the_adapter_is_the_same() {
    let (world, [_, newest]) = stopped();
    let (whole, bytes) = (whole(&world), fs::read(&newest).unwrap());
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 4;
    let damages =
        [Vec::new(), bytes[..bytes.len() / 2].to_vec(), bytes[..bytes.len() - 1].to_vec()];

    for (number, damage) in damages.into_iter().chain([flipped]).enumerate() {
        let out = format!("out-{number}");
        let checkpoints = world.path(&out).join("checkpoints");
        fs::create_dir_all(&checkpoints).unwrap();
        for name in ["checkpoints/step-00000003.gguf", "metrics.jsonl"] {
            fs::copy(world.path("out").join(name), world.path(&out).join(name)).unwrap();
        }
        fs::write(checkpoints.join("step-00000006.gguf"), &damage).unwrap();
        let mut run = world.open(world.config(), &out).unwrap();
        assert_eq!(run.damaged.len(), 1);

        let adapter = finished(play(&mut run, None));

        assert!(adapter == whole, "damage {number} made another adapter");
        assert_eq!(world.losses(&out), world.losses("whole"));
    }
}

#[test]
fn without_a_whole_checkpoint_nothing_goes_on() {
    let (world, both) = stopped();
    for checkpoint in &both {
        fs::write(checkpoint, "").unwrap();
    }

    let refused = world.open(world.config(), "out").map(|_| ()).unwrap_err().to_string();

    assert!(refused.contains("no checkpoint is whole"), "{refused}");
    assert!(refused.contains("step-00000003.gguf") && refused.contains("step-00000006.gguf"));
}

#[test]
fn other_data_or_another_base_are_refused() {
    let (world, _) = stopped();
    let log = fs::read(world.path("trials.log")).unwrap();
    fs::write(world.path("trials.log"), &log[..log.len() * 3 / 4]).unwrap();
    let less = world.open(world.config(), "out").map(|_| ()).unwrap_err().to_string();
    fs::write(world.path("trials.log"), &log).unwrap();
    world.open(world.config(), "out").unwrap();

    assert!(less.contains("what is learned from has the sha256"), "{less}");
}

#[test]
fn a_runs_file_that_changed_before_the_first_step_is_refused() {
    let (world, both) = stopped();
    let begun = world.path("begun/checkpoints");
    assert_eq!(
        play(&mut world.open(world.config(), "begun").unwrap(), Some(1)),
        Ended::Interrupted(1)
    );
    fs::remove_file(begun.join("step-00000001.gguf")).unwrap();
    assert!(begun.join("step-00000000.gguf").exists() && both[0].exists());
    let mut other = world.config();
    other.seed = 6;

    let refused = world.open(other, "begun").map(|_| ()).unwrap_err().to_string();

    assert!(refused.contains("another file or parent"), "{refused}");
    let adapter = finished(play(&mut world.open(world.config(), "begun").unwrap(), None));
    assert!(adapter == whole(&world));
}

#[test]
fn what_metrics_say_is_not_what_an_adapter_says() {
    let world = World::new();
    let adapter = whole(&world);
    let metrics = world.path("whole/metrics.jsonl");
    let text = fs::read_to_string(&metrics).unwrap();
    fs::write(&metrics, text.replace("\"validation_loss\":", "\"validation_loss\":1")).unwrap();

    let exported = world.open(world.config(), "whole").unwrap().export().unwrap();

    assert!(fs::read(exported).unwrap() == adapter);
}

#[test]
fn a_damaged_adapter_is_no_parent() {
    let world = World::new();
    let mut bytes = whole(&world);
    let place = bytes.len() - 100;
    bytes[place] ^= 1;
    fs::write(world.path("whole/adapter.gguf"), bytes).unwrap();
    let mut child = world.config();
    child.parent = Some(world.path("whole/adapter.gguf"));

    let refused = world.open(child, "child").map(|_| ()).unwrap_err().to_string();

    assert!(refused.contains("the file beside it says"), "{refused}");
}
