//! What fails to be written costs nothing that was written before.

use std::fs;

use burn::tensor::Device;
use trainer::run::{TrainingRun, Watch};

use crate::world::{World, finished, play};

const QUIET: Watch<'static> =
    Watch { now_us: &|| 0, interrupted: &|| false, progress: &|_, _| {}, scoring: &|_, _| {} };

/// Runs until the checkpoint of step 6 fails; then what was in its way is removed.
fn survives(block: impl FnOnce(&World), unblock: impl FnOnce(&World)) {
    let world = World::new();
    let whole = finished(play(&mut world.open(world.config(), "whole").unwrap(), None));
    play(&mut world.open(world.config(), "out").unwrap(), Some(3));
    let kept = fs::read(world.path("out/checkpoints/step-00000003.gguf")).unwrap();
    block(&world);

    let error = world.open(world.config(), "out").unwrap().run(&QUIET).unwrap_err().to_string();

    assert!(error.contains("step-00000006.gguf"), "{error}");
    assert!(error.contains("free some space"), "{error}");
    assert!(kept == fs::read(world.path("out/checkpoints/step-00000003.gguf")).unwrap());
    assert!(!world.path("out/checkpoints/step-00000006.gguf").exists());
    unblock(&world);
    let done = finished(play(&mut world.open(world.config(), "out").unwrap(), None));
    assert!(done == whole, "the adapters differ");
    assert_eq!(world.losses("out"), world.losses("whole"));
}

#[test]
fn a_checkpoint_that_cannot_be_begun_costs_no_earlier_one() {
    let part = |world: &World| world.path("out/checkpoints/step-00000006.gguf.partial");

    survives(
        |world| fs::create_dir(part(world)).unwrap(),
        |world| fs::remove_dir(part(world)).unwrap(),
    );
}

#[test]
fn a_folder_that_is_a_file_is_named() {
    let world = World::new();
    fs::write(world.path("out"), "a file").unwrap();
    let out = world.path("out");
    let mut run =
        TrainingRun::open(world.config(), world.base.clone(), &out, &Device::flex()).unwrap();

    let error = run.run(&QUIET).unwrap_err().to_string();

    assert!(error.contains("out") && error.contains("cannot write"), "{error}");
}
